"""Measures all figures, each in a process of its own, and prints a table."""

from __future__ import annotations

import json
import subprocess
import sys

FIGURES = (
    "visits", "nano_visits", "mqtt_equal", "outbox", "outbox_memory", "chaos", "three_sources",
    "classifier", "acted_people", "fusion_table", "bench", "leak", "nvinfer_loop",
    "rendered_people", "nano_detector", "nano_pose", "sound", "demo", "scenes", "together",
    "train_report_export", "own_actions", "skeleton_pickles", "fuzz", "fresh_clone",
)  # fmt: skip


def main() -> int:
    """Run every figure; 0 when all reach their goal."""
    passed = True
    for name in FIGURES:
        run = subprocess.run(
            [sys.executable, "-m", f"tests.acceptance.{name}"], stdout=subprocess.PIPE, check=False
        )
        lines = run.stdout.decode().splitlines()
        row = json.loads(lines[-1]) if lines else {"value": None, "goal": "", "pass": False}
        passed = passed and bool(row["pass"])
        state = "pass" if row["pass"] else "FAIL"
        line = f"{state}  {name:<14} {json.dumps(row['value'])}  (goal: {row['goal']})"
        print(line, flush=True)  # noqa: T201
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
