"""The way of somebody who trains on clips of their own, command by command."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.training.small_ucf101 import ROOT

SITE = f"""\
platform: cpu
sources:
  - {{name: lobby, uri: {ROOT}/demo/scene/door.mp4}}
mux: {{width_px: 480, height_px: 480}}
detect: {{config: {ROOT}/configs/nvinfer/detect_nano.txt}}
pose: {{config: {ROOT}/configs/nvinfer/pose_nano.txt, decoder: simcc}}
"""


@dataclass(frozen=True)
class OwnActions:
    """A folder with everything that comes of a folder of videos like UCF-101's."""

    folder: Path
    videos: Path

    @property
    def tracks(self) -> Path:
        """The labelled recordings."""
        return self.folder / "mine.hactrack"

    def record(self) -> None:
        """What the program sees of every video, and beside it what is done in them."""
        self._edgeact("dataset", "check", self.videos)
        self._edgeact("dataset", "convert", self.videos, "--to", self.folder / "clips.csv")
        site = self.folder / "site.yaml"
        site.write_text(SITE, encoding="utf-8")
        recorded = self.folder / "recorded"
        self._edgeact("record", site, "--folder", self.videos, "--to", recorded)
        self._edgeact(
            "dataset", "convert", recorded, "--clips", self.folder / "clips.csv",
            "--to", self.tracks,
        )  # fmt: skip

    def train(self, *words: str | Path) -> dict[str, Any]:
        """Train; returns what the command says."""
        out = self.folder / "run"
        told = self._edgeact("train", *words, "--out", out, "--threads", "1")
        self._edgeact("export", out / "checkpoint.pt", "--to", self.folder / "mine.onnx")
        said: dict[str, Any] = json.loads(told)
        return said

    def report(self) -> dict[str, Any]:
        """Measure on the test clips; returns the figures."""
        out = self.folder / "report"
        self._edgeact(
            "evaluate", self.folder / "mine.onnx", "--data", self.tracks, "--out", out,
            "--threads", "1", codes=(0, 1),
        )  # fmt: skip
        figures: dict[str, Any] = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
        return figures

    def events(self, video: Path) -> list[dict[str, Any]]:
        """Run the program with the new model on a video; its events."""
        site = self.folder / "own_site.yaml"
        model = (
            f"fusion: {{model: {self.folder / 'mine.onnx'}}}\nevents: {{default: {{enter: 0.3}}}}\n"
        )
        site.write_text(SITE + model, encoding="utf-8")
        told = self._edgeact("run", site, "--source", f"lobby={video}")
        return [json.loads(line) for line in told.splitlines()]

    def _edgeact(self, *words: str | Path, codes: tuple[int, ...] = (0,)) -> str:
        run = subprocess.run(
            [sys.executable, "-m", "pipelines.cli", *map(str, words)],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if run.returncode not in codes:
            raise AssertionError(f"edgeact {words}: exit {run.returncode}\n{run.stderr}")
        return run.stdout
