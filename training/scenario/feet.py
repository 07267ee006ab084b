"""Keeps the feet of a person who stands or walks where they were put down."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_closing, binary_opening, uniform_filter1d

from recognition.frames import Float
from training.scenario.moves.limbs import LEG, two_bones
from training.scenario.world import FPS

Flags = npt.NDArray[np.bool_]

_LEGS = (13, 14, 15, 16, 24, 25)
_TRUNK = [joint for joint in range(26) if joint not in _LEGS]
_LOW_M = 0.05  # of an ankle above where it is when the foot is flat
_FLAT_M = 0.10
_FURTHEST_M = 0.35  # that a foot is moved; beyond, the motion means to slide
_EASE_FRAMES = 12
_MOVED_M = 1e-4  # a leg that nothing moves stays exactly as it was
_TOE_M, _ANKLE_M = 0.02, 0.06


def flat_feet(joints: Float, still_m_s: float = 0.35) -> Flags:
    """Which foot, left and right, rests on the floor: (T, 2).

    A foot rests where its ankle is low and slower than ``still_m_s`` for three frames or more.
    """
    ankles = joints[:, (15, 16)]
    speed = np.zeros(ankles.shape[:2], np.float32)
    if len(joints) > 1:
        speed = np.linalg.norm(np.gradient(ankles, axis=0), axis=2) * FPS
    rests = (speed < still_m_s) & (ankles[..., 2] < _FLAT_M + _LOW_M)
    kept: Flags = binary_opening(
        binary_closing(rests, np.ones((3, 1), np.bool_)), np.ones((3, 1), np.bool_)
    )
    return kept


def plant(joints: Float, rests: Flags) -> Float:
    """The same motion with each resting foot in one place; legs by inverse kinematics.

    joints: (T, 26, 3) metres. rests: (T, 2), as of ``flat_feet``. A foot in the air goes smoothly
    from one such place to the next; a body that would stand too far from its foot is lowered.
    """
    out: Float = joints.copy()
    legs = list(LEG.values())
    goals = []
    for index, (_, _, ankle, _) in enumerate(legs):
        shift = _shift(joints[:, ankle, :2], rests[:, index])
        goals.append(joints[:, ankle] + np.pad(shift, ((0, 0), (0, 1))))
    low = np.zeros(len(joints), np.float32)
    for goal, (hip, knee, ankle, _) in zip(goals, legs, strict=True):
        reach = 0.995 * (_length(joints, hip, knee) + _length(joints, knee, ankle))
        level = np.linalg.norm(out[:, hip, :2] - goal[:, :2], axis=1)
        highest = goal[:, 2] + np.sqrt(np.maximum(reach**2 - level**2, 0.01))
        low = np.maximum(low, out[:, hip, 2] - highest)
    low = np.maximum(uniform_filter1d(low, 5), 0)
    out[:, _TRUNK, 2] -= low[:, None]
    for goal, chain in zip(goals, legs, strict=True):
        moved = low + np.linalg.norm(goal - joints[:, chain[2]], axis=1) > _MOVED_M
        bent = out[moved]
        set_leg(bent, joints[moved], chain, goal[moved])
        out[moved] = bent
    return out


def set_leg(out: Float, joints: Float, chain: tuple[int, int, int, int], goal: Float) -> None:
    """Put the ankle of ``out`` at ``goal``, the knee where it was seen from the leg."""
    hip, knee, ankle, toe = chain
    lengths = _length(joints, hip, knee), _length(joints, knee, ankle)
    across = joints[:, 11] - joints[:, 12]
    ahead = np.stack([across[:, 1], -across[:, 0], 0 * across[:, 0]], axis=1)
    ahead /= np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-6)
    # The knee of a straight leg has no side of its own: it bends ahead.
    pole = joints[:, knee] - (joints[:, hip] + joints[:, ankle]) / 2 + 0.03 * ahead
    limb = two_bones(out[:, hip], goal, lengths, pole.astype(np.float32))
    foot = joints[:, toe] - joints[:, ankle]
    out[:, knee], out[:, ankle] = limb[:, 0], limb[:, 1]
    out[:, toe] = limb[:, 1] + foot


def above_floor(joints: Float) -> Float:
    """The same motion with ankles and toes never in the floor; the whole body is raised."""
    sunk = np.maximum(_TOE_M - joints[:, (24, 25), 2].min(axis=1), 0)
    sunk = np.maximum(sunk, _ANKLE_M - joints[:, (15, 16), 2].min(axis=1))
    out: Float = joints.copy()
    out[..., 2] += sunk[:, None]
    return out


def _length(joints: Float, first: int, second: int) -> float:
    if len(joints) == 0:
        return 1.0
    return float(np.median(np.linalg.norm(joints[:, first] - joints[:, second], axis=1)))


def _shift(ankle: Float, rests: Flags) -> Float:
    """What to add to the way (T, 2) of an ankle so that it stays wherever it rests."""
    count = len(ankle)
    at: list[float] = []
    value: list[Float] = []
    shift: Float = np.zeros((count, 2), np.float32)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], rests.astype(np.int8), [0]])))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if at and start - at[-1] > 2 * _EASE_FRAMES:  # long in the air: as it was
            at += [at[-1] + _EASE_FRAMES, start - _EASE_FRAMES]
            value += [np.zeros(2, np.float32)] * 2
        moved = np.median(ankle[start:end], axis=0) - ankle[start:end]
        far = np.linalg.norm(moved, axis=1, keepdims=True)
        moved *= np.minimum(1, _FURTHEST_M / np.maximum(far, 1e-6))
        shift[start:end] = moved
        at += list(range(start, end))
        value += list(moved)
    if not at:
        return shift
    known = np.array(at, np.float32)
    if known[0] > _EASE_FRAMES:
        known, value = np.r_[known[0] - _EASE_FRAMES, known], [0 * value[0], *value]
    if known[-1] < count - 1 - _EASE_FRAMES:
        known, value = np.r_[known, known[-1] + _EASE_FRAMES], [*value, 0 * value[0]]
    frames = np.arange(count)
    stacked = np.array(value)
    filled = [np.interp(frames, known, stacked[:, axis]) for axis in (0, 1)]
    eased: Float = np.stack(filled, axis=1).astype(np.float32)
    return eased
