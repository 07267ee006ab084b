"""Brings hands to where people hold things, and the things into the hands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recognition.frames import Float
from training.motion import heading
from training.scenario.world import PROP_SIZES_M

Rng = np.random.Generator

_SIDES = {"left": (5, 7, 9, 22), "right": (6, 8, 10, 23)}
_PLACES = {
    "bottle": ("mouth", "chest", "hang", "reach"),
    "cup": ("mouth", "chest", "chest", "reach"),
    "phone": ("ear", "ear", "face", "chest", "hang"),
    "book": ("both_face", "both_chest", "chest", "hang"),
    "ball": ("both_chest", "both_face", "reach", "hang", "overhead"),
    "box": ("both_chest", "both_low", "both_low"),
    "hammer": ("overhead", "reach", "chest", "hang"),
    "laptop": ("both_chest", "both_low", "hang"),
}
_LEVEL = frozenset({"cup", "box", "laptop"})


@dataclass(frozen=True, slots=True)
class Held:
    """Where a thing is: centre (3,) metres, axes (3, 3) with the thing's axes as columns."""

    centre: Float
    axes: Float


def hold(joints: Float, kind: str, rng: Rng) -> tuple[Float, Held]:
    """Somebody (26, 3) with a thing in one or both hands; returns the pose and the thing.

    The arms are moved to a place where such a thing is held: mouth, ear, before the face or the
    chest, overhead, at arm's length or hanging down. Three in ten keep the arms as they are.
    """
    posed = joints.copy()
    hand = "left" if rng.random() < 0.4 else "right"
    places: Sequence[str] = _PLACES[kind]
    place = places[int(rng.integers(len(places)))]
    both = place.startswith("both")
    if both or rng.random() < 0.7:
        for side in ("left", "right") if both else (hand,):
            _bring(posed, side, _target(posed, side, place, kind, rng))
    facing = _facing(posed)
    if both:
        centre = posed[[22, 23]].mean(axis=0) + 0.04 * facing
        axes = _frame(np.cross(facing, [0, 0, 1.0]), facing, _tilt(place, facing, rng))
    else:
        centre, axes = _in_one_hand(posed, hand, kind, place, rng)
    if kind in _LEVEL and not both:
        axes = _frame(facing, np.cross([0, 0, 1.0], facing), np.array([0, 0, 1.0]))
    return posed, Held(centre.astype(np.float32), _jitter(axes, 12.0, rng))


def random_turn(rng: Rng, *, upright: bool) -> Float:
    """Axes (3, 3) of a thing that stands (about z only) or lies or flies anyhow."""
    angle = rng.uniform(0, 2 * np.pi)
    c, s = np.cos(angle), np.sin(angle)
    standing = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    if upright:
        return standing.astype(np.float32)
    random, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    random[:, 0] *= np.linalg.det(random)
    return random.astype(np.float32)


def lying(rng: Rng) -> Float:
    """Axes (3, 3) of a thing that lies on its broad side: its thin y axis points up or down."""
    flat = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
    turned: Float = (random_turn(rng, upright=True) @ flat).astype(np.float32)
    return turned


def _facing(joints: Float) -> Float:
    angle = float(heading(joints[None])[0])
    facing: Float = np.array([np.cos(angle), np.sin(angle), 0.0], np.float32)
    return facing


def _target(joints: Float, side: str, place: str, kind: str, rng: Rng) -> Float:
    """Where the wrist goes."""
    facing, up = _facing(joints), np.array([0, 0, 1.0])
    left = np.cross(up, facing) * (1 if side == "left" else -1)
    shoulder, ear = joints[_SIDES[side][0]], joints[3 if side == "left" else 4]
    half = PROP_SIZES_M[kind][0] / 2
    chest = joints[[5, 6]].mean(axis=0)
    match place:
        case "mouth":
            target = joints[0] + 0.12 * facing + 0.05 * left - 0.06 * up
        case "ear":
            target = ear + 0.05 * facing + 0.05 * left - 0.07 * up
        case "face":
            target = joints[0] + rng.uniform(0.25, 0.4) * facing - rng.uniform(0.05, 0.3) * up
        case "both_face":
            target = chest + rng.uniform(0.25, 0.4) * facing + 0.05 * up + half * left
        case "both_chest":
            target = chest + rng.uniform(0.2, 0.4) * facing - 0.25 * up + half * left
        case "both_low":
            target = chest + rng.uniform(0.2, 0.35) * facing - 0.45 * up + half * left
        case "chest":
            target = shoulder + rng.uniform(0.2, 0.4) * facing - 0.2 * up - 0.05 * left
        case "overhead":
            target = shoulder + 0.2 * facing + rng.uniform(0.25, 0.45) * up + 0.1 * left
        case "reach":
            target = shoulder + rng.uniform(0.35, 0.55) * facing + rng.uniform(-0.25, 0.2) * up
        case _:
            target = shoulder + 0.1 * facing - 0.5 * up + 0.08 * left
    shaken: Float = (target + rng.normal(0, 0.02, 3)).astype(np.float32)
    return shaken


