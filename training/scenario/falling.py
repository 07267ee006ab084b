"""A thrown ball: it flies under gravity, bounces off floor and walls, rolls and comes to rest."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recognition.frames import Float
from training.scenario.world import FPS, Room

Vector = npt.NDArray[np.float64]

_GRAVITY = 9.81
_BOUNCE = 0.62  # speed after by speed before
_WALL_BOUNCE = 0.5
_GRIP = 0.85  # of the speed along the floor that a bounce leaves
_ROLL_M_S2 = 0.5  # by which rolling gets slower
_FASTEST_M_S = 13.0
_STEPS = 4  # of the simulation in each frame


def fly(before: Float, frames: int, radius_m: float, room: Room) -> tuple[Float, Float]:
    """Centre (frames, 3) and axes (frames, 3, 3) after a ball has left the hand.

    before: (K, 3) its last places in the hand, K of 2 or more for a speed.
    """
    place: Vector = before[-1].astype(np.float64) if len(before) else np.zeros(3)
    speed: Vector = np.zeros(3)
    if len(before) > 1:
        speed = (before[-1] - before[0]).astype(np.float64) * FPS / (len(before) - 1)
    speed *= min(1.0, _FASTEST_M_S / max(float(np.linalg.norm(speed)), 1e-6))
    spin: Vector = np.eye(3)
    centre, axes = np.zeros((frames, 3), np.float32), np.zeros((frames, 3, 3), np.float32)
    for frame in range(frames):
        for _ in range(_STEPS):
            place, speed = _step(place, speed, radius_m, room)
        angular = np.array([-speed[1], speed[0], 0.0]) / max(radius_m, 0.01) / FPS
        spin = _rotated(angular) @ spin
        centre[frame], axes[frame] = place, spin
    return centre, axes


def _step(place: Vector, speed: Vector, radius_m: float, room: Room) -> tuple[Vector, Vector]:
    time = 1 / (FPS * _STEPS)
    place, speed = place + speed * time, speed.copy()
    on_floor = place[2] <= radius_m + 1e-4 and abs(speed[2]) < 0.35
    if on_floor:
        level = float(np.hypot(speed[0], speed[1]))
        speed[:2] *= max(0.0, 1 - _ROLL_M_S2 * time / max(level, 1e-6))
        place[2], speed[2] = radius_m, 0.0
    else:
        speed[2] -= _GRAVITY * time
        if place[2] < radius_m and speed[2] < 0:
            place[2], speed[2] = radius_m, -_BOUNCE * speed[2]
            speed[:2] *= _GRIP
    for axis, size in ((0, room.width_m), (1, room.depth_m)):
        inside = np.clip(place[axis], radius_m, max(radius_m, size - radius_m))
        if inside != place[axis]:
            place[axis], speed[axis] = inside, -_WALL_BOUNCE * speed[axis]
    return place, speed


def _rotated(vector: Vector) -> Vector:
    """Rotation (3, 3) by a vector's length, radians, about it (Rodrigues' formula)."""
    angle = float(np.linalg.norm(vector))
    if angle < 1e-9:
        return np.eye(3)
    x, y, z = vector / angle
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    turned: Vector = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    return turned
