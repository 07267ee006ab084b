"""Who and what stands before whom: joints and whole people hidden by others and by furniture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from recognition.frames import Float
from recognition.skeleton import MIN_SCORE
from training.cameras import Camera
from training.mocap import PELVIS
from training.pose_noise import Observation
from training.scenario.world import Furniture

Rng = np.random.Generator

SOLID = frozenset({"table", "shelf", "pillar", "screen"})
"""Furniture behind which nothing is seen; one looks past a chair."""

_CORNERS = np.array([(x, y, z) for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (0, 1)])
_LIMBS_OUT = 0.12  # share of a person's box, at either side, through which one looks
_LOST = 0.75  # who is hidden by more than this is seldom found


@dataclass(frozen=True, slots=True)
class Screen:
    """Something that hides what is behind it. boxes: (K, 4) px. depth: (K,) metres."""

    boxes: Float
    depth: Float


def body_screen(joints: Float, camera: Camera) -> Screen:
    """Somebody's body, (K, 26, 3) metres, without the air between the limbs."""
    points, depth = camera.project(joints)
    low, high = points.min(axis=1), points.max(axis=1)
    shrink = _LIMBS_OUT * (high - low) * [1, 0]
    boxes = np.concatenate([low + shrink, high - shrink], axis=1)
    return Screen(boxes.astype(np.float32), depth[:, PELVIS])


def furniture_screen(item: Furniture, count: int, camera: Camera) -> Screen | None:
    """A solid piece of furniture over ``count`` frames; None for one that hides little."""
    if item.kind not in SOLID:
        return None
    angle = np.radians(item.turn_deg)
    c, s = np.cos(angle), np.sin(angle)
    corners = _CORNERS * item.size_m @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])
    corners[:, :2] += item.at_m
    points, depth = camera.project(corners.astype(np.float32))
    if depth.min() < 0.3:
        return None
    box = np.concatenate([points.min(axis=0), points.max(axis=0)]).astype(np.float32)
    # A table is an edge and a top: what is below it may show between its legs.
    return Screen(np.repeat(box[None], count, axis=0), np.full(count, depth.mean(), np.float32))


def hide(
    seen: Observation, joints: Float, screens: Sequence[Screen], camera: Camera, rng: Rng
) -> Observation:
    """What is left of an observation of somebody, (K, 26, 3) metres, behind ``screens``.

    Hidden joints are guessed badly with low scores; who is mostly hidden is seldom found.
    """
    points, depth = camera.project(joints)
    hidden = np.zeros(seen.keypoints.shape[:2], bool)
    for screen in screens:
        box = screen.boxes[:, None]
        within = (points[:, :17] > box[..., :2]) & (points[:, :17] < box[..., 2:])
        hidden |= within.all(axis=2) & (depth[:, :17] > screen.depth[:, None] + 0.15)
    if not hidden.any():
        return seen
    size = (seen.boxes[:, 3] - seen.boxes[:, 1])[:, None, None]
    keypoints = seen.keypoints.copy()
    guess = rng.normal(0, 0.05, (*hidden.shape, 2)) * size
    keypoints[..., :2] += np.where(hidden[..., None], guess, 0)
    keypoints[..., 2] *= np.where(hidden, rng.uniform(0.1, 0.7), 1)
    keypoints[keypoints[..., 2] < MIN_SCORE] = 0
    lost = (hidden.mean(axis=1) > _LOST) & (rng.random(len(hidden)) < 0.85)
    return replace(seen, keypoints=keypoints.astype(np.float32), found=seen.found & ~lost)
