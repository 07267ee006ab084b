"""The resting body that every person is made from: its skin, which bone moves which part."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from recognition.frames import Float
from training.scenario.render.field import (
    Field,
    Ints,
    Surface,
    ball,
    column,
    cone,
    join,
    mirrored,
    surface,
)
from training.scenario.render.rig import ARM_WAY, BONES, REST

BODY, HEAD, HAND, SHOE, HAIR, CAP, FRAME, SKIRT = range(8)
"""What a vertex belongs to; the shader colours by it."""

STEPS_M = {"fine": 1.0, "coarse": 1.55}
"""Levels of detail, by the factor on the mesh's cells."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a person at rest.

    surface: points in metres. weights: (V, 18) share of each bone, rows sum to 1. kind: see BODY.
    open_air: (V,) how much of the surroundings sees a point, 0..1; None where all does.
    """

    surface: Surface
    weights: Float
    kind: int
    open_air: Float | None = None


_MALE = (
    (0.84, 0.150, 0.085, -0.010), (0.90, 0.166, 0.104, -0.020), (0.96, 0.166, 0.106, -0.018),
    (1.03, 0.152, 0.100, -0.006), (1.10, 0.146, 0.098, 0.000), (1.18, 0.156, 0.106, 0.002),
    (1.26, 0.172, 0.116, 0.002), (1.32, 0.176, 0.112, -0.006), (1.38, 0.150, 0.090, -0.014),
    (1.43, 0.090, 0.066, -0.016),
)  # fmt: skip
_FEMALE = (
    (0.84, 0.156, 0.090, -0.010), (0.90, 0.176, 0.108, -0.022), (0.96, 0.172, 0.104, -0.020),
    (1.03, 0.140, 0.090, -0.006), (1.10, 0.124, 0.084, 0.000), (1.18, 0.136, 0.092, 0.002),
    (1.26, 0.150, 0.100, 0.002), (1.32, 0.154, 0.098, -0.006), (1.38, 0.136, 0.080, -0.014),
    (1.43, 0.080, 0.058, -0.014),
)  # fmt: skip


def _trunk_and_limbs(*, female: bool) -> Field:
    shoulder, elbow, wrist = (REST[i] for i in (5, 7, 9))
    hip, knee, ankle = (REST[i] for i in (11, 13, 15))
    thin = 0.9 if female else 1.0
    half = [
        cone((-0.01, 0.03, 1.475), (-0.012, 0.150, 1.402), (0.040 * thin, 0.042 * thin)),
        cone(shoulder, elbow, (0.055 * thin, 0.042 * thin)),
        cone(elbow, wrist, (0.042 * thin, 0.029 * thin)),
        ball(elbow + 0.28 * (wrist - elbow), (0.044 * thin,) * 3),
        cone(hip - [0, 0, 0.03], knee, (0.092, 0.059)),
        cone(knee, ankle, (0.057, 0.041)),
        ball((-0.022, 0.102, 0.385), (0.050, 0.052, 0.115)),
        ball((-0.054, 0.075, 0.905), (0.074, 0.080, 0.090)),
    ]
    if female:
        half.append(ball((0.078, 0.070, 1.262), (0.055, 0.062, 0.060)))
    middle = [
        column(_FEMALE if female else _MALE),
        cone((-0.012, 0, 1.41), (0.008, 0, 1.56), (0.060 * thin, 0.054 * thin)),
    ]
    return join([*middle, *(mirrored(field) for field in half)], 0.035)


def _head() -> Field:
    x, z = float(REST[20, 0]), float(REST[20, 2])
    middle = [
        ball((x - 0.012, 0, z + 0.034), (0.101, 0.079, 0.092)),
        ball((x + 0.035, 0, z - 0.055), (0.060, 0.056, 0.062)),
        cone((x + 0.084, 0, z + 0.018), (x + 0.104, 0, z - 0.016), (0.008, 0.013)),
        ball((x + 0.070, 0, z - 0.097), (0.022, 0.026, 0.018)),
    ]
    half = [
        ball((x + 0.058, 0.036, z - 0.022), (0.034, 0.030, 0.030)),
        ball((x + 0.000, 0.077, z - 0.002), (0.019, 0.010, 0.032)),
        ball((x + 0.072, 0.030, z + 0.045), (0.020, 0.030, 0.012)),
    ]
    return join([*middle, *(mirrored(field) for field in half)], 0.02)


def _hand() -> Field:
    """The left hand, fingers a little bent."""
    wrist, knuckle = REST[9].astype(np.float64), REST[22].astype(np.float64)
    way = np.array(ARM_WAY)
    inward = np.array([0.0, -way[2], way[1]]) * -1  # to the palm's side
    tip = knuckle + 0.085 * way + 0.028 * inward
    return join(
        [
            cone(wrist - 0.01 * way, wrist + 0.03 * way, (0.026, 0.028)),
            cone(wrist + 0.03 * way, knuckle, (0.026, 0.028), flat=1.45),
            cone(knuckle, tip, (0.022, 0.016), flat=1.75),
            cone(
                wrist + 0.02 * way + np.array([0.025, 0, 0]),
                wrist + 0.085 * way + np.array([0.052, 0, 0]) + 0.01 * inward,
                (0.015, 0.011),
            ),
        ],
        0.012,
    )


def _shoe() -> Field:
    """The left shoe with its collar; the sole is flat."""
    x, y, _ = (float(value) for value in REST[15])
    upper = join(
        [
            cone((x - 0.035, y, 0.045), (x + 0.09, y + 0.008, 0.040), (0.044, 0.046)),
            cone((x + 0.09, y + 0.008, 0.038), (x + 0.19, y + 0.022, 0.030), (0.046, 0.038)),
            cone((x, y, 0.07), (x + 0.005, y, 0.115), (0.048, 0.046)),
        ],
        0.03,
    )

    def distance(points: Float) -> Float:
        found: Float = np.maximum(upper(points), -points[:, 2])
        return found

    return distance


@functools.lru_cache(maxsize=8)
def parts(detail: str, *, female: bool) -> tuple[Part, ...]:
    """Body, head, hands and shoes. detail: ``fine`` or ``coarse``. Made once per process."""
    f = STEPS_M[detail]
    limbs, skull = _trunk_and_limbs(female=female), _head()
    trunk = surface(limbs, (-0.22, -0.58, 0.03), (0.24, 0.58, 1.60), 0.030 * f)
    head = surface(skull, (-0.11, -0.105, 1.46), (0.16, 0.105, 1.75), 0.0155 * f)
    hand = surface(_hand(), (-0.06, 0.40, 0.74), (0.09, 0.63, 0.99), 0.0145 * f)
    shoe = surface(_shoe(), (-0.14, 0.03, -0.02), (0.24, 0.20, 0.18), 0.02 * f)
    return (
        Part(trunk, bone_weights(trunk.points), BODY, _open_air(trunk, (limbs, skull))),
        Part(head, only(head.points, "head"), HEAD, _open_air(head, (skull,))),
        *(Part(s, only(s.points, b), HAND) for s, b in _pair(hand, "hand")),
        *(Part(s, only(s.points, b), SHOE) for s, b in _pair(shoe, "foot")),
    )


def _open_air(skin: Surface, around: tuple[Field, ...]) -> Float:
    """Room before each point: distance to the body from 6 cm off the skin, by those 6 cm."""
    probes = skin.points + 0.06 * skin.normals
    room = np.min([field(probes) for field in around], axis=0) / 0.06
    found: Float = np.clip(room, 0, 1).astype(np.float32)
    return found


def only(points: Float, bone: str) -> Float:
    """Weights (V, 18) that follow one bone."""
    weights = np.zeros((len(points), len(BONES)), np.float32)
    weights[:, BONES.index(bone)] = 1
    return weights


def _pair(left: Surface, bone: str) -> list[tuple[Surface, str]]:
    flip = np.array([1, -1, 1], np.float32)
    right = Surface(left.points * flip, left.normals * flip, left.triangles[:, ::-1].copy())
    return [(left, f"l_{bone}"), (right, f"r_{bone}")]


def bone_weights(points: Float) -> Float:
    """Share of each bone in moving points (V, 3) of the resting trunk and limbs: (V, 18).

    Each joint blends its two bones over a few centimetres along the limb.
    """
    weights = np.zeros((len(points), len(BONES)), np.float32)
    index = {name: i for i, name in enumerate(BONES)}
    z = points[:, 2]
    chest = _step(z, 1.00, 1.20)
    neck = _step(z, 1.435, 1.50) * (np.abs(points[:, 1]) < 0.1)
    head = _step(z, 1.51, 1.58)
    folded = points.copy()
    folded[:, 1] = np.abs(points[:, 1])
    shoulder, way = REST[5], np.array(ARM_WAY, np.float32)
    along = (folded - shoulder) @ way
    off = np.linalg.norm(folded - shoulder - along[:, None] * way, axis=1)
    arm = _step(along, -0.08, 0.06) * (1 - _step(off.astype(np.float32), 0.075, 0.115)) * (1 - neck)
    arm = np.where(along > 0.2, _step(along, 0.1, 0.15) * (off < 0.14), arm)
    fore, hand = _step(along, 0.235, 0.325), _step(along, 0.515, 0.55)
    leg = _step((0.4 * np.abs(points[:, 0]) - z).astype(np.float32), -0.97, -0.80) * (1 - arm)
    shin, foot = _step(-z, -0.555, -0.445), _step(-z, -0.12, -0.075)
    left = _step(points[:, 1], -0.03, 0.03)
    for side, share in (("l", left), ("r", 1 - left)):
        weights[:, index[f"{side}_arm"]] = share * arm * (1 - fore)
        weights[:, index[f"{side}_fore"]] = share * arm * fore * (1 - hand)
        weights[:, index[f"{side}_hand"]] = share * arm * fore * hand
        weights[:, index[f"{side}_thigh"]] = share * leg * (1 - shin)
        weights[:, index[f"{side}_shin"]] = share * leg * shin * (1 - foot)
        weights[:, index[f"{side}_foot"]] = share * leg * shin * foot
    rest = (1 - arm) * (1 - leg)
    weights[:, index["pelvis"]] = rest * (1 - chest)
    upper = rest * chest * (1 - neck)
    collar = _step(np.abs(points[:, 1]), 0.03, 0.15) * _step(z, 1.22, 1.36)
    weights[:, index["chest"]] = upper * (1 - collar)
    weights[:, index["l_collar"]] = upper * collar * left
    weights[:, index["r_collar"]] = upper * collar * (1 - left)
    weights[:, index["neck"]] = rest * chest * neck * (1 - head)
    weights[:, index["head"]] = rest * chest * neck * head
    total: Float = weights / weights.sum(axis=1, keepdims=True)
    return total


def _step(values: Float, low: float, high: float) -> Float:
    t = np.clip((values - low) / (high - low), 0, 1)
    smooth: Float = (t * t * (3 - 2 * t)).astype(np.float32)
    return smooth


def triangles_of(pieces: tuple[Part, ...]) -> Ints:
    """Triangles (F, 3) of all parts over their stacked vertices."""
    starts = np.cumsum([0, *(len(part.surface.points) for part in pieces)])
    return np.concatenate(
        [part.surface.triangles + start for part, start in zip(pieces, starts, strict=False)]
    ).astype(np.int32)
