"""``python -m training.choose_rules MODEL``: rules of events for configs/taxonomy.yaml."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import numpy as np

from engines.errors import EngineError
from engines.load import load_engine
from engines.protocol import Engine
from recognition.hysteresis import ActionRule
from recognition.layouts import LAYOUTS
from recognition.recording import read_recording
from recognition.scoring import Tally
from recognition.sound_encoders import SoundConfig
from recognition.truth import CameraTruth, expected, read_scene
from settings.errors import ConfigError
from training import meetings
from training.acted import SEEDS, drawn_scene
from training.asked_for import asked_for
from training.cameras import Camera
from training.dataset import heard
from training.decisions import decide
from training.event_rules import (
    LAG_S,
    SMOOTHING_S,
    ScoredScene,
    choose_rules,
    retallied,
    scored_scene,
    total_f1,
)
from training.extract import owners_of, sound_memory
from training.hearing import BANDS, hearing_of
from training.meetings import meeting_scene
from training.scenario.world import World
from training.scenario_windows import watch_world, world_sound

_USUAL_LAG_S, _USUAL_SMOOTHING_S = 0.5, 0.3


def acted_scenes(engine: Engine, count: int, hearing: SoundConfig = BANDS) -> Iterator[ScoredScene]:
    """Acted scenes of the validation side before one camera of the script each."""
    for seed in range(SEEDS["validation"], SEEDS["validation"] + count):
        rng = np.random.default_rng([seed, 6])
        scene = drawn_scene(seed, "validation", rng, cameras=1)
        if scene is not None:
            yield from _filmed(*scene, engine, hearing, rng)


def met_scenes(engine: Engine, count: int, hearing: SoundConfig = BANDS) -> Iterator[ScoredScene]:
    """The same of scenes in which people meet."""
    for seed in range(meetings.SEEDS["validation"], meetings.SEEDS["validation"] + count):
        rng = np.random.default_rng([seed, 8])
        scene = meeting_scene(seed, "validation", rng, cameras=1)
        if scene is not None:
            yield from _filmed(*scene, engine, hearing, rng)


def _filmed(
    world: World,
    cameras: Sequence[Camera],
    engine: Engine,
    hearing: SoundConfig,
    rng: np.random.Generator,
) -> Iterator[ScoredScene]:
    """A scene before each of its cameras that shows anybody."""
    for camera in cameras:
        filmed = watch_world(world, rng, camera)
        if filmed is None:
            continue
        sound = world_sound(world, rng) if rng.random() < 0.7 else None
        memory = heard(sound, filmed.start_ns, hearing)
        decided = decide(filmed.frames, memory, engine, start_ns=filmed.start_ns)
        owners = {number: world.actors[actor].name for number, actor in filmed.owner.items()}
        yield scored_scene(decided, owners, list(asked_for(world, filmed)))


def recorded_scenes(
    engine: Engine, folder: Path, *, weight: int, hearing: SoundConfig = BANDS
) -> Iterator[ScoredScene]:
    """Every camera of the scenes in a folder that the program recorded."""
    for path in sorted(folder.glob("*/recording.npz")):
        recording, truth = read_recording(path), read_scene(path.parent)
        for source_id, name in enumerate(recording.sources):
            frames = [frame for frame in recording.frames if frame.source_id == source_id]
            camera: CameraTruth = truth.cameras[name]
            decided = decide(
                frames,
                sound_memory(recording, source_id, hearing),
                engine,
                knows_objects=recording.knows_objects,
            )
            owners = {
                number: Counter(sighting.person for sighting in sightings).most_common(1)[0][0]
                for number, sightings in owners_of(frames, camera).items()
            }
            asked_for = expected(truth.spans, camera)
            yield scored_scene(decided, owners, asked_for, weight=weight)


def best_rules(
    scenes: Sequence[ScoredScene],
) -> tuple[dict[str, ActionRule], dict[str, Tally]]:
    """The rules with the best micro F1: for the usual lag first, then for the lag that fits."""
    rules, _ = choose_rules(scenes, lag_s=_USUAL_LAG_S, smoothing_s=_USUAL_SMOOTHING_S)

    def worth(lag_and_smoothing: tuple[float, float]) -> float:
        lag, smoothing = lag_and_smoothing
        change = {"lag_s": lag, "smoothing_s": smoothing}
        changed = {name: rule.model_copy(update=change) for name, rule in rules.items()}
        return total_f1(retallied(scenes, changed))

    lag, smoothing = max(product(LAG_S, SMOOTHING_S), key=worth)
    return choose_rules(scenes, lag_s=lag, smoothing_s=smoothing)


def _table(rules: dict[str, ActionRule], tallies: dict[str, Tally]) -> Iterator[str]:
    any_rule = next(iter(rules.values()))
    yield f"# lag_s {any_rule.lag_s:g}, smoothing_s {any_rule.smoothing_s:g}"
    for name, rule in rules.items():
        count = tallies[name]
        yield (
            f"{name}: {{enter: {rule.enter:g}, exit: {rule.exit:g}, min_on_s: {rule.min_on_s:g}, "
            f"min_off_s: {rule.min_off_s:g}}}  # F1 {count.f1:.2f}: {count.right} right of "
            f"{count.found} told, {count.true} true"
        )
    yield f"# micro F1 {total_f1(tallies):.3f}"


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.choose_rules", description=__doc__)
    parser.add_argument("model", type=Path, help="fusion model, ONNX")
    parser.add_argument("--scenes", type=int, default=60, help="acted scenes to choose by")
    parser.add_argument(
        "--meetings", type=int, default=20, help="scenes of pairs, for a model that tells them"
    )
    parser.add_argument(
        "--weight",
        type=int,
        default=3,
        help="times that a recorded scene counts, whose people are seen as in use (3)",
    )
    parser.add_argument(
        "--recorded", type=Path, nargs="+", default=[], help="folders of recorded scenes"
    )
    parser.add_argument("--encoder", type=Path, help="sound encoder that the model learnt from")
    options = parser.parse_args(argv)
    try:
        engine = load_engine(options.model)
        hearing = hearing_of(engine, options.model, options.encoder)
        scenes = list(acted_scenes(engine, options.scenes, hearing))
        if LAYOUTS[engine.metadata["layout_version"]].social:
            scenes += met_scenes(engine, options.meetings, hearing)
        for folder in options.recorded:
            scenes += recorded_scenes(engine, folder, weight=options.weight, hearing=hearing)
    except (ConfigError, EngineError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for line in _table(*best_rules(scenes)):
        sys.stdout.write(f"{line}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
