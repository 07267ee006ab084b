"""Fusion ``late``: each modality answers by itself; a stacker weighs the answers."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from recognition.fusion_input import SLOTS
from training.config import ModelConfig
from training.model.blocks import LAST_SLOTS
from training.model.encoders import Encoders, UnimodalHeads
from training.model.fused import Fused
from training.model.presence import PatternRow, pattern_bits, shares
from training.model.streams import Streams


class Stacker(NamedTuple):
    """Weights of a logistic regression on unimodal log-probabilities.

    by_pattern: (P, M) weight of a modality when just these are present. by_class: (M, C)
    what is added to it for a class. bias: (C,).
    """

    by_pattern: Tensor
    by_class: Tensor
    bias: Tensor

    @classmethod
    def average(cls, modalities: int, classes: int) -> Stacker:
        """The plain mean over the present modalities."""
        bits = pattern_bits(modalities)
        return cls(
            by_pattern=bits / bits.sum(dim=1, keepdim=True).clamp(min=1),
            by_class=torch.zeros(modalities, classes),
            bias=torch.zeros(classes),
        )


class LateFusion(nn.Module):
    """Unimodal heads, stacked.

    The heads learn from their own loss alone: what is fused sends nothing back. The stacker is not
    trained with them, either, for it must know how the heads do on windows that they have not
    learnt; ``training.calibration`` fits it on validation. Until then it is the plain average.

    gate: size of the stacker's weights, averaged over the classes, as parts of the present
    modalities' sum; the same in every slot.
    """

    by_pattern: Tensor
    by_class: Tensor
    bias: Tensor

    def __init__(self, config: ModelConfig, classes: int) -> None:
        super().__init__()
        self.encoders = Encoders(config)
        self.uni = UnimodalHeads(config, classes)
        modalities = len(config.features.modalities)
        self.row = PatternRow(modalities)
        for name, value in Stacker.average(modalities, classes)._asdict().items():
            self.register_buffer(name, value)

    def take(self, stacker: Stacker) -> None:
        """Use these weights from now on."""
        for name, value in stacker._asdict().items():
            getattr(self, name).copy_(value)

    def weights(self, stacker: Stacker, present: Tensor) -> Tensor:
        """Of each modality's answer in the sum: (B, M) bool -> (B, M, C), 0 for the absent."""
        row = self.row(present, stacker.by_pattern).unsqueeze(2)
        weights = row + stacker.by_class
        return torch.where(present.unsqueeze(2), weights, torch.zeros_like(weights))

    def stacked(self, uni: Tensor, present: Tensor, stacker: Stacker) -> Tensor:
        """Logits (B, C) of unimodal logits (B, M, C)."""
        weighted = torch.log_softmax(uni, dim=2) * self.weights(stacker, present)
        return weighted.sum(dim=1) + stacker.bias

    def forward(self, streams: Streams) -> Fused:
        """See the class."""
        tokens, present = self.encoders(streams), streams.present
        uni = self.uni(tokens)
        stacker = Stacker(self.by_pattern, self.by_class, self.bias)
        counted = shares(self.weights(stacker, present).abs().mean(dim=2), present)  # (B, M)
        newest = tokens[:, :, -LAST_SLOTS:].mean(dim=2)
        return Fused(
            logits=self.stacked(uni.detach(), present, stacker),
            pooled=(newest * counted.unsqueeze(2)).sum(dim=1),
            gate=counted[:, None].expand(-1, SLOTS, -1),
            uni=uni,
        )
