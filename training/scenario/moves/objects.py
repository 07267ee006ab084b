"""What people do with small things at the face: drinking, telephoning, reading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
    other,
    sign_of,
    sounds_at,
    upright_axes,
)  # fmt: skip
from training.scenario.moves.arms import Goal, reach_for
from training.scenario.moves.body import Rng, travel
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
    for before, after in zip(stops, stops[1:], strict=False):
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


def _shifted(joints: Float, spot: Float) -> Float:
    """A spot of the actor's own space, in the space of ``joints`` before they are finished."""
    moved = spot + np.array([*joints[0, 17, :2], 0], np.float32)
    out: Float = np.broadcast_to(moved, (len(joints), 3)).astype(np.float32)
    return out


def drink(bones: Float, direction: Direction, rng: Rng) -> Move:
    """Drinks from a cup or a bottle: one sip or several, from a table or with it in the hand."""
    body, rest = begin(bones, direction, rng)
    side = chosen_hand(direction, rng)
    kind = direction.prop or ("cup" if rng.random() < 0.55 else "bottle")
    stands = direction.seated or direction.prop_m is not None
    up_s, down_s = rng.uniform(0.7, 1.1), rng.uniform(0.6, 1.0)
    start = body.frame
    taken = body.to(
        rng.uniform(0.6, 0.9), {"nod": 14, "look": sign_of(side) * 8, "pitch": 6 * stands}
    )
    body.hold(rng.uniform(0.05, 0.15))
    lift = body.frame
    total = lasting(direction, rng, 2.2, 6.0)
    sips: list[tuple[int, int]] = []
    while not sips or (sips[-1][1] - lift) / FPS + 2.2 < total:
        first = not sips
        body.to(up_s if first else rng.uniform(0.5, 0.8), {"nod": 2, "look": rng.normal(0, 4)})
        reached = body.frame
        sip_s = rng.uniform(0.8, 1.8)
        tilt = -rng.uniform(6, 16 if kind == "cup" else 26)
        body.to(0.4, {"nod": tilt, "pitch": -2})
        body.hold(sip_s)
        body.to(0.3, {"nod": 3})
        sips.append((reached, body.frame))
        pause_s = rng.uniform(0.3, 1.5)
        glances(body, 0.35 + pause_s * (total > 4), rng, 0.6)
    lowered = sips[-1][1] + round(down_s * FPS)
    body.to(max(0.3, (lowered - body.frame) / FPS), {**CALM, "nod": 8 if stands else 0})
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
    body, head, lips = chest(joints), face(joints), mouth(joints)
    tilted = sum(travel(count, [(a - 6, 0), (a + 14, 1), (b - 8, 1), (b + 10, 0)]) for a, b in sips)
    most = np.radians(48 if kind == "cup" else 82)
    angle = most * np.asarray(tilted, np.float32)[:, None]
    back_to_face = -unit(head[:, :, 0] * np.array([1, 1, 0], np.float32))
    upward = unit(np.cos(angle) * _UP + np.sin(angle) * back_to_face)
    half = PROP_SIZES_M[kind][2] / 2
    radius = PROP_SIZES_M[kind][0] / 2 if kind == "cup" else 0.012
    forward = np.cross(upward, np.cross(-back_to_face, upward))
    centre_at_lips = lips + 0.015 * head[:, :, 0] - half * upward + radius * forward
    inward = along(body, (0.25, -sign * 0.97, 0.0))
    to_centre = 0.045 * inward + (0.0 if kind == "cup" else 0.03) * upward
    fingers = along(head, (0.05, -sign * 0.65, 0.75))
    low = joints[:, 19] + along(body, (0.30, sign * 0.10, -0.18))
    level = along(body, (0.8, -sign * 0.5, 0.1))
    stops = []
    if table is not None:
        spot = _shifted(joints, table)
        stops.append(Stop(start, lift, spot - to_centre, level))
    for (a, b), following in zip(sips, [*sips[1:], None], strict=True):
        stops.append(Stop(a, b, centre_at_lips - to_centre, fingers))
        if following is not None and following[0] - b > 24:
            middle = (b + following[0]) / 2
            stops.append(Stop(middle - 4, middle + 4, low, level))
    if table is not None:
        stops.append(Stop(gone, back, _shifted(joints, table) - to_centre, level))
        share = travel(count, [(start, 0), (taken, 1), (gone, 1), (back, 0)])
    else:
        share = travel(count, [(lift - 4, 0), (sips[0][0], 1), (sips[-1][1], 1), (gone, 0)])
    at, points = through(stops, count)
    joints = reach_for(joints, side, Goal(at=at, share=share, points=points, elbow=28))
    hanging = unit(joints[:, ARM[side][3]] - joints[:, ARM[side][2]])
    if table is None:  # beside the thigh it hangs in the fingers
        to_centre = to_centre * share[:, None] + (0.03 * hanging + 0.02 * _UP) * (
            1 - share[:, None]
        )
    centre = joints[:, ARM[side][3]] + to_centre
    if table is not None:  # it stands until the hand has it, and again when the hand leaves it
        spot = _shifted(joints, table)
        lifted = travel(count, [(taken, 0), (taken + 3, 1), (gone - 3, 1), (gone, 0)])[:, None]
        centre = centre * lifted + spot * (1 - lifted)
    return joints, (centre, upright_axes(along(body, (0.3, sign, 0)), upward))


