"""The fusion network: one way of fusion, and probabilities that mean what they say."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from recognition.fusion_input import MODALITIES
from training.config import ModelConfig
from training.model.early import EarlyFusion
from training.model.late import LateFusion
from training.model.mid import MidFusion
from training.model.mid_mbt import MbtFusion
from training.model.presence import PATTERNS, PatternRow
from training.model.streams import sanitised


class FusionModel(nn.Module):
    """Fusion of the modalities in ``recognition.fusion_input.MODALITIES``.

    Inputs as ``fusion_input`` makes them. What a mask leaves out changes nothing, whatever stands
    there: a modality whose ``mod`` is 0, a joint below the least score, a step of the trajectory
    without the person, an empty slot for things.

    Attributes:
        fusion: the way of fusion; what its ``gate`` holds stands there.
        temperature: (PATTERNS, 1) divides the logits, by which modalities are present.
        uni_temperature: (M,) divides the unimodal logits.
    """

    temperature: Tensor
    uni_temperature: Tensor

    def __init__(self, fusion: nn.Module) -> None:
        super().__init__()
        self.fusion = fusion
        self.row = PatternRow()
        self.register_buffer("temperature", torch.ones(PATTERNS, 1))
        self.register_buffer("uni_temperature", torch.ones(len(MODALITIES)))

    def forward(
        self, *, pose: Tensor, traj: Tensor, obj: Tensor, obj_mask: Tensor, aud: Tensor, mod: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Returns logits (B, C), emb (B, WIDTH) of length 1, gate (B, SLOTS, M), uni (B, M, C)."""
        streams = sanitised(pose=pose, traj=traj, obj=obj, obj_mask=obj_mask, aud=aud, mod=mod)
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
    match config.fusion:
        case "early":
            return FusionModel(EarlyFusion(config, classes))
        case "mid":
            return FusionModel(MidFusion(config, classes))
        case "mid_mbt":
            return FusionModel(MbtFusion(config, classes))
        case "late":
            return FusionModel(LateFusion(config, classes))
