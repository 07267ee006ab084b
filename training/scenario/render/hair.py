"""What a person wears on the head and round the hips: hair, cap, glasses, skirt."""

from __future__ import annotations

import functools

import numpy as np

from recognition.frames import Float
from training.scenario.render.body import (
    CAP,
    FRAME,
    HAIR,
    SKIRT,
    STEPS_M,
    Part,
    only,
)
from training.scenario.render.field import Field, Surface, ball, cone, join, less, mirrored, surface
from training.scenario.render.rig import BONES, REST

_X, _Z = float(REST[20, 0]), float(REST[20, 2])
_LOW, _HIGH = (-0.16, -0.13, 1.36), (0.22, 0.13, 1.80)


def _skull(grown: float) -> Field:
    return ball((_X - 0.014, 0, _Z + 0.036), (0.101 + grown, 0.079 + grown, 0.093 + grown))


def _face_opening(depth: float, height: float) -> Field:
    """The part of the head that hair leaves free."""
    return ball((_X + 0.115, 0, _Z - 0.045), (depth, 0.082, height))


def _styles() -> dict[str, Field]:
    below = ball((_X + 0.08, 0, _Z - 0.135), (0.16, 0.2, 0.115))
    short = less(less(_skull(0.014), _face_opening(0.095, 0.115)), below)
    curtain = mirrored(
        cone((_X - 0.035, 0.058, _Z + 0.03), (_X - 0.050, 0.070, 1.44), (0.042, 0.040))
    )
    back = cone((_X - 0.06, 0, _Z + 0.02), (_X - 0.075, 0, 1.42), (0.062, 0.055))
    long = less(join([_skull(0.018), curtain, back], 0.03), _face_opening(0.100, 0.118))
    bun = join([short, ball((_X - 0.105, 0, _Z + 0.085), (0.042, 0.045, 0.042))], 0.012)
    return {"short": short, "long": long, "bun": bun}


def _cap() -> Field:
    """A cap with its peak over the eyes."""

    def crown(points: Float) -> Float:
        lower = _Z + 0.062 - points[:, 2]
        found: Float = np.maximum(_skull(0.018)(points), lower)
        return found

    peak = ball((_X + 0.115, 0, _Z + 0.066), (0.075, 0.070, 0.009))
    return join([crown, peak], 0.008)


@functools.lru_cache(maxsize=16)
def hair_parts(style: str, detail: str) -> tuple[Part, ...]:
    """Hair of a style in ``looks.HAIR_STYLES``; empty for bald. Made once per process."""
    step = 0.0165 * STEPS_M[detail]
    styles = _styles()
    if style == "cap":
        cap = surface(_cap(), _LOW, _HIGH, 0.014 * STEPS_M[detail])
        fringe = surface(less(_skull(0.008), _face_opening(0.095, 0.115)), _LOW, _HIGH, step)
        low = fringe.points[:, 2] > _Z - 0.06
        kept = fringe.triangles[low[fringe.triangles].all(axis=1)]
        fringe = Surface(fringe.points, fringe.normals, kept)
        return (
            Part(cap, only(cap.points, "head"), CAP),
            Part(fringe, only(fringe.points, "head"), HAIR),
        )
    if style not in styles:
        return ()
    hair = surface(styles[style], _LOW, _HIGH, step)
    return (Part(hair, _hanging(hair.points), HAIR),)


def _hanging(points: Float) -> Float:
    """Hair follows the head; what hangs to the shoulders half stays with the chest."""
    low = np.clip((1.54 - points[:, 2]) / 0.14, 0, 1)[:, None] * 0.7
    weights = only(points, "head") * (1 - low) + only(points, "chest") * low
    return np.asarray(weights, np.float32)


