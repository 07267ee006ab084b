"""Puts a body that was built in a resting pose onto 26 joints."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from recognition.frames import Float
from training.mocap import HEAD, NECK, PELVIS, SPINE

Real = npt.NDArray[np.floating[Any]]

BONES = (
    "pelvis", "chest", "neck", "head",
    "l_arm", "r_arm", "l_fore", "r_fore", "l_hand", "r_hand",
    "l_thigh", "r_thigh", "l_shin", "r_shin", "l_foot", "r_foot", "l_collar", "r_collar",
)  # fmt: skip

ARM_WAY = (0.0, 0.545, -0.8386)
"""Direction of the left arm at rest: 33 degrees from hanging."""

_ARM: Real = np.array(ARM_WAY)
_SHOULDER: Real = np.array([0.0, 0.175, 1.385])
WAIST = (-0.01, 0.0, 1.11)
_WAIST_SHARE = 0.37  # of the way from between the hips to the neck

_LEFT_REST: dict[int, npt.ArrayLike] = {  # metres; a person of 1.74 m
    5: _SHOULDER, 7: _SHOULDER + 0.28 * _ARM, 9: _SHOULDER + 0.53 * _ARM,
    22: _SHOULDER + 0.61 * _ARM, 11: (0.0, 0.085, 0.915), 13: (0.01, 0.10, 0.50),
    15: (-0.03, 0.105, 0.09), 24: (0.14, 0.125, 0.03), 3: (0.02, 0.074, 1.60),
    1: (0.105, 0.032, 1.625),
}  # fmt: skip


def _rest() -> Float:
    joints = np.zeros((26, 3), np.float32)
    for joint, place in _LEFT_REST.items():
        joints[joint] = np.asarray(place)
        joints[joint + 1] = np.asarray(place) * np.array([1, -1, 1])
    middle = {0: (0.132, 0, 1.588), PELVIS: (0, 0, 0.95), SPINE: (-0.02, 0, 1.15)}
    middle |= {NECK: (-0.005, 0, 1.455), HEAD: (0.02, 0, 1.60), 21: (0.02, 0, 1.725)}
    for joint, place in middle.items():
        joints[joint] = place
    return joints


REST = _rest()
"""Joints (26, 3) metres of the resting pose, in which bodies are built; faces +x."""

_LIMBS = (  # bone, parent bone, from joint, to joint
    ("l_arm", "chest", 5, 7), ("r_arm", "chest", 6, 8),
    ("l_fore", "l_arm", 7, 9), ("r_fore", "r_arm", 8, 10),
    ("l_hand", "l_fore", 9, 22), ("r_hand", "r_fore", 10, 23),
    ("l_thigh", "pelvis", 11, 13), ("r_thigh", "pelvis", 12, 14),
    ("l_shin", "l_thigh", 13, 15), ("r_shin", "r_thigh", 14, 16),
    ("l_foot", "l_shin", 15, 24), ("r_foot", "r_shin", 16, 25),
)  # fmt: skip
_INDEX = {name: i for i, name in enumerate(BONES)}


def sizes(joints: Float) -> Float:
    """How much larger a person is than the resting body: (3,) overall, shoulders, head.

    joints: (T, 26, 3); medians over time are taken.
    """

    def length(a: int, b: int) -> float:
        now = float(np.median(np.linalg.norm(joints[:, a] - joints[:, b], axis=1)))
        return now / float(np.linalg.norm(REST[a] - REST[b]))

    tall = np.mean([length(11, 13), length(12, 14), length(13, 15), length(14, 16), length(17, 19)])
    wide, head = length(5, 6), length(3, 4)
    return np.array(
        [np.clip(tall, 0.5, 1.6), np.clip(wide, 0.6 * tall, 1.35 * tall),
         np.clip(head, 0.85 * tall, 1.15 * tall)], np.float32
    )  # fmt: skip


def bone_matrices(joints: Float, size: Float, girth: float) -> tuple[Float, Float]:
    """Where each bone is: matrices (18, 3, 4) from rest to the world, rotations (18, 3, 3).

    joints: (26, 3) metres. size: see ``sizes``. girth: thickness, 1 is average. A limb is
    stretched along its bone so that it ends at the next joint; across it keeps the thickness.
    """
    j = joints.astype(np.float64)
    tall, wide, head = (float(value) for value in size)
    thick = tall * girth
    matrices = np.zeros((len(BONES), 3, 4))
    turns = np.zeros((len(BONES), 3, 3))

    def put(bone: str, turn: Real, scale: Real, rest_at: Real, at: Real) -> None:
        matrices[_INDEX[bone], :, :3] = turn @ scale
        matrices[_INDEX[bone], :, 3] = at - turn @ scale @ rest_at
        turns[_INDEX[bone]] = turn

    hips = (j[11] + j[12]) / 2
    waist = _along(hips, j[SPINE], j[NECK])
    rest_hips = (REST[11] + REST[12]).astype(np.float64) / 2
    rest_neck, rest_waist = REST[NECK].astype(np.float64), np.array(WAIST)
    lower = _frame(_unit(waist - hips) + _unit(j[NECK] - hips), j[11] - j[12])
    upper = _frame(j[NECK] - waist, j[5] - j[6])
    tall_low = _ratio(waist - hips, rest_waist - rest_hips, tall)
    tall_high = _ratio(j[NECK] - waist, rest_neck - rest_waist, tall)
    put("pelvis", lower, np.diag([thick, thick, tall_low]), rest_hips, hips)
    breadth = np.diag([thick, wide * girth**0.5, tall_high])
    put("chest", upper, breadth, rest_waist, waist)
    for bone, joint in (("l_collar", 5), ("r_collar", 6)):
        rest_at = REST[joint].astype(np.float64)
        j[joint] = _shoulder(j[joint], waist + upper @ breadth @ (rest_at - rest_waist), upper)
        put(bone, upper, breadth, rest_at, j[joint])
    turn = _toward(upper, REST[HEAD] - REST[NECK], j[HEAD] - j[NECK])
    put("neck", turn, np.eye(3) * tall * girth**0.6, rest_neck, j[NECK])
    face = _face(j)
    put("head", face, np.eye(3) * head, REST[HEAD].astype(np.float64), j[HEAD])
    frames = {"pelvis": lower, "chest": upper}
    for bone, parent, start, end in _LIMBS:
        rest_way = (REST[end] - REST[start]).astype(np.float64)
        turn = _toward(frames[parent], rest_way, j[end] - j[start])
        across = tall if bone.endswith(("hand", "foot")) else thick
        scale = _stretch(rest_way, across, _ratio(j[end] - j[start], rest_way, tall))
        put(bone, turn, scale, REST[start].astype(np.float64), j[start])
        frames[bone] = turn
    return matrices.astype(np.float32), turns.astype(np.float32)


def _stretch(way: Real, across: float, along: float) -> Real:
    """Scale (3, 3) by ``along`` in the direction of ``way`` and by ``across`` otherwise."""
    unit = _unit(way)
    return np.asarray(across * np.eye(3) + (along - across) * np.outer(unit, unit))


def _along(hips: Real, spine: Real, neck: Real) -> Real:
    """The waist: part of the way from the hips over the spine to the neck."""
    first, second = np.linalg.norm(spine - hips), np.linalg.norm(neck - spine)
    way = _WAIST_SHARE * (first + second)
    if way <= first:
        return np.asarray(hips + (spine - hips) * (way / max(first, 1e-6)))
    return np.asarray(spine + (neck - spine) * ((way - first) / max(second, 1e-6)))


def _shoulder(joint: Real, usual: Real, chest: Real) -> Real:
    """Where the round of a shoulder is put.

    Some recordings have it near the top of the shoulder instead of in its middle: what is higher
    than usual counts by a third. A collar bone takes that side of the chest along.
    """
    raised = float((joint - usual) @ chest[:, 2])
    return np.asarray(joint - chest[:, 2] * (2 / 3) * np.clip(raised, 0, 0.09))


def _ratio(now: Real, rest: Real, tall: float) -> float:
    """Length by that at rest, kept near the person's own size."""
    value = math.sqrt(float(now @ now) / float(rest @ rest))
    return min(max(value, 0.55 * tall), 1.6 * tall)


