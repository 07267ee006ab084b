"""Three unlike files in one run: do they stay apart, end apart, and repeat exactly?"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.acceptance.figure import CLIP, Figure, main, needs_assets
from tests.acceptance.site import edgeact, write_config
from tests.assets import ASSETS

GOAL = "exit 0, every file to its end, its own state freed, identical events in two runs"
FRAMES = {"table": 1394}


def measure() -> Figure:
    """Run twice: a long clip, a short one of another size and rate, and one with sound."""
    if missing := needs_assets("three_sources", GOAL):
        return missing
    video = ASSETS / "video"
    sources = {
        "table": CLIP,
        "short": video / "intel" / "people-detection.preview.mp4",
        "sound": video / "av_composite" / "av_footsteps_visit.mp4",
    }
    with tempfile.TemporaryDirectory() as name:
        config = write_config(Path(name), sources, size=(768, 432))
        runs = [edgeact("run", config) for _ in range(2)]
    tables = [run.stderr.decode() for run in runs]
    counted = {
        line.split()[0]: int(line.split()[1])
        for line in tables[0].splitlines()
        if line.split() and line.split()[0] in sources
    }
    same = runs[0].stdout == runs[1].stdout
    ended = all(f"{name} " in tables[0] for name in sources) and tables[0].count(" ended") == 3
    passed = (
        same
        and ended
        and all(run.returncode == 0 for run in runs)
        and counted.get("table") == FRAMES["table"]
        and min(counted.values(), default=0) > 0
    )
    value = {"identical": same, "exit": [run.returncode for run in runs], "frames": counted}
    detail = {"events": len(runs[0].stdout.splitlines())}
    return Figure("three_sources", value, GOAL, passed, detail)


if __name__ == "__main__":
    main(measure)
