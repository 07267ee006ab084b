"""Where a camera sees things, and the things that people have with them while they do others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recognition.frames import Float
from training.cameras import Camera
from training.mocap import PELVIS
from training.object_noise import Shown
from training.scenario.world import PROP_KINDS, PROP_SIZES_M

Rng = np.random.Generator

_CORNERS = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float32) / 2
_TRUNK = (5, 6, 11, 12)
_HANDS = (22, 23)
_CARRIED = ("bottle", "cup", "phone", "book", "hammer", "ball")
_BEHIND = 0.12  # share of a thing that is seen past the trunk it is behind


def prop_boxes(centre: Float, axes: Float, size_m: Float, camera: Camera) -> tuple[Float, Float]:
    """Boxes (K, 4) px of a thing and its depth (K,) metres.

    centre: (K, 3) metres. axes: (K, 3, 3), columns are the thing's own axes. size_m: (3,).
    """
    corners = centre[:, None] + (_CORNERS * size_m) @ axes.transpose(0, 2, 1)
    points, _ = camera.project(corners)
    _, depth = camera.project(centre)
    boxes = np.concatenate([points.min(axis=1), points.max(axis=1)], axis=1)
    return boxes.astype(np.float32), depth


def clear_view(boxes: Float, depth: Float, bodies: Sequence[Float], camera: Camera) -> Float:
    """How well a thing is seen past people, (K,) 0..1. bodies: joints (K, 26, 3) of each."""
    clear = np.ones(len(boxes), np.float32)
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    for joints in bodies:
        points, far = camera.project(joints)
        metre = camera.focal_px[1] / far[:, PELVIS]
        trunk = points[:, _TRUNK]
        low = trunk.min(axis=1) - 0.08 * metre[:, None]
        high = trunk.max(axis=1) + 0.08 * metre[:, None]
        within = ((middle > low) & (middle < high)).all(axis=1)
        behind = depth > far[:, _TRUNK].mean(axis=1) + 0.05
        clear = np.where(within & behind, np.minimum(clear, _BEHIND), clear)
    nearest: Float = np.where(depth > 0.3, clear, 0).astype(np.float32)
    return nearest


def casual_props(joints: Float, camera: Camera, rng: Rng) -> list[Shown]:
    """Things around somebody who does something else: in a hand, on a table, on the floor.

    joints: (K, 26, 3) metres.
    """
    found: list[Shown] = []
    level = np.repeat(np.eye(3, dtype=np.float32)[None], len(joints), axis=0)
    if rng.random() < 0.2:
        kind = str(rng.choice(_CARRIED))
        hand = joints[:, _HANDS[rng.integers(2)]]
        shift = np.array([0, 0, rng.uniform(-0.1, 0.1)], np.float32)
        found.append(_shown(kind, hand + shift, level, joints, camera))
    for _ in range(rng.poisson(0.7)):
        kind = str(rng.choice(PROP_KINDS))
        near = joints[rng.integers(len(joints)), PELVIS]
        away = rng.uniform(0.35, 2.0) * np.array([np.cos(a := rng.uniform(0, 6.28)), np.sin(a)])
        height = rng.choice([0.1, 0.75, 1.0]) + rng.uniform(0, 0.1)
        place = np.array([*(near[:2] + away), height], np.float32)
        centre = np.repeat(place[None], len(joints), axis=0)
        found.append(_shown(kind, centre, level, joints, camera))
    return found


def _shown(kind: str, centre: Float, axes: Float, joints: Float, camera: Camera) -> Shown:
    size = np.array(PROP_SIZES_M[kind], np.float32)
    boxes, depth = prop_boxes(centre.astype(np.float32), axes, size, camera)
    return Shown(kind=kind, boxes=boxes, clear=clear_view(boxes, depth, [joints], camera))
