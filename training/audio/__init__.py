"""The own sound encoder: data, network, training, measures."""
