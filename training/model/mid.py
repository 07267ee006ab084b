"""Fusion ``mid``: in every time slot a gate says how much each modality counts."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.config import ModelConfig
from training.model.blocks import LAST_SLOTS, SHUT, WIDTH, Block
from training.model.encoders import Encoders, UnimodalHeads
from training.model.fused import Fused
from training.model.streams import Streams


class MidFusion(nn.Module):
    """Tokens of the modalities, weighted by a softmax gate over those present, then over time.

    gate: that softmax.
    """

    def __init__(self, config: ModelConfig, classes: int) -> None:
        super().__init__()
        self.encoders = Encoders(config)
        count = len(config.features.modalities)
        self.gate = nn.Linear(count * WIDTH, count)
        self.mixer = Block(WIDTH, WIDTH, groups=4)
        self.drop = nn.Dropout(min(0.5, 2 * config.dropout))
        self.head = nn.Linear(WIDTH, classes)
        self.uni = UnimodalHeads(config, classes)

    def forward(self, streams: Streams) -> Fused:
        """See the class."""
        tokens = self.encoders(streams)
        closed = (streams.present.to(tokens.dtype) - 1) * SHUT
        side_by_side = tokens.transpose(1, 2).flatten(2)  # (B, SLOTS, M * WIDTH)
        gate = torch.softmax(self.gate(side_by_side) + closed[:, None], dim=2)
        fused: Tensor = (tokens * gate.transpose(1, 2).unsqueeze(3)).sum(dim=1)
        pooled = self.mixer(fused.transpose(1, 2))[:, :, -LAST_SLOTS:].mean(dim=2)
        logits = self.head(self.drop(pooled))
        return Fused(logits=logits, pooled=pooled, gate=gate, uni=self.uni(tokens))
