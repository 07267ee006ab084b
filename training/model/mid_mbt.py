"""Fusion ``mid_mbt``: modalities exchange what they know through a few bottleneck tokens."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from recognition.fusion_input import MODALITIES, SLOTS
from training.config import ModelConfig
from training.model.blocks import WIDTH, TransformerLayer
from training.model.encoders import Encoders, UnimodalHeads
from training.model.fused import Fused
from training.model.presence import mean_of_present, shares
from training.model.streams import Streams

_BOTTLENECKS = 4
_LAYERS = 2


class MbtFusion(nn.Module):
    """Bottleneck tokens after "Attention Bottlenecks for Multimodal Fusion" (Nagrani et al. 2021).

    In each layer every modality attends to its own tokens and to four that all share; the shared
    ones go on as the mean of what the present modalities made of them.

    gate: how strongly the shared tokens attended to each modality's token of that slot in the last
    layer, as parts of the present modalities' sum.
    """

    def __init__(self, config: ModelConfig, classes: int) -> None:
        super().__init__()
        self.encoders = Encoders(config)
        self.place = nn.Parameter(torch.randn(SLOTS, WIDTH) * 0.02)
        self.bottleneck = nn.Parameter(torch.randn(_BOTTLENECKS, WIDTH) * 0.02)
        self.layers = nn.ModuleList(
            nn.ModuleList(TransformerLayer(WIDTH, config.dropout) for _ in MODALITIES)
            for _ in range(_LAYERS)
        )
        self.norm = nn.LayerNorm(WIDTH)
        self.drop = nn.Dropout(min(0.5, 2 * config.dropout))
        self.head = nn.Linear(WIDTH, classes)
        self.uni = UnimodalHeads(classes, config.dropout)

    def forward(self, streams: Streams) -> Fused:
        """See the class."""
        tokens = self.encoders(streams)
        own = list((tokens + self.place).unbind(dim=1))
        shared = self.bottleneck.expand(tokens.shape[0], -1, -1)
        seen: list[Tensor] = []
        for layer in self.layers:
            passed, seen = [], []
            for m, each in enumerate(layer):
                x, weights = each(torch.cat([own[m], shared], dim=1))
                own[m] = x[:, :SLOTS]
                passed.append(x[:, SLOTS:])
                seen.append(weights[:, :, SLOTS:, :SLOTS].mean(dim=(1, 2)))  # (B, SLOTS)
            shared = mean_of_present(torch.stack(passed, dim=1), streams.present)
        pooled = self.norm(shared).mean(dim=1)
        return Fused(
            logits=self.head(self.drop(pooled)),
            pooled=pooled,
            gate=shares(torch.stack(seen, dim=2), streams.present),
            uni=self.uni(tokens),
        )
