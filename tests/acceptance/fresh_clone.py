"""A fresh clone in an empty folder: do the two commands of the README work?"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from tests.acceptance.figure import Figure, main
from tests.acceptance.site import ROOT
from tests.assets import ASSETS

GOAL = "make test is green, make demo prints events and a closing table, both exit 0"


def measure() -> Figure:
    """Clone, run ``make demo`` and ``make test``, twice the first to see that it does no harm."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "edgeact"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
        if ASSETS.is_dir():
            (Path(name) / "shared").mkdir()
            (Path(name) / "shared" / "assets").symlink_to(ASSETS)
        demos = [_make("demo", folder) for _ in range(2)]
        test = _make("test", folder)
    events = [len(demo.stdout.splitlines()) for demo in demos]
    has_table = all(b"camera" in demo.stderr and b"frames" in demo.stderr for demo in demos)
    codes = {"demo": [demo.returncode for demo in demos], "test": test.returncode}
    passed = codes == {"demo": [0, 0], "test": 0} and has_table and min(events) > 0
    last = test.stdout.decode().strip().splitlines()[-1:]
    return Figure("fresh_clone", codes, GOAL, passed, {"event_lines": events, "tests": last})


def _make(target: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Run make there as a new user would: without this checkout's environment."""
    inherited = {"EDGEACT_MODEL_DIR", "VIRTUAL_ENV", "MAKEFLAGS", "MAKELEVEL"}
    environment = {key: value for key, value in os.environ.items() if key not in inherited}
    return subprocess.run(
        ["make", target], cwd=folder, env=environment, capture_output=True, check=False
    )


if __name__ == "__main__":
    main(measure)
