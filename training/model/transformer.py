"""Pose encoder ``transformer``: each step a token, four layers of attention over the window."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from recognition.fusion_input import SLOTS
from training.model.blocks import STEPS, WIDTH, TransformerLayer
from training.model.pose_features import FLAT_FEATURES, FlatFeatures

_LAYERS = 4


class TransformerEncoder(nn.Module):
    """(B, STEPS, 17, 3), unseen joints zero -> (B, SLOTS, WIDTH).

    Bound to windows of ``STEPS`` steps, since each step has a learned place.
    """

    def __init__(self, channels: int, dropout: float) -> None:
        super().__init__()
        self.features = FlatFeatures()
        self.embed = nn.Linear(FLAT_FEATURES, channels)
        self.place = nn.Parameter(torch.randn(STEPS, channels) * 0.02)
        self.layers = nn.ModuleList(TransformerLayer(channels, dropout) for _ in range(_LAYERS))
        self.norm = nn.LayerNorm(channels)
        self.out = nn.Linear(channels, WIDTH)

    def forward(self, pose: Tensor) -> Tensor:
        """See the class."""
        x = self.embed(self.features(pose).transpose(1, 2)) + self.place
        for layer in self.layers:
            x, _ = layer(x)
        slots = self.norm(x).unflatten(1, (SLOTS, STEPS // SLOTS)).mean(dim=2)
        tokens: Tensor = self.out(slots)
        return tokens
