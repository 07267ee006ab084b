"""What a real detector and a real pose model make of a person: errors, losses and scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from recognition.frames import Float
from recognition.skeleton import LEFT, MIN_SCORE, RIGHT
from training.cameras import Camera
from training.mocap import HEAD

Rng = np.random.Generator
Flags = npt.NDArray[np.bool_]

_SPREAD = np.array(
    [0.7, 0.7, 0.7, 0.7, 0.7, 0.9, 0.9, 1.2, 1.2, 1.7, 1.7, 1.1, 1.1, 1.1, 1.1, 1.4, 1.4],
    np.float32,
)
"""Error of each joint relative to the track's: wrists and ankles are the worst."""

_TRUNK = (5, 6, 11, 12)
_OTHER = np.array([0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15])


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One person as seen over K frames.

    keypoints: (K, 17, 3) px, px, score; a joint that was not found is zero. boxes: (K, 4) px.
    found: (K,) whether the detector saw the person.
    """

    keypoints: Float
    boxes: Float
    found: Flags


def observe(joints: Float, camera: Camera, rng: Rng) -> Observation:
    """Joints (K, 26, 3) metres, one row per frame, as a detector and a pose model report them."""
    points, depth = camera.project(joints)
    boxes, found = _boxes(points, camera, rng)
    size = np.maximum(boxes[:, 3] - boxes[:, 1], boxes[:, 2] - boxes[:, 0])[:, None]
    hidden = hidden_joints(points, depth, camera) & (rng.random((1, 17)) < 0.9)
    outside = ~_inside(points[:, :17], camera)
    if rng.random() < 0.1:  # something stands before the legs
        share = rng.uniform(0.35, 0.8)
        edge = boxes[:, 1] + share * (boxes[:, 3] - boxes[:, 1])
        outside |= points[:, :17, 1] > edge[:, None]
        boxes[:, 3] = edge + rng.normal(0, 0.01) * size[:, 0]
    poor = hidden | outside
    picture = points[:, :17] + _errors(poor, size, rng)
    picture = _guesses(picture, outside, boxes, rng)
    picture, swapped = _swaps(picture, rng)
    keypoints = np.concatenate([picture, _scores(poor, outside, swapped, rng)[..., None]], axis=2)
    keypoints[keypoints[..., 2] < MIN_SCORE] = 0
    return Observation(keypoints=keypoints.astype(np.float32), boxes=boxes, found=found)


def _wander(count: int, width: int, rng: Rng, rho: float) -> Float:
    """AR(1) noise (count, width) of unit variance."""
    white = rng.standard_normal((count, width)) * np.sqrt(1 - rho**2)
    white[0] /= np.sqrt(1 - rho**2)
    return np.asarray(lfilter([1], [1, -rho], white, axis=0), np.float32)


def bursts(count: int, rng: Rng, *, rate: float, length: float) -> Flags:
    """Frames (count,) inside bursts: ``rate`` of frames start one, of mean ``length`` frames."""
    flags = np.zeros(count, bool)
    for start in np.flatnonzero(rng.random(count) < rate):
        flags[start : start + 1 + rng.poisson(length)] = True
    return flags


def _boxes(points: Float, camera: Camera, rng: Rng) -> tuple[Float, Flags]:
    """The detector's boxes (K, 4) clipped to the picture, and where it saw the person (K,)."""
    width, height = camera.size
    hull = np.concatenate([points.min(axis=1), points.max(axis=1)], axis=1)
    extent = np.tile(hull[:, 2:] - hull[:, :2], 2)
    margin = rng.uniform([-0.01, 0.0, -0.01, -0.02], [0.12, 0.07, 0.12, 0.06])
    margin = margin + rng.uniform(0.004, 0.025) * _wander(len(points), 4, rng, 0.5)
    boxes = hull + margin * extent * [-1, -1, 1, 1]
    if rng.random() < 0.15:  # cuts off the feet or the head for a while
        short = bursts(len(points), rng, rate=0.05, length=6)
        boxes[short, 3] -= rng.uniform(0.08, 0.3) * extent[short, 3]
    whole = np.maximum((boxes[:, 2:] - boxes[:, :2]).prod(axis=1), 1.0)
    boxes = np.clip(boxes, 0, [width, height, width, height])
    seen: Flags = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1) / whole > 0.2
    share = float(rng.choice([0, 0.03, 0.1, 0.2], p=[0.4, 0.3, 0.2, 0.1]))
    lost = rng.random(len(points)) < share
    gone = bursts(len(points), rng, rate=rng.choice([0, 0.01, 0.03]), length=3)
    return boxes.astype(np.float32), seen & ~lost & ~gone


def _inside(points: Float, camera: Camera) -> Flags:
    inside: Flags = np.all((points >= 0) & (points < np.array(camera.size)), axis=-1)
    return inside


