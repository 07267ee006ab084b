"""New scenes, filmed and recognised afresh: how many of the events are told right?"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipelines.config_file import load_config
from pipelines.demo.board import class_table
from pipelines.demo.command import score_cameras, scored_labels
from recognition.scoring import Tally, add_up, bootstrap_f1
from recognition.truth import read_scene
from tests.acceptance.figure import Figure, main
from tests.acceptance.site import NANO_MODELS, edgeact, events_of, write_config
from training.scenario.truth_files import EVENTS_FILE

SIZE = (1280, 720)


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneSet:
    """Scenes for measuring only: nothing is trained on or chosen by them.

    name: of the figure. levels: of the actions that are dealt to people. labels: actions that
    count; None: those that the site's models know. least_f1: that is wanted of all scenes.
    """

    name: str
    levels: str
    first_seed: int
    least_f1: float
    labels: frozenset[str] | None = None

    @property
    def goal(self) -> str:
        """In words."""
        return (
            f"event F1 >= {self.least_f1:.2f} on 20 scenes with unseen people, rooms and cameras, "
            "nano models"
        )


ALONE = SceneSet(
    name="scenes", levels="gesture,action,human_object", first_seed=900_000, least_f1=0.85
)


def measure(
    scenes: int = 20,
    jobs: int = 2,
    *,
    chosen: SceneSet = ALONE,
    models: Sequence[str] = NANO_MODELS,
    films: Path | None = None,
) -> Figure:
    """Film, run and score so many scenes, ``jobs`` at a time; the table goes to standard error.

    models: lines of the site's sections that name its models. films: folder that keeps the films
    by seed and from which those that are there are taken; None: each is filmed and thrown away.
    """
    tallies = []
    with ThreadPoolExecutor(jobs) as pool:
        measured = partial(_measured, chosen=chosen, models=models, films=films)
        for number, tally in enumerate(pool.map(measured, range(scenes)), 1):
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
        "first_seed": chosen.first_seed,
        "precision": round(total.precision, 3),
        "recall": round(total.recall, 3),
        "by_action": {
            action: {"true": tally.true, "found": tally.found, "f1": round(tally.f1, 3)}
            for action, tally in by_action.items()
        },
    }
    return Figure(chosen.name, value, chosen.goal, total.f1 >= chosen.least_f1, detail)


def _measured(
    number: int, *, chosen: SceneSet, models: Sequence[str], films: Path | None
) -> dict[str, Tally]:
    seed = chosen.first_seed + number
    with tempfile.TemporaryDirectory() as name:
        film = (films or Path(name)) / str(seed)
        return measure_scene(seed, Path(name), film=film, chosen=chosen, models=models)


def measure_scene(
    seed: int,
    folder: Path,
    *,
    film: Path,
    chosen: SceneSet = ALONE,
    models: Sequence[str] = NANO_MODELS,
) -> dict[str, Tally]:
    """Counts by action of one scene. RuntimeError where a command fails, with its words.

    folder: to work in. film: where the scene is, or is put where it is not there yet.
    """
    if not (film / EVENTS_FILE).is_file():  # it is written last
        _command(
            "scenario", "random", "--seed", str(seed), "--motion", "test", "--actions",
            chosen.levels, "--size", f"{SIZE[0]}x{SIZE[1]}", "--out", str(film),
        )  # fmt: skip
    scene = read_scene(film)
    sources = {name: film / f"{name}.mp4" for name in scene.cameras}
    site = write_config(folder, sources, size=SIZE, models=models)
    events = events_of(_command("run", str(site), "--quiet"))
    labels = chosen.labels or scored_labels(load_config(site))
    scores = score_cameras(scene, events, labels)
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


def wanted(
    parser: argparse.ArgumentParser, arguments: Sequence[str] | None = None
) -> argparse.Namespace:
    """What is asked for: ``scenes``, ``jobs`` and ``films``, and what else the parser knows."""
    parser.add_argument("--scenes", type=int, default=20, metavar="N", help="how many (20)")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="at a time (2)")
    parser.add_argument(
        "--films", type=Path, metavar="DIR", help="keep the films there, and take those that are"
    )
    options = parser.parse_args(arguments)
    if min(options.scenes, options.jobs) < 1:
        parser.error("--scenes and --jobs: wanted at least 1")
    return options


if __name__ == "__main__":
    asked = wanted(argparse.ArgumentParser(description=__doc__))
    main(lambda: measure(asked.scenes, asked.jobs, films=asked.films))
