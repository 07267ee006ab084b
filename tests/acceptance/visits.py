"""Six visits on a real clip: are the people followed, and is their walking told?"""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engines.load import load_engine
from pipelines.assembly import Hooks
from pipelines.config_file import load_config
from pipelines.runner import Output, Runner
from plugins.metadata import RawFrame
from recognition.events import ActionEvent
from tests.acceptance.figure import CLIP, Figure, main, needs_assets
from tests.acceptance.site import write_config

GOAL = "each visit covered >= 0.80, tracks over 2 s <= 9, visits with a walk event >= 5 of 6"
FPS = 10


def measure() -> Figure:
    """The six visits with the default models."""
    return measure_with("visits")


def measure_with(name: str, models: Sequence[str] = ()) -> Figure:
    """Run the product's own graph on the clip and compare with the visits noted by eye.

    models: lines of the site's file that name other models than the default ones.
    """
    if missing := needs_assets(name, GOAL):
        return missing
    visits = json.loads(CLIP.with_suffix(".visits.json").read_text())["visits"]
    tracks, events = _run(models)
    covered = [_coverage(visit, tracks) for visit in visits]
    long_tracks = sum(max(seen) - min(seen) >= 2 * FPS for seen in tracks.values())
    walks = [event for event in events if event.action == "walk" and event.phase == "end"]
    walked = sum(any(_overlaps(visit, walk) for walk in walks) for visit in visits)
    value = {
        "least_coverage": round(min(covered), 3),
        "tracks_over_2_s": long_tracks,
        "visits_with_walk": walked,
    }
    passed = min(covered) >= 0.8 and long_tracks <= 9 and walked >= 5
    starts = [event for event in events if event.phase == "start"]
    detail = {
        "coverage": [round(share, 3) for share in covered],
        "events": [f"{event.onset_ns / 1e9:.1f}s {event.action}" for event in starts],
    }
    return Figure(name, value, GOAL, passed, detail)


def _run(models: Sequence[str]) -> tuple[dict[int, set[int]], list[ActionEvent]]:
    """Frame numbers in which each track was detected, and all events."""
    tracks: dict[int, set[int]] = defaultdict(set)
    events: list[ActionEvent] = []

    def see(frames: Sequence[RawFrame]) -> None:
        for frame in frames:
            for track_id in frame.track_ids:
                tracks[track_id].add(round(frame.pts_ns * FPS / 1e9))

    with tempfile.TemporaryDirectory() as folder:
        path = write_config(Path(folder), {"table": CLIP}, size=(768, 432), models=models)
        config = load_config(path)
        output = Output(emit=events.extend, tell=lambda _line: None)
        fusion = load_engine(config.fusion.model)
        Runner(config, fusion, output, hooks=Hooks(seen=see)).run()
    return tracks, events


def _coverage(visit: dict[str, Any], tracks: dict[int, set[int]]) -> float:
    """Share of the visit's frames in which any person track was there."""
    wanted = set(range(visit["first_frame"], visit["last_frame"] + 1))
    found = set().union(*tracks.values()) if tracks else set()
    return len(wanted & found) / len(wanted)


def _overlaps(visit: dict[str, Any], event: ActionEvent) -> bool:
    begin, end = visit["first_frame"] / FPS, visit["last_frame"] / FPS
    last_ns = event.pts_ns if event.end_ns is None else event.end_ns
    return bool(event.onset_ns / 1e9 <= end and last_ns / 1e9 >= begin)


if __name__ == "__main__":
    main(measure)
