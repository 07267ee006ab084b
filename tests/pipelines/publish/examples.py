"""An event and its context, for the tests of publishing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pipelines.publish.context import Context, SourceContext
from pipelines.publish.contract import ModelPart
from recognition.events import ActionEvent, Evidence

SECOND_NS = 1_000_000_000
LOBBY = SourceContext(name="Lobby east", utc_base_ns=1_700_000_000 * SECOND_NS, clock="file_mtime")

START = ActionEvent(
    source_id=0,
    track_id=7,
    action="sit_down",
    rev=0,
    phase="start",
    onset_ns=2 * SECOND_NS,
    detected_ns=2_400_000_000,
    pts_ns=2_400_000_000,
    end_ns=None,
    end_reason=None,
    score=0.8123456,
    peak=0.9,
    mean=0.75,
    enter=0.7,
    exit=0.4,
    topk=(("sit_down", 0.8123456), ("stand", 0.1), ("background", 0.05)),
    evidence={
        "pose": Evidence(present=True, quality=0.83333, weight=0.61),
        "audio": Evidence(present=False),
    },
    box=(-10.0, 90.0, 310.0, 400.0),
    frame_size=(640, 360),
)

END = replace(
    START,
    rev=1,
    phase="end",
    pts_ns=6 * SECOND_NS,
    end_ns=5_500_000_000,
    end_reason="score_low",
    score=0.31,
)


def context(**changes: Any) -> Context:
    settings: dict[str, Any] = {
        "base": "edgeact",
        "node": "gate-1",
        "boot_id": "b00t",
        "app_version": "0.1.0",
        "model": ModelPart(name="fusion-v1", version="1", sha256="ab" * 32, runtime="onnxruntime"),
        "sources": {0: LOBBY},
    }
    return Context(**{**settings, **changes})


def numbered(count: int) -> list[ActionEvent]:
    """Starts of as many tracks, numbered from 0."""
    return [replace(START, track_id=track_id) for track_id in range(count)]
