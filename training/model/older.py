"""Weights of networks that were saved before the network had several forms."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from recognition.fusion_input import MODALITIES
from training.model.presence import patterns

_NOW = {
    "pose.": "fusion.encoders.pose.",
    "trajectory.": "fusion.encoders.trajectory.",
    "objects.": "fusion.encoders.objects.",
    "sound.": "fusion.encoders.sound.",
    "null": "fusion.encoders.null",
    "gate.": "fusion.gate.",
    "mixer.0.": "fusion.mixer.",
    "head.": "fusion.head.",
    "uni.": "fusion.uni.heads.",
}
"""How names begin now, by how they began then; all of them were of ``mid`` with ``tcn``."""


def upgraded(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A stored network's weights under today's names; those of today come back as they are.

    One temperature for everything then: now each pattern of presence and each head has it.
    """
    then = weights.get("temperature")
    if then is None or then.shape != (1,):
        return dict(weights)
    renamed = {
        now + name[len(before) :]: value
        for name, value in weights.items()
        for before, now in _NOW.items()
        if name.startswith(before)
    }
    return renamed | {
        "temperature": torch.full((patterns(len(MODALITIES)), 1), float(then)),
        "uni_temperature": torch.full((len(MODALITIES),), float(then)),
    }
