"""One measured figure beside its goal, and how a measuring module prints it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.assets import ASSETS

CLIP = ASSETS / "video" / "intel" / "one-by-one-person-detection.mp4"


@dataclass(frozen=True)
class Figure:
    """name: what was measured. value: as measured. goal: in words. passed: whether it is reached.

    detail: what the value was made of.
    """

    name: str
    value: Any
    goal: str
    passed: bool
    detail: dict[str, Any] = field(default_factory=dict)

    def line(self) -> str:
        """One JSON line."""
        data = asdict(self)
        data["pass"] = data.pop("passed")
        return json.dumps({key: data[key] for key in ("name", "value", "goal", "pass", "detail")})


def needs_assets(name: str, goal: str) -> Figure | None:
    """The figure of a machine without the recorded clips; None where they are."""
    if ASSETS.is_dir():
        return None
    return Figure(name, None, goal, passed=False, detail={"skipped": f"needs {ASSETS}"})


def resident_mb() -> float:
    """Resident memory of this process, MB of 10**6 bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main(measure: Callable[[], Figure]) -> None:
    """Measure, print the line, and exit with 0 where the goal is reached, else 1."""
    figure = measure()
    print(figure.line(), flush=True)  # noqa: T201
    sys.exit(0 if figure.passed else 1)
