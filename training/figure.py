"""A jointed figure posed by angles: makes motions of which there are too few recordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from recognition.frames import Float
from training.mocap import FPS, Clip
from training.motion import ORDER, PARENTS

ANGLES = (
    "pitch", "roll", "bend", "nod",
    "l_arm", "l_arm_out", "l_fore", "l_fore_out", "r_arm", "r_arm_out", "r_fore", "r_fore_out",
    "l_thigh", "l_thigh_out", "l_shin", "l_shin_out", "r_thigh", "r_thigh_out", "r_shin",
    "r_shin_out", "turn", "forward", "yaw", "lift",
)  # fmt: skip
"""Angles of a pose, degrees; ``forward`` and ``lift`` (above the floor) are metres.

pitch: trunk, forward is positive; roll: trunk about its own length; bend: upper trunk beyond
pitch; nod: head. Limbs: 0 hangs down, 90 points forward, 180 up, -90 back; ``_out`` turns the
limb to its own side. yaw: shoulders against the hips, turn: the whole body.
"""

Pose = Mapping[str, float]

STANDING: Pose = {
    "l_arm": 2, "l_arm_out": 9, "l_fore": 14, "l_fore_out": 4,
    "r_arm": 2, "r_arm_out": 9, "r_fore": 14, "r_fore_out": 4,
    "l_thigh": 2, "l_thigh_out": 4, "l_shin": -3, "l_shin_out": 2,
    "r_thigh": 2, "r_thigh_out": 4, "r_shin": -3, "r_shin_out": 2,
}  # fmt: skip

_CLEARANCE = np.full(26, 0.03, np.float32)
_CLEARANCE[[17, 18]] = 0.10
_CLEARANCE[[11, 12]] = 0.09
_CLEARANCE[[5, 6, 19]] = 0.09
_CLEARANCE[[0, 1, 2, 3, 4, 20, 21]] = 0.08
_CLEARANCE[[13, 14]] = 0.05
_CLEARANCE[[15, 16]] = 0.07


def bone_lengths(clip: Clip) -> Float:
    """Length of the bone that ends at each joint, (26,) metres, median over a clip."""
    parents = [max(parent, 0) for parent in PARENTS]
    bones = np.linalg.norm(clip.joints - clip.joints[:, parents], axis=2)
    lengths: Float = np.median(bones, axis=0).astype(np.float32)
    return lengths


def animate(keys: Sequence[tuple[float, Pose]], bones: Float, rng: np.random.Generator) -> Float:
    """Move through poses.

    keys: (seconds to get there, pose); the first pose is held from the start. An angle that a
    pose does not name keeps its value. bones: (26,) metres. Every angle eases in and out, at its
    own pace, and trembles a little. Returns (T, 26, 3) metres at 30 fps.
    """
    values = dict.fromkeys(ANGLES, 0.0) | dict(STANDING) | dict(keys[0][1])
    rows = [np.array(list(values.values()), np.float32)]
    for seconds, pose in keys[1:]:
        before = np.array(list(values.values()), np.float32)
        values |= pose
        after = np.array(list(values.values()), np.float32)
        count = max(2, round(seconds * FPS))
        pace = rng.uniform(0.8, 1.25, len(ANGLES)).astype(np.float32)
        share = np.linspace(0, 1, count + 1, dtype=np.float32)[1:, None] ** pace
        rows.extend(before + (after - before) * (share * share * (3 - 2 * share)))
    track: Float = np.stack(rows).astype(np.float32)
    times = np.arange(len(track))[:, None] / FPS
    size = rng.uniform(0, 1.5, len(ANGLES)) * ~np.isin(ANGLES, ("forward", "lift"))
    erect = np.cos(np.radians(np.clip(track[:, :1], -90, 90)))  # nobody stoops who lies
    track = track + posture(rng) * erect
    trembling = track + size * np.sin(
        times * rng.uniform(1, 5, len(ANGLES)) + rng.uniform(0, 6, len(ANGLES))
    )
    return pose_joints(trembling.astype(np.float32), bones)


def posture(rng: np.random.Generator) -> Float:
    """How this person holds itself, added to every pose (len(ANGLES),): stooped, feet apart."""
    stride, knees = rng.uniform(-12, 12), rng.uniform(0, 12)
    held = {
        "pitch": rng.uniform(-3, 14), "bend": rng.uniform(-2, 10), "nod": rng.uniform(-15, 8),
        "l_thigh": knees + stride, "r_thigh": knees - stride,
        "l_shin": -knees + stride, "r_shin": -knees - stride,
    }  # fmt: skip
    return np.array([held.get(name, 0.0) for name in ANGLES], np.float32)


def _limb(track: Mapping[str, Float], name: str, side: int) -> Float:
    """Directions (T, 3) of a limb. side: 1 left, -1 right."""
    along, out = np.radians(track[name]), np.radians(track[f"{name}_out"])
    return np.stack(
        [np.sin(along) * np.cos(out), side * np.sin(out), -np.cos(along) * np.cos(out)], axis=1
    )


def _trunk(pitch: Float, roll: Float, yaw: Float) -> tuple[Float, Float, Float]:
    """Up, left and forward directions (T, 3) of a part of the trunk, angles in degrees."""
    p, r = np.radians(pitch), np.radians(roll)
    zero = np.zeros_like(p)
    up = np.stack([np.sin(p), zero, np.cos(p)], axis=1)
    front = np.stack([np.cos(p), zero, -np.sin(p)], axis=1)
    side = np.stack([zero, zero + 1, zero], axis=1)
    spin = (r + np.radians(yaw))[:, None]
    left = side * np.cos(spin) - front * np.sin(spin)
    forward = front * np.cos(spin) + side * np.sin(spin)
    return up, left, forward


def pose_joints(track: Float, bones: Float) -> Float:
    """Joints (T, 26, 3) for angles (T, len(ANGLES)); the lowest part is on the floor."""
    angle = {name: track[:, index] for index, name in enumerate(ANGLES)}
    up, left, front = _trunk(angle["pitch"], angle["roll"], np.zeros_like(angle["yaw"]))
    high_pitch = angle["pitch"] + angle["bend"]
    high, across, _ = _trunk(high_pitch, angle["roll"], angle["yaw"])
    head, ears, face = _trunk(high_pitch + angle["nod"], angle["roll"], angle["yaw"])
    way = {
        18: up, 19: high, 20: high, 21: head,
        0: 0.95 * face + 0.3 * head, 1: 0.85 * face + 0.35 * head + 0.3 * ears,
        2: 0.85 * face + 0.35 * head - 0.3 * ears, 3: ears, 4: -ears,
        5: across - 0.15 * high, 6: -across - 0.15 * high,
        11: left - 0.25 * up, 12: -left - 0.25 * up,
        7: _limb(angle, "l_arm", 1), 8: _limb(angle, "r_arm", -1),
        9: _limb(angle, "l_fore", 1), 10: _limb(angle, "r_fore", -1),
        13: _limb(angle, "l_thigh", 1), 14: _limb(angle, "r_thigh", -1),
        15: _limb(angle, "l_shin", 1), 16: _limb(angle, "r_shin", -1),
    }  # fmt: skip
    way[22], way[23] = way[9], way[10]
    # A foot stands at a right angle to its shin.
    for toe, shin in ((24, way[15]), (25, way[16])):
        way[toe] = front - (front * shin).sum(axis=1, keepdims=True) * shin + 0.3 * shin
    joints = np.zeros((len(track), 26, 3), np.float32)
    for joint in ORDER[1:]:
        direction = way[joint] / np.maximum(np.linalg.norm(way[joint], axis=1, keepdims=True), 1e-6)
        joints[:, joint] = joints[:, PARENTS[joint]] + bones[joint] * direction
    joints[..., :2] -= joints[:, (15, 16), :2].mean(axis=1)[:, None]
    joints[..., 0] += angle["forward"][:, None]
    joints[..., 2] -= (joints[..., 2] - _CLEARANCE).min(axis=1)[:, None]
    joints[..., 2] += angle["lift"][:, None]
    turned = np.radians(angle["turn"])
    c, s = np.cos(turned)[:, None], np.sin(turned)[:, None]
    x, y = joints[..., 0].copy(), joints[..., 1].copy()
    joints[..., 0], joints[..., 1] = x * c - y * s, x * s + y * c
    return joints
