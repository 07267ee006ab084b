"""Plays scenes to the group logic as the program would, for choosing when its events begin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from engines.protocol import Engine
from recognition.continuation import EventName
from recognition.events import ActionEvent, EventLogic
from recognition.frames import Float, Frame
from recognition.group_clock import GroupClock, Tick
from recognition.group_events import GroupLogic, Judge
from recognition.groups import EMBEDDING, Member
from recognition.hysteresis import ActionRule
from recognition.recording import read_recording
from recognition.rules import EventConfig
from recognition.scoring import Span
from recognition.sound_encoders import SoundConfig, SourceSound
from recognition.truth import expected, read_scene
from recognition.windows import Window, WindowConfig
from training.asked_for import asked_for
from training.dataset import heard
from training.decisions import answered
from training.extract import owners_of, sound_memory
from training.group.config import GroupData
from training.group.scenes import SEEDS, group_scene
from training.hearing import BANDS
from training.scenario_windows import watch_world, world_sound

_RECORDED_WEIGHT = 3
"""Times that a recorded scene counts, whose people are seen as in use."""


@dataclass(frozen=True, slots=True)
class Replay:
    """One camera's scene. ticks: who is together each second. owners: whose each track is.

    answers: what the head says at each tick that has anybody, in their order. weight: times that
    the scene counts.
    """

    ticks: tuple[Tick, ...]
    owners: Mapping[int, str | None]
    truth: tuple[Span, ...]
    answers: tuple[tuple[Float, Float], ...] = ()
    weight: int = 1

    def judged(self, judge: Judge) -> Replay:
        """The same with a head's answers."""
        answers = [
            judge(
                np.stack([one.features for one in tick.clusters]),
                np.stack([one.mask for one in tick.clusters]),
            )
            for tick in self.ticks
            if tick.clusters
        ]
        return replace(self, answers=tuple(answers))

    def spans(self, labels: Sequence[str], rules: Mapping[str, ActionRule]) -> list[Span]:
        """What the program would tell by these rules, a span for each person named."""
        answers = iter(self.answers)
        config = EventConfig(actions=dict(rules))
        logic = GroupLogic(
            EventLogic(config, labels), lambda _, __: next(answers), rate_hz=WindowConfig().rate_hz
        )
        events = [event for tick in self.ticks for event in logic.take(tick)]
        return list(self._named([*events, *logic.end_all("stream_ended")]))

    def _named(self, events: Sequence[ActionEvent]) -> Iterator[Span]:
        people: dict[EventName, dict[str | None, None]] = {}
        for event in events:
            found = people.setdefault(event.name, {})
            for track_id in (event.track_id, *event.co_tracks):
                found[self.owners.get(track_id)] = None
            if event.phase == "end":
                end_s = (event.end_ns or event.pts_ns) / 1e9
                for person in found:
                    yield Span(
                        action=event.action, person=person, onset_s=event.onset_ns / 1e9,
                        end_s=end_s,
                    )  # fmt: skip


def acted_replays(
    fusion: Engine, data: GroupData, hearing: SoundConfig = BANDS
) -> Iterator[Replay]:
    """The scenes of the validation side before one camera of the script each."""
    for seed in range(SEEDS["validation"], SEEDS["validation"] + data.validation_scenes):
        rng = np.random.default_rng([seed, 12])
        scene = group_scene(seed, "validation", data, rng)
        filmed = None if scene is None else watch_world(scene[0], rng, scene[1][0])
        if scene is None or filmed is None:
            continue
        world = scene[0]
        sound = world_sound(world, rng) if rng.random() < data.sound else None
        yield Replay(
            tuple(ticks_of(filmed.frames, heard(sound, filmed.start_ns, hearing), fusion)),
            {number: world.actors[actor].name for number, actor in filmed.owner.items()},
            tuple(asked_for(world, filmed, start_ns=filmed.start_ns)),
        )


def recorded_replays(
    fusion: Engine, folder: Path, hearing: SoundConfig = BANDS
) -> Iterator[Replay]:
    """Every camera of the rendered scenes in a folder that the program recorded.

    Raises:
        ValueError: the folder holds none, or one cannot be read.
    """
    paths = sorted(folder.glob("*/recording.npz"))
    if not paths:
        raise ValueError(f"{folder}: no scene in it has a recording.npz; see edgeact record")
    for path in paths:
        recording, truth = read_recording(path), read_scene(path.parent)
        for source_id, name in enumerate(recording.sources):
            frames = [frame for frame in recording.frames if frame.source_id == source_id]
            camera = truth.cameras[name]
            owners = {
                number: Counter(one.person for one in sightings).most_common(1)[0][0]
                for number, sightings in owners_of(frames, camera).items()
            }
            memory = sound_memory(recording, source_id, hearing)
            ticks = ticks_of(frames, memory, fusion, knows_objects=recording.knows_objects)
            yield Replay(
                tuple(ticks), owners, tuple(expected(truth.spans, camera)), weight=_RECORDED_WEIGHT
            )


def ticks_of(
    frames: Iterable[Frame],
    memory: SourceSound | None,
    fusion: Engine,
    *,
    knows_objects: bool = True,
) -> list[Tick]:
    """Who is together in each second before one camera, as a fusion model sees them."""
    clock, ticks = GroupClock(rate_hz=WindowConfig().rate_hz), []
    for windows, _, outputs in answered(frames, memory, fusion, knows_objects=knows_objects):
        ticks += clock.step(_looks(windows, outputs["emb"]))
    return ticks


def _looks(windows: Sequence[Window], embs: Float) -> list[Member]:
    return [
        Member(window=window, emb=emb[:EMBEDDING], evidence={})
        for window, emb in zip(windows, embs, strict=True)
    ]
