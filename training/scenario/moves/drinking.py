"""Drinking from a cup or a bottle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from recognition.frames import Float
from training.scenario.move import Direction, Move
from training.scenario.moves.acting import (
    CALM,
    begin,
    chosen_hand,
    finished,
    glances,
    gripped,
    lasting,
    sign_of,
    upright_axes,
)  # fmt: skip
from training.scenario.moves.arms import Goal, reach_for
from training.scenario.moves.body import Body, Rng, travel
from training.scenario.moves.limbs import ARM, Side, along, chest, face, mouth, unit
from training.scenario.world import FPS, PROP_SIZES_M

_UP = np.array([0, 0, 1], np.float32)


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a hand is from one frame to another: (T, 3) metres, and how far it has left rest."""

    start: float
    end: float
    at: Float
    points: Float


def through(stops: Sequence[Stop], count: int) -> tuple[Float, Float]:
    """A way (T, 3) of a hand that rests at each stop in turn, and where its fingers point."""
    at, points = stops[0].at.copy(), stops[0].points.copy()
    for before, after in pairwise(stops):
        share = travel(count, [(before.end, 0), (after.start, 1)])[:, None]
        at = at * (1 - share) + after.at * share
        points = points * (1 - share) + after.points * share
    return at.astype(np.float32), unit(points)


def table_spot(direction: Direction, side: Side, height_m: float, rng: Rng) -> Float:
    """Where the centre of a thing stands on the table before a seated person."""
    if direction.prop_m is not None:
        return np.array(direction.prop_m, np.float32)
    ahead, aside = rng.uniform(0.40, 0.48), sign_of(side) * rng.uniform(0.08, 0.22)
    return np.array([ahead, aside, direction.seat_m + 0.29 + height_m / 2], np.float32)


def shifted(joints: Float, spot: Float) -> Float:
    """A spot of the actor's own space, in the space of ``joints`` before they are finished."""
    moved = spot + np.array([*joints[0, 17, :2], 0], np.float32)
    out: Float = np.broadcast_to(moved, (len(joints), 3)).astype(np.float32)
    return out


def stooping(direction: Direction) -> float:
    """Degrees by which the trunk bends to where a thing lies."""
    if direction.prop_m is None:
        return 6.0
    return float(np.clip((1.05 - direction.prop_m[2]) * (40 if direction.seated else 90), 4, 60))


def drink(bones: Float, direction: Direction, rng: Rng) -> Move:
    """Drinks from a cup or a bottle: one sip or several, from a table or with it in the hand."""
    body, rest = begin(bones, direction, rng)
    side = chosen_hand(direction, rng)
    kind = direction.prop or ("cup" if rng.random() < 0.55 else "bottle")
    stands = direction.seated or direction.prop_m is not None
    up_s, down_s = rng.uniform(0.7, 1.1), rng.uniform(0.6, 1.0)
    start = body.frame
    taken = body.to(
        rng.uniform(0.6, 0.9),
        {"nod": 14, "look": sign_of(side) * 8, "pitch": stooping(direction) if stands else 0},
    )
    body.hold(rng.uniform(0.05, 0.15))
    lift = body.frame
    total_s = lasting(direction, rng, 2.2, 6.0)
    sips = _sips(body, total_s, (up_s, 16 if kind == "cup" else 26), rng)
    lowered = sips[-1][1] + round(down_s * FPS)
    body.to(
        max(0.3, (lowered - body.frame) / FPS),
        {**CALM, "nod": 8 * stands, "pitch": stooping(direction) * stands},
    )
    gone = max(body.frame, lowered)
    back = body.to(rng.uniform(0.5, 0.8), {**CALM, **rest})
    body.hold(rng.uniform(0.15, 0.4))
    joints = body.joints(feet="planted")
    joints, way = _drinking(
        joints, (side, kind), (start, taken, lift, gone, back), sips,
        table_spot(direction, side, PROP_SIZES_M[kind][2], rng) if stands else None,
    )  # fmt: skip
    frames = (taken, gone) if stands else (0, len(joints))
    grip = gripped(joints, kind, side, frames, way)
    span = (lift - (0 if stands else 4), sips[-1][1] + round(0.35 * down_s * FPS))
    return finished("drink", joints, span, direction, grips=(grip,))


