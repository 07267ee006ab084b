"""Cameras for single pictures of a world: at many heights, all round, near and far."""

from __future__ import annotations

import numpy as np

from recognition.frames import Float
from training.cameras import Camera, look_at
from training.mocap import PELVIS
from training.scenario.world import World

Rng = np.random.Generator

_RAISED_M = (0.6, 5.0)
_VIEW_DEG = (40.0, 95.0)
_STEEPEST_DEG = 60.0
_TALL_PX = (0.055, 1.3)
"""Smallest and largest height of the person looked at, by the height of the picture."""


def random_view(world: World, size: tuple[int, int], rng: Rng) -> Camera:
    """A camera inside the room that looks at one of its people or things.

    0.6 to 5 m high, at most 60 degrees down, 40 to 95 degrees wide, all round; the one looked at
    is seldom in the middle of the picture.
    """
    best: tuple[float, Camera] | None = None
    wanted = np.exp(rng.uniform(np.log(_TALL_PX[0]), np.log(_TALL_PX[1])))
    for _ in range(40):
        camera, miss = _view(world, size, wanted, rng)
        if best is None or miss < best[0]:
            best = miss, camera
        if miss < 0.15:
            break
    assert best is not None
    return best[1]


def _view(world: World, size: tuple[int, int], wanted: float, rng: Rng) -> tuple[Camera, float]:
    """One try, and by how much it misses the wished size (natural logarithm)."""
    room = world.room
    target, tall = _target(world, rng)
    highest = min(_RAISED_M[1], room.height_m - 0.15)
    low = rng.uniform(_RAISED_M[0], min(2.0, highest))
    raised = low if rng.random() < 0.5 else rng.uniform(min(1.8, highest - 0.1), highest)
    position = np.array(
        [rng.uniform(0.15, room.width_m - 0.15), rng.uniform(0.15, room.depth_m - 0.15), raised]
    )
    flat = float(np.linalg.norm((target - position)[:2]))
    away = float(np.linalg.norm(target - position))
    view = np.radians(rng.uniform(*_VIEW_DEG))
    focal = size[0] / 2 / np.tan(view / 2)
    down = np.degrees(np.arctan2(position[2] - target[2], max(flat, 1e-3)))
    aside = np.append(rng.uniform(-0.3, 0.3, 2), rng.uniform(-0.25, 0.25)) * away * np.tan(view / 2)
    camera = Camera(
        position=position.astype(np.float32),
        axes=look_at(position, target + aside, np.radians(rng.normal(0, 2.5))),
        focal_px=(focal, focal),
        size=size,
    )
    miss = abs(np.log(tall * focal / max(away, 0.3) / size[1] / wanted))
    miss += 2.0 * max(0.0, 0.7 - _share_with_people(world, camera))
    if down > _STEEPEST_DEG or down < -35 or away < 0.6 or _inside_something(world, position):
        miss += 10
    return camera, float(miss)


def _share_with_people(world: World, camera: Camera) -> float:
    """Share of the moments in which somebody's pelvis is in the picture; 1 without people."""
    if not world.actors:
        return 1.0
    seen = np.zeros(len(world.actors[0].present), bool)
    for actor in world.actors:
        at = actor.joints[:, PELVIS]
        picture, _ = camera.project(at)
        before = (at - camera.position) @ camera.axes[2] > 0.3
        inside = ((picture > 0) & (picture < np.array(camera.size))).all(axis=1)
        seen |= inside & before & actor.present
    return float(seen.mean())


def _target(world: World, rng: Rng) -> tuple[Float, float]:
    """A point to look at and the height of what is there, metres."""
    if world.actors and rng.random() < 0.9:
        actor = world.actors[int(rng.integers(len(world.actors)))]
        joints = actor.joints[int(rng.integers(len(actor.joints)))]
        low, high = joints.min(axis=0), joints.max(axis=0)
        return (low + high) / 2, float(max(np.ptp(joints[:, 2]), 0.8))
    if world.props:
        return world.props[int(rng.integers(len(world.props)))].centre[0], 1.7
    room = world.room
    return np.array([room.width_m / 2, room.depth_m / 2, 1.0], np.float32), 1.7


def _inside_something(world: World, position: Float) -> bool:
    near = [at for actor in world.actors for at in actor.joints[:, PELVIS, :2]]
    if any(np.linalg.norm(at - position[:2]) < 0.45 for at in near):
        return True
    return any(
        np.linalg.norm(np.array(thing.at_m) - position[:2]) < max(thing.size_m[:2]) * 0.6 + 0.1
        and position[2] < thing.size_m[2] + 0.1
        for thing in world.furniture
    )
