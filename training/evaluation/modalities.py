"""How much each modality is worth, with the same weights: masked, missing, or alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from recognition.frames import Float
from recognition.taxonomy import load_taxonomy
from training.evaluation.calibration import calibration_error
from training.evaluation.data import EvaluationData, Ints
from training.evaluation.predictions import Arrays, Change, FusionFile, Predictions, predict
from training.evaluation.scores import Counts, macro_f1, macro_f1_estimate

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Shares of windows from which a modality is taken away."""

FEW = 30
"""Fewer windows than this say nothing of a combination of modalities."""

_ARRAYS = {
    "pose": ("pose",), "trajectory": ("traj",), "objects": ("obj", "obj_mask"), "audio": ("aud",),
    "neighbours": ("nei", "nei_mask"), "appearance": ("ctx",),
}  # fmt: skip
"""The inputs of each modality."""


def keep_only(kept: Iterable[int]) -> Change:
    """Mask every modality but these; what stands in their arrays must not matter."""
    index = list(kept)

    def change(batch: Arrays, _: np.random.Generator) -> Arrays:
        mod = np.zeros_like(batch["mod"])
        mod[:, index] = batch["mod"][:, index]
        return {**batch, "mod": mod}

    return change


def lose(modality: int, share: float) -> Change:
    """Mask one modality in a share of the windows."""

    def change(batch: Arrays, rng: np.random.Generator) -> Arrays:
        batch["mod"][rng.random(len(batch["mod"])) < share, modality] = 0
        return batch

    return change


def not_numbers_under(modality_inputs: Sequence[str], modality: int) -> Change:
    """Mask one modality and fill its arrays with NaN, as a broken stage upstream would."""

    def change(batch: Arrays, _: np.random.Generator) -> Arrays:
        batch["mod"][:, modality] = 0
        return {**batch, **{name: np.full_like(batch[name], np.nan) for name in modality_inputs}}

    return change


def modality_sets(count: int) -> list[tuple[int, ...]]:
    """Each alone, all pairs, all but one, and all; each set once, small ones first."""
    sizes = sorted({1, 2, count - 1, count} - {0})
    return [chosen for size in sizes for chosen in combinations(range(count), size)]


def ablation(model: FusionFile, data: EvaluationData) -> dict[str, Any]:
    """``ablation`` of ``metrics.json``: sets of modalities, on windows that have them all.

    Modalities that hardly a window has are left out; sets are named ``pose+audio``.
    """
    mod = data.inputs["mod"] > 0
    usable = np.flatnonzero(mod.sum(axis=0) >= FEW)
    whole = data.rows(np.flatnonzero(mod[:, usable].all(axis=1)))
    sets: dict[str, Any] = {}
    if len(whole) >= FEW:
        for chosen in modality_sets(len(usable)):
            kept = usable[list(chosen)]
            said = predict(model, whole, change=keep_only(kept)).said
            name = "+".join(model.modalities[index] for index in kept)
            sets[name] = macro_f1_estimate(Counts.of(whole, said))
    return {"windows": len(whole), "sets": sets}


def presence(model: FusionFile, data: EvaluationData, given: Predictions) -> list[dict[str, Any]]:
    """``presence`` of ``metrics.json``: windows by which modalities they have, as they are."""
    patterns, which = np.unique(data.inputs["mod"] > 0, axis=0, return_inverse=True)
    rows = []
    for number, pattern in enumerate(patterns):
        own = which.reshape(-1) == number
        if own.sum() < FEW:
            continue
        part = data.rows(own)
        counts = Counts.of(part, given.said[own])
        names = [name for name, there in zip(model.modalities, pattern, strict=True) if there]
        rows.append(
            {
                "modalities": names,
                "windows": len(part),
                "macro_f1": macro_f1(counts.total, counts.shown),
                "accuracy": float((given.said[own] == part.labels).mean()),
                "ece": calibration_error(given.scores[own], part.labels),
            }
        )
    return sorted(rows, key=lambda row: -row["windows"])


def sound_classes(data: EvaluationData) -> Ints:
    """Classes of which something may be heard, by the taxonomy."""
    actions = load_taxonomy().actions
    heard = [name in actions and bool(actions[name].sounds) for name in data.classes]
    return np.flatnonzero(heard)


def missing(model: FusionFile, data: EvaluationData) -> dict[str, Any]:
    """``missing`` of ``metrics.json``: macro-F1 while one modality goes, on windows that have it.

    loss: of macro-F1 when it is gone from all; loss_share: relative to having it.
    loss_elsewhere: of macro-F1 over the classes of which nothing is heard.
    """
    found: dict[str, Any] = {}
    silent = np.setdiff1d(np.arange(len(data.classes)), sound_classes(data))
    for index, name in enumerate(model.modalities):
        own = data.rows(data.inputs["mod"][:, index] > 0)
        if len(own) < FEW:
            found[name] = {"windows": len(own), "macro_f1": [None] * len(SHARES)} | dict.fromkeys(
                ("loss", "loss_share", "loss_elsewhere")
            )
            continue
        counts = [
            Counts.of(own, predict(model, own, change=lose(index, share)).said) for share in SHARES
        ]
        values = [macro_f1(one.total, one.shown) for one in counts]
        elsewhere = [
            macro_f1(one.total, np.intersect1d(silent, one.shown))
            for one in (counts[0], counts[-1])
        ]
        found[name] = {
            "windows": len(own),
            "macro_f1": values,
            "loss": values[0] - values[-1],
            "loss_share": (values[0] - values[-1]) / values[0] if values[0] else None,
            "loss_elsewhere": _number(elsewhere[0] - elsewhere[1]),
        }
    return {"share": list(SHARES), "modalities": found}


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None


def under_masks(model: FusionFile, data: EvaluationData) -> dict[str, float | None]:
    """Largest change of a logit when NaN stands under each mask: 0 is the promise, None is NaN."""
    part = data.rows(np.arange(min(len(data), 64)))
    changes: dict[str, float | None] = {}
    for index, name in enumerate(model.modalities):
        others = [other for other in range(len(model.modalities)) if other != index]
        before = predict(model, part, change=keep_only(others)).logits
        after = predict(model, part, change=not_numbers_under(_ARRAYS[name], index)).logits
        changes[name] = _number(float(np.abs(after - before).max()))
    return changes


def alone(data: EvaluationData, uni: Float | None, modalities: Sequence[str]) -> dict[str, Any]:
    """Macro-F1 of each modality's own head, on the windows that have it; empty without heads."""
    if uni is None:
        return {}
    found: dict[str, Any] = {}
    for index, name in enumerate(modalities):
        own = data.inputs["mod"][:, index] > 0
        if own.sum() >= FEW:
            part = data.rows(own)
            counts = Counts.of(part, uni[own, index].argmax(axis=1))
            found[name] = {
                "windows": len(part),
                "macro_f1": macro_f1(counts.total, counts.shown),
            }
    return found


def gate_by_class(
    data: EvaluationData, gate: Float | None, modalities: Sequence[str]
) -> dict[str, dict[str, float]]:
    """How much each modality counted, as a mean over a class's windows; empty without a gate."""
    if gate is None:
        return {}
    return {
        data.classes[index]: dict(
            zip(modalities, gate[data.labels == index].mean(axis=0).tolist(), strict=True)
        )
        for index in data.shown
    }
