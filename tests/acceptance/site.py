"""Runs the edgeact command on clips, as a user does, and reads what it wrote."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
EDGEACT = Path(sys.executable).with_name("edgeact")


NANO_MODELS = (
    "detect: {config: configs/nvinfer/detect_nano.txt}",
    "pose: {config: configs/nvinfer/pose_nano.txt, decoder: simcc}",
)
"""Sections of a site that works with the detector and the pose network that ship."""


def write_config(
    folder: Path, sources: dict[str, Path], *, size: tuple[int, int], models: Sequence[str] = ()
) -> Path:
    """A configuration of these files; everything else by default.

    models: lines of the sections that name other models.
    """
    lines = [f"  - {{name: {name}, uri: {path}}}" for name, path in sources.items()]
    text = "\n".join(
        [
            "platform: cpu",
            "sources:",
            *lines,
            f"mux: {{width_px: {size[0]}, height_px: {size[1]}}}",
            *models,
        ]
    )
    path = folder / "site.yaml"
    path.write_text(text + "\n")
    return path


def edgeact(*arguments: str | Path, timeout_s: float = 600) -> subprocess.CompletedProcess[bytes]:
    """Run the command; standard output and error are kept."""
    return subprocess.run(
        [EDGEACT, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        timeout=timeout_s,
        check=False,
    )


def events_of(output: bytes) -> list[dict[str, Any]]:
    """The events that a run printed."""
    return [json.loads(line) for line in output.splitlines()]


def spans(events: list[dict[str, Any]], action: str) -> list[tuple[float, float]]:
    """Onset and end of each finished event of an action, seconds of the media."""
    return [
        (part["time"]["media_onset_ns"] / 1e9, part["time"]["media_end_ns"] / 1e9)
        for part in (event["data"] for event in events)
        if part["event"]["action"] == action and part["event"]["phase"] == "end"
    ]
