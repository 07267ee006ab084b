"""Hands that go where they are wanted: arms by inverse kinematics on a body that moves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recognition.frames import Float
from training.scenario.moves.body import Body, neutral
from training.scenario.moves.limbs import ARM, along, bend_of, chest, two_bones, unit

_NEAREST = 0.24  # of the length of an arm, from shoulder to wrist


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """Where a hand is wanted.

    at: (T, 3) the hand joint, metres. points: (T, 3) where the fingers point, None: on with the
    forearm. share: (T,) from 0, the arm as it hangs, to 1, the hand at the goal. elbow: degrees by
    which the elbow is turned outwards from hanging below the arm. bow: metres by which the way
    there bends forwards, round the chest.
    """

    at: Float
    share: Float
    points: Float | None = None
    elbow: float = 25.0
    bow: float = 0.08


def reach_for(joints: Float, side: str, goal: Goal) -> Float:
    """The same motion (T, 26, 3) with one arm reaching for a goal; bones keep their lengths."""
    out: Float = joints.copy()
    chain = shoulder, elbow, wrist, hand = ARM[side]
    sign = 1.0 if side == "left" else -1.0
    share = goal.share[:, None].astype(np.float32)
    axes = chest(joints)
    bones = np.linalg.norm(np.diff(joints[0, list(chain)], axis=0), axis=1)
    hanging = unit(joints[:, hand] - joints[:, wrist])
    wanted = goal.points
    if wanted is None:
        wanted = unit(goal.at - joints[:, shoulder] - 0.2 * axes[:, :, 2])
    points = unit(hanging * (1 - share) + unit(wanted) * share)
    ahead = goal.bow * np.sin(np.pi * share) * axes[:, :, 0]
    there = joints[:, hand] * (1 - share) + goal.at * share + ahead
    turned = np.radians(goal.elbow)
    down = along(axes, (-0.5, sign * np.sin(turned), -0.9 * np.cos(turned)))
    pole = bend_of(joints, chain) * (1 - share) + down * share
    lengths = float(bones[0]), float(bones[1])
    wrist_at = _not_too_near(joints[:, shoulder], there - bones[2] * points, lengths, axes)
    limb = two_bones(joints[:, shoulder], wrist_at, lengths, pole)
    out[:, elbow], out[:, wrist] = limb[:, 0], limb[:, 1]
    if goal.points is None:
        onward = unit(limb[:, 1] - limb[:, 0])
        points = unit(hanging * (1 - share) + onward * share)
    out[:, hand] = limb[:, 1] + bones[2] * points
    return out


def _not_too_near(root: Float, wrist: Float, lengths: tuple[float, float], axes: Float) -> Float:
    """The wrist (T, 3) pushed ahead where it would be so near the shoulder that the elbow flips."""
    far = np.linalg.norm(wrist - root, axis=1, keepdims=True)
    lacking = np.maximum(_NEAREST * sum(lengths) - far, 0)
    out: Float = (wrist + lacking * axes[:, :, 0]).astype(np.float32)
    return out


def holding(joints: Float, share: Float, *, height: float = 0.12, apart: float = 0.40) -> Float:
    """Both arms hold a box before the belly.

    share: (T,) 0 as they were, 1 they hold it. height: of the hands above the pelvis, metres.
    apart: of the hands, metres.
    """
    axes = chest(joints)
    level = axes[:, :, 0] * np.array([1, 1, 0], np.float32)
    middle = joints[:, 17] + 0.36 * unit(level) + np.array([0, 0, height], np.float32)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        at = middle + sign * 0.5 * apart * axes[:, :, 1]
        points = unit(level) + sign * -0.25 * axes[:, :, 1]
        goal = Goal(at=at, share=share, points=points, elbow=30, bow=0.0)
        joints = reach_for(joints, side, goal)
    return joints


def holding_arms(bones: Float) -> Float:
    """One frame (26, 3) of a person who stands and holds a box before the belly with both hands.

    Give it to ``training.motion.with_arms`` to put those arms on a gait.
    """
    body = Body(bones, neutral())
    body.hold(2 / 30)
    joints = body.joints(feet="planted")
    held: Float = holding(joints, np.ones(len(joints), np.float32))[0]
    return held
