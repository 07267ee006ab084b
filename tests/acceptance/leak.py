"""Does memory grow while a short clip is played again and again?"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from engines.load import load_engine
from pipelines.assembly import Hooks
from pipelines.config import Config
from pipelines.config_file import load_config
from pipelines.runner import Output, Runner
from plugins.metadata import RawFrame
from tests.acceptance.figure import CLIP, Figure, main, needs_assets, resident_mb
from tests.acceptance.site import write_config

GOAL = "RSS after 20 loops within 10 MB of RSS after 5 loops"
LOOP_S = 5
EARLY, LATE = 5, 20


def measure() -> Figure:
    """Loop five seconds of the clip through the whole graph, watching the resident memory."""
    if missing := needs_assets("leak", GOAL):
        return missing
    with tempfile.TemporaryDirectory() as name:
        clip = Path(name) / "short.mp4"
        _cut(clip)
        path = write_config(Path(name), {"loop": clip}, size=(768, 432))
        config = load_config(path)
        looping = config.sources[0].model_copy(update={"loop": True})
        rss = _watch(config.model_copy(update={"sources": (looping,)}))
    grown = round(rss[LATE] - rss[EARLY], 1)
    detail = {"rss_mb": {str(loop): round(value, 1) for loop, value in rss.items()}}
    return Figure("leak", grown, GOAL, grown <= 10, detail)


def _cut(target: Path) -> None:
    """Seconds 6 to 11 of the clip: somebody walks in and stands."""
    command = ["ffmpeg", "-v", "error", "-ss", "6", "-t", str(LOOP_S), "-i", str(CLIP)]
    subprocess.run([*command, "-c:v", "libx264", "-an", str(target)], check=True)


def _watch(config: Config) -> dict[int, float]:
    """Resident memory in MB at the end of each loop, until loop ``LATE`` is over."""
    rss: dict[int, float] = {}
    runner: Runner

    def done(frames: Sequence[RawFrame]) -> None:
        loop = int(frames[-1].pts_ns / 1e9 / LOOP_S)
        if loop not in rss:
            rss[loop] = resident_mb()
            if loop > LATE:
                GLib.idle_add(runner.interrupt)

    from plugins.gst import GLib

    output = Output(emit=lambda _events: None, tell=lambda _line: None)
    fusion = load_engine(config.fusion.model)
    runner = Runner(config, fusion, output, hooks=Hooks(done=done))
    runner.run()
    return rss


if __name__ == "__main__":
    main(measure)