def hidden_joints(points: Float, depth: Float, camera: Camera) -> Flags:
    """Joints (K, 17) that the person's own body hides.

    points: (K, 26, 2) px. depth: (K, 26) metres. A joint is hidden behind the trunk, behind its
    twin of the other side, or, in the face, behind the head.
    """
    metre = camera.focal_px[1] / depth[:, _TRUNK].mean(axis=1)  # px per metre
    twin = np.linalg.norm(points[:, :17] - points[:, _OTHER], axis=2) < 0.12 * metre[:, None]
    hidden: Flags = twin & (depth[:, :17] > depth[:, _OTHER] + 0.1)
    hidden[:, 0] = False
    trunk = points[:, _TRUNK]
    low = trunk.min(axis=1) - 0.06 * metre[:, None]
    high = trunk.max(axis=1) + 0.06 * metre[:, None]
    within = ((points > low[:, None]) & (points < high[:, None])).all(axis=2)
    behind = depth > depth[:, _TRUNK].mean(axis=1, keepdims=True) + 0.12
    hidden[:, 7:11] |= (within & behind)[:, 7:11]
    hidden[:, 13:17] |= (within & behind)[:, 13:17]
    hidden[:, :3] |= depth[:, :3] > depth[:, HEAD, None] + 0.02
    hidden[:, 3:5] |= depth[:, 3:5] > depth[:, HEAD, None] + 0.05
    return hidden


def _errors(poor: Flags, size: Float, rng: Rng) -> Float:
    """Position errors (K, 17, 2) px. size: (K, 1) longer side of the box, px."""
    count = len(poor)
    level = np.exp(rng.uniform(np.log(0.004), np.log(0.025))) * size + 0.5
    slow = _wander(count, 34, rng, rng.uniform(0.4, 0.9)).reshape(count, 17, 2)
    fast = rng.standard_normal((count, 17, 2)) * rng.uniform(0.2, 0.7)
    spread = level * _SPREAD * np.where(poor, rng.uniform(1.5, 4), 1)
    wild = (rng.random((count, 17, 1)) < rng.choice([0.002, 0.02])) * rng.normal(
        0, 6, (count, 17, 2)
    )
    bias = rng.normal(0, 0.006, (1, 17, 2)) * size[..., None]
    bias[:, 11:13] += np.array([0, 0.02]) * size[..., None].mean()  # annotated hips lie lower
    errors: Float = (slow + fast + wild) * spread[..., None] + bias
    return errors


def _guesses(picture: Float, outside: Flags, boxes: Float, rng: Rng) -> Float:
    """Where a pose model puts joints that it cannot see: within the crop, near its border."""
    margin = 0.1 * (boxes[:, 2:] - boxes[:, :2])
    held = np.clip(picture, (boxes[:, :2] - margin)[:, None], (boxes[:, 2:] + margin)[:, None])
    spread = 0.05 * (boxes[:, 3] - boxes[:, 1])[:, None, None]
    held = held + rng.standard_normal(picture.shape) * spread
    guessed: Float = np.where(outside[..., None], held, picture)
    return guessed


def _swaps(picture: Float, rng: Rng) -> tuple[Float, Flags]:
    """Left and right exchanged in bursts, on the whole body, the arms or the legs."""
    swapped = np.zeros(picture.shape[:2], bool)
    if rng.random() < 0.3:
        when = bursts(len(picture), rng, rate=0.03, length=3)
        parts = [(*LEFT, *RIGHT), (7, 8, 9, 10), (13, 14, 15, 16)]
        part = np.array(parts[rng.integers(3)])
        swapped[np.ix_(when, part)] = True
    turned: Float = np.where(swapped[..., None], picture[:, _OTHER], picture)
    return turned, swapped


def _scores(poor: Flags, outside: Flags, swapped: Flags, rng: Rng) -> Float:
    """Scores (K, 17): how sure, through a mapping that differs from model to model."""
    count = len(poor)
    quality = 0.85 - 0.1 * (_SPREAD - 1) + 0.12 * _wander(count, 17, rng, 0.6)
    quality = quality - rng.uniform(0.05, 0.25) * swapped
    quality = np.where(poor, quality * rng.uniform(0.3, 0.9), quality)
    quality = np.where(outside, quality * rng.uniform(0.0, 0.5), quality)
    mapped = np.clip(quality, 0, 1) ** rng.uniform(0.6, 2.2)
    scores = rng.uniform(0.0, 0.08) + rng.uniform(0.55, 0.95) * mapped
    dropped = rng.random((count, 17)) < rng.choice([0, 0.01, 0.05])
    if rng.random() < 0.3:  # a limb is not found for a while
        limb = [(7, 9), (8, 10), (13, 15), (14, 16), (9, 10), (15, 16), (0, 1, 2, 3, 4)]
        when = bursts(count, rng, rate=0.03, length=5)
        dropped[np.ix_(when, np.array(limb[rng.integers(len(limb))]))] = True
    clipped: Float = np.where(dropped, 0, np.clip(scores, 0, 1)).astype(np.float32)
    return clipped