def _sips(body: Body, total_s: float, how: tuple[float, float], rng: Rng) -> list[tuple[int, int]]:
    """First and last frame at the mouth of each sip.

    how: seconds to the mouth, and how far the head goes back at most, degrees.
    """
    (way_s, most), lift = how, body.frame
    sips: list[tuple[int, int]] = []
    while not sips or (sips[-1][1] - lift) / FPS + 2.2 < total_s:
        reached = body.to(way_s, {"pitch": 0, "nod": 2, "look": rng.normal(0, 4)})
        body.to(0.4, {"nod": -rng.uniform(6, most), "pitch": -2})
        body.hold(rng.uniform(0.8, 1.8))
        sips.append((reached, body.to(0.3, {"nod": 3})))
        glances(body, 0.35 + rng.uniform(0.3, 1.5) * (total_s > 4), rng, 0.6)
        way_s = rng.uniform(0.5, 0.8)
    return sips


def _tipped(joints: Float, kind: str, sips: Sequence[tuple[int, int]]) -> tuple[Float, Float]:
    """Up direction of the vessel (T, 3), and where its centre is when its rim is at the lips."""
    head, count = face(joints), len(joints)
    tilted = [travel(count, [(a - 6, 0), (a + 14, 1), (b - 8, 1), (b + 10, 0)]) for a, b in sips]
    angle = np.radians(48 if kind == "cup" else 82) * np.max(tilted, axis=0)[:, None]
    ahead = unit(head[:, :, 0] * np.array([1, 1, 0], np.float32))
    upward = unit(np.cos(angle) * _UP - np.sin(angle) * ahead)
    width, _, height = PROP_SIZES_M[kind]
    outward = np.cross(upward, np.cross(ahead, upward))
    rim = 0.5 * width if kind == "cup" else 0.012
    at_lips = mouth(joints) + 0.015 * head[:, :, 0] - 0.5 * height * upward + rim * outward
    return upward, at_lips.astype(np.float32)


def _drinking(
    joints: Float,
    what: tuple[Side, str],
    marks: tuple[int, int, int, int, int],
    sips: Sequence[tuple[int, int]],
    table: Float | None,
) -> tuple[Float, tuple[Float, Float]]:
    """The arm that drinks, and the way of what it drinks from: centre (T, 3), axes (T, 3, 3)."""
    side, kind = what
    start, taken, lift, gone, back = marks
    count, sign = len(joints), sign_of(side)
    body, head = chest(joints), face(joints)
    upward, at_lips = _tipped(joints, kind, sips)
    inward = along(body, (0.25, -sign * 0.97, 0.0))
    to_centre = 0.045 * inward + (0.0 if kind == "cup" else 0.03) * upward
    fingers = along(head, (0.05, -sign * 0.65, 0.75))
    low = joints[:, 19] + along(body, (0.30, sign * 0.10, -0.18))
    level = along(body, (0.8, -sign * 0.5, 0.1))
    stops = [Stop(a, b, at_lips - to_centre, fingers) for a, b in sips]
    for (_, b), (a, _) in pairwise(sips):
        if a - b > 24:  # lowered between two sips
            stops.append(Stop((a + b) / 2 - 4, (a + b) / 2 + 4, low, level))
    stops.sort(key=lambda stop: stop.start)
    share = travel(count, [(lift - 4, 0), (sips[0][0], 1), (sips[-1][1], 1), (gone, 0)])
    if table is not None:
        there = shifted(joints, table) - to_centre
        stops = [Stop(start, lift, there, level), *stops, Stop(gone, back, there, level)]
        share = travel(count, [(start, 0), (taken, 1), (gone, 1), (back, 0)])
    at, points = through(stops, count)
    joints = reach_for(joints, side, Goal(at=at, share=share, points=points, elbow=28))
    hand, held = joints[:, ARM[side][3]], share[:, None]
    if table is None:  # beside the thigh it hangs in the fingers
        hanging = unit(hand - joints[:, ARM[side][2]])
        centre = hand + to_centre * held + (0.03 * hanging + 0.02 * _UP) * (1 - held)
    else:  # it stands until the hand has it, and again when the hand leaves it
        lifted = travel(count, [(taken, 0), (taken + 3, 1), (gone - 3, 1), (gone, 0)])[:, None]
        centre = (hand + to_centre) * lifted + shifted(joints, table) * (1 - lifted)
    return joints, (centre.astype(np.float32), upright_axes(along(body, (0.3, sign, 0)), upward))