def phone_call(bones: Float, direction: Direction, rng: Rng) -> Move:
    """The phone rings, is taken out, looked at, held to the ear; speaks, gestures, puts it away."""
    body, rest = begin(bones, direction, rng)
    side = chosen_hand(direction, rng)
    sign = sign_of(side)
    ring = body.frame
    body.hold(rng.uniform(0.2, 0.6))
    start = body.frame
    taken = body.to(rng.uniform(0.6, 0.9), {"nod": 12, "look": sign * 10, "lean": sign * 2})
    looks = rng.random() < 0.6
    body.to(rng.uniform(0.4, 0.6), {"nod": 22, "look": sign * 4, "lean": 0})
    seen = (body.frame, body.hold(rng.uniform(0.4, 0.9) if looks else 0.05))
    ear = body.to(
        rng.uniform(0.45, 0.8), {"nod": 2, "look": -sign * 3, "lean": sign * rng.uniform(0, 4)}
    )
    until = seen[1] + round(lasting(direction, rng, 3.0, 7.0) * FPS) - 8
    free = other(side)[0]
    while body.frame < until - 10:
        left_s = (until - body.frame) / FPS
        if left_s > 2.4 and rng.random() < 0.5:  # the free hand talks too
            aim = rng.uniform(5, 40)
            talk = {
                f"{free}_arm": aim, f"{free}_arm_out": rng.uniform(8, 25),
                f"{free}_fore": aim + rng.uniform(50, 100), f"{free}_fore_out": rng.uniform(-35, 20),
            }  # fmt: skip
            body.to(rng.uniform(0.4, 0.7), {**talk, "yaw": rng.normal(0, 5)})
            body.to(rng.uniform(0.3, 0.6), {f"{free}_fore": aim + rng.uniform(40, 100)})
            body.to(
                rng.uniform(0.5, 0.8), {key: value for key, value in rest.items() if key[0] == free}
            )
        else:
            glances(body, min(rng.uniform(0.8, 1.8), left_s), rng, 0.7)
    leaves = body.frame
    away = body.to(rng.uniform(0.8, 1.2), {**CALM, **rest, "nod": 8})
    done = body.to(rng.uniform(0.4, 0.7), {**CALM, **rest})
    body.hold(rng.uniform(0.1, 0.3))
    marks = (start, taken, *seen, ear, leaves, away, done)
    joints = body.joints(feet="planted")
    joints, way = _telephoning(joints, side, marks, direction)
    grip = gripped(joints, direction.prop or "phone", side, (taken, away), way)
    cues = sounds_at([ring], "phone_ring", rng, -18) + sounds_at([ear + 6], "speech", rng, -20)
    return finished(
        "phone_call", joints, (seen[1], leaves + 8), direction, grips=(grip,), sounds=cues
    )


