"""The layers that several parts of the fusion network are made of."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from recognition.windows import WindowConfig

WIDTH = 128
"""Size of a token and of the embedding."""

STEPS = WindowConfig().steps
"""Steps of a window (T); the encoders make ``SLOTS`` tokens of them."""

LAST_SLOTS = 4
"""The answer is read from the newest 1.07 s; what came before arrives there by the layers."""

SHUT = 1e4
"""Taken off the logit of what is absent before a softmax; still finite in half precision."""

HEADS = 4


def conv(
    inputs: int, outputs: int, *, size: int = 3, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    """Convolution over time, (B, C, T) -> (B, D, T / stride), and its batch norm."""
    return nn.Sequential(
        nn.Conv1d(inputs, outputs, size, stride, size // 2, groups=groups, bias=False),
        nn.BatchNorm1d(outputs),
    )


class Block(nn.Module):
    """Residual temporal block (B, C, T) -> (B, D, T / stride)."""

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.first = conv(inputs, outputs, stride=stride)
        self.second = conv(outputs, outputs, groups=groups)
        same = stride == 1 and inputs == outputs
        self.short = nn.Identity() if same else nn.Conv1d(inputs, outputs, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        return functional.relu(self.short(x) + self.second(functional.relu(self.first(x))))


class Attention(nn.Module):
    """Self-attention over N tokens: (B, N, D) -> (B, N, D) and its weights (B, heads, N, N).

    Written out, because the weights are an output of the network.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.inward = nn.Linear(width, 3 * width)
        self.outward = nn.Linear(width, width)
        self._size = width // HEADS

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        parts = self.inward(x).unflatten(2, (3 * HEADS, self._size)).transpose(1, 2)
        query, key, value = parts.chunk(3, dim=1)  # each (B, heads, N, D / heads)
        weights = torch.softmax(query * self._size**-0.5 @ key.transpose(2, 3), dim=3)
        return self.outward((weights @ value).transpose(1, 2).flatten(2)), weights


class TransformerLayer(nn.Module):
    """Attention and a feed-forward part twice as wide, each after its norm: (B, N, D) -> the same.

    Norm first, as in "On Layer Normalization in the Transformer Architecture" (Xiong et al. 2020):
    it learns without a long warm-up. Also returns the weights of ``Attention``.
    """

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.before_attention = nn.LayerNorm(width)
        self.attention = Attention(width)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Dropout(dropout),
            nn.Linear(2 * width, width),
        )  # fmt: skip
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        mixed, weights = self.attention(self.before_attention(x))
        x = x + self.drop(mixed)
        return x + self.drop(self.feed_forward(x)), weights
