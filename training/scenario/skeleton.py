"""Bones of subjects, and tracks that change over from one motion to the next on the same bones."""

from __future__ import annotations

import numpy as np

from recognition.frames import Float
from training.figure import ANGLES, pose_joints
from training.motion import ORDER, PARENTS, random_bones
from training.scenario.moves.limbs import along, unit

PELVIS = 17
CHANGE_FRAMES = 10
"""How long a new motion remembers the pose it came from: a third of a second."""

_AVERAGE = np.array(
    [
        0.113, 0.095, 0.095, 0.074, 0.074, 0.195, 0.195, 0.278, 0.278, 0.262, 0.262, 0.130, 0.130,
        0.413, 0.413, 0.415, 0.415, 0.0, 0.235, 0.250, 0.121, 0.125, 0.077, 0.077, 0.175, 0.175,
    ],
    np.float32,
)  # fmt: skip
"""Bone that ends at each joint, metres; of an adult of 1.70 m, after the medians of CMU's rigs."""

_AVERAGE_HEIGHT_M = 1.70
_FLOOR_TO_ANKLE_M = 0.085
_PARENTS = [max(parent, 0) for parent in PARENTS]


def average_bones() -> Float:
    """Bones (26,) of an adult of average build, metres."""
    bones: Float = _AVERAGE.copy()
    return bones


def subject_bones(height_m: float | None, rng: np.random.Generator) -> Float:
    """Bones (26,) of somebody, metres.

    height_m: from the floor to the top of the head, None for any adult's. The shares of legs, arms
    and trunk are random, see ``training.motion.random_bones``.
    """
    bones = _AVERAGE * random_bones(rng)
    drawn = _AVERAGE_HEIGHT_M + rng.normal(0, 0.09)
    wanted = float(np.clip(drawn, 1.48, 1.98)) if height_m is None else height_m
    # Hips hang a little below the pelvis, see training.figure.pose_joints.
    upright = bones[[13, 15, 18, 19, 20, 21]].sum() + 0.24 * bones[11]
    scaled: Float = (bones * (wanted - _FLOOR_TO_ANKLE_M) / upright).astype(np.float32)
    return scaled


def bones_of(pose: Float) -> Float:
    """Length of the bone that ends at each joint (26,) of one pose (26, 3), metres."""
    lengths: Float = np.linalg.norm(pose - pose[_PARENTS], axis=1).astype(np.float32)
    return lengths


def on_bones(joints: Float, bones: Float) -> Float:
    """The same directions of all bones (T, 26, 3) with the lengths (26,); the pelvis stays."""
    out: Float = np.empty(joints.shape, np.float32)
    out[:, PELVIS] = joints[:, PELVIS]
    ways = joints - joints[:, _PARENTS]
    ways /= np.maximum(np.linalg.norm(ways, axis=2, keepdims=True), 1e-6)
    for joint in ORDER[1:]:
        out[:, joint] = out[:, PARENTS[joint]] + bones[joint] * ways[:, joint]
    return out


def retargeted(joints: Float, bones: Float) -> Float:
    """A recording (T, 26, 3) on other bones (26,).

    Limbs keep their directions; trunk, hips and head are those of the jointed figure turned as in
    the recording, because recordings differ in where spine and neck are. The way over the floor
    grows with the legs, and the lowest joint keeps its height.
    """
    rest = pose_joints(np.zeros((1, len(ANGLES)), np.float32), bones)
    own = np.linalg.norm(joints - joints[:, _PARENTS], axis=2)[:, (13, 15)].sum(axis=1)
    leg = float(bones[[13, 15]].sum() / np.median(own))
    out: Float = np.zeros(joints.shape, np.float32)
    out[:, PELVIS] = joints[:, PELVIS] * np.array([leg, leg, 1], np.float32)
    shoulders = joints[:, (5, 6)].mean(axis=1)
    up = shoulders - joints[:, PELVIS]
    _place(out, _frame(up, joints[:, 5] - joints[:, 6]), rest, (PELVIS, (18, 19, 5, 6)))
    _place(out, _frame(up, joints[:, 11] - joints[:, 12]), rest, (PELVIS, (11, 12)))
    neck = unit(joints[:, 20] - shoulders)
    out[:, 20] = out[:, 19] + bones[20] * neck
    head = _frame(joints[:, 21] - joints[:, 20], joints[:, 3] - joints[:, 4])
    _place(out, head, rest, (20, (0, 1, 2, 3, 4, 21)))
    for joint in (7, 8, 9, 10, 22, 23, 13, 14, 15, 16, 24, 25):
        parent = PARENTS[joint]
        out[:, joint] = out[:, parent] + bones[joint] * unit(joints[:, joint] - joints[:, parent])
    out[..., 2] += (joints[..., 2].min(axis=1) - out[..., 2].min(axis=1))[:, None]
    return out


