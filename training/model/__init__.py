"""The fusion network in all its forms; ``training.config.ModelConfig`` chooses one."""

from training.model.blocks import WIDTH
from training.model.network import FusionModel, build

__all__ = ["WIDTH", "FusionModel", "build"]
