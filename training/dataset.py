"""Films scenes and makes the fusion model's arrays of them, by the program's own preprocessing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recognition.frames import Float, Frame, Person
from recognition.fusion_input import SLOTS, input_shapes
from recognition.layouts import SINGLE, Layout
from recognition.neighbours import PeopleStore
from recognition.sound import LogMelStream
from recognition.sound_encoders import SoundConfig, SourceSound
from recognition.windows import Window, WindowConfig
from training.cameras import random_camera
from training.filmed_props import casual_props
from training.hearing import BANDS, SLOT_NS, memory_of
from training.labels import CLASSES
from training.mocap import FPS, Clip, Segment
from training.object_noise import body_ghosts, detections
from training.pose_noise import observe
from training.scenes import AS_RECORDED, Recipe, scenes
from training.sound_synthesis import synthesise

Rng = np.random.Generator

INPUTS = tuple(input_shapes(WindowConfig().steps))
LABEL_SPAN_S = 1.1
"""A window is named by what happens in its last 1.1 s, so that events are prompt."""
LABEL_SHARE = 0.6
"""Share of that time, as far as the person was there, that one class must cover."""

_RATES_HZ = (8, 10, 12, 15, 20, 25, 30)
_SIDES = {"train": 1, "validation": 2, "test": 3, "development": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Windows of one split.

    inputs: the arrays of a ``Layout`` by name, as float16; the trainer widens them.
    labels: (N,) int64, index into the layout's classes. subjects: (N,) whose motion it was.
    importance: (N,) factor on how often a window is drawn, besides that of its class; None: 1.
    """

    inputs: dict[str, npt.NDArray[np.float16]]
    labels: npt.NDArray[np.int64]
    subjects: npt.NDArray[np.str_]
    importance: npt.NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.labels)


class Sides(NamedTuple):
    """train: windows to train on. validation: to judge by. classes: what labels are indices of."""

    train: Dataset
    validation: Dataset
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filming:
    """How a split is filmed.

    passes: times that every clip is filmed, each time by new cameras. hop_steps: between two
    windows. truncate: share of windows whose early part is taken away, as of a track that has
    just begun. sound: share of scenes with sound; wrong_sound: share of those that hear another
    scene. objects: share of scenes whose detector knows things. hearing: which tokens the sound
    becomes; not part of the repr, by which sets of bands were named before there was a choice.
    """

    side: str
    passes: int
    seed: int
    hop_steps: int = 5
    recipe: Recipe = AS_RECORDED
    truncate: float = 0.0
    sound: float = 0.5
    wrong_sound: float = 0.1
    objects: float = 0.75
    hearing: SoundConfig = field(default=BANDS, repr=False)


def frame_times(duration_s: float, rng: Rng) -> npt.NDArray[np.float64]:
    """Seconds at which a camera of a random rate takes its pictures; frames jitter and get lost."""
    rate = rng.choice(_RATES_HZ)
    times = np.arange(rng.uniform(0, 1), duration_s * rate) / rate
    times = times + rng.uniform(0, 0.1) / rate * rng.standard_normal(len(times))
    lost = rng.random(len(times)) < rng.choice([0, 0.05, 0.15])
    kept = np.sort(times[~lost])
    return kept[(kept >= 0) & (kept <= duration_s)]


def resampled(tracks: Float, at: npt.NDArray[np.float64]) -> Float:
    """Rows of tracks (T, ...) between whole frames ``at`` (K,), linearly."""
    low = np.clip(at.astype(int), 0, len(tracks) - 2)
    share = (at - low).astype(np.float32).reshape(-1, *[1] * (tracks.ndim - 1))
    between: Float = tracks[low] * (1 - share) + tracks[low + 1] * share
    return between


def frames_of(clip: Clip, rng: Rng, start_ns: int) -> Iterator[Frame]:
    """What detector and pose model report of a scene, frame by frame, from one random camera."""
    duration = (len(clip.joints) - 1) / FPS
    times = frame_times(duration, rng)
    if len(times) < 2:
        return
    joints = resampled(clip.joints, times * FPS)
    camera = random_camera(clip.joints, rng)
    seen = observe(joints, camera, rng)
    shown = [*casual_props(joints, camera, rng), *body_ghosts(seen.keypoints, seen.boxes, rng)]
    things = detections(shown, times, camera.size, rng)
    track_id = int(rng.integers(1, 10_000))
    for index in range(len(times)):
        person = Person(
            track_id=track_id,
            box=seen.boxes[index],
            confidence=0.8,
            keypoints=seen.keypoints[index],
        )
        yield Frame(
            source_id=0,
            pts_ns=start_ns + int(times[index] * 1e9),
            width=camera.size[0],
            height=camera.size[1],
            persons=(person,) if seen.found[index] else (),
            objects=things[index],
        )


