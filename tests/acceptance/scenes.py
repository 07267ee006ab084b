"""New scenes, filmed and recognised afresh: how many of the events are told right?"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pipelines.config_file import load_config
from pipelines.demo.board import class_table
from pipelines.demo.command import score_cameras, scored_labels
from recognition.scoring import Tally, add_up, bootstrap_f1
from recognition.truth import read_scene
from tests.acceptance.figure import Figure, main
from tests.acceptance.site import edgeact, events_of

GOAL = "event F1 >= 0.85 on 20 scenes with unseen people, rooms and cameras, nano models"
FIRST_SEED = 900_000
"""Scenes from here on are for measuring only: nothing is trained on or chosen by them."""

SIZE = (1280, 720)
LEVELS = "gesture,action,human_object"
_SITE = """\
platform: cpu
sources:
{sources}
mux: {{width_px: {width}, height_px: {height}}}
detect: {{config: configs/nvinfer/detect_nano.txt}}
pose: {{config: configs/nvinfer/pose_nano.txt, decoder: simcc}}
"""


def measure(scenes: int = 20) -> Figure:
    """Film, run and score so many scenes; the table goes to standard error."""
    tallies = []
    for number in range(scenes):
        with tempfile.TemporaryDirectory() as name:
            tally = measure_scene(FIRST_SEED + number, Path(name))
        tallies.append(tally)
        total = sum(tally.values(), Tally())
        _say(f"scene {number + 1} of {scenes}: {_words(total)}")
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


def measure_scene(seed: int, folder: Path) -> dict[str, Tally]:
    """Counts by action of one new scene. RuntimeError where a command fails, with its words."""
    film, site = folder / "scene", folder / "site.yaml"
    _command(
        "scenario", "random", "--seed", str(seed), "--motion", "test", "--actions", LEVELS,
        "--size", f"{SIZE[0]}x{SIZE[1]}", "--out", str(film),
    )  # fmt: skip
    scene = read_scene(film)
    sources = [f"  - {{name: {name}, uri: {film / name}.mp4}}" for name in scene.cameras]
    site.write_text(_SITE.format(sources="\n".join(sources), width=SIZE[0], height=SIZE[1]))
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


def _scenes(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=20, metavar="N", help="how many (20)")
    count: int = parser.parse_args(arguments).scenes
    if count < 1:
        parser.error(f"--scenes {count}: wanted at least 1")
    return count


if __name__ == "__main__":
    wanted = _scenes()
    main(lambda: measure(wanted))
