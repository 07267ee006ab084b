"""Runs a fusion model over windows, as they are or changed, and keeps what it said."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from engines.errors import EngineError
from engines.load import load_engine
from engines.protocol import Engine
from recognition.frames import Float
from recognition.layouts import LAYOUTS, SINGLE, Layout
from recognition.sound_encoders import SoundConfig
from training.evaluation.data import EvaluationData, Ints
from training.hearing import BANDS, hearing_of

Arrays = dict[str, Float]
Change = Callable[[Arrays, np.random.Generator], Arrays]
"""Makes other inputs of a batch's; may write into the arrays that it gets, which are copies."""

_BATCH = 256
_WANTED = ("labels", "modalities", "steps", "rate_hz")


@dataclass(frozen=True, slots=True, kw_only=True)
class FusionFile:
    """A fusion model ready to run, and what its file says of it.

    labels: in the order of the logits. modalities: in the order of ``mod``. steps, rate_hz: of a
    window. temperatures: by which it divides its logits: one, or (2^M,) by pattern of presence,
    whose bit m is modality m; None where the file does not tell. hearing: its sound tokens.
    """

    path: Path
    engine: Engine
    labels: tuple[str, ...]
    modalities: tuple[str, ...]
    steps: int
    rate_hz: float
    temperatures: Float | None
    hearing: SoundConfig = BANDS

    @property
    def layout(self) -> Layout:
        """The layout of these modalities; where there is none, the windows will not fit."""
        known = {layout.modalities: layout for layout in LAYOUTS.values()}
        return known.get(self.modalities, SINGLE)


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """What a model said of N windows: logits (N, K), unimodal logits (N, M, K), gate (N, M).

    Columns are in the order of the data's classes. uni and gate are None where the model has no
    such output.
    """

    logits: Float
    uni: Float | None
    gate: Float | None

    @cached_property
    def scores(self) -> Float:
        """Probabilities (N, K)."""
        scores: Float = softmax(self.logits, axis=1)
        return scores

    @cached_property
    def said(self) -> Ints:
        """The likeliest class of each window (N,)."""
        said: Ints = self.logits.argmax(axis=1)
        return said


def open_model(path: Path, *, threads: int, encoder: Path | None = None) -> FusionFile:
    """Load a fusion model with its metadata.

    encoder: file of the sound encoder that it learnt from; None for the one that the program knows.

    Raises:
        EngineError: it cannot be loaded, does not say what it takes and tells, or learnt from
            another sound encoder.
        ConfigError: the sound encoder is not there.
    """
    engine = load_engine(path, threads=threads)
    said = engine.metadata
    if missing := [key for key in _WANTED if key not in said]:
        raise EngineError(
            f"{path}: says nothing of its {', '.join(missing)}; wanted a fusion model written by "
            "edgeact export"
        )
    if "logits" not in engine.outputs or "mod" not in engine.inputs:
        raise EngineError(f"{path}: wanted a fusion model with input mod and output logits")
    return FusionFile(
        path=path,
        engine=engine,
        labels=tuple(json.loads(said["labels"])),
        modalities=tuple(json.loads(said["modalities"])),
        steps=int(said["steps"]),
        rate_hz=float(said["rate_hz"]),
        temperatures=_temperatures(path),
        hearing=hearing_of(engine, path, encoder),
    )


def _temperatures(path: Path) -> Float | None:
    """From the constant of that name in the graph."""
    import onnx  # imported here: it is needed for this only

    for constant in onnx.load(path).graph.initializer:
        if constant.name.rpartition(".")[2] == "temperature":
            return np.asarray(onnx.numpy_helper.to_array(constant), np.float32).reshape(-1)
    return None


def temperatures_of(model: FusionFile, data: EvaluationData) -> Float | None:
    """By which the model divided each window's logits (N,)."""
    if model.temperatures is None or len(model.temperatures) == 1:
        return None if model.temperatures is None else model.temperatures.repeat(len(data))
    present = data.inputs["mod"] > 0.5
    patterns = present.astype(np.int64) @ (1 << np.arange(present.shape[1]))
    return model.temperatures[patterns]


def check_fit(model: FusionFile, data: EvaluationData) -> None:
    """See that a model takes these windows and knows their classes.

    Raises:
        EngineError: it does not.
    """
    shown = [data.classes[index] for index in data.shown]
    if unknown := [name for name in shown if name not in model.labels]:
        raise EngineError(
            f"{model.path}: does not know {', '.join(unknown)}, which the {data.title} show; it "
            f"knows {', '.join(model.labels)}"
        )
    known = [layout.modalities for layout in LAYOUTS.values()]
    if model.modalities not in known:
        raise EngineError(
            f"{model.path}: made for {', '.join(model.modalities)}; this program makes windows of "
            f"{' or of '.join(map(', '.join, known))}. Export it again with this version"
        )
    for name, wanted in model.engine.inputs.items():
        got = data.inputs[name].shape if name in data.inputs else None
        if got is None or got[1:] != wanted[1:]:
            raise EngineError(
                f"{model.path}: wants input {name} {('B', *wanted[1:])}, the {data.title} have "
                f"{'none' if got is None else ('B', *got[1:])}. Train and export again with this "
                "version"
            )


def predict(
    model: FusionFile,
    data: EvaluationData,
    *,
    change: Change | None = None,
    seed: int = 0,
) -> Predictions:
    """Run a model over windows whose classes are the model's, in any order.

    change: done to each batch before; its random numbers come from ``seed``.
    """
    rng = np.random.default_rng(seed)
    order = [model.labels.index(name) for name in data.classes]
    outputs: dict[str, list[npt.NDArray[Any]]] = {"logits": [], "uni": [], "gate": []}
    for start in range(0, len(data), _BATCH):
        batch = {
            name: data.inputs[name][start : start + _BATCH].astype(np.float32)
            for name in model.engine.inputs
        }
        made = model.engine.run(batch if change is None else change(batch, rng))
        for name, parts in outputs.items():
            if name in made:
                parts.append(made[name])
    logits, uni, gate = (np.concatenate(parts) if parts else None for parts in outputs.values())
    assert logits is not None  # open_model saw to it
    return Predictions(
        logits=logits[:, order],
        uni=None if uni is None else uni[:, :, order],
        gate=None if gate is None else gate.mean(axis=1),
    )


def write_predictions(given: Predictions, data: EvaluationData, path: Path) -> None:
    """One row for each window: whose it is, what it has, what it was, what was said, scores."""
    import pyarrow as pa  # imported here: it takes a second
    from pyarrow import parquet

    names = np.array(data.classes)
    columns = {
        "window": pa.array(np.arange(len(data))),
        "person": pa.array(data.people.astype(str)),
        "modalities": pa.array(_patterns(data.inputs["mod"])),
        "label": pa.array(names[data.labels]).dictionary_encode(),
        "said": pa.array(names[given.said]).dictionary_encode(),
        "score": pa.array(given.scores.max(axis=1)),
        "scores": pa.FixedSizeListArray.from_arrays(
            pa.array(given.scores.astype(np.float32).reshape(-1)), len(names)
        ),
    }
    table = pa.table(columns).replace_schema_metadata({"classes": json.dumps(data.classes)})
    parquet.write_table(table, path)


def _patterns(mod: npt.NDArray[Any]) -> list[str]:
    """Which modalities each window has, as ``1101``."""
    return ["".join("1" if there else "0" for there in row) for row in mod > 0]
