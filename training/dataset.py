"""Films scenes and makes the fusion model's arrays of them, by the program's own preprocessing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from recognition.frames import Float, Frame, Person
from recognition.fusion_input import SLOTS, fusion_input
from recognition.sound import LogMelStream, SoundMemory
from recognition.windows import Window, WindowConfig, WindowStore
from training.cameras import random_camera
from training.labels import CLASSES
from training.mocap import FPS, Clip
from training.pose_noise import observe
from training.scenes import AS_RECORDED, Recipe, scenes
from training.sound_synthesis import synthesise

Rng = np.random.Generator

INPUTS = ("pose", "traj", "aud", "mod")
LABEL_SPAN_S = 1.1
"""A window is named by what happens in its last 1.1 s, so that events are prompt."""
LABEL_SHARE = 0.6
"""Share of that time, as far as the person was there, that one class must cover."""

_RATES_HZ = (8, 10, 12, 15, 20, 25, 30)
_SIDES = {"train": 1, "validation": 2, "test": 3, "development": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Windows of one split.

    inputs: the arrays of ``fusion_input`` by name, as float16; the trainer widens them.
    labels: (N,) int64, index into ``CLASSES``. subjects: (N,) whose motion it was.
    """

    inputs: dict[str, npt.NDArray[np.float16]]
    labels: npt.NDArray[np.int64]
    subjects: npt.NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filming:
    """How a split is filmed.

    passes: times that every clip is filmed, each time by new cameras. hop_steps: between two
    windows. truncate: share of windows whose early part is taken away, as of a track that has
    just begun. sound: share of scenes with sound; wrong_sound: share of those that hear another
    scene.
    """

    side: str
    passes: int
    seed: int
    hop_steps: int = 5
    recipe: Recipe = AS_RECORDED
    truncate: float = 0.0
    sound: float = 0.5
    wrong_sound: float = 0.1


def frame_times(duration_s: float, rng: Rng) -> npt.NDArray[np.float64]:
    """Seconds at which a camera of a random rate takes its pictures; frames jitter and get lost."""
    rate = rng.choice(_RATES_HZ)
    times = np.arange(rng.uniform(0, 1), duration_s * rate) / rate
    times = times + rng.uniform(0, 0.1) / rate * rng.standard_normal(len(times))
    lost = rng.random(len(times)) < rng.choice([0, 0.05, 0.15])
    kept = np.sort(times[~lost])
    return kept[(kept >= 0) & (kept <= duration_s)]


def frames_of(clip: Clip, rng: Rng, start_ns: int) -> Iterator[Frame]:
    """What detector and pose model report of a scene, frame by frame, from one random camera."""
    duration = (len(clip.joints) - 1) / FPS
    times = frame_times(duration, rng)
    if len(times) < 2:
        return
    at = times * FPS
    low = np.minimum(at.astype(int), len(clip.joints) - 2)
    share = (at - low).astype(np.float32)[:, None, None]
    joints = clip.joints[low] * (1 - share) + clip.joints[low + 1] * share
    camera = random_camera(clip.joints, rng)
    seen = observe(joints, camera, rng)
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
        )


def label_at(clip: Clip, end_s: float) -> int | None:
    """Class of a window that ends ``end_s`` after the scene's start, None where it has none."""
    last = min(round(end_s * FPS), len(clip.joints))
    first = max(0, last - round(LABEL_SPAN_S * FPS))
    if last <= first:
        return None
    covered = {segment.label: 0 for segment in clip.segments}
    for segment in clip.segments:
        covered[segment.label] += max(0, min(segment.end, last) - max(segment.start, first))
    label = max(covered, key=lambda name: covered[name], default=None)
    if label is None or covered[label] < LABEL_SHARE * (last - first):
        return None
    return CLASSES.index(label)


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
    )


def film(clip: Clip, sound: Float | None, filming: Filming, rng: Rng) -> Dataset | None:
    """One scene seen by one random camera; None when none of its windows has a label.

    sound: (M,) mono 16 kHz from the scene's start on, None for a camera without a microphone.
    """
    config = WindowConfig(hop_steps=filming.hop_steps)
    store = WindowStore(config)
    start_ns = int(rng.integers(1, 3_600_000_000_000))
    memory = None
    if sound is not None and (heard := LogMelStream(0).push(sound, start_ns)) is not None:
        memory = SoundMemory(keep_s=len(sound) / 16_000 + 5)
        memory.push(heard)
    windows, labels, tokens = [], [], []
    slot_ns = config.steps * config.step_ns // SLOTS
    for frame in frames_of(clip, rng, start_ns):
        for window in store.push(frame)[0]:
            label = label_at(clip, (window.end_ns - start_ns) / 1e9)
            if label is None:
                continue
            cut_off = rng.random() < filming.truncate
            windows.append(truncated(window, rng, config.min_seen_steps) if cut_off else window)
            labels.append(label)
            end_ns = window.end_ns
            tokens.append(
                None if memory is None else memory.tokens(end_ns, slots=SLOTS, slot_ns=slot_ns)
            )
    if not windows:
        return None
    arrays = fusion_input(windows, tokens, rate_hz=config.rate_hz)
    return Dataset(
        inputs={name: arrays[name].astype(np.float16) for name in INPUTS},
        labels=np.array(labels, np.int64),
        subjects=np.array([clip.subject] * len(labels)),
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
    """One data set of many."""
    return Dataset(
        inputs={name: np.concatenate([part.inputs[name] for part in parts]) for name in INPUTS},
        labels=np.concatenate([part.labels for part in parts]),
        subjects=np.concatenate([part.subjects for part in parts]),
    )
