"""``edgeact demo``: recognise the bundled scene, publish it, and show it beside the truth."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.config import ROOT, Config
from pipelines.config_file import load_config
from pipelines.demo.board import Board, class_table, legend
from pipelines.demo.broker import OwnBroker, Subscriber
from pipelines.demo.play import Played, play
from pipelines.demo.timeline import Lane, draw_timeline
from recognition.scoring import Score, Tally, add_up, score
from recognition.truth import SceneTruth, expected, read_scene, recognised
from settings.errors import ConfigError

CONFIG = ROOT / "configs" / "demo.yaml"
SCENE = ROOT / "demo" / "scene"
_LAST_MESSAGES_S = 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``edgeact demo``."""
    parser.add_argument(
        "--config", type=Path, default=CONFIG, help="site whose cameras show the scene"
    )
    parser.add_argument(
        "--scene", type=Path, default=SCENE, help="folder of the scene's truth (events.json)"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("out"), help="folder for demo.jsonl, .mp4, .png and .json"
    )


def run(args: argparse.Namespace) -> int:
    """Play the demo; the exit code of ``edgeact run``, 2 where something is missing."""
    started = time.monotonic()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends the broker and the run, too
    config, scene = load_config(args.config), _scene(args.scene)
    _check_cameras(config, scene, args.config)
    labels = scored_labels(config)
    _make_folder(args.out)
    board = Board(scene)
    _say(
        f"{len(scene.persons)} people, {len(scene.cameras)} cameras, {scene.duration_s:g} s; the "
        "program gets the videos only, the truth is for comparison"
    )
    with OwnBroker() as broker, Subscriber(broker) as subscriber:
        _say(f"publishing to a mosquitto of our own at {broker.url}")
        board.begin()
        played = play(args.config, out=args.out, mqtt=broker.url, told=board.show, since=started)
        heard = subscriber.wait_for(len(played.messages), timeout_s=_LAST_MESSAGES_S)
    if played.code:
        return played.code
    scores = score_cameras(scene, played.messages, labels)
    _report(args.out, scene, scores, played, heard)
    return 0


def score_cameras(
    scene: SceneTruth, messages: list[dict[str, Any]], labels: frozenset[str]
) -> dict[str, Score]:
    """What each camera's events are worth against the truth, by camera."""
    scores = {}
    for name, camera in scene.cameras.items():
        mine = [one for one in messages if one["data"]["camera"]["name"] == name]
        true = expected(scene.spans, camera)
        scores[name] = score(true, recognised(mine, camera), labels=labels)
    return scores


def scored_labels(config: Config) -> frozenset[str]:
    """The actions that the site's model knows and the site has enabled."""
    from engines.load import load_engine
    from plugins.recognizer import fusion_labels

    fusion = load_engine(config.fusion.model)
    known = fusion_labels(fusion, config.fusion.model, config.window, sound=config.sound.tokens)
    enabled = {label for label in known if config.events.rule(label).enabled}
    return frozenset(enabled - {"background"})


def _scene(folder: Path) -> SceneTruth:
    try:
        return read_scene(folder)
    except ValueError as error:
        raise ConfigError([str(error)]) from None


def _check_cameras(config: Config, scene: SceneTruth, path: Path) -> None:
    names = {source.name for source in config.sources}
    if names != set(scene.cameras):
        raise ConfigError(
            [
                f"{path}: sources: its cameras are {', '.join(sorted(names))}, those of the scene "
                f"{', '.join(sorted(scene.cameras))}; give the same names"
            ]
        )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            [f"--out {folder}: cannot be made: {error.strerror}; name a folder to write to"]
        ) from None


def _report(
    out: Path, scene: SceneTruth, scores: Mapping[str, Score], played: Played, heard: int
) -> None:
    """Draw the timeline, print the table, and write the figures for whoever measures."""
    by_action = add_up(part.by_action for part in scores.values())
    total = sum(by_action.values(), Tally())
    lanes = [
        Lane(
            camera=name,
            persons=scene.persons,
            true=expected(scene.spans, camera),
            score=scores[name],
        )
        for name, camera in scene.cameras.items()
    ]
    title = f"truth above, recognised below; F1 {total.f1:.2f} over all cameras"
    draw_timeline(out / "demo.png", lanes, duration_s=scene.duration_s, title=title)
    first = "none" if played.first_s is None else f"after {played.first_s:.1f} s"
    lines = [
        "",
        *class_table(by_action),
        "",
        legend(),
        "",
        f"first event {first}, run {played.seconds:.1f} s, {heard} of {len(played.messages)} "
        "messages received over MQTT",
        f"events {out}/demo.jsonl, annotated video {out}/demo.mp4, timeline {out}/demo.png",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    figures = {
        "f1": total.f1,
        "precision": total.precision,
        "recall": total.recall,
        "first_event_s": played.first_s,
        "run_s": played.seconds,
        "messages": len(played.messages),
        "messages_received": heard,
        "by_action": {
            name: {"true": tally.true, "found": tally.found, "right": tally.right}
            for name, tally in by_action.items()
        },
    }
    (out / "demo.json").write_text(json.dumps(figures, indent=1) + "\n")


def _say(line: str) -> None:
    sys.stderr.write(f"edgeact demo: {line}\n")
    sys.stderr.flush()
