"""What every way of fusion answers, before its temperature."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Fused(NamedTuple):
    """logits (B, C); pooled (B, WIDTH), to be the embedding; gate (B, SLOTS, M); uni (B, M, C).

    gate: how much each modality counted in each slot; >= 0, sums to 1 over those present.
    """

    logits: Tensor
    pooled: Tensor
    gate: Tensor
    uni: Tensor