def _unit(way: Real) -> Real:
    return np.asarray(way / max(math.sqrt(float(way @ way)), 1e-9))


def _cross(a: Real, b: Real) -> Real:
    """np.cross takes ten times as long for two vectors."""
    (x, y, z), (u, v, w) = a.tolist(), b.tolist()
    return np.array([y * w - z * v, z * u - x * w, x * v - y * u])


def _frame(up: Real, left: Real) -> Real:
    """Rotation whose z is ``up`` and whose y is near ``left``."""
    z = _unit(up)
    y = _unit(left - z * float(left @ z))
    return np.stack([_cross(y, z), y, z], axis=1)


def _face(j: Real) -> Real:
    """Rotation of the head, from the ears and the nose."""
    y = _unit(j[3] - j[4])
    # At rest the nose is 12 mm below the ears' height and 112 mm before them.
    ahead = j[0] - (j[3] + j[4]) / 2
    x = _unit(ahead - y * float(ahead @ y))
    z = _cross(x, y)
    tilt = np.arctan2(0.012, 0.112)
    front = x * np.cos(tilt) + z * np.sin(tilt)
    return np.stack([front, y, _cross(front, y)], axis=1)


def _toward(parent: Real, rest_way: Real, way: Real) -> Real:
    """The parent's rotation, turned the shortest way so that ``rest_way`` comes to ``way``."""
    a, b = parent @ _unit(rest_way), _unit(way)
    axis, cosine = _cross(a, b), float(a @ b)
    if cosine < -0.9999:  # half a turn: about the parent's own left
        return np.asarray((2 * np.outer(parent[:, 1], parent[:, 1]) - np.eye(3)) @ parent)
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    turned: Real = (np.eye(3) + cross + cross @ cross / (1 + cosine)) @ parent
    return turned
