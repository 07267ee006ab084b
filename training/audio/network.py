"""The sound encoder: 0.96 s of log-mel in, one token and the classes of the sound out."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from recognition.sound import BANDS, TOKEN_SIZE
from training.audio.clips import SILENCE

MOST_WEIGHTS = 300_000
_SPREAD = 4.0  # of log-mel above silence, so that the first layer sees about 0..1
_STRIDES = (2, 2, 2, 2, 1)


def _layer(entering: int, leaving: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(entering, leaving, 3, stride, 1, bias=False), nn.BatchNorm2d(leaving), nn.ReLU()
    )


class AudioEncoder(nn.Module):
    """(B, 1, 64, 96) log-mel -> tokens (B, ``TOKEN_SIZE``) and logits (B, classes).

    Five convolutions to 1/16 of either axis, mean and maximum over time with the bands kept
    apart, one linear layer for the token and one from the token to the classes.
    """

    def __init__(
        self, classes: int, *, channels: tuple[int, ...] = (16, 24, 48, 96, 128),
        dropout: float = 0.2,
    ) -> None:  # fmt: skip
        super().__init__()
        entering = (1, *channels[:-1])
        self.layers = nn.Sequential(
            *(_layer(*sizes) for sizes in zip(entering, channels, _STRIDES, strict=True))
        )
        self.drop = nn.Dropout(dropout)
        self.token = nn.Linear(channels[-1] * BANDS // 16, TOKEN_SIZE)
        self.head = nn.Linear(TOKEN_SIZE, classes)

    def forward(self, log_mel: Tensor) -> tuple[Tensor, Tensor]:
        """Returns tokens (B, ``TOKEN_SIZE``), 0 or more, and logits (B, classes)."""
        maps = self.layers((log_mel - SILENCE) / _SPREAD)  # (B, channels, 4, 6)
        pooled = (maps.mean(dim=3) + maps.amax(dim=3)).flatten(1)
        tokens = torch.relu(self.token(self.drop(pooled)))
        return tokens, self.head(self.drop(tokens))


def weights_of(network: nn.Module) -> int:
    """Number of trained weights."""
    return sum(weight.numel() for weight in network.parameters())
