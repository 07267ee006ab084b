"""The fusion network: one way of fusion, and probabilities that mean what they say."""

from __future__ import annotations

from collections.abc import Collection

import torch
from torch import Tensor, nn

from recognition.layouts import Layout
from training.config import ModelConfig
from training.model.early import EarlyFusion
from training.model.late import LateFusion
from training.model.mid import MidFusion
from training.model.mid_mbt import MbtFusion
from training.model.presence import PatternRow, patterns
from training.model.streams import sanitised


class FusionModel(nn.Module):
    """Fusion of the modalities of a layout.

    Inputs as ``recognition.layouts.Layout`` makes them. What a mask leaves out changes nothing,
    whatever stands there: a modality whose ``mod`` is 0, a joint below the least score, a step of
    the trajectory without the person, an empty slot for things or people.

    unread: modalities that it does not look at; they are taken to be absent.

    Attributes:
        fusion: the way of fusion; what its ``gate`` holds stands there.
        layout: the features that it takes.
        temperature: (P, 1) divides the logits, by which modalities are present.
        uni_temperature: (M,) divides the unimodal logits.
    """

    temperature: Tensor
    uni_temperature: Tensor
    read: Tensor

    def __init__(self, fusion: nn.Module, layout: Layout, unread: Collection[str] = ()) -> None:
        super().__init__()
        self.fusion = fusion
        self.layout = layout
        self._reads_all = not unread
        read = torch.tensor([float(name not in unread) for name in layout.modalities])
        self.register_buffer("read", read, persistent=False)
        count = len(layout.modalities)
        self.row = PatternRow(count)
        self.register_buffer("temperature", torch.ones(patterns(count), 1))
        self.register_buffer("uni_temperature", torch.ones(count))

    def forward(  # noqa: PLR0913 - the names of the graph's inputs
        self, *, pose: Tensor, traj: Tensor, obj: Tensor, obj_mask: Tensor, aud: Tensor,
        mod: Tensor, nei: Tensor | None = None, nei_mask: Tensor | None = None,
        ctx: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
        """Returns logits (B, C), emb (B, WIDTH) of length 1, gate (B, SLOTS, M), uni (B, M, C).

        nei, nei_mask: of a layout with neighbours, else None. ctx: of one with what people look
        like, else None.
        """
        if not self._reads_all:
            mod = mod * self.read
        streams = sanitised(
            pose=pose, traj=traj, obj=obj, obj_mask=obj_mask, aud=aud, mod=mod, nei=nei,
            nei_mask=nei_mask, ctx=ctx,
        )  # fmt: skip
        logits, pooled, gate, uni = self.fusion(streams)
        length = torch.linalg.vector_norm(pooled, dim=1, keepdim=True)
        return (
            logits / self.row(streams.present, self.temperature),
            pooled / torch.clamp(length, min=1e-6),
            gate,
            uni / self.uni_temperature[:, None],
        )


def build(config: ModelConfig, classes: int) -> FusionModel:
    """The network that the configuration describes, untrained."""
    fusions = {"early": EarlyFusion, "mid": MidFusion, "mid_mbt": MbtFusion, "late": LateFusion}
    return FusionModel(fusions[config.fusion](config, classes), config.features, config.unread)
