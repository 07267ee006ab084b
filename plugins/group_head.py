"""The model that says what people who are together do, checked and ready to be asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import expit, softmax

from engines.errors import EngineError
from engines.protocol import Engine
from recognition.frames import Float
from recognition.group_events import Judge
from recognition.groups import MEMBER_SIZE, MOST_MEMBERS

_INPUTS = {"members": (None, MOST_MEMBERS, MEMBER_SIZE), "mask": (None, MOST_MEMBERS)}
_TRAIN = (
    "Train it for this one: python -m training.group.train configs/training/group_head.yaml "
    "--fusion {fusion}, then python -m export.group_head_to_onnx runs/group_head/checkpoint.pt "
    "--out {head}; or do without: fusion.group_head: false"
)


@dataclass(frozen=True, slots=True)
class GroupHead:
    """What groups do (C labels, the background among them), and who says so."""

    labels: tuple[str, ...]
    judge: Judge


def group_head(engine: Engine, path: Path, fusion: Engine, fusion_path: Path) -> GroupHead:
    """A group head's model as the program asks it.

    fusion: the model that looks at the members. A head reads the embeddings of one model alone.

    Raises:
        EngineError: it is no group head, or one for another fusion model.
    """
    if dict(engine.inputs) != _INPUTS or not {"logits", "part"} <= {*engine.outputs}:
        raise EngineError(
            f"{path}: takes {_shown(engine.inputs)}, gives {_shown(engine.outputs)}; wanted a "
            f"group head of this version: takes {_shown(_INPUTS)}, gives logits and part. Train "
            "and export it again: python -m training.group.train "
            "configs/training/group_head.yaml, then python -m export.group_head_to_onnx CHECKPOINT"
        )
    made_for = engine.metadata.get("fusion_sha256", "none")
    if made_for != fusion.sha256:
        train = _TRAIN.format(fusion=fusion_path, head=path)
        raise EngineError(
            f"{path}: trained for the fusion model with sha256 {made_for[:12]}; {fusion_path} has "
            f"{fusion.sha256[:12]}. {train}"
        )
    labels = tuple(str(label) for label in json.loads(engine.metadata.get("labels", "[]")))
    if engine.outputs["logits"][1] != len(labels):
        raise EngineError(
            f"{path}: {len(labels)} labels for {engine.outputs['logits'][1]} logits. Export it "
            "again: python -m export.group_head_to_onnx CHECKPOINT"
        )

    def judge(members: Float, mask: Float) -> tuple[Float, Float]:
        said = engine.run({"members": members, "mask": mask})
        scores: Float = softmax(said["logits"], axis=1)
        part: Float = expit(said["part"]).astype(np.float32)
        return scores, part

    return GroupHead(labels, judge)


def _shown(arrays: Mapping[str, tuple[int | None, ...]]) -> str:
    """Names and sizes, such as members (16, 149); the batch is left out."""
    return ", ".join(
        f"{name} ({', '.join(str(size) for size in shape[1:])})" for name, shape in arrays.items()
    )
