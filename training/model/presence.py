"""Which modalities are there: patterns of presence, and tables that have a row for each."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


def patterns(modalities: int) -> int:
    """How many patterns there are. Number p has modality m where its bit m is set; 0 has none."""
    return 1 << modalities


def pattern_bits(modalities: int) -> Tensor:
    """Which modalities each pattern has: (P, M) float, 0 or 1."""
    numbers = torch.arange(patterns(modalities))[:, None]
    return (numbers >> torch.arange(modalities) & 1).float()


def pattern_name(pattern: int, modalities: Sequence[str]) -> str:
    """Its modalities, such as ``pose+audio``; ``none`` for pattern 0."""
    return "+".join(name for m, name in enumerate(modalities) if pattern >> m & 1) or "none"


class PatternRow(nn.Module):
    """The row of a table that belongs to each window's pattern: (B, M) bool -> (B, columns).

    A product with a one-hot matrix, so that the graph holds no indices that depend on the data.
    """

    signs: Tensor
    counts: Tensor

    def __init__(self, modalities: int) -> None:
        super().__init__()
        bits = pattern_bits(modalities)
        self.register_buffer("signs", (2 * bits - 1).T.contiguous(), persistent=False)
        self.register_buffer("counts", bits.sum(dim=1), persistent=False)

    def forward(self, present: Tensor, table: Tensor) -> Tensor:
        """table: (P, columns)."""
        # Only the pattern itself reaches its full count: each other one lacks some, or has one off.
        hits = present.to(table.dtype) @ self.signs > self.counts - 0.5
        return hits.to(table.dtype) @ table


def shares(weights: Tensor, present: Tensor) -> Tensor:
    """Parts of a whole: weights (B, ..., M) >= 0 of the present (B, M), each row summing to 1.

    The absent have none; where nothing is present all are 0.
    """
    shown = present.reshape(-1, *[1] * (weights.ndim - 2), present.shape[1])
    kept = torch.where(shown, weights, torch.zeros_like(weights))
    return kept / torch.clamp(kept.sum(dim=-1, keepdim=True), min=1e-6)


def mean_of_present(values: Tensor, present: Tensor) -> Tensor:
    """Mean over the modalities that are there: (B, M, ...) and (B, M) -> (B, ...); none: zeros."""
    shown = present.reshape(*present.shape, *[1] * (values.ndim - 2))
    total = torch.where(shown, values, torch.zeros_like(values)).sum(dim=1)
    return total / torch.clamp(shown.to(values.dtype).sum(dim=1), min=1)
