"""Windows with neighbours: made of frames, or widened from windows of each person alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from recognition.frames import Float, Frame
from recognition.fusion_input import SLOTS
from recognition.layouts import SINGLE, SOCIAL
from recognition.neighbours import PeopleStore
from recognition.sound import SoundMemory
from recognition.windows import Window, WindowConfig
from training.cameras import Camera
from training.dataset import Dataset, Filming, heard, joined, label_at, truncated
from training.doings import Doing
from training.mocap import FPS, Segment
from training.scenario.world import Actor, World
from training.scenario_windows import actor_segments, watch_world

Rng = np.random.Generator
Half = npt.NDArray[np.float16]

ADDED = ("nei", "nei_mask")
"""The arrays that ``SOCIAL`` has and ``SINGLE`` has not."""


_PAIRS = SOCIAL.classes[len(SINGLE.classes) :]


def with_pairs(segments: Iterable[Segment], doings: Iterable[Doing]) -> tuple[Segment, ...]:
    """Segments of ``named_segments``, in which what two people do has its name, too.

    doings: that the segments were made of.
    """
    shared = {(start, end): action for action, start, end in doings if action in _PAIRS}
    return tuple(
        replace(segment, label=shared.get((segment.start, segment.end), segment.label))
        for segment in segments
    )


def social_segments(world: World, actor: Actor) -> tuple[Segment, ...]:
    """What an actor does, by class; what it does with another by name, too."""
    doings = [
        (truth.action, round(truth.onset_s * FPS), round(truth.end_s * FPS))
        for truth in world.truth
        if actor.name in truth.actors
    ]
    return with_pairs(actor_segments(world, actor), doings)


def film_meeting(
    world: World,
    sound: Float | None,
    filming: Filming,
    rng: Rng,
    *,
    subject: str,
    camera: Camera | None = None,
) -> Dataset | None:
    """As ``training.scenario_windows.film_world``, with neighbours and what two people do."""
    filmed = watch_world(world, rng, camera)
    if filmed is None:
        return None
    segments = [social_segments(world, actor) for actor in world.actors]

    def label_of(window: Window) -> int | None:
        end_s = (window.end_ns - filmed.start_ns) / 1e9
        row = filmed.owner[window.track_id]
        return label_at(segments[row], end_s, len(world.actors[row].joints), SOCIAL.classes)

    memory = heard(sound, filmed.start_ns)
    return social_windows(
        filmed.frames, label_of, memory, filming=filming, subject=subject, rng=rng
    )


def social_windows(
    frames: Iterable[Frame],
    label_of: Callable[[Window], int | None],
    memory: SoundMemory | None,
    *,
    filming: Filming,
    subject: str,
    rng: Rng,
) -> Dataset | None:
    """As ``training.dataset.windows_of``, of the layout ``SOCIAL``."""
    config = WindowConfig(hop_steps=filming.hop_steps)
    store = PeopleStore(config, knows_objects=bool(rng.random() < filming.objects))
    slot_ns = config.steps * config.step_ns // SLOTS
    windows, near, labels = [], [], []
    for frame in frames:
        for window in store.push(frame)[0]:
            if (label := label_of(window)) is not None:
                near.append(store.near(window))
                cut_off = rng.random() < filming.truncate
                windows.append(truncated(window, rng, config.min_seen_steps) if cut_off else window)
                labels.append(label)
    if not windows:
        return None
    sounds = [
        memory.tokens(window.end_ns, slots=SLOTS, slot_ns=slot_ns) if memory else None
        for window in windows
    ]
    arrays = SOCIAL.inputs(windows, sounds, near, rate_hz=config.rate_hz)
    return Dataset(
        inputs={name: values.astype(np.float16) for name, values in arrays.items()},
        labels=np.array(labels, np.int64),
        subjects=np.array([subject] * len(labels)),
    )


def with_nobody(inputs: Mapping[str, Half], *, alone: bool) -> dict[str, Half]:
    """Arrays of ``SINGLE`` as those of ``SOCIAL``, without neighbours.

    alone: whether each person is known to have been alone; else nothing is known of neighbours.
    """
    shapes, count = SOCIAL.input_shapes(WindowConfig().steps), len(inputs["mod"])
    nobody = {
        name: np.zeros((count, *(size or 0 for size in shapes[name][1:])), np.float16)
        for name in ADDED
    }
    known = np.full((count, 1), alone, np.float16)
    return {**inputs, **nobody, "mod": np.concatenate([inputs["mod"], known], axis=1)}


def joined_social(parts: Sequence[Dataset]) -> Dataset:
    """One data set of many, all of the layout ``SOCIAL``."""
    added = {name: np.concatenate([part.inputs[name] for part in parts]) for name in ADDED}
    whole = joined(parts)
    return replace(whole, inputs={**whole.inputs, **added})
