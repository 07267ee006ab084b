"""Pose encoder ``tcn``: joints as channels of a temporal convolution; the cheapest on a CPU."""

from __future__ import annotations

from torch import Tensor, nn

from training.model.blocks import WIDTH, Block, conv
from training.model.pose_features import FLAT_FEATURES, FlatFeatures


class TcnEncoder(nn.Module):
    """(B, T, 17, 3), unseen joints zero -> (B, SLOTS, WIDTH)."""

    def __init__(self, channels: int, dropout: float) -> None:
        super().__init__()
        self.features = FlatFeatures()
        # Movements are among the features, so the halved rate of the rest loses no fast one.
        self.stem = nn.Sequential(conv(FLAT_FEATURES, channels, size=5, stride=2), nn.ReLU())
        self.blocks = nn.Sequential(
            Block(channels, channels, groups=4),
            nn.Dropout(dropout),
            Block(channels, channels, stride=2, groups=4),
            Block(channels, WIDTH, groups=4),
        )

    def forward(self, pose: Tensor) -> Tensor:
        """See the class."""
        tokens: Tensor = self.blocks(self.stem(self.features(pose)))
        return tokens.transpose(1, 2)
