"""Two-bone limbs: closed-form inverse kinematics that keeps every bone's length."""

from __future__ import annotations

from typing import Literal

import numpy as np

from recognition.frames import Float

Side = Literal["left", "right"]

ARM: dict[str, tuple[int, int, int, int]] = {"left": (5, 7, 9, 22), "right": (6, 8, 10, 23)}
"""Shoulder, elbow, wrist and hand."""
LEG: dict[str, tuple[int, int, int, int]] = {"left": (11, 13, 15, 24), "right": (12, 14, 16, 25)}
"""Hip, knee, ankle and toe."""

_STRAIGHT = 0.998  # of the length of a limb; a limb is never quite straight


def unit(vectors: Float) -> Float:
    """Vectors (..., 3) made one metre long; zero stays zero."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    out: Float = (vectors / np.maximum(length, 1e-6)).astype(np.float32)
    return out


def two_bones(root: Float, target: Float, lengths: tuple[float, float], pole: Float) -> Float:
    """Middle and end joints (T, 2, 3) of a limb from ``root`` that reaches for ``target``.

    root, target, pole: (T, 3) metres; the middle joint lies on the side that ``pole`` points to.
    lengths: of the two bones, metres. A target that is too far or too near is met as well as the
    lengths allow, in its direction. By the law of cosines.
    """
    first, second = lengths
    way = target - root
    far = np.linalg.norm(way, axis=1, keepdims=True)
    far = np.clip(far, abs(first - second) + 0.02, _STRAIGHT * (first + second))
    along = unit(way)
    aside = unit(pole - (pole * along).sum(axis=1, keepdims=True) * along)
    cosine = np.clip((first**2 + far**2 - second**2) / (2 * first * far), -1, 1)
    middle = root + first * (cosine * along + np.sqrt(1 - cosine**2) * aside)
    return np.stack([middle, root + far * along], axis=1).astype(np.float32)


def bend_of(joints: Float, chain: tuple[int, int, int, int]) -> Float:
    """Where the middle joint of a limb lies beside its line, (T, 3), unit length."""
    root, middle, end = (joints[:, joint] for joint in chain[:3])
    along = unit(end - root)
    aside = middle - root
    return unit(aside - (aside * along).sum(axis=1, keepdims=True) * along)


def frames_of(joints: Float, low: int, high: int, left: int, right: int) -> Float:
    """Axes (T, 3, 3) of a part of the body, columns ahead, left and up.

    low, high: joints along its up direction; left, right: joints at its sides.
    """
    across = unit(joints[:, left] - joints[:, right])
    up = joints[:, high] - joints[:, low]
    up = unit(up - (up * across).sum(axis=1, keepdims=True) * across)
    out: Float = np.stack([np.cross(across, up), across, up], axis=2).astype(np.float32)
    return out


def chest(joints: Float) -> Float:
    """Axes (T, 3, 3) of the chest, columns ahead, left and up."""
    return frames_of(joints, 17, 19, 5, 6)


def face(joints: Float) -> Float:
    """Axes (T, 3, 3) of the head, columns ahead, left and up."""
    return frames_of(joints, 20, 21, 3, 4)


def mouth(joints: Float) -> Float:
    """Where the mouth is, (T, 3): 6 cm below the nose."""
    out: Float = joints[:, 0] - 0.06 * face(joints)[:, :, 2]
    return out


def along(axes: Float, vector: tuple[float, float, float] | Float) -> Float:
    """A vector (3,) or (T, 3) given along the columns of ``axes`` (T, 3, 3), in space (T, 3)."""
    given = np.broadcast_to(np.asarray(vector, np.float32), (len(axes), 3))
    out: Float = np.einsum("tij,tj->ti", axes, given).astype(np.float32)
    return out
