"""Fusion ``early``: the raw streams side by side, step by step, into one network."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from recognition.frames import APPEARANCE_SIZE
from recognition.fusion_input import SLOTS
from recognition.neighbours import NEIGHBOUR_SIZE, NEIGHBOUR_SLOTS
from recognition.objects import OBJECT_SIZE, OBJECT_SLOTS
from recognition.sound import TOKEN_SIZE
from training.config import ModelConfig
from training.model.blocks import LAST_SLOTS, STEPS, WIDTH, Block
from training.model.fused import Fused
from training.model.pose_features import FLAT_FEATURES, FlatFeatures
from training.model.presence import shares
from training.model.streams import Streams

_SIZES = (FLAT_FEATURES, 4, OBJECT_SLOTS * OBJECT_SIZE, TOKEN_SIZE)
_NEIGHBOURS = NEIGHBOUR_SLOTS * NEIGHBOUR_SIZE
_ALONE = 48


class EarlyFusion(nn.Module):
    """One temporal network over all streams at the window's rate; tokens of slots are held.

    Its first convolution takes the streams side by side, which is the same as one convolution of
    each stream, summed; written so, for it shows how much each adds. A stream that is absent is a
    learned row of features. The unimodal heads have a small layer of their own on each stream,
    since here no encoder works for one modality alone.

    gate: mean size of what each stream adds in the first layer, as parts of the present ones' sum.
    """

    def __init__(self, config: ModelConfig, classes: int) -> None:
        super().__init__()
        channels = config.channels
        layout = config.features
        sizes = (
            *_SIZES, *[_NEIGHBOURS] * layout.social, *[APPEARANCE_SIZE] * layout.visual
        )  # fmt: skip
        self.features = FlatFeatures()
        self.null = nn.ParameterList(torch.randn(size, 1) * 0.02 for size in sizes)
        self.level = nn.ModuleList(nn.BatchNorm1d(size) for size in sizes)
        self.stem = nn.ModuleList(nn.Conv1d(size, channels, 5, 2, 2, bias=False) for size in sizes)
        self.norm = nn.BatchNorm1d(channels)
        self.blocks = nn.Sequential(
            Block(channels, channels, groups=4),
            nn.Dropout(config.dropout),
            Block(channels, channels, stride=2, groups=4),
            Block(channels, WIDTH, groups=4),
            Block(WIDTH, WIDTH, groups=4),
        )
        self.drop = nn.Dropout(min(0.5, 2 * config.dropout))
        self.head = nn.Linear(WIDTH, classes)
        self.alone = nn.ModuleList(nn.Conv1d(size, _ALONE, 5, 4, 2) for size in sizes)
        self.uni = nn.ModuleList(nn.Linear(_ALONE, classes) for _ in sizes)

    def streams_in_step(self, streams: Streams) -> list[Tensor]:
        """Each modality as (B, features, T), all on the window's grid and at one level."""
        raw = [
            self.features(streams.pose),
            streams.traj.transpose(1, 2),
            streams.obj.flatten(2).transpose(1, 2),
            _held(streams.aud),
        ]
        if streams.nei is not None:
            raw.append(streams.nei.flatten(2).transpose(1, 2))
        if streams.ctx is not None:
            raw.append(_held(streams.ctx))
        return [
            torch.where(streams.present[:, m, None, None], self.level[m](x), self.null[m])
            for m, x in enumerate(raw)
        ]

    def forward(self, streams: Streams) -> Fused:
        """See the class."""
        together = self.streams_in_step(streams)
        added = torch.stack([stem(x) for stem, x in zip(self.stem, together, strict=True)], dim=1)
        x = self.blocks(functional.relu(self.norm(added.sum(dim=1))))
        pooled = x[:, :, -LAST_SLOTS:].mean(dim=2)
        size = added.detach().abs().mean(dim=2)
        strength = size.reshape(*size.shape[:2], SLOTS, -1).mean(dim=3)
        return Fused(
            logits=self.head(self.drop(pooled)),
            pooled=pooled,
            gate=shares(strength.transpose(1, 2), streams.present),
            uni=torch.stack([self._alone(m, x) for m, x in enumerate(together)], dim=1),
        )

    def _alone(self, modality: int, x: Tensor) -> Tensor:
        newest = functional.relu(self.alone[modality](x))[:, :, -LAST_SLOTS:].mean(dim=2)
        logits: Tensor = self.uni[modality](self.drop(newest))
        return logits


def _held(tokens: Tensor) -> Tensor:
    """Tokens of slots (B, SLOTS, C) at every step of the window, (B, C, STEPS)."""
    return tokens.transpose(1, 2).repeat_interleave(STEPS // SLOTS, dim=2)
