"""``python -m tests.acceptance.sound``: the sound encoder trained from scratch, beside YAMNet.

ESC-10's six classes that are there, folds 1 to 3: trained on two folds and tested on the third,
all three ways, with the settings of ``configs/training/audio_encoder.yaml`` but for the number of
steps. Takes about two minutes of an idle core.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.stats import binomtest

from engines.load import load_engine
from engines.registry import BUNDLED, STORE, prepared
from recognition.frames import Float
from tests.acceptance.figure import Figure, main, needs_assets
from tests.assets import ASSETS
from training.audio.clips import CLASSES, Clips, read_sound, recorded_clips, to_columns
from training.audio.config import AudioConfig, load_config
from training.audio.evaluate import clip_scores, measures
from training.audio.fit import fit_encoder, predictor
from training.audio.yamnet import answers, clip_features

NAME = "accuracy on ESC-10, folds 1-3, three ways, trained from scratch"
LEAST = 0.85
GOAL = f"at least {LEAST}, beside logistic regression on YAMNet scores"
FOLDS = (1, 2, 3)
STEPS = 500
CONFIG = Path(__file__).resolve().parents[2] / "configs" / "training" / "audio_encoder.yaml"
FOLEY = {"footstep": "*_footstep.*", "glass_break": "*_glass.*", "door": "doors_*_close.*"}


def measure() -> Figure:
    """Train three times; YAMNet beside it; the shipped encoder where it is."""
    if missing := needs_assets(NAME, GOAL):
        return missing
    torch.set_num_threads(1)
    config = load_config(CONFIG)
    config = config.model_copy(update={"fit": config.fit.model_copy(update={"steps": STEPS})})
    folds = {fold: recorded_clips([fold]) for fold in FOLDS}
    own = {fold: _own(config, folds, fold) for fold in FOLDS}
    right = sum(round(figures["accuracy"] * figures["clips"]) for figures in own.values())
    clips = sum(figures["clips"] for figures in own.values())
    value, interval = right / clips, binomtest(right, clips).proportion_ci(method="wilson")
    detail: dict[str, Any] = {
        "interval": [round(interval.low, 3), round(interval.high, 3)],
        "clips": clips,
        "folds": {fold: round(figures["accuracy"], 4) for fold, figures in own.items()},
        "confused": {fold: figures["confused"] for fold, figures in own.items()},
        "yamnet": _yamnet(folds),
        "shipped": _shipped(folds[3]),
    }
    return Figure(NAME, round(value, 4), GOAL, passed=value >= LEAST, detail=detail)


def _without(folds: dict[int, Clips], fold: int) -> Clips:
    first, second = (clips for number, clips in folds.items() if number != fold)
    return first + second


def _own(config: AudioConfig, folds: dict[int, Clips], fold: int) -> dict[str, Any]:
    def look(_network: Any, step: int, loss: float) -> None:
        sys.stderr.write(f"fold {fold}: step {step}/{config.fit.steps} loss={loss:.3f}\n")

    network = fit_encoder(_without(folds, fold), config, look)
    return measures(predictor(network), folds[fold])


def _yamnet(folds: dict[int, Clips]) -> dict[str, Any]:
    path = STORE / "yamnet.onnx"
    if not path.is_file():
        return {"skipped": "needs: python -m export.fetch yamnet"}
    engine = load_engine(prepared(path), threads=1)
    features = {fold: clip_features(engine, clips) for fold, clips in folds.items()}
    right = {}
    for fold, clips in folds.items():
        others = np.concatenate([features[number] for number in folds if number != fold])
        guessed = answers((others, _without(folds, fold)), features[fold])
        right[fold] = float((guessed == clips.labels).mean())
    return {"accuracy": round(float(np.mean(list(right.values()))), 4), "folds": right}


def _shipped(held_back: Clips) -> dict[str, Any]:
    """The bundled file on the fold that it never saw, and on single real sounds of made kinds."""
    path = BUNDLED / "audio_encoder.onnx"
    if not path.is_file():
        return {"skipped": f"{path.name} is not bundled"}
    engine = load_engine(path, threads=1)

    def predict(sound: Float) -> Float:
        return engine.run({"log_mel": sound})["logits"]

    names = {name: CLASSES.index(name) for name in held_back.names}
    labels = np.array([names[held_back.names[label]] for label in held_back.labels])
    figures = measures(predict, Clips(held_back.log_mel, labels, CLASSES))
    result: dict[str, Any] = {"fold_3": {k: figures[k] for k in ("accuracy", "confused")}}
    for kind, pattern in FOLEY.items():
        columns = [
            to_columns(read_sound(p)) for p in sorted((ASSETS / "audio/foley").glob(pattern))
        ]
        labels = np.full(len(columns), CLASSES.index(kind))
        heard = clip_scores(predict, Clips(np.stack(columns), labels, CLASSES)).argmax(axis=1)
        result[f"foley_{kind}"] = f"{int((heard == labels).sum())} of {len(columns)}"
    return result


if __name__ == "__main__":
    main(measure)