def _telephoning(
    joints: Float, side: Side, marks: tuple[int, ...], direction: Direction
) -> tuple[Float, tuple[Float, Float]]:
    """The arm with the phone, and the way of the phone: centre (T, 3), axes (T, 3, 3)."""
    start, taken, seen, looked, ear, leaves, away, done = marks
    count, sign = len(joints), sign_of(side)
    head, body = face(joints), chest(joints)
    hip, lobe = joints[:, 11 if side == "left" else 12], joints[:, 3 if side == "left" else 4]
    # It comes out of the trousers' front pocket, or lies on the table.
    where = hip + along(body, (0.10, sign * 0.08, 0.06))
    if direction.prop_m is not None:
        where = _shifted(joints, np.array(direction.prop_m, np.float32))
    screen = joints[:, 19] + along(body, (0.30, sign * 0.06, -0.08))
    fingers = along(head, (-0.15, -sign * 0.05, 0.95))
    hand_at_ear = lobe + along(head, (0.025, sign * 0.055, -0.035))
    reading = along(body, (0.5, -sign * 0.35, 0.6))
    down = along(body, (0.25, 0, -0.97))
    stops = [
        Stop(start, taken, where, down), Stop(seen, looked, screen, reading),
        Stop(ear, leaves, hand_at_ear, fingers), Stop(away, done, where, down),
    ]  # fmt: skip
    at, points = through(stops, count)
    share = travel(count, [(start, 0), (taken, 1), (away, 1), (done, 0)])
    joints = reach_for(joints, side, Goal(at=at, share=share, points=points, elbow=32))
    at_ear = travel(count, [(looked, 0), (ear, 1), (leaves, 1), (away, 0)])[:, None]
    thick = along(head, (0, -sign, 0)) * at_ear + along(body, (-0.8, 0, 0.6)) * (1 - at_ear)
    palm = 0.028 * (
        along(head, (0, -sign, 0)) * at_ear + along(body, (-0.6, 0, 0.5)) * (1 - at_ear)
    )
    forearm = unit(joints[:, ARM[side][3]] - joints[:, ARM[side][2]])
    long_way = unit(along(head, (-0.38, 0, 0.92)) * at_ear + forearm * (1 - at_ear))
    centre = joints[:, ARM[side][3]] + palm + 0.015 * long_way
    axes = upright_axes(np.cross(thick, long_way), long_way)
    return joints, (centre, axes)