def label_at(
    segments: Sequence[Segment], end_s: float, length: int, classes: Sequence[str] = CLASSES
) -> int | None:
    """Class of a window that ends ``end_s`` after the scene's start, None where it has none.

    length: of the scene, frames at 30 fps. classes: the names that labels are indices of.
    """
    last = min(round(end_s * FPS), length)
    first = max(0, last - round(LABEL_SPAN_S * FPS))
    if last <= first:
        return None
    covered = {segment.label: 0 for segment in segments}
    for segment in segments:
        covered[segment.label] += max(0, min(segment.end, last) - max(segment.start, first))
    label = max(covered, key=lambda name: covered[name], default=None)
    if label is None or covered[label] < LABEL_SHARE * (last - first):
        return None
    return classes.index(label)


def truncated(window: Window, rng: Rng, least: int) -> Window:
    """The window of a track that began later; at least ``least`` observed steps remain."""
    observed = np.flatnonzero(window.seen)
    if len(observed) <= least:
        return window
    first = int(rng.choice(observed[: len(observed) - least]))
    late = np.arange(len(window.seen)) >= first
    return replace(
        window,
        keypoints=np.where(late[:, None, None], window.keypoints, 0),
        boxes=np.where(late[:, None], window.boxes, 0),
        seen=np.where(late, window.seen, 0),
        objects=window.objects,  # where nobody was seen, they are not looked at
        appearance=None if window.appearance is None else window.appearance * late[:, None],
    )


def film(clip: Clip, sound: Float | None, filming: Filming, rng: Rng) -> Dataset | None:
    """One scene seen by one random camera; None when none of its windows has a label.

    sound: (M,) mono 16 kHz from the scene's start on, None for a camera without a microphone.
    """
    start_ns = int(rng.integers(1, 3_600_000_000_000))

    def label_of(window: Window) -> int | None:
        end_s = (window.end_ns - start_ns) / 1e9
        return label_at(clip.segments, end_s, len(clip.joints))

    memory = heard(sound, start_ns, filming.hearing)
    frames = frames_of(clip, rng, start_ns)
    return windows_of(frames, label_of, memory, filming=filming, subject=clip.subject, rng=rng)


def heard(sound: Float | None, start_ns: int, hearing: SoundConfig = BANDS) -> SourceSound | None:
    """All the sound of a scene that begins at ``start_ns``; None without any."""
    if sound is None or (columns := LogMelStream(0).push(sound, start_ns)) is None:
        return None
    memory = memory_of(hearing, len(sound) / 16_000)
    memory.push(columns)
    return memory


def windows_of(
    frames: Iterable[Frame],
    label_of: Callable[[Window], int | None],
    memory: SourceSound | None,
    *,
    filming: Filming,
    subject: str,
    rng: Rng,
    layout: Layout = SINGLE,
) -> Dataset | None:
    """The labelled windows of one source's frames, as the program would make them."""
    config = WindowConfig(hop_steps=filming.hop_steps)
    knows_objects = bool(rng.random() < filming.objects)
    store = PeopleStore(config, knows_objects=knows_objects, appearance=layout.visual)
    windows, near, labels, tokens = [], [], [], []
    for frame in frames:
        for window in store.push(frame)[0]:
            label = label_of(window)
            if label is None:
                continue
            near.append(store.near(window) if layout.social else ())
            cut_off = rng.random() < filming.truncate
            windows.append(truncated(window, rng, config.min_seen_steps) if cut_off else window)
            labels.append(label)
            end_ns = window.end_ns
            tokens.append(
                None if memory is None else memory.tokens(end_ns, slots=SLOTS, slot_ns=SLOT_NS)
            )
    if not windows:
        return None
    arrays = layout.inputs(windows, tokens, near, rate_hz=config.rate_hz)
    return Dataset(
        inputs={name: values.astype(np.float16) for name, values in arrays.items()},
        labels=np.array(labels, np.int64),
        subjects=np.array([subject] * len(labels)),
    )


def film_pass(clips: Sequence[Clip], filming: Filming, number: int) -> list[Dataset]:
    """Film every clip of a split once. number: which pass; it chooses the random numbers."""
    rng = np.random.default_rng([filming.seed, _SIDES[filming.side], number])
    parts = []
    for clip in scenes(clips, filming.recipe, rng):
        sound = None
        if rng.random() < filming.sound:
            other = rng.random() < filming.wrong_sound
            sound = synthesise(clips[int(rng.integers(len(clips)))] if other else clip, rng)
        if (part := film(clip, sound, filming, rng)) is not None:
            parts.append(part)
    return parts


def joined(parts: Sequence[Dataset]) -> Dataset:
    """One data set of many, all of one layout."""
    names = parts[0].inputs
    return Dataset(
        inputs={name: np.concatenate([part.inputs[name] for part in parts]) for name in names},
        labels=np.concatenate([part.labels for part in parts]),
        subjects=np.concatenate([part.subjects for part in parts]),
        importance=np.concatenate(
            [np.ones(len(part)) if part.importance is None else part.importance for part in parts]
        ),
    )
