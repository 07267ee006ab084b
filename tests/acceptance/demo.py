"""The bundled demo: does it tell what happens, soon, and in time?"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from tests.acceptance.figure import Figure, main
from tests.acceptance.site import edgeact

GOAL = "event F1 >= 0.90 on the bundled scene, first event <= 15 s, run <= 90 s on two cores"


def measure() -> Figure:
    """Run ``edgeact demo`` and read the figures that it wrote."""
    with tempfile.TemporaryDirectory() as name:
        run = edgeact("demo", "--out", name)
        if run.returncode:
            detail = {"error": run.stderr.decode().strip().splitlines()[-3:]}
            return Figure("demo", None, GOAL, passed=False, detail=detail)
        figures = json.loads((Path(name) / "demo.json").read_text())
    value = {key: figures[key] for key in ("f1", "first_event_s", "run_s")}
    in_time = figures["first_event_s"] is not None and figures["first_event_s"] <= 15
    passed = figures["f1"] >= 0.9 and in_time and figures["run_s"] <= 90
    rounded = {key: number and round(number, 3) for key, number in value.items()}
    return Figure("demo", rounded, GOAL, passed, figures)


if __name__ == "__main__":
    main(measure)
