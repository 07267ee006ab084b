"""What people do with a phone and a book: telephoning, reading."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recognition.frames import Float
from training.scenario.move import Direction, Move
from training.scenario.moves.acting import (
    CALM,
    Hand,
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
from training.scenario.moves.body import Body, Rng, travel
from training.scenario.moves.drinking import Stop, shifted, stooping, through
from training.scenario.moves.fetching import Trip, Way, fetched
from training.scenario.moves.limbs import ARM, Side, along, chest, face, unit
from training.scenario.world import FPS, PROP_SIZES_M

_UP = np.array([0, 0, 1], np.float32)


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
                f"{free}_fore": aim + rng.uniform(50, 100),
                f"{free}_fore_out": rng.uniform(-35, 20),
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
) -> tuple[Float, Way]:
    """The arm with the phone, and the way of the phone: centre (T, 3), axes (T, 3, 3)."""
    start, taken, seen, looked, ear, leaves, away, done = marks
    count, sign = len(joints), sign_of(side)
    head, body = face(joints), chest(joints)
    hip, lobe = joints[:, 11 if side == "left" else 12], joints[:, 3 if side == "left" else 4]
    # It comes out of the trousers' front pocket, or lies on the table.
    where = hip + along(body, (0.10, sign * 0.08, 0.06))
    if direction.prop_m is not None:
        where = shifted(joints, np.array(direction.prop_m, np.float32))
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
    """Reads a book held in one or both hands, and turns a page now and then; or a laptop.

    A book that lies somewhere is taken from there and put back.
    """
    body, rest = begin(bones, direction, rng)
    side, kind = chosen_hand(direction, rng), direction.prop or "book"
    fetches = direction.prop_m is not None and kind == "book"
    stoop = stooping(direction)
    start = body.frame
    taken = body.to(rng.uniform(0.7, 0.9), {"nod": 16, "pitch": stoop}) if fetches else start
    onset, bow = body.frame, rng.uniform(14, 32)
    raised = body.to(rng.uniform(0.8, 1.3), {"nod": bow, "bend": rng.uniform(0, 10), "pitch": 0})
    pages = _scans(body, onset + round(lasting(direction, rng, 3.5, 8.0) * FPS), bow, rng)
    lowered = body.frame
    put = body.to(rng.uniform(0.7, 1.1), {**CALM, **({"pitch": stoop} if fetches else rest)})
    done = body.to(0.7, {**CALM, **rest}) if fetches else put
    body.hold(rng.uniform(0.1, 0.3))
    joints = body.joints(feet="planted")
    share = travel(len(joints), [(onset, 0), (raised, 1), (lowered, 1), (put, 0)])
    if kind == "laptop":
        joints, way = _typing(joints, share)
    else:
        joints, way = _reading(joints, (side, kind), share, pages, rng)
    frames = (0, len(joints))
    if direction.prop_m is not None and fetches:
        trip = Trip(start, taken, raised, lowered, put, done)
        spot = shifted(joints, np.array(direction.prop_m, np.float32))[0]
        joints, way = fetched(joints, side, way, spot, trip)
        frames = (taken, put)
    hand: Hand = "both" if kind == "laptop" else side
    grip = gripped(joints, kind, hand, frames, way)
    span = (onset + (raised - onset) // 2, lowered + round(0.3 * (put - lowered)))
    return finished("read", joints, span, direction, grips=(grip,))


def _scans(body: Body, until: int, bow: float, rng: Rng) -> list[int]:
    """The eyes go over the lines until a frame; frames in which a page is turned."""
    pages: list[int] = []
    while body.frame < until - 12:
        left_s = (until - body.frame) / FPS
        look, nod = rng.normal(0, 5), bow + rng.normal(0, 3)
        scan = {"look": look, "nod": nod, "side": rng.normal(0, 0.015)}
        body.to(min(rng.uniform(0.6, 1.4), left_s), scan)
        if left_s > 2.5 and rng.random() < 0.3 and (not pages or body.frame - pages[-1] > 60):
            pages.append(body.frame + 18)
            body.hold(1.3)
    return pages


def _reading(
    joints: Float, what: tuple[Side, str], share: Float, pages: Sequence[int], rng: Rng
) -> tuple[Float, Way]:
    """Both arms, and the way of the book in them."""
    side, kind = what
    sign, grasp = sign_of(side), 0.5 * PROP_SIZES_M[kind][0] - 0.005
    body, head = chest(joints), face(joints)
    level = unit(body[:, :, 0] * np.array([1, 1, 0], np.float32))
    across = -body[:, :, 1]  # to the reader's right
    ahead, below = rng.uniform(0.35, 0.44), rng.uniform(0.14, 0.26)
    breath = 0.004 * np.sin(np.arange(len(joints)) / FPS * 1.7)[:, None]
    centre = joints[:, 20] + ahead * level + (breath - below) * _UP
    upward = unit(_UP + rng.uniform(0.35, 0.9) * level)
    two = rng.random() < 0.7
    for name in ("left", "right"):
        near = sign_of(name)
        if name != side and not two and not pages:
            continue
        at = centre - near * grasp * across - 0.06 * upward + 0.01 * level
        points = unit(along(head, (0.55, -near * 0.35, 0.35)) + 0.3 * upward)
        own = share
        if name != side:
            turned, sweep = _page_turns(pages, len(joints))
            aside = near * (0.07 - 0.13 * sweep)[:, None] * across
            page = centre + 0.07 * upward - 0.03 * level - aside
            at = at * (1 - turned[:, None]) + page * turned[:, None]
            own = share if two else np.minimum(share, turned)
        goal = Goal(at=at.astype(np.float32), share=own, points=points, elbow=24)
        joints = reach_for(joints, name, goal)
    held, hand = share[:, None], joints[:, ARM[side][3]]
    forearm = unit(hand - joints[:, ARM[side][2]])
    carried = hand + 0.06 * forearm + sign * 0.02 * body[:, :, 1]
    in_hand = hand + sign * grasp * across + 0.06 * upward - 0.01 * level
    up = unit(upward * held + forearm * (1 - held) + 1e-3 * level)
    axes = upright_axes(across * held + level * (1 - held), up)
    return joints, ((in_hand * held + carried * (1 - held)).astype(np.float32), axes)


def _page_turns(pages: Sequence[int], count: int) -> tuple[Float, Float]:
    """How far a hand is at the page (T,), and how far it has carried it over (T,)."""
    turned, sweep = np.zeros(count, np.float32), np.zeros(count, np.float32)
    for page in pages:
        there = [(page - 15, 0), (page - 4, 1), (page + 10, 1), (page + 22, 0)]
        turned = np.maximum(turned, travel(count, there))
        over = [(page - 4, 0), (page + 10, 1), (page + 14, 0)]
        sweep = np.maximum(sweep, travel(count, over))
    return turned, sweep


def _typing(joints: Float, share: Float) -> tuple[Float, Way]:
    """Both hands on a laptop that lies on the knees."""
    body = chest(joints)
    level = unit(body[:, :, 0] * np.array([1, 1, 0], np.float32))
    knees, hips = joints[:, [13, 14]].mean(axis=1), joints[:, [11, 12]].mean(axis=1)
    centre = 0.75 * knees + 0.25 * hips + 0.20 * _UP
    for name in ("left", "right"):
        near = sign_of(name)
        tapping = 0.012 * np.sin(np.arange(len(joints)) / FPS * (7 + near))[:, None]
        at = centre + near * 0.09 * body[:, :, 1] - 0.10 * level + (tapping - 0.08) * _UP
        points = unit(level - 0.35 * near * body[:, :, 1] - 0.15 * _UP)
        goal = Goal(at=at.astype(np.float32), share=share, points=points, elbow=24)
        joints = reach_for(joints, name, goal)
    upward = np.broadcast_to(_UP, centre.shape).astype(np.float32)
    return joints, (centre.astype(np.float32), upright_axes(-body[:, :, 1], upward))