def _bring(joints: Float, side: str, target: Float) -> None:
    """Bend the arm in place so that the wrist is at ``target`` or as near as it gets."""
    shoulder, elbow, wrist, hand = _SIDES[side]
    upper = float(np.linalg.norm(joints[elbow] - joints[shoulder]))
    fore = float(np.linalg.norm(joints[wrist] - joints[elbow]))
    knuckles = float(np.linalg.norm(joints[hand] - joints[wrist]))
    way = target - joints[shoulder]
    far = float(np.clip(np.linalg.norm(way), abs(upper - fore) + 0.02, 0.98 * (upper + fore)))
    way = way / max(float(np.linalg.norm(way)), 1e-6)
    outward = (joints[5] - joints[6]) * (1 if side == "left" else -1)
    pole = 0.5 * outward / np.linalg.norm(outward) - np.array([0, 0, 1.0])
    pole = pole - way * float(pole @ way)
    pole /= max(float(np.linalg.norm(pole)), 1e-6)
    along = (upper**2 - fore**2 + far**2) / (2 * far)  # law of cosines
    aside = np.sqrt(max(upper**2 - along**2, 0.0))
    joints[elbow] = joints[shoulder] + along * way + aside * pole
    joints[wrist] = joints[shoulder] + far * way
    out = joints[wrist] - joints[elbow]
    joints[hand] = joints[wrist] + knuckles * out / max(float(np.linalg.norm(out)), 1e-6)


def _in_one_hand(joints: Float, side: str, kind: str, place: str, rng: Rng) -> tuple[Float, Float]:
    _, elbow, wrist, hand = _SIDES[side]
    fore = joints[wrist] - joints[elbow]
    fore = fore / max(float(np.linalg.norm(fore)), 1e-6)
    facing, up = _facing(joints), np.array([0, 0, 1.0])
    grip = joints[hand]
    if kind == "phone" and place == "ear":
        ear = joints[3 if side == "left" else 4]
        outward = ear - joints[20]
        long = 0.8 * up - 0.4 * facing
        return ear + 0.03 * outward / max(float(np.linalg.norm(outward)), 1e-6), _frame(
            facing, outward, long
        )
    if kind == "phone" or kind == "book":
        away = joints[0] - grip
        centre = grip + (0.05 if kind == "phone" else 0.1) * up
        return centre, _frame(np.cross(away, up), -away, up)
    if kind == "hammer":
        long = up - fore * float(up @ fore) + 0.3 * facing
        long = long / np.linalg.norm(long)
        return grip + 0.10 * long, _frame(fore, np.cross(long, fore), long)
    if kind == "ball":
        return grip + 0.10 * fore, random_turn(rng, upright=False)
    if kind == "bottle":
        long = up - fore * float(up @ fore)
        if place == "mouth":
            long = np.asarray(-facing * 0.8 - 0.5 * up) * rng.choice([1.0, -0.3])
        long = long / max(float(np.linalg.norm(long)), 1e-6)
        return grip + 0.02 * long, _frame(fore, np.cross(long, fore), long)
    return grip + 0.03 * fore, _frame(facing, np.cross(up, facing), up)


def _tilt(place: str, facing: Float, rng: Rng) -> Float:
    """Where the z axis of a thing in both hands points: up, or leaning away from the face."""
    lean = rng.uniform(0.2, 0.9) if place == "both_face" else rng.uniform(-0.1, 0.25)
    axis: Float = np.array([0, 0, 1.0]) + lean * facing
    return axis


def _frame(x: Float, y: Float, z: Float) -> Float:
    """Right-handed axes whose z is ``z`` and whose y is as near to ``y`` as that allows."""
    z = z / max(float(np.linalg.norm(z)), 1e-6)
    y = y - z * float(y @ z)
    if np.linalg.norm(y) < 1e-3:
        y = np.cross(z, x)
    if np.linalg.norm(y) < 1e-3:
        y = np.cross(z, [1.0, 0.3, 0.2])
    y = y / np.linalg.norm(y)
    return np.stack([np.cross(y, z), y, z], axis=1).astype(np.float32)


def _jitter(axes: Float, degrees: float, rng: Rng) -> Float:
    """Turn by a random small angle about a random axis (Rodrigues' formula)."""
    axis = rng.normal(size=3)
    axis /= np.linalg.norm(axis)
    angle = np.radians(rng.normal(0, degrees))
    k = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    turned: Float = ((np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * k @ k) @ axes).astype(
        np.float32
    )
    return turned