def read(bones: Float, direction: Direction, rng: Rng) -> Move:
    """Reads a book held in one or both hands or on the knees, and turns a page now and then."""
    body, rest = begin(bones, direction, rng)
    side = chosen_hand(direction, rng)
    onset = body.frame
    bow = rng.uniform(14, 32)
    raised = body.to(rng.uniform(0.8, 1.3), {"nod": bow, "bend": rng.uniform(0, 10), "look": 0})
    pages: list[int] = []
    until = onset + round(lasting(direction, rng, 3.5, 8.0) * FPS)
    while body.frame < until - 12:
        left_s = (until - body.frame) / FPS
        scan = {
            "look": rng.normal(0, 5),
            "nod": bow + rng.normal(0, 3),
            "side": rng.normal(0, 0.015),
        }
        body.to(min(rng.uniform(0.6, 1.4), left_s), scan)
        if left_s > 2.5 and rng.random() < 0.3 and (not pages or body.frame - pages[-1] > 60):
            pages.append(body.frame + 18)
            body.hold(1.3)
    lowered = body.frame
    down_s = rng.uniform(0.7, 1.1)
    body.to(down_s, {**CALM, **rest})
    body.hold(rng.uniform(0.1, 0.3))
    joints = body.joints(feet="planted")
    share = travel(
        len(joints), [(onset, 0), (raised, 1), (lowered, 1), (lowered + down_s * FPS, 0)]
    )
    kind = direction.prop or "book"
    joints, way = _reading(joints, (side, kind), share, pages, rng)
    grip = gripped(joints, kind, side, (0, len(joints)), way)
    span = (onset + (raised - onset) // 2, lowered + round(0.3 * down_s * FPS))
    return finished("read", joints, span, direction, grips=(grip,))


def _reading(
    joints: Float, what: tuple[Side, str], share: Float, pages: Sequence[int], rng: Rng
) -> tuple[Float, tuple[Float, Float]]:
    """Both arms, and the way of the book: centre (T, 3), axes (T, 3, 3)."""
    side, kind = what
    count, sign = len(joints), sign_of(side)
    body, head = chest(joints), face(joints)
    level = unit(body[:, :, 0] * np.array([1, 1, 0], np.float32))
    ahead, below = rng.uniform(0.24, 0.32), rng.uniform(0.14, 0.26)
    centre = joints[:, 20] + (ahead + 0.06) * level - below * _UP
    leaning = rng.uniform(0.35, 0.9)
    if kind == "laptop":
        knees = joints[:, [13, 14]].mean(axis=1)
        hips = joints[:, [11, 12]].mean(axis=1)
        centre, leaning = 0.75 * knees + 0.25 * hips + 0.20 * _UP, 0.0
    centre = centre + 0.004 * np.sin(np.arange(count) / FPS * 1.7)[:, None] * _UP
    upward = unit(_UP + leaning * level)
    across = -body[:, :, 1]  # to the reader's right
    width = PROP_SIZES_M[kind][0]
    two = kind == "laptop" or rng.random() < 0.7
    grasp = 0.5 * width - 0.005
    for name in ("left", "right"):
        near = sign_of(name)  # type: ignore[arg-type]
        if name != side and not two and not pages:
            continue
        at = centre - near * grasp * across - 0.06 * upward + 0.01 * level
        points = unit(along(head, (0.55, -near * 0.35, 0.35)) + 0.3 * upward)
        own = share
        if kind == "laptop":
            at = centre - near * 0.09 * across - 0.08 * _UP - 0.10 * level
            points = unit(level - 0.35 * near * body[:, :, 1] - 0.15 * _UP)
            at = at + 0.012 * np.sin(np.arange(count) / FPS * (7 + near))[:, None] * _UP
        elif name != side:
            turning = [
                travel(count, [(p - 15, 0), (p - 4, 1), (p + 10, 1), (p + 22, 0)]) for p in pages
            ]
            turned = np.clip(np.sum(turning, axis=0), 0, 1) if pages else np.zeros(count)
            over = [
                travel(count, [(p - 4, 0), (p + 10, 1)]) - travel(count, [(p + 10, 0), (p + 14, 1)])
                for p in pages
            ]
            sweep = np.sum(over, axis=0) if pages else np.zeros(count)
            page = (
                centre
                + 0.07 * upward
                - 0.03 * level
                - near * (0.07 - 0.13 * sweep)[:, None] * across
            )
            at = at * (1 - turned[:, None]) + page * turned[:, None]
            own = share if two else np.minimum(share, turned.astype(np.float32))
        goal = Goal(at=at.astype(np.float32), share=own, points=points, elbow=24)
        joints = reach_for(joints, name, goal)  # type: ignore[arg-type]
    if kind == "laptop":
        return joints, (centre, upright_axes(across, upward))
    held = share[:, None]
    forearm = unit(joints[:, ARM[side][3]] - joints[:, ARM[side][2]])
    carried = joints[:, ARM[side][3]] + 0.06 * forearm + sign * 0.02 * body[:, :, 1]
    in_hand = joints[:, ARM[side][3]] + sign * grasp * across + 0.06 * upward - 0.01 * level
    middle = in_hand * held + carried * (1 - held)
    up = unit(upward * held + forearm * (1 - held) + 1e-3 * level)
    return joints, (middle, upright_axes(across * held + level * (1 - held), up))
