"""Takes every measurement of one or several models, as the numbers of ``metrics.json``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from tqdm import tqdm

from recognition.sound_encoders import SoundConfig
from training.evaluation.calibration import calibration, calibration_error
from training.evaluation.comparison import Variant, comparison
from training.evaluation.cost import latency, machine, size
from training.evaluation.data import EvaluationData
from training.evaluation.heldout import QUIET, RARE
from training.evaluation.modalities import (
    ablation,
    alone,
    gate_by_class,
    missing,
    presence,
    under_masks,
)
from training.evaluation.noise import noise
from training.evaluation.precision_recall import precision_recall
from training.evaluation.predictions import FusionFile, Predictions, predict, temperatures_of
from training.evaluation.scores import Counts, confusions, macro_f1, score

SCHEMA = 1
"""Raised whenever a figure of ``metrics.json`` changes its name or meaning."""

_COMPARED_BATCH = 32
_SURE = 0.6  # a score from which an operator would want to be told


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Models that differ in their seed alone, under one name."""

    name: str
    seeds: tuple[FusionFile, ...]


def measure(
    candidates: Sequence[Candidate], sets: Mapping[SoundConfig, EvaluationData], *, threads: int
) -> tuple[dict[str, Any], Predictions]:
    """All figures; the first candidate's first seed is the model that the page is about.

    sets: the same windows by the tokens that their sound became, with classes in the models'
    order. Returns the figures with that model's predictions.
    """
    model = candidates[0].seeds[0]
    data = sets[model.hearing]
    given = predict(model, data)
    counts = Counts.of(data, given.said)
    stages: dict[str, Callable[[], Any]] = {
        "size": lambda: size(model),
        "machine": lambda: machine(threads),
        "latency": lambda: latency(model, data),
        "scores": lambda: score(counts, data.classes),
        "precision_recall": lambda: precision_recall(given.scores, data),
        "calibration": lambda: calibration(given.logits, data, temperatures_of(model, data)),
        "presence": lambda: presence(model, data, given),
        "ablation": lambda: ablation(model, data),
        "alone": lambda: alone(data, given.uni, model.modalities),
        "gate": lambda: gate_by_class(data, given.gate, model.modalities),
        "missing": lambda: missing(model, data),
        "noise": lambda: noise(model, data),
        "under_masks": lambda: under_masks(model, data),
        "parts": lambda: parts(data, given),
        "false_alarms": lambda: false_alarms(data, given),
        "comparison": lambda: comparison([variant(one, sets) for one in candidates]),
    }
    figures: dict[str, Any] = {"schema": SCHEMA, "data": described(data), "model": told(model)}
    with tqdm(stages, disable=None, unit="part") as bar:
        for name in bar:
            bar.set_description(name.replace("_", " "))
            figures[name] = stages[name]()
    figures |= figures.pop("scores")
    total = counts.total
    figures["confusion"] = {
        "classes": list(data.classes),
        "windows": total.tolist(),
        "commonest": confusions(total, data.classes),
    }
    return figures, given


def described(data: EvaluationData) -> dict[str, Any]:
    """What was measured on."""
    people = Counter(data.people.tolist())
    return {
        "kind": data.kind,
        "title": data.title,
        "windows": len(data),
        "people": dict(sorted(people.items())),
        "classes_shown": [data.classes[index] for index in data.shown],
        "about": list(data.about),
        "limits": list(data.limits),
    }


def told(model: FusionFile) -> dict[str, Any]:
    """What the model's file says of itself."""
    said: Mapping[str, str] = model.engine.metadata
    return {
        "file": model.path.name,
        "sha256": model.engine.sha256,
        "classes": list(model.labels),
        "modalities": list(model.modalities),
        "window_s": model.steps / model.rate_hz,
        **{key: said.get(key) for key in ("name", "version", "layout_version", "git_sha")},
        "data_hash": said.get("data_hash"),
        "sound_tokens": model.hearing.tokens,
    }


def parts(data: EvaluationData, given: Predictions) -> dict[str, Any]:
    """Macro-F1 and accuracy of people and of named parts by themselves."""

    def row(mask: Any) -> dict[str, Any]:
        part = data.rows(mask)
        counts = Counts.of(part, given.said[mask])
        return {
            "windows": len(part),
            "people": len(counts.people),
            "classes": len(counts.shown),
            "accuracy": float((given.said[mask] == part.labels).mean()) if len(part) else None,
            "macro_f1": macro_f1(counts.total, counts.shown) if len(part) else None,
        }

    return {
        "named": {name: row(mask) for name, mask in data.parts.items() if mask.any()},
        "people": {str(name): row(data.people == name) for name in np.unique(data.people)},
    }


def false_alarms(data: EvaluationData, given: Predictions) -> dict[str, Any]:
    """How often people who stand or walk are called something that an operator is told of."""
    quiet = np.isin(data.labels, [data.classes.index(n) for n in QUIET if n in data.classes])
    rare = np.isin(given.said, [data.classes.index(n) for n in RARE if n in data.classes])
    sure = given.scores.max(axis=1) >= _SURE
    return {
        "windows": int(quiet.sum()),
        "share": float(rare[quiet].mean()) if quiet.any() else None,
        "sure_share": float((rare & sure)[quiet].mean()) if quiet.any() else None,
        "sure": _SURE,
        "classes": [name for name in RARE if name in data.classes],
    }


def variant(candidate: Candidate, sets: Mapping[SoundConfig, EvaluationData]) -> Variant:
    """What the seeds of a candidate say, and what they cost."""
    runs, figures = [], []
    for model in candidate.seeds:
        data = sets[model.hearing]
        given, cost = predict(model, data), size(model)
        runs.append(Counts.of(data, given.said))
        figures.append(
            {
                "ece": calibration_error(given.scores, data.labels),
                "parameters": cost["parameters"],
                "mmacs": cost["mmacs"],
                "p50_ms": latency(model, data, (_COMPARED_BATCH,))[str(_COMPARED_BATCH)]["p50_ms"],
            }
        )
    return Variant(name=candidate.name, runs=tuple(runs), figures=tuple(figures))
