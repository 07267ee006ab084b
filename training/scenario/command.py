"""``edgeact scenario``: scripted scenes as video with sound and exact truth."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from training.scenario.library import MoveLibrary

SUMMARY = "make scripted scenes: video, sound and exact truth"
REQUIREMENTS = "requirements/training.txt"

Number = TypeVar("Number", int, float)

_SIDES = ("train", "validation", "test")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``edgeact scenario``."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="render | random")
    render = verbs.add_parser("render", help="film a script", description="Film a script.")
    render.add_argument("script", type=Path, metavar="SCRIPT.yaml")
    _add_output(render)
    random = verbs.add_parser(
        "random", help="draw a script by seed and film it",
        description="Draw a script by seed and film it.",
    )  # fmt: skip
    random.add_argument(
        "--seed", required=True, metavar="N", help="whole number; same N, same film"
    )
    random.add_argument("--actors", type=int, default=4, metavar="N", help="people (default 4)")
    random.add_argument("--duration", type=float, default=20.0, metavar="S", help="seconds (20)")
    random.add_argument("--cameras", type=int, default=1, metavar="N", help="cameras (default 1)")
    random.add_argument("--size", default="1280x720", metavar="WxH", help="pictures, px (1280x720)")
    random.add_argument(
        "--actions", metavar="A,B,...", help="actions or levels that are done (default all)"
    )
    random.add_argument(
        "--script-only", action="store_true", help="write script.yaml, film nothing"
    )
    _add_output(random)


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write to")
    parser.add_argument(
        "--crf", type=int, default=23, metavar="N", help="0 best picture, 51 smallest file (23)"
    )
    parser.add_argument(
        "--motion", choices=_SIDES, default="train",
        help="people whose recorded motion is shown, where recordings are there (train)",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Make a scene. Exit code: 0, or 2 for something in the script or options to be mended."""
    from settings.errors import ConfigError

    if not 0 <= args.crf <= 51:
        raise ConfigError([f"--crf: {args.crf} is out of range; wanted 0 to 51"])
    return _random(args) if args.verb == "random" else _render(args)


def _render(args: argparse.Namespace) -> int:
    from training.scenario.film import film
    from training.scenario.library import MoveLibrary
    from training.scenario.script import ScenarioError, load_script
    from training.scenario.stage import act

    script = load_script(args.script)
    library = MoveLibrary.of(args.motion)
    _tell_motion(library)
    try:
        world = act(script, library)
        events = film(script, world, args.out, scene=args.script.stem, crf=args.crf)
    except ScenarioError as error:
        raise error.located(args.script) from None
    sys.stdout.write(f"{events}\n")
    return 0


def _random(args: argparse.Namespace) -> int:
    from settings.errors import ConfigError
    from training.scenario.library import MoveLibrary
    from training.scenario.random_world import random_world
    from training.scenario.script import save_script

    actions = [name.strip() for name in args.actions.split(",")] if args.actions else None
    try:
        seed, size_px = _number(args.seed), _size(args.size)
        actors = _within("actors", args.actors, 1, 20)
        duration_s = _within("duration", args.duration, 2, 600)
        cameras = _within("cameras", args.cameras, 1, 16)
        library = MoveLibrary.of(args.motion)
        script, world = random_world(
            seed, library, actions=actions, actors=actors, duration_s=duration_s,
            cameras=cameras, size_px=size_px,
        )  # fmt: skip
    except ValueError as error:
        raise ConfigError([f"edgeact scenario random: {error}"]) from None
    _tell_motion(library)
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.out / "script.yaml"
    save_script(script, path)
    if not args.script_only:
        from training.scenario.film import film

        path = film(script, world, args.out, scene=args.out.resolve().name, crf=args.crf)
    sys.stdout.write(f"{path}\n")
    return 0


def _tell_motion(library: MoveLibrary) -> None:
    if not library.clips:
        sys.stderr.write("edgeact scenario: no recorded motion here; all motion is generated\n")


def _number(text: str) -> int:
    if not text.isdigit():
        raise ValueError(f"--seed: '{text}' is no seed; give a whole number from 0, such as 7")
    return int(text)


def _within(option: str, value: Number, low: int, high: int) -> Number:
    if not low <= value <= high:
        raise ValueError(f"--{option}: {value:g} is out of range; wanted {low} to {high}")
    return value


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdigit() and height.isdigit() and {int(width) % 2, int(height) % 2} == {0}):
        raise ValueError(f"--size: wanted WIDTHxHEIGHT, even, such as 1280x720; got '{text}'")
    return _within("size", int(width), 64, 3840), _within("size", int(height), 64, 2160)
