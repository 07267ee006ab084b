"""What a small detector makes of things: misses, tremor, confusion, and things that are none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from recognition.frames import Float, Object
from training.scenario.world import PROP_KINDS

Rng = np.random.Generator
Flags = npt.NDArray[np.bool_]

LOOKALIKES = {
    "bottle": ("cup", "hammer"), "cup": ("bottle", "phone", "ball"), "phone": ("book", "cup"),
    "book": ("laptop", "phone", "box"), "ball": ("cup", "box"), "box": ("laptop", "book"),
    "hammer": ("bottle", "phone"), "laptop": ("book", "box"),
}  # fmt: skip
"""What each thing is taken for."""

_HARD = {"phone": 1.25, "hammer": 1.2, "cup": 1.0, "bottle": 1.0, "ball": 0.9, "book": 1.0,
         "box": 0.7, "laptop": 0.8}  # fmt: skip
"""Factor on the size from which half of them are found."""

_NETWORK_PX = 416  # side of the detector's input; a thing is as large as it is there
_SURE = 0.45  # a detection that may begin a track
_KEPT_S = 1.0  # a lost track keeps its id for so long


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One thing as it would be seen. boxes: (K, 4) px. clear: (K,) 0 hidden to 1 in full view."""

    kind: str
    boxes: Float
    clear: Float


@dataclass(slots=True)
class _Tracks:
    """Ids as the tracker gives them: after two sightings of a kind, one of which was sure."""

    next_id: int
    ids: dict[tuple[int, str], tuple[int, float]] = field(default_factory=dict)
    begun: dict[tuple[int, str], int] = field(default_factory=dict)

    def id_of(self, key: tuple[int, str], at_s: float, score: float) -> int | None:
        """Id of what was just seen, None while it is on probation."""
        known = self.ids.get(key)
        if known is not None and at_s - known[1] <= _KEPT_S:
            self.ids[key] = (known[0], at_s)
            return known[0]
        count = self.begun.get(key, 0) + (score >= _SURE or key in self.begun)
        if count < 3:
            if count:
                self.begun[key] = count
            return None
        self.begun.pop(key, None)
        self.ids[key] = (self.next_id, at_s)
        self.next_id += 1
        return self.next_id - 1

    def missed(self, key: tuple[int, str]) -> None:
        """A track in probation ends with its first miss."""
        self.begun.pop(key, None)


@dataclass(frozen=True, slots=True)
class Detector:
    """How good one simulated detector is; chosen once per scene."""

    half_px: float
    ceiling: float
    shake: float
    confused: float
    known: frozenset[str]


def random_detector(rng: Rng) -> Detector:
    """From a good one near its best to a weak one; some know only a part of the kinds."""
    known = frozenset(PROP_KINDS)
    if rng.random() < 0.15:
        known = frozenset(kind for kind in PROP_KINDS if rng.random() < 0.6)
    return Detector(
        half_px=float(np.exp(rng.uniform(np.log(3), np.log(12)))),
        ceiling=float(rng.uniform(0.75, 1.0)),
        shake=float(rng.uniform(0.02, 0.12)),
        confused=float(rng.choice([0.0, 0.05, 0.2])),
        known=known,
    )


def detections(
    shown: Sequence[Shown], times: npt.NDArray[np.float64], size: tuple[int, int], rng: Rng
) -> list[tuple[Object, ...]]:
    """What the detector and the tracker report of K frames at ``times`` (K,) s, in px of ``size``.

    Ids begin at 100 000, so that they are nobody's.
    """
    detector = random_detector(rng)
    frames: list[list[Object]] = [[] for _ in times]
    tracks = _Tracks(100_000)
    step_s = float(np.median(np.diff(times))) if len(times) > 1 else 1 / 30
    for number, thing in enumerate([*shown, *_ghosts(shown, len(times), size, rng)]):
        scores = _scores(thing, detector, size, step_s, rng)
        kinds = _kinds(thing.kind, detector, len(times), rng)
        boxes = _shaken(thing.boxes, detector.shake, size, rng)
        for index, at_s in enumerate(times):
            key = (number, kinds[index])
            if scores[index] < 0.25 or kinds[index] not in detector.known:
                tracks.missed(key)
                continue
            track_id = tracks.id_of(key, float(at_s), float(scores[index]))
            if track_id is not None:
                frames[index].append(
                    Object(
                        label=kinds[index],
                        track_id=track_id,
                        box=boxes[index],
                        confidence=float(scores[index]),
                    )
                )
    return [tuple(items) for items in frames]