def _frame(up: Float, across: Float) -> Float:
    """Axes (T, 3, 3), columns ahead, left and up."""
    up, left = unit(up), unit(across - (across * unit(up)).sum(axis=1, keepdims=True) * unit(up))
    axes: Float = np.stack([np.cross(left, up), left, up], axis=2)
    return axes


def _place(out: Float, axes: Float, rest: Float, part: tuple[int, tuple[int, ...]]) -> None:
    """Turn a rigid part of the figure at rest, (parent, joints), along the axes."""
    parent, joints = part
    for joint in joints:
        out[:, joint] = out[:, parent] + along(axes, rest[0, joint] - rest[0, parent])


def change_over(before: Float, after: Float, frames: int = CHANGE_FRAMES) -> Float:
    """``after`` (T, 26, 3) as it comes out of the pose ``before`` (26, 3) of a frame earlier.

    What the first frame differs by - the place of the pelvis, the turn of every bone - fades
    within ``frames``; bones keep their lengths. Known as inertial blending (D. Bollo, GDC 2018);
    unlike a cross-fade it needs nothing of the motion that ends.
    """
    count = min(frames, len(after))
    if count == 0:
        return after
    share = np.arange(1, count + 1, dtype=np.float32) / (frames + 1)
    left = (1 - share**3 * (10 - 15 * share + 6 * share * share)).astype(np.float32)[:, None, None]
    old, new = _ways(before[None]), _ways(after[:1])
    turned = _turned(_ways(after[:count]), *_rotation(new, old), left)
    out: Float = after.copy()
    out[:count, PELVIS] += left[:, 0] * (before[PELVIS] - after[0, PELVIS])
    for joint in ORDER[1:]:
        out[:count, joint] = out[:count, PARENTS[joint]] + turned[:, joint]
    return out


def _ways(joints: Float) -> Float:
    ways: Float = joints - joints[:, _PARENTS]
    return ways


def _rotation(start: Float, end: Float) -> tuple[Float, Float]:
    """Axes (..., 3) and angles (..., 1), radians, that turn the directions start into end."""
    cross = np.cross(start, end)
    sine = np.linalg.norm(cross, axis=-1, keepdims=True)
    cosine = (start * end).sum(axis=-1, keepdims=True)
    # Opposite directions have no axis of their own: any across will do.
    spare = np.cross(start, np.where(np.abs(start[..., 2:]) > 0.7, [1.0, 0, 0], [0, 0, 1.0]))
    axis = np.where(sine > 1e-8, cross, spare)
    axis = axis / np.maximum(np.linalg.norm(axis, axis=-1, keepdims=True), 1e-9)
    return axis.astype(np.float32), np.arctan2(sine, cosine).astype(np.float32)


def _turned(ways: Float, axis: Float, angle: Float, left: Float) -> Float:
    """Vectors turned about axes by a share of the angle (Rodrigues' formula)."""
    c, s = np.cos(left * angle), np.sin(left * angle)
    along = (axis * ways).sum(axis=-1, keepdims=True) * axis
    turned: Float = (ways * c + np.cross(axis, ways) * s + along * (1 - c)).astype(np.float32)
    return turned


def turned_and_moved(joints: Float, angle: float | Float, to: Float) -> Float:
    """Joints (T, 26, 3) turned about the vertical, then moved. angle: radians, one or (T,)."""
    angles = np.broadcast_to(np.asarray(angle, np.float32), (len(joints),))
    c, s = np.cos(angles)[:, None], np.sin(angles)[:, None]
    out: Float = joints.copy()
    out[..., 0] = joints[..., 0] * c - joints[..., 1] * s
    out[..., 1] = joints[..., 0] * s + joints[..., 1] * c
    out[..., :2] += np.broadcast_to(np.asarray(to, np.float32), (len(joints), 2))[:, None]
    return out
