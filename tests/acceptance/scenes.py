"""New scenes, filmed and recognised afresh: how many of the events are told right?"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pipelines.config_file import load_config
from pipelines.demo.board import class_table
from pipelines.demo.command import score_cameras, scored_labels
from recognition.scoring import Tally, add_up, bootstrap_f1
from recognition.truth import read_scene
from tests.acceptance.figure import Figure, main
from tests.acceptance.site import NANO_MODELS, edgeact, events_of, write_config

GOAL = "event F1 >= 0.85 on 20 scenes with unseen people, rooms and cameras, nano models"
FIRST_SEED = 900_000
"""Scenes from here on are for measuring only: nothing is trained on or chosen by them."""

SIZE = (1280, 720)
LEVELS = "gesture,action,human_object"


def measure(scenes: int = 20, jobs: int = 2) -> Figure:
    """Film, run and score so many scenes, ``jobs`` at a time; the table goes to standard error."""
    tallies = []
    with ThreadPoolExecutor(jobs) as pool:
        for number, tally in enumerate(pool.map(_measured, range(scenes)), 1):
            tallies.append(tally)
            _say(f"scene {number} of {scenes}: {_words(sum(tally.values(), Tally()))}")
    by_action = add_up(tallies)
    totals = [sum(tally.values(), Tally()) for tally in tallies]
    total = sum(totals, Tally())
    low, high = bootstrap_f1(totals)
    for line in class_table(by_action):
        _say(line)
    _say(f"all scenes: {_words(total)}, 95 % interval of F1 {low:.3f} to {high:.3f}")
    value = {"f1": round(total.f1, 3), "interval_95": [round(low, 3), round(high, 3)]}
    detail = {
        "scenes": scenes,
        "first_seed": FIRST_SEED,
        "precision": round(total.precision, 3),
        "recall": round(total.recall, 3),
        "by_action": {
            action: {"true": tally.true, "found": tally.found, "f1": round(tally.f1, 3)}
            for action, tally in by_action.items()
        },
    }
    return Figure("scenes", value, GOAL, total.f1 >= 0.85, detail)


def _measured(number: int) -> dict[str, Tally]:
    with tempfile.TemporaryDirectory() as name:
        return measure_scene(FIRST_SEED + number, Path(name))


def measure_scene(seed: int, folder: Path) -> dict[str, Tally]:
    """Counts by action of one new scene. RuntimeError where a command fails, with its words."""
    film = folder / "scene"
    _command(
        "scenario", "random", "--seed", str(seed), "--motion", "test", "--actions", LEVELS,
        "--size", f"{SIZE[0]}x{SIZE[1]}", "--out", str(film),
    )  # fmt: skip
    scene = read_scene(film)
    sources = {name: film / f"{name}.mp4" for name in scene.cameras}
    site = write_config(folder, sources, size=SIZE, models=NANO_MODELS)
    events = events_of(_command("run", str(site), "--quiet"))
    scores = score_cameras(scene, events, scored_labels(load_config(site)))
    return add_up(score.by_action for score in scores.values())


def _command(*arguments: str) -> bytes:
    """Standard output of an edgeact command."""
    run = edgeact(*arguments, timeout_s=1800)
    if run.returncode:
        words = run.stderr.decode(errors="replace").strip()
        raise RuntimeError(f"edgeact {' '.join(arguments)}: exit code {run.returncode}: {words}")
    return run.stdout


def _words(total: Tally) -> str:
    return (
        f"{total.true} true, {total.found} found, {total.right} right, F1 {total.f1:.3f} "
        f"(precision {total.precision:.3f}, recall {total.recall:.3f})"
    )


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201


def _wanted(arguments: Sequence[str] | None = None) -> tuple[int, int]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=20, metavar="N", help="how many (20)")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="at a time (2)")
    options = parser.parse_args(arguments)
    if min(options.scenes, options.jobs) < 1:
        parser.error("--scenes and --jobs: wanted at least 1")
    return options.scenes, options.jobs


if __name__ == "__main__":
    count, at_once = _wanted()
    main(lambda: measure(count, at_once))
