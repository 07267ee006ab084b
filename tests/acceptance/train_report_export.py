"""A fresh clone without recordings: train, export and report, one after the other."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.acceptance.figure import Figure, main
from tests.acceptance.site import ROOT

GOAL = (
    "edgeact train --smoke (60 s, macro-F1 0.95), export --engine and evaluate on a fresh clone: "
    "all exit 0 within 300 s, and leave a report, an ONNX file and an engine"
)
STEPS = {
    "train": ("train", "--smoke"),
    "export": (
        "export", "runs/smoke/checkpoint.pt", "--to", "runs/smoke/fusion.onnx",
        "--engine", "runs/smoke/fusion.engine",
    ),
    "evaluate": ("evaluate", "runs/smoke/fusion.onnx"),
}  # fmt: skip
LEFT = ("runs/smoke/fusion.onnx", "runs/smoke/fusion.engine", "report/index.html")


def measure() -> Figure:
    """Clone, and run the three commands there with this environment's packages."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "edgeact"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
        told = {step: _command(words, folder) for step, words in STEPS.items()}
        left = {file: _size(folder / file) for file in LEFT}
    seconds = {step: outcome["seconds"] for step, outcome in told.items()}
    total = round(sum(seconds.values()), 1)
    worked = all(outcome["code"] == 0 for outcome in told.values()) and min(left.values()) > 0
    value = {"total_s": total, **{f"{step}_s": spent for step, spent in seconds.items()}}
    learnt = worked and told["train"]["said"]["validation_macro_f1"] >= 0.95
    passed = learnt and total <= 300 and seconds["train"] <= 60
    return Figure("train_report_export", value, GOAL, passed, {"steps": told, "bytes": left})


def _command(words: tuple[str, ...], folder: Path) -> dict[str, Any]:
    """Run the clone's own code: from its folder, it comes before what is installed."""
    began = time.monotonic()
    run = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *words],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    outcome: dict[str, Any] = {
        "seconds": round(time.monotonic() - began, 1),
        "code": run.returncode,
        "said": json.loads(run.stdout) if run.stdout else None,
    }
    return outcome if run.returncode == 0 else {**outcome, "error": run.stderr.splitlines()[-5:]}


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


if __name__ == "__main__":
    main(measure)
