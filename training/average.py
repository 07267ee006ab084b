"""The average of a network's weights over its training: better than those of any one step."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from training.model import FusionModel


class Average:
    """Exponential moving average of a network's weights and statistics."""

    def __init__(self, model: FusionModel, decay: float) -> None:
        self.model = copy.deepcopy(model).eval()
        self._decay = decay
        self._steps = 0

    def update(self, model: nn.Module) -> None:
        """Take in the weights after a step; early steps count more."""
        self._steps += 1
        decay = min(self._decay, (1 + self._steps) / (10 + self._steps))
        with torch.no_grad():
            own = self.model.state_dict()
            for name, value in model.state_dict().items():
                if value.dtype.is_floating_point:
                    own[name].lerp_(value, 1 - decay)
                else:
                    own[name].copy_(value)

    def state(self) -> dict[str, Any]:
        """What going on needs."""
        return {"weights": self.model.state_dict(), "steps": self._steps}

    def take(self, state: Mapping[str, Any]) -> None:
        """Go on from a ``state``."""
        self.model.load_state_dict(state["weights"])
        self._steps = int(state["steps"])