@functools.lru_cache(maxsize=2)
def glasses(detail: str) -> Part:
    """Two rims, a bridge and the temples."""
    rings = []
    for side in (1, -1):
        centre = np.array([_X + 0.104, 0.034 * side, _Z + 0.016])
        angles = np.linspace(0, 2 * np.pi, 13)[:-1]
        rim = centre + np.stack(
            [0 * angles, 0.027 * np.cos(angles), 0.021 * np.sin(angles)], axis=1
        )
        rings += [(rim[i], rim[(i + 1) % 12]) for i in range(12)]
        rings.append(
            (centre + np.array([0, 0.027 * side, 0.006]), [_X + 0.0, 0.081 * side, _Z + 0.018])
        )
    rings.append(((_X + 0.106, 0.009, _Z + 0.02), (_X + 0.106, -0.009, _Z + 0.02)))
    bars = [_bar(np.array(a, np.float32), np.array(b, np.float32), 0.0028) for a, b in rings]
    points = np.concatenate([bar.points for bar in bars])
    normals = np.concatenate([bar.normals for bar in bars])
    faces = np.concatenate([bar.triangles + 8 * i for i, bar in enumerate(bars)])
    whole = Surface(points, normals, faces.astype(np.int32))
    return Part(whole, only(points, "head"), FRAME)


def _bar(start: Float, end: Float, half: float) -> Surface:
    """A square rod."""
    way = (end - start) / np.linalg.norm(end - start)
    side = np.cross(way, [0.3, 0.2, 0.93])
    side /= np.linalg.norm(side)
    up = np.cross(side, way)
    corner = np.stack([side + up, up - side, -side - up, side - up]).astype(np.float32)
    points = np.concatenate([start + half * corner, end + half * corner])
    i = np.arange(4)
    n = (i + 1) % 4
    faces = np.concatenate([np.stack([i, n, n + 4], 1), np.stack([i, n + 4, i + 4], 1)])
    normals = np.concatenate([corner, corner]) / np.sqrt(2)
    return Surface(points.astype(np.float32), normals.astype(np.float32), faces.astype(np.int32))


@functools.lru_cache(maxsize=4)
def skirt(detail: str, *, long: bool) -> Part:
    """From the waist to above or below the knees; follows hips and thighs."""
    around, down = (28, 9) if detail == "fine" else (18, 6)
    angle = np.linspace(0, 2 * np.pi, around, endpoint=False)
    share = np.linspace(0, 1, down)[:, None]
    hem = 0.42 if long else 0.56
    z = 1.02 + (hem - 1.02) * share
    flare = np.interp(share, [0, 0.3, 1], [0, 0.85, 1.35])
    fold = 1 + 0.05 * share * np.cos(7 * angle)
    wide = (0.158 + 0.052 * flare) * fold
    deep = (0.106 + 0.062 * flare) * fold
    points = (
        np.stack([-0.012 + deep * np.cos(angle), wide * np.sin(angle), z + 0 * angle], axis=-1)
        .reshape(-1, 3)
        .astype(np.float32)
    )
    normals = np.stack(
        [np.cos(angle) / deep, np.sin(angle) / wide, 1.2 * share + 0 * angle], axis=-1
    ).reshape(-1, 3)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    row, column = np.arange(down - 1)[:, None] * around, np.arange(around)
    a, b = row + column, row + (column + 1) % around
    faces = np.stack([a, a + around, b + around, a, b + around, b], -1).reshape(-1, 3)
    both = np.concatenate([faces, faces[:, ::-1]])  # seen from inside as well
    whole = Surface(points, normals.astype(np.float32), both.astype(np.int32))
    weights = np.zeros((len(points), len(BONES)), np.float32)
    leg = np.clip((0.99 - points[:, 2]) / 0.25, 0, 1)
    left = np.clip(0.5 + points[:, 1] / 0.22, 0, 1)
    weights[:, BONES.index("l_thigh")] = leg * left
    weights[:, BONES.index("r_thigh")] = leg * (1 - left)
    weights[:, BONES.index("pelvis")] = 1 - leg
    return Part(whole, weights, SKIRT)
