"""The bundled pose network: crops, augmentation, teachers, the network and its training."""
