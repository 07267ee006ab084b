"""``edgeact evaluate``: measures fusion models on people they never saw, and reports."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recognition.sound_encoders import SoundConfig
    from training.evaluation.data import EvaluationData
    from training.evaluation.measure import Candidate
    from training.evaluation.predictions import FusionFile

SUMMARY = "measure fusion models on held-out people and write a report"
REQUIREMENTS = "requirements/training.txt"

_ROOT = Path(__file__).resolve().parents[2]
SHIPPED = _ROOT / "engines" / "models" / "fusion.onnx"
GATES = _ROOT / "configs" / "acceptance.yaml"

_EPILOG = """\
Writes into DIR: index.html (one file, to be sent by mail), metrics.json, predictions.parquet.

  edgeact evaluate                                      the bundled model
  edgeact evaluate my.onnx --data recordings/           on your own recorded scenes
  edgeact evaluate mid=a.onnx mid=b.onnx late=c.onnx    two seeds of one, against another

Exit code: 0 all gates passed, 1 a gate failed, 2 something that you can mend.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``edgeact evaluate``."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument(
        "models", nargs="*", metavar="[NAME=]MODEL.onnx",
        help="the page is about the first; others are compared with it, and files of one NAME "
        "are seeds of one model (default: the bundled model)",
    )  # fmt: skip
    parser.add_argument(
        "--data", metavar="DATA",
        help="heldout (people that no training sees), acted (scenes that show every class), toy, "
        "a folder of recorded scenes or of labelled clips (NAME.hactrack), or a .npz file of "
        "windows (default: heldout; toy where its recordings are not there)",
    )  # fmt: skip
    parser.add_argument(
        "--encoder", type=Path, metavar="FILE",
        help="sound encoder that the models learnt from (default: the bundled or prepared one)",
    )  # fmt: skip
    parser.add_argument(
        "--gates", type=Path, default=GATES, metavar="FILE",
        help="what must be reached (configs/acceptance.yaml)",
    )  # fmt: skip
    parser.add_argument(
        "--out", type=Path, default=Path("report"), metavar="DIR", help="folder to write (report)"
    )
    parser.add_argument(
        "--windows", type=int, metavar="N",
        help="measure on N windows only, of all people and classes alike (all)",
    )  # fmt: skip
    parser.add_argument(
        "--threads", type=int, default=2, metavar="N", help="of ONNX Runtime (default 2)"
    )


def run(args: argparse.Namespace) -> int:
    """Measure and write the report. Exit code: 0, 1 for a gate that failed."""
    from settings.errors import ConfigError
    from training.evaluation.gates import read_gates
    from training.evaluation.measure import measure
    from training.evaluation.page import write_page
    from training.evaluation.predictions import write_predictions

    for option, value in (("windows", args.windows), ("threads", args.threads)):
        if value is not None and value < 1:
            raise ConfigError([f"--{option}: {value} is out of range; wanted 1 or more"])
    gates = read_gates(args.gates)  # a mistake is found before the work begins
    candidates = _candidates(args.models, args.threads, args.encoder)
    models = [model for candidate in candidates for model in candidate.seeds]
    sets = _windows_for(models, args.data, args.windows)
    data = sets[models[0].hearing]
    _tell(f"measuring {len(models)} model(s) on {len(data)} windows of {data.title}")
    figures, predictions = measure(candidates, sets, threads=args.threads)
    figures["gates"] = gates.judge(figures, data.kind)
    page = write_page(figures, args.out)
    write_predictions(predictions, data, args.out / "predictions.parquet")
    if problems := [gate["problem"] for gate in figures["gates"] if gate["problem"]]:
        raise ConfigError(problems)
    failed = [gate["figure"] for gate in figures["gates"] if gate["passed"] is False]
    outcome = {key: figures["overall"][key] for key in ("macro_f1", "accuracy")}
    line = {"report": str(page), **outcome, "failed_gates": failed}
    sys.stdout.write(json.dumps(line) + "\n")
    return 1 if failed else 0


def _windows_for(
    models: list[FusionFile], name: str | None, most: int | None
) -> dict[SoundConfig, EvaluationData]:
    """The windows that all models are measured on, by the sound tokens that some of them take."""
    from engines.errors import EngineError
    from settings.errors import ConfigError
    from training.evaluation.data import load_data
    from training.evaluation.predictions import check_fit

    sets = {}
    for model in models:
        if model.hearing not in sets:
            sets[model.hearing] = load_data(name, _tell, models[0].layout, model.hearing)
        check_fit(model, sets[model.hearing])
        if set(model.labels) != set(models[0].labels):
            raise EngineError(
                f"{model.path}: other classes than {models[0].path}; models are compared on one set"
            )
    if len(sets) > 1 and name and Path(name).is_file():
        kinds = " and ".join(hearing.tokens for hearing in sets)
        raise ConfigError([f"--data {name}: has one kind of sound tokens, the models take {kinds}"])
    sets = {hearing: data.named(models[0].labels) for hearing, data in sets.items()}
    if most is None:
        return sets
    return {hearing: data.thinned(most, seed=0) for hearing, data in sets.items()}


def _candidates(words: list[str], threads: int, encoder: Path | None) -> list[Candidate]:
    """The models that were named, in groups of one name each."""
    from training.evaluation.measure import Candidate
    from training.evaluation.predictions import open_model

    pairs = [word.rpartition("=")[::2] for word in words or [str(SHIPPED)]]
    stems = Counter(Path(path).stem for name, path in pairs if not name)
    files: dict[str, list[Path]] = {}
    for name, text in pairs:
        path = Path(text)
        unnamed = path.stem if stems[path.stem] == 1 else str(path.with_suffix(""))
        files.setdefault(name or unnamed, []).append(path)
    return [
        Candidate(
            name=name,
            seeds=tuple(open_model(path, threads=threads, encoder=encoder) for path in paths),
        )
        for name, paths in files.items()
    ]


def _tell(line: str) -> None:
    sys.stderr.write(f"edgeact evaluate: {line}\n")
