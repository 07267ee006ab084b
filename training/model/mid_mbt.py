"""Fusion ``mid_mbt``: modalities exchange what they know through a few bottleneck tokens."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from recognition.fusion_input import SLOTS
from training.config import ModelConfig
from training.model.blocks import WIDTH, TransformerLayer
from training.model.encoders import Encoders, UnimodalHeads
from training.model.fused import Fused
from training.model.presence import mean_of_present, shares
from training.model.streams import Streams

_BOTTLENECKS = 4
_INNER = 64  # of the tokens in the exchange: half as wide, its layers cost a quarter


class _Exchange(nn.Module):
    """One layer: own tokens (B, M, SLOTS, _INNER) and shared ones (B, N, _INNER) -> both anew.

    Also how strongly the shared tokens attended to each slot of each modality, (B, SLOTS, M).
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        modalities = config.features.modalities
        self.each = nn.ModuleList(TransformerLayer(_INNER, config.dropout) for _ in modalities)

    def forward(
        self, own: Tensor, shared: Tensor, present: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """See the class."""
        kept, passed, attended = [], [], []
        for m, layer in enumerate(self.each):
            tokens, weights = layer(torch.cat([own[:, m], shared], dim=1))
            kept.append(tokens[:, :SLOTS])
            passed.append(tokens[:, SLOTS:])
            attended.append(weights[:, :, SLOTS:, :SLOTS].mean(dim=(1, 2)))
        shared = mean_of_present(torch.stack(passed, dim=1), present)
        return torch.stack(kept, dim=1), shared, torch.stack(attended, dim=2)


class MbtFusion(nn.Module):
    """Bottleneck tokens after "Attention Bottlenecks for Multimodal Fusion" (Nagrani et al. 2021).

    In each of two layers every modality attends to its own tokens and to four that all share; the
    shared ones go on as the mean of what the present modalities made of them.

    gate: how strongly the shared tokens attended to each modality's token of that slot in the last
    layer, as parts of the present modalities' sum.
    """

    def __init__(self, config: ModelConfig, classes: int) -> None:
        super().__init__()
        self.encoders = Encoders(config)
        self.inward = nn.Linear(WIDTH, _INNER)
        self.place = nn.Parameter(torch.randn(SLOTS, _INNER) * 0.02)
        self.bottleneck = nn.Parameter(torch.randn(_BOTTLENECKS, _INNER) * 0.02)
        self.first = _Exchange(config)
        self.last = _Exchange(config)
        self.outward = nn.Sequential(nn.LayerNorm(_INNER), nn.Linear(_INNER, WIDTH))
        self.drop = nn.Dropout(min(0.5, 2 * config.dropout))
        self.head = nn.Linear(WIDTH, classes)
        self.uni = UnimodalHeads(config, classes)

    def forward(self, streams: Streams) -> Fused:
        """See the class."""
        tokens = self.encoders(streams)
        shared = self.bottleneck.expand(tokens.shape[0], -1, -1)
        own, shared, _ = self.first(self.inward(tokens) + self.place, shared, streams.present)
        _, shared, attended = self.last(own, shared, streams.present)
        pooled = self.outward(shared).mean(dim=1)
        return Fused(
            logits=self.head(self.drop(pooled)),
            pooled=pooled,
            gate=shares(attended, streams.present),
            uni=self.uni(tokens),
        )
