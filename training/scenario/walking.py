"""Walks along paths and turns on the spot, with feet that stay where they are put down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from recognition.frames import Float
from training.scenario.feet import Flags, flat_feet, set_leg
from training.scenario.gait import Gait
from training.scenario.moves.limbs import LEG
from training.scenario.skeleton import PELVIS, bones_of, on_bones, turned_and_moved
from training.scenario.world import FPS

_GATHER_S = {"walk": 0.55, "run": 0.7}  # from standing to full speed, and back
_TURN_RAD_S = float(np.radians(150))
_STEP_RAD = float(np.radians(45))
_LIFT_M = 0.05
_SHIFT_M_S = 0.55
_LYING_M = 0.45  # height of the pelvis
SMALL_TURN_RAD = float(np.radians(12))
"""A turn that needs no step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of somebody's track in the scene.

    joints: (T, 26, 3) metres. rests: (T, 2) which foot, left and right, is flat on the floor.
    """

    joints: Float
    rests: Flags


@dataclass(frozen=True, slots=True)
class Stand:
    """Where somebody stands, metres, and which way it faces, radians."""

    place: tuple[float, float]
    yaw: float


def piece(joints: Float) -> Piece:
    """A stretch whose resting feet are found by their height and speed; nobody stands who lies."""
    upright = joints[:, PELVIS, 2] > _LYING_M
    return Piece(joints=joints, rests=flat_feet(joints) & upright[:, None])


def walk_frames(length_m: float, gait: Gait, speed_m_s: float) -> int:
    """Frames that a way takes from standing to standing."""
    return max(6, round((length_m / speed_m_s + _GATHER_S[gait.kind]) * FPS))


def walk(gait: Gait, path: Float, stance: Float, frames: int, yaw: float) -> Piece:
    """Along a path within so many frames, from standing to standing.

    path: (K, 2) metres, evenly spaced. stance: (26, 3) how this person stands, the pelvis at
    x = y = 0, facing x. yaw: radians, the way the body faces at first.
    """
    count = len(path)
    length = float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())
    gather = min(_GATHER_S[gait.kind] * FPS, 0.45 * frames)
    time = np.arange(1, frames + 1) / frames
    ramp = gather / frames
    rate = np.clip(np.minimum(time, 1 - time + 1 / frames) / ramp, 0, 1)
    rate = rate * rate * (3 - 2 * rate)
    share = np.cumsum(rate) / rate.sum()
    at = share * (count - 1)
    place = np.stack([np.interp(at, np.arange(count), path[:, axis]) for axis in (0, 1)], axis=1)
    facing = _facing(path, at, yaw, frames)
    # Steps get longer with the speed as well as quicker.
    speed = length * rate / rate.sum() * FPS
    cruise = max(float(speed.max()), 1e-3)
    quicker = (cruise / gait.speed_m_s) ** 0.65
    size = np.clip(speed / (0.7 * cruise), 0, 1)
    phase = np.cumsum(quicker * np.clip(speed / cruise, 0.6, 1)) - quicker
    stride, rests = gait.at((phase + _passing(gait)).astype(np.float32))
    size = (size * size * (3 - 2 * size))[:, None, None].astype(np.float32)
    mixed = stride * size + stance[None] * (1 - size)
    joints = on_bones(mixed, bones_of(stance))
    joints[..., 2] += (
        (stride[:, (24, 25), 2].min(axis=1) * size[:, 0, 0])
        + stance[[24, 25], 2].min() * (1 - size[:, 0, 0])
        - joints[:, (24, 25), 2].min(axis=1)
    )[:, None]
    slow = size[:, 0, 0] < 0.25
    return Piece(joints=turned_and_moved(joints, facing, place), rests=rests | slow[:, None])


def turn_frames(angle: float) -> int:
    """Frames that a turn on the spot takes. angle: radians."""
    if abs(angle) < SMALL_TURN_RAD:
        return 0
    return round((0.25 + abs(angle) / _TURN_RAD_S) * FPS)


def shift_frames(length_m: float, angle: float) -> int:
    """Frames that a few small steps take, in any direction, while turning by so many radians."""
    return max(turn_frames(angle), round((0.35 + length_m / _SHIFT_M_S) * FPS))


def shift(stance: Float, start: Stand, end: Stand) -> Piece:
    """Step by step from one stand to another; see ``walk`` for stance.

    The body goes straight there and turns the shorter way, ahead or not: for less than a metre.
    """
    angle = (end.yaw - start.yaw + np.pi) % (2 * np.pi) - np.pi
    length = float(np.hypot(end.place[0] - start.place[0], end.place[1] - start.place[1]))
    frames = shift_frames(length, angle) if length > 0 else turn_frames(angle)
    time = np.arange(1, frames + 1) / frames
    share = time * time * (3 - 2 * time)
    way = np.subtract(end.place, start.place)
    joints = turned_and_moved(
        np.repeat(stance[None], frames, axis=0),
        (start.yaw + share * angle).astype(np.float32),
        (np.array(start.place) + share[:, None] * way).astype(np.float32),
    )
    steps = 2 * max(1, round(max(abs(angle) / _STEP_RAD / 2, length / 0.4)))
    number = np.minimum((share * steps).astype(int), steps - 1)
    first = 0 if angle > 0 else 1  # the foot on the inside goes first
    rests = np.stack([(number + side + first) % 2 == 1 for side in (0, 1)], axis=1)
    within = share * steps - number
    lift = _LIFT_M * np.sin(np.pi * within)[:, None] * ~rests
    return Piece(joints=lifted(joints, lift.astype(np.float32)), rests=rests)


def stepping(joints: Float, ways: Sequence[tuple[int, int, float]]) -> Piece:
    """Somebody who stands (T, 26, 3), facing x, and steps ahead or back, foot by foot.

    ways: (first frame, last frame, metres ahead); the whole body moves, each foot in its turn.
    """
    count = len(joints)
    frames = np.arange(count)
    ahead, lift = np.zeros(count, np.float32), np.zeros((count, 2), np.float32)
    rests = np.ones((count, 2), np.bool_)
    for start, end, metres in ways:
        share = np.clip((frames - start) / max(end - start, 1), 0, 1)
        eased = share * share * (3 - 2 * share)
        ahead += metres * eased
        steps = 2 * max(1, round(abs(metres) / 0.4))
        number = np.minimum((share * steps).astype(int), steps - 1)
        within = np.sin(np.pi * np.clip(share * steps - number, 0, 1))
        active = (share > 0) & (share < 1)
        for side in (0, 1):
            swings = active & (number % 2 == side)
            rests[swings, side] = False
            lift[swings, side] = _LIFT_M * within[swings]
    moved: Float = joints.copy()
    moved[..., 0] += ahead[:, None]
    return Piece(joints=lifted(moved, lift), rests=rests)


def lifted(joints: Float, lift: Float) -> Float:
    """The same motion with feet raised by (T, 2) metres, knees bent ahead."""
    out: Float = joints.copy()
    for side, chain in enumerate(LEG.values()):
        goal = joints[:, chain[2]].copy()
        goal[:, 2] += lift[:, side]
        set_leg(out, joints, chain, goal)
    return out


def _facing(path: Float, at: Float, yaw: float, frames: int) -> Float:
    """Direction (T,) radians: along the path, a little ahead, out of the first one."""
    ways = np.diff(path, axis=0)
    angles = np.unwrap(np.arctan2(ways[:, 1], ways[:, 0]))
    angles = angles + 2 * np.pi * np.round((yaw - angles[0]) / (2 * np.pi))
    step = float(np.linalg.norm(ways[0])) or 1e-3
    ahead = np.clip(at + 0.2 / step, 0, len(angles) - 1)
    wanted = np.interp(ahead, np.arange(len(angles)), angles)
    smooth = gaussian_filter1d(np.r_[np.full(20, yaw), wanted], 4, mode="nearest")[20:]
    smooth += (yaw - smooth[0]) * np.clip(1 - np.arange(frames) / 8, 0, 1)
    return smooth.astype(np.float32)


def _passing(gait: Gait) -> int:
    """The frame in which one foot passes the other: a stride may begin there."""
    apart = np.abs(gait.joints[:, 15, 0] - gait.joints[:, 16, 0])
    return int(apart.argmin())


def pelvis_over(joints: Float) -> Float:
    """The same with the pelvis of the first frame over x = y = 0."""
    out: Float = joints.copy()
    out[..., :2] -= joints[0, PELVIS, :2]
    return out
