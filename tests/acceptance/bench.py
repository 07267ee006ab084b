"""Speed on one 768x432 camera, by the product's own bench command."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from tests.acceptance.figure import CLIP, Figure, main, needs_assets
from tests.acceptance.site import edgeact, write_config

GOAL = "probe p95 <= 200 us per person-frame, frame p95 <= 50 ms with one 768x432 camera"


def measure() -> Figure:
    """Run ``edgeact bench --json`` on the clip."""
    if missing := needs_assets("bench", GOAL):
        return missing
    with tempfile.TemporaryDirectory() as name:
        config = write_config(Path(name), {"table": CLIP}, size=(768, 432))
        run = edgeact("bench", config, "--json", "--seconds", "40")
    if run.returncode:
        return Figure("bench", None, GOAL, passed=False, detail={"error": run.stderr.decode()})
    result = json.loads(run.stdout)
    passed = result["probe_us_per_person_p95"] <= 200 and result["frame_ms_p95"] <= 50
    keys = ("throughput_fps", "frame_ms_p50", "frame_ms_p95", "probe_us_per_person_p95")
    return Figure("bench", {key: result[key] for key in keys}, GOAL, passed, result)


if __name__ == "__main__":
    main(measure)
