"""Changes 3-D motion without changing what it shows: other bones, other arms, other neighbours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recognition.frames import Float
from training.mocap import FPS, PELVIS, Clip, Segment

PARENTS = (
    20, 20, 20, 20, 20, 19, 19, 5, 6, 7, 8, 17, 17, 11, 12, 13, 14, -1, 17, 18, 19, 20, 9, 10, 15,
    16,
)  # fmt: skip
"""Parent of each of the 26 joints; the pelvis has none."""

ORDER = (
    17,
    18,
    19,
    20,
    21,
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    22,
    23,
    11,
    12,
    13,
    14,
    15,
    16,
    24,
    25,
)
"""Joints from the pelvis outwards."""

_LEFT = (1, 3, 5, 7, 9, 11, 13, 15, 22, 24)
_RIGHT = (2, 4, 6, 8, 10, 12, 14, 16, 23, 25)
_ARMS = (7, 8, 9, 10, 22, 23)
_LEGS = (11, 12, 13, 14, 15, 16, 24, 25)
_BLEND_FRAMES = 10


def reach(joints: Float, scales: Float) -> Float:
    """The same joint angles on other bones, with the feet as near to the floor as before.

    joints: (T, 26, 3) metres. scales: (26,) factor for the bone that ends at each joint; the
    pelvis's own is unused. The way over the floor grows with the legs.
    """
    out = np.empty_like(joints)
    leg = float(scales[[13, 14, 15, 16]].mean())
    out[:, PELVIS] = joints[:, PELVIS] * np.array([leg, leg, 1.0], np.float32)
    for joint in ORDER[1:]:
        parent = PARENTS[joint]
        out[:, joint] = out[:, parent] + (joints[:, joint] - joints[:, parent]) * scales[joint]
    out[..., 2] += (joints[..., 2].min(axis=1) - out[..., 2].min(axis=1))[:, None]
    return out


def random_bones(rng: np.random.Generator) -> Float:
    """Factors for ``reach``: body size and the share of legs, arms and trunk; left equals right."""
    scales = np.full(26, rng.uniform(0.9, 1.08), np.float32)
    scales[list(_LEGS)] *= rng.uniform(0.94, 1.06)
    scales[list(_ARMS)] *= rng.uniform(0.92, 1.08)
    scales[[5, 6]] *= rng.uniform(0.9, 1.1)
    scales[[11, 12]] *= rng.uniform(0.9, 1.15)
    return scales


def mirror_body(joints: Float) -> Float:
    """The motion in a mirror, (T, 26, 3): y is turned round and left is right."""
    flipped = joints * np.array([1, -1, 1], np.float32)
    swapped: Float = flipped.copy()
    swapped[:, _LEFT] = flipped[:, _RIGHT]
    swapped[:, _RIGHT] = flipped[:, _LEFT]
    return swapped


def heading(joints: Float) -> Float:
    """Direction in which the body faces, radians about z, per frame (T,)."""
    across = joints[:, 11] - joints[:, 12] + joints[:, 5] - joints[:, 6]  # to the left
    angle: Float = np.arctan2(-across[:, 0], across[:, 1])
    return angle


def turn(joints: Float, angle: float) -> Float:
    """Rotate (..., 3) about the vertical axis by ``angle`` radians."""
    c, s = np.cos(angle), np.sin(angle)
    turned: Float = joints @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]], np.float32)
    return turned


def follow(first: Clip, second: Clip) -> Clip:
    """``second`` begins where ``first`` ends, facing the same way; a third of a second blends.

    The blended frames belong to no segment. Made for two clips that meet upright.
    """
    a, b = first.joints, second.joints
    b = turn(b - b[0, PELVIS] * [1, 1, 0], float(heading(a[-1:])[0] - heading(b[:1])[0]))
    b = (b + a[-1, PELVIS] * [1, 1, 0]).astype(np.float32)
    share = np.linspace(0, 1, _BLEND_FRAMES + 2, dtype=np.float32)[1:-1, None, None]
    blend = a[-1] * (1 - share) + b[0] * share
    offset = len(a) + _BLEND_FRAMES
    moved = [replace(s, start=s.start + offset, end=s.end + offset) for s in second.segments]
    return Clip(
        name=f"{first.name}+{second.name}",
        subject=first.subject,
        joints=np.concatenate([a, blend, b]),
        segments=(*first.segments, *moved),
    )


def upright(joints: Float) -> bool:
    """Whether one frame (26, 3) shows a person on their feet."""
    trunk = joints[19] - joints[PELVIS]
    legs = joints[PELVIS, 2] - joints[[15, 16], 2].min()
    return bool(trunk[2] > 0.85 * np.linalg.norm(trunk) and legs > 0.6)


def cut(clip: Clip, start: int, end: int) -> Clip:
    """Frames start..end-1 of a clip, with the parts of its segments that lie within."""
    kept = [
        Segment(start=max(s.start, start) - start, end=min(s.end, end) - start, label=s.label)
        for s in clip.segments
        if s.start < end and s.end > start
    ]
    return replace(clip, joints=clip.joints[start:end], segments=tuple(kept))


def with_arms(joints: Float, arms: Float) -> Float:
    """Replace the arms by arms held in one pose relative to the trunk.

    joints: (T, 26, 3). arms: (26, 3), one frame whose arms are taken. The arms move with the
    shoulders and lag a little, as those of somebody who carries or folds them.
    """
    out: Float = joints.copy()
    relative = turn(arms - arms[19], -float(heading(arms[None])[0]))
    faces = np.unwrap(heading(joints))
    sway = 0.01 * np.sin(np.arange(len(joints)) / FPS * 4.0)
    for frame in range(len(joints)):
        pose = turn(relative, float(faces[frame])) + joints[frame, 19]
        for side, chain in ((5, (7, 9, 22)), (6, (8, 10, 23))):
            shift = joints[frame, side] - pose[side]
            out[frame, chain, :] = pose[list(chain)] + shift
    out[:, (9, 10, 22, 23), 2] += sway[:, None]
    return out
