"""A fresh clone in an empty folder: do the two commands of the README work?"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from tests.acceptance.figure import Figure, main
from tests.acceptance.site import ROOT
from tests.assets import ASSETS

GOAL = "make demo twice without ../shared, then make test: all exit 0; the demo leaves its files"
RESULTS = ("demo.jsonl", "demo.mp4", "demo.png", "demo.json")


def measure() -> Figure:
    """Clone, run ``make demo`` twice to see that it does no harm, then ``make test``."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "edgeact"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
        demos = [_make("demo", folder) for _ in range(2)]
        sizes = {file: _size(folder / "out" / file) for file in RESULTS}
        if ASSETS.is_dir():
            (Path(name) / "shared").mkdir()
            (Path(name) / "shared" / "assets").symlink_to(ASSETS)
        test = _make("test", folder)
    codes = {"demo": [demo.returncode for demo in demos], "test": test.returncode}
    passed = codes == {"demo": [0, 0], "test": 0} and min(sizes.values()) > 0
    last = test.stdout.decode().strip().splitlines()[-1:]
    return Figure("fresh_clone", codes, GOAL, passed, {"bytes": sizes, "tests": last})


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _make(target: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Run make there as a new user would: without this checkout's environment."""
    inherited = {"EDGEACT_MODEL_DIR", "VIRTUAL_ENV", "MAKEFLAGS", "MAKELEVEL"}
    environment = {key: value for key, value in os.environ.items() if key not in inherited}
    return subprocess.run(
        ["make", target], cwd=folder, env=environment, capture_output=True, check=False
    )


if __name__ == "__main__":
    main(measure)
