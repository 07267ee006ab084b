"""How a model takes worse input than it is measured on: trembling, lost joints, late sound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from recognition.skeleton import MIN_SCORE
from training.evaluation.data import EvaluationData
from training.evaluation.modalities import FEW, sound_classes
from training.evaluation.predictions import Arrays, Change, FusionFile, predict
from training.evaluation.scores import Counts, macro_f1

JITTER = (0.0, 0.02, 0.05, 0.1, 0.2)
"""Standard deviations of keypoints in torso lengths; a torso is about 0.5 m."""

DROPOUT = (0.0, 0.1, 0.2, 0.35, 0.5)
"""Shares of joints, and of steps, that are lost."""

LATE_S = (-1.0, -0.5, 0.0, 0.5, 1.0)
"""Seconds by which sound comes late; it moves by whole time slots, so roughly."""


def jitter(deviation: float) -> Change:
    """Every seen keypoint trembles, each step anew."""

    def change(batch: Arrays, rng: np.random.Generator) -> Arrays:
        pose = batch["pose"]
        seen = pose[..., 2:] >= MIN_SCORE
        pose[..., :2] += seen * rng.normal(0, deviation, pose[..., :2].shape).astype(np.float32)
        return batch

    return change


def lose_joints(share: float) -> Change:
    """Each joint is hidden for the whole window with a chance of ``share``."""

    def change(batch: Arrays, rng: np.random.Generator) -> Arrays:
        pose = batch["pose"]
        pose *= rng.random((len(pose), 1, pose.shape[2], 1)) >= share
        return batch

    return change


def lose_steps(share: float) -> Change:
    """All keypoints of a step are lost with a chance of ``share``; the box stays."""

    def change(batch: Arrays, rng: np.random.Generator) -> Arrays:
        pose = batch["pose"]
        pose *= rng.random((*pose.shape[:2], 1, 1)) >= share
        return batch

    return change


def shift_sound(slots: int) -> Change:
    """Sound comes ``slots`` late (negative: early); the edge's sound is held."""

    def change(batch: Arrays, _: np.random.Generator) -> Arrays:
        count = batch["aud"].shape[1]
        source = np.clip(np.arange(count) - slots, 0, count - 1)
        return {**batch, "aud": batch["aud"][:, source]}

    return change


def swap_sound() -> Change:
    """Each window hears another window's sound, of those in the batch that have any."""

    def change(batch: Arrays, rng: np.random.Generator) -> Arrays:
        return {**batch, "aud": batch["aud"][rng.permutation(len(batch["aud"]))]}

    return change


def _curve(
    model: FusionFile, data: EvaluationData, levels: tuple[float, ...],
    make: Callable[[float], Change],
) -> dict[str, Any]:  # fmt: skip
    values = []
    for level in levels:
        counts = Counts.of(data, predict(model, data, change=make(level)).said)
        values.append(macro_f1(counts.total, counts.shown))
    return {"level": list(levels), "macro_f1": values, "mean": float(np.mean(values))}


def late_sound(model: FusionFile, data: EvaluationData) -> dict[str, Any]:
    """Macro-F1 over the classes that can be heard, on windows with sound, while it comes late.

    half_second_loss: the mean of coming half a second late and early. swapped_loss: when each
    window hears another's. Both are None where too few windows have sound.
    """
    mod = model.modalities.index("audio")
    heard = data.rows(data.inputs["mod"][:, mod] > 0)
    classes = np.intersect1d(sound_classes(data), heard.shown)
    nothing = {"half_second_loss": None, "swapped_loss": None}
    if len(heard) < FEW or not len(classes):
        return {"windows": len(heard), "level": [], "macro_f1": [], "classes": [], **nothing}
    slot_s = model.steps / model.rate_hz / heard.inputs["aud"].shape[1]
    slots = [round(seconds / slot_s) for seconds in LATE_S]

    def figure(change: Change) -> float:
        counts = Counts.of(heard, predict(model, heard, change=change).said)
        return macro_f1(counts.total, classes)

    values = [figure(shift_sound(count)) for count in slots]
    kept = values[LATE_S.index(0.0)]
    half = np.mean([values[LATE_S.index(-0.5)], values[LATE_S.index(0.5)]])
    return {
        "windows": len(heard),
        "classes": [data.classes[index] for index in classes],
        "level": [round(count * slot_s, 2) for count in slots],
        "macro_f1": values,
        "half_second_loss": float(kept - half),
        "swapped_loss": kept - figure(swap_sound()),
    }


def noise(model: FusionFile, data: EvaluationData) -> dict[str, Any]:
    """``noise`` of ``metrics.json``: macro-F1 by level; ``mean`` is that over a curve's levels."""
    return {
        "keypoint_jitter": _curve(model, data, JITTER, jitter),
        "joint_dropout": _curve(model, data, DROPOUT, lose_joints),
        "step_dropout": _curve(model, data, DROPOUT, lose_steps),
        "late_sound": late_sound(model, data),
    }
