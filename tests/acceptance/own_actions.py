"""``python -m tests.acceptance.own_actions``: clips like UCF-101's become a model of theirs."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from tests.acceptance.figure import Figure, main
from tests.training.own_actions import OwnActions
from tests.training.small_ucf101 import CLASSES, small_ucf101

NAME = "a UCF-101-shaped folder of short clips: extraction, training, export, report, events"
GOAL = "every command exits 0, the report is of the test clips, the program tells the new classes"
RUN = """\
name: mine
data: {{clips: [{tracks}], hop_steps: 2}}
model: {{layout: 3, channels: 112, dropout: 0.2}}
fit: {{epochs: 8, epoch_windows: 2048, batch: 64, lr: 0.001}}
"""
_BUNDLED = "engines/models/fusion.onnx"


def measure() -> Figure:
    """Make the folder, and go the way of the README from scratch and from the bundled network."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        own = OwnActions(folder, small_ucf101(folder / "UCF-101"))
        began = time.monotonic()
        own.record()
        recorded_s = round(time.monotonic() - began, 1)
        (folder / "run.yaml").write_text(RUN.format(tracks=own.tracks), encoding="utf-8")
        found = {}
        for start, words in {"scratch": (), "bundled": ("--start", _BUNDLED)}.items():
            own.train(folder / "run.yaml", "--fresh", *words)
            overall = own.report()["overall"]
            found[start] = {key: overall[key]["value"] for key in ("macro_f1", "accuracy")}
        pages = (folder / "report" / "index.html").stat().st_size
        video = own.videos / "WavingHello" / "v_WavingHello_g04_c01.avi"
        told = {event["data"]["event"]["action"] for event in own.events(video)}
    value = {"macro_f1": {start: round(one["macro_f1"], 3) for start, one in found.items()}}
    passed = pages > 0 and bool(told) and told <= set(CLASSES)
    detail = {"test_clips": found, "told": sorted(told), "extraction_s": recorded_s}
    return Figure(NAME, value, GOAL, passed, detail)


if __name__ == "__main__":
    main(measure)