def _wander(count: int, step_s: float, rng: Rng, lasts_s: float) -> Float:
    """AR(1) noise (count,) of unit variance that forgets in ``lasts_s``."""
    rho = float(np.exp(-step_s / lasts_s))
    white = rng.standard_normal(count) * np.sqrt(1 - rho**2)
    white[0] /= np.sqrt(1 - rho**2)
    return np.asarray(lfilter([1], [1, -rho], white), np.float32)


def _scores(
    thing: Shown, detector: Detector, size: tuple[int, int], step_s: float, rng: Rng
) -> Float:
    """Confidence (K,): what is small, hidden or cut off at the border is missed more often."""
    scale = _NETWORK_PX / max(size)
    low = np.clip(thing.boxes[:, :2], 0, size)
    high = np.clip(thing.boxes[:, 2:], 0, size)
    inside = np.maximum(high - low, 0)
    whole = np.maximum(thing.boxes[:, 2:] - thing.boxes[:, :2], 1e-3)
    pixels = np.sqrt(inside.prod(axis=1)) * scale
    shown = thing.clear * (inside.prod(axis=1) / whole.prod(axis=1))
    half = detector.half_px * _HARD.get(thing.kind, 1.0)
    ease = 2.2 * np.log2(np.maximum(pixels, 0.1) / half) - 5 * (1 - shown) + rng.normal(0, 0.6)
    ease = ease + 0.9 * _wander(len(ease), step_s, rng, 0.15) + rng.normal(0, 0.4, len(ease))
    scores: Float = detector.ceiling / (1 + np.exp(-ease))
    return np.where(shown > 0.15, np.clip(scores, 0, 0.98), 0).astype(np.float32)


def _kinds(kind: str, detector: Detector, count: int, rng: Rng) -> list[str]:
    """What the thing is taken for, frame by frame."""
    kinds = [kind] * count
    if kind in LOOKALIKES and rng.random() < 2 * detector.confused:
        other = str(rng.choice(LOOKALIKES[kind]))
        for start in np.flatnonzero(rng.random(count) < detector.confused * 0.2):
            for index in range(start, min(count, start + 1 + rng.poisson(10))):
                kinds[index] = other
    return kinds


def _shaken(boxes: Float, shake: float, size: tuple[int, int], rng: Rng) -> Float:
    """The box as it is drawn: every edge off by a share of its size, the whole never still."""
    extent = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    off = rng.normal(0, 1, (1, 4)) * 0.5 + rng.normal(0, 1, boxes.shape) * 0.7
    moved = boxes + shake * off * extent + rng.normal(0, max(size) / 1500, boxes.shape)
    low, high = np.minimum(moved[:, :2], moved[:, 2:] - 1), moved[:, 2:]
    drawn: Float = np.concatenate([np.clip(low, 0, size), np.clip(high, 0, size)], axis=1)
    return drawn.astype(np.float32)


def _ghosts(shown: Sequence[Shown], count: int, size: tuple[int, int], rng: Rng) -> Iterator[Shown]:
    """Things that are none, at places where they stay: on furniture, walls, lamps."""
    for _ in range(rng.poisson(0.8)):
        middle = rng.uniform(0, 1, 2) * size
        extent = np.exp(rng.uniform(np.log(0.015), np.log(0.15))) * max(size)
        half = extent * rng.uniform(0.3, 0.7, 2)
        box = np.concatenate([middle - half, middle + half]).astype(np.float32)
        yield Shown(
            kind=str(rng.choice(PROP_KINDS)),
            boxes=np.repeat(box[None], count, axis=0),
            clear=np.full(count, rng.uniform(0.5, 0.9), np.float32),
        )


def body_ghosts(keypoints: Float, boxes: Float, rng: Rng) -> Iterator[Shown]:
    """Things seen in a part of somebody: a fist is a phone or a cup, a head a ball.

    keypoints: (K, 17, 3) px, px, score. boxes: (K, 4) px of the person.
    """
    for joint, kinds, share in (
        (9, ("phone", "cup", "hammer"), 0.12),
        (10, ("phone", "cup", "hammer"), 0.12),
        (0, ("ball", "cup"), 0.06),
        (15, ("hammer", "phone", "ball"), 0.04),
        (11, ("box", "book", "laptop"), 0.05),
    ):
        if rng.random() >= share:
            continue
        half = (boxes[:, 3:] - boxes[:, 1:2]) * rng.uniform(0.02, 0.08)
        half = half * (2 if joint == 11 else 1)
        middle = keypoints[:, joint, :2]
        clear = np.where(keypoints[:, joint, 2] > 0, rng.uniform(0.45, 0.85), 0)
        yield Shown(
            kind=str(rng.choice(kinds)),
            boxes=np.concatenate([middle - half, middle + half], axis=1).astype(np.float32),
            clear=clear.astype(np.float32),
        )
