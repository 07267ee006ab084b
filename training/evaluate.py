"""``python -m training.evaluate [MODEL]``: measures a model on people it never saw, and reports."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy.special import softmax
from sklearn.metrics import f1_score, precision_recall_fscore_support

from engines.errors import EngineError
from engines.load import load_engine
from recognition.frames import Float
from recognition.fusion_input import MODALITIES
from training.cache import ROOT, prepare
from training.dataset import INPUTS, Dataset
from training.heldout import RARE, SHIPPED, TEST
from training.labels import BACKGROUND, CLASSES
from training.mocap import SHARE_ALIKE
from training.train import load_checkpoint

_BATCH = 256
_RESAMPLES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a model said of every window: scores (N, C), unimodal scores (N, 4, C), gate (N, 4)."""

    scores: Float
    uni: Float
    gate: Float


def answer(model: Path, data: Dataset) -> Answers:
    """Run a checkpoint (.pt) or an ONNX file over a data set.

    Raises:
        EngineError, ValueError: the file cannot be used.
    """
    run = _torch_runner(model) if model.suffix == ".pt" else load_engine(model).run
    logits, uni, gate = [], [], []
    for start in range(0, len(data), _BATCH):
        part = slice(start, start + _BATCH)
        outputs = run({name: data.inputs[name][part].astype(np.float32) for name in INPUTS})
        logits.append(outputs["logits"])
        uni.append(outputs["uni"])
        gate.append(outputs["gate"].mean(axis=1))
    return Answers(
        scores=softmax(np.concatenate(logits), axis=1),
        uni=softmax(np.concatenate(uni), axis=2),
        gate=np.concatenate(gate),
    )


def _torch_runner(path: Path) -> Any:
    model, _ = load_checkpoint(path)

    def run(arrays: Mapping[str, Float]) -> dict[str, Float]:
        with torch.no_grad():
            outputs = model(**{name: torch.from_numpy(x) for name, x in arrays.items()})
        names = ("logits", "emb", "gate", "uni")
        return {name: value.numpy() for name, value in zip(names, outputs, strict=True)}

    return run


def macro(labels: npt.NDArray[np.int64], said: npt.NDArray[np.int64]) -> float:
    """Macro-F1 over the classes that occur in ``labels``."""
    present = np.unique(labels)
    return float(f1_score(labels, said, labels=present, average="macro", zero_division=0))


def interval(data: Dataset, said: npt.NDArray[np.int64], seed: int = 0) -> tuple[float, float]:
    """95 % bootstrap interval of macro-F1, drawing whole subjects with replacement.

    A draw in which a class has no window at all is scored over the classes that it has.
    """
    rng = np.random.default_rng(seed)
    rows = [np.flatnonzero(data.subjects == name) for name in np.unique(data.subjects)]
    values = []
    for _ in range(_RESAMPLES):
        drawn = np.concatenate([rows[i] for i in rng.integers(0, len(rows), len(rows))])
        values.append(macro(data.labels[drawn], said[drawn]))
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def calibration_error(scores: Float, labels: npt.NDArray[np.int64], bins: int = 15) -> float:
    """Expected calibration error of the highest score (Guo et al. 2017), 0..1."""
    sure = scores.max(axis=1)
    right = scores.argmax(axis=1) == labels
    place = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = [
        abs(sure[place == b].mean() - right[place == b].mean()) * (place == b).mean()
        for b in range(bins)
        if (place == b).any()
    ]
    return float(sum(gaps))


def _by_studio(data: Dataset, said: npt.NDArray[np.int64]) -> dict[str, tuple[float, int, int]]:
    """Macro-F1, classes and people: of studios that training knows, and of one it never saw."""
    new = np.char.startswith(data.subjects.astype(str), SHARE_ALIKE)
    figures = {}
    for name, rows in (("known", ~new), ("new", new)):
        labels, people = np.unique(data.labels[rows]), np.unique(data.subjects[rows])
        value = macro(data.labels[rows], said[rows]) if len(labels) else 0.0
        figures[name] = (value, len(labels), len(people))
    return figures


def measure(model: Path, data: Dataset) -> dict[str, Any]:
    """All figures of the report, as plain numbers and names."""
    answers = answer(model, data)
    said = answers.scores.argmax(axis=1)
    columns = precision_recall_fscore_support(
        data.labels, said, labels=range(len(CLASSES)), zero_division=0
    )
    heard = data.inputs["mod"][:, MODALITIES.index("audio")] > 0
    quiet = np.isin(data.labels, [CLASSES.index("stand"), CLASSES.index("walk")])
    rare = np.array([CLASSES.index(name) for name in RARE])
    sure = answers.scores.max(axis=1) >= 0.6
    return {
        "windows": len(data),
        "subjects": {s: int((data.subjects == s).sum()) for s in np.unique(data.subjects)},
        "macro_f1": macro(data.labels, said),
        "interval": interval(data, said),
        "accuracy": float((said == data.labels).mean()),
        "with_sound": macro(data.labels[heard], said[heard]),
        "without_sound": macro(data.labels[~heard], said[~heard]),
        "by_studio": _by_studio(data, said),
        "calibration_error": calibration_error(answers.scores, data.labels),
        "alone": {
            name: macro(data.labels[have], answers.uni[have, m].argmax(axis=1))
            for m, name in enumerate(MODALITIES)
            if (have := data.inputs["mod"][:, m] > 0).any()
        },
        "gate_with_sound": dict(
            zip(MODALITIES, answers.gate[heard].mean(axis=0).tolist(), strict=True)
        ),
        "rare_on_quiet": float(np.isin(said[quiet], rare).mean()),
        "sure_rare_on_quiet": float((np.isin(said, rare) & sure)[quiet].mean()),
        "per_class": {
            name: {
                "precision": float(columns[0][i]),
                "recall": float(columns[1][i]),
                "f1": float(columns[2][i]),
                "support": int(columns[3][i]),
                "subjects": len(np.unique(data.subjects[data.labels == i])),
            }
            for i, name in enumerate(CLASSES)
        },
        "background_share": float((data.labels == BACKGROUND).mean()),
        "said": said,
    }


def _say(line: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"{line}\n")


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    from training.report import write_report  # imported here: it draws with matplotlib

    parser = argparse.ArgumentParser(prog="python -m training.evaluate", description=__doc__)
    parser.add_argument("model", type=Path, nargs="?", default=SHIPPED, help=".onnx or .pt")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="where to write")
    options = parser.parse_args(argv)
    torch.set_num_threads(2)
    try:
        data = prepare(TEST, _say)
        figures = measure(options.model, data)
    except (EngineError, ValueError, FileNotFoundError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(write_report(figures, data, options.model, options.docs))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
