"""Work: hammering, lifting and holding a box."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from recognition.frames import Float
from training.figure import Pose
from training.poses import legs
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
from training.scenario.moves.body import Body, Rng, travel
from training.scenario.moves.drinking import stooping
from training.scenario.moves.fetching import Trip, fetched
from training.scenario.moves.limbs import ARM, Side, along, chest, unit
from training.scenario.world import FPS, PROP_SIZES_M

_UP = np.array([0, 0, 1], np.float32)
_HEAD_M, _GRASP_M = 0.15, 0.10  # from a hammer's middle to its head, and down to the hand


def _struck(direction: Direction, side: Side, rng: Rng) -> tuple[Float, bool]:
    """Where the hammer hits, in the actor's own space, and whether that is on a wall."""
    if direction.other_m is not None:
        spot = np.array(direction.other_m, np.float32)
        return spot, bool(spot[2] > 1.15 and not direction.seated)
    aside = sign_of(side) * rng.uniform(0.0, 0.14)
    if direction.seated:
        return np.array(
            [rng.uniform(0.48, 0.56), aside, direction.seat_m + 0.30], np.float32
        ), False
    if rng.random() < 0.35:
        return np.array([rng.uniform(0.46, 0.58), aside, rng.uniform(1.2, 1.55)], np.float32), True
    return np.array([rng.uniform(0.50, 0.60), aside, rng.uniform(0.78, 0.95)], np.float32), False


def hammer(bones: Float, direction: Direction, rng: Rng) -> Move:
    """Hits something on a bench or a wall again and again; every blow is heard."""
    body, rest = begin(bones, direction, rng)
    side = chosen_hand(direction, rng)
    spot, wall = _struck(direction, side, rng)
    start = body.frame
    fetches = direction.prop_m is not None
    grasped = (
        body.to(rng.uniform(0.7, 0.9), {"nod": 16, "pitch": stooping(direction)})
        if fetches
        else start
    )
    stoop = 0 if wall else rng.uniform(8, 20)
    bow = 0 if wall else rng.uniform(14, 28)
    back = 0.0 if wall else -0.06
    ready = body.to(rng.uniform(0.6, 0.9), {"pitch": stoop, "nod": bow, "ahead": back})
    until = ready + lasting(direction, rng, 2.2, 5.0) * FPS
    blows, swings = _blows(body, until, (stoop, bow, sign_of(side)), rng)
    leaves = body.to(0.2, {})
    down = {"pitch": stooping(direction)} if fetches else rest
    put = body.to(rng.uniform(0.6, 0.9), {**CALM, "ahead": 0, **down})
    done = body.to(0.7, {**CALM, **rest}) if fetches else put
    body.hold(rng.uniform(0.1, 0.3))
    joints = body.joints(feet="planted")
    count, moved = len(joints), np.array([*joints[0, 17, :2], 0], np.float32)
    share = travel(count, [(grasped, 0), (ready, 1), (leaves, 1), (put, 0)])
    size = rng.uniform(0.5, 0.8) if direction.seated else rng.uniform(0.7, 1.15)
    hit, frames = (spot + moved, size), (0, count)
    joints, way = _hammering(joints, (side, wall), share, _swing(swings, count), hit)
    if rng.random() < 0.6:
        joints = _holding_nail(joints, other(side), spot + moved, share)
    if direction.prop_m is not None:
        lies = np.array(direction.prop_m, np.float32) + moved
        trip = Trip(start, grasped, ready, leaves, put, done)
        joints, way = fetched(joints, side, way, lies, trip)
        frames = (grasped, put)
    grip = gripped(joints, direction.prop or "hammer", side, frames, way)
    cues = sounds_at(blows, "hammer", rng, rng.uniform(-14, -6))
    return finished("hammer", joints, (ready, blows[-1] + 6), direction, grips=(grip,), sounds=cues)


def _blows(
    body: Body, until: float, trunk: tuple[float, float, float], rng: Rng
) -> tuple[list[int], list[tuple[int, float]]]:
    """Blows until a frame: when they hit, and the moments of the swing (see ``_swing``).

    trunk: its pitch and nod, degrees, and 1 or -1 for the left or the right hand.
    """
    stoop, bow, sign = trunk
    up_s, down_s = rng.uniform(0.28, 0.48), rng.uniform(0.10, 0.16)
    blows: list[int] = []
    swings = [(body.frame, 0.7)]
    while body.frame < until or len(blows) < 3:
        lift = {"pitch": stoop - 4, "roll": sign * 5, "nod": bow + rng.normal(0, 2)}
        swings.append((body.to(up_s * rng.uniform(0.9, 1.15), lift), 0.0))
        blows.append(body.to(down_s, {"pitch": stoop + 3, "roll": -sign * 4}))
        swings.append((blows[-1], 1.0))
        swings.append((body.to(rng.uniform(0.04, 0.1), {}), 1.0))
        if rng.random() < 0.15 and len(blows) > 2:
            swings.append((body.to(rng.uniform(0.3, 0.6), {"nod": bow + 4}), 0.8))
    return blows, swings


def _holding_nail(joints: Float, side: Side, struck: Float, share: Float) -> Float:
    """The other hand holds what is hit."""
    near = struck + np.array([-0.06, 0.10 * sign_of(side), 0.03], np.float32)
    at = np.broadcast_to(near, (len(joints), 3)).astype(np.float32)
    fingers = along(chest(joints), (0.8, sign_of(other(side)) * 0.45, 0.1))
    return reach_for(joints, side, Goal(at=at, share=share, points=fingers, elbow=30))


def _swing(moments: list[tuple[int, float]], count: int) -> Float:
    """0 where the hammer is raised, 1 where it hits, (T,); it falls ever faster."""
    value = np.full(count, moments[0][1], np.float32)
    frames = np.arange(count)
    for (start, before), (end, after) in pairwise(moments):
        share = np.clip((frames - start) / max(end - start, 1), 0, 1)
        share = share**1.8 if after == 1.0 else share * share * (3 - 2 * share)
        value = np.where(frames >= start, before + (after - before) * share, value)
    out: Float = value.astype(np.float32)
    return out


def _hammering(
    joints: Float, what: tuple[Side, bool], share: Float, swing: Float, hit: tuple[Float, float]
) -> tuple[Float, tuple[Float, Float]]:
    """The arm with the hammer, and the way of the hammer: centre (T, 3), axes (T, 3, 3)."""
    side, wall = what
    (struck, size), sign = hit, sign_of(side)
    count, raised = len(joints), (1 - swing)[:, None]
    flat = np.array([1, 0, 0], np.float32)
    # Along the handle, and the way of the blow, as they turn about the left axis.
    angle = np.radians((62 if wall else 8) + size * (70 if wall else 88) * (1 - swing))
    handle = np.stack([np.cos(angle), np.zeros(count), np.sin(angle)], axis=1).astype(np.float32)
    blow = np.stack([np.sin(angle), np.zeros(count), -np.cos(angle)], axis=1).astype(np.float32)
    reach = 0.5 * PROP_SIZES_M["hammer"][0]
    first = np.radians(62 if wall else 8)
    handle_at = np.array([np.cos(first), 0, np.sin(first)], np.float32)
    blow_at = np.array([np.sin(first), 0, -np.cos(first)], np.float32)
    hand = struck - reach * blow_at - (_HEAD_M + _GRASP_M) * handle_at
    away = np.array([-0.20, sign * 0.05, 0.16] if wall else [-0.14, sign * 0.05, 0.34], np.float32)
    at = hand + size * raised * away
    points = unit(flat + 0.15 * raised * _UP - 0.1 * sign * np.array([0, 1, 0], np.float32))
    goal = Goal(at=at.astype(np.float32), share=share, points=points, elbow=30, bow=0.05)
    joints = reach_for(joints, side, goal)
    held = share[:, None]
    handle = unit(handle * held + np.array([0.95, 0, -0.25], np.float32) * (1 - held))
    blow = unit(blow * held + np.array([0.0, 0, -1], np.float32) * (1 - held))
    centre = joints[:, ARM[side][3]] + _GRASP_M * handle
    return joints, (centre, upright_axes(blow, handle))


def carry_box(bones: Float, direction: Direction, rng: Rng) -> Move:
    """Lifts a box with both hands from the floor or a table, holds it, puts it down again."""
    body, rest = begin(bones, direction, rng)
    high = direction.prop_m is not None and direction.prop_m[2] > 0.5
    size = PROP_SIZES_M["box"]
    spot = np.array(direction.prop_m or (rng.uniform(0.40, 0.46), 0, size[2] / 2), np.float32)
    deep = rng.uniform(0.75, 1.0)
    low: Pose = {
        **legs(100 * deep, -34 * deep, rng.uniform(12, 22)), "pitch": 62 - 14 * deep,
        "nod": -rng.uniform(0, 20), "bend": 10,
    }  # fmt: skip
    if high:
        low = {"pitch": rng.uniform(12, 25), "nod": 15}
    straight = {**legs(2, -3, 4), "pitch": -rng.uniform(0, 6), "bend": 0, "nod": rng.uniform(0, 12)}
    start = body.frame
    body.to(rng.uniform(0.8, 1.2), low)
    taken = body.hold(rng.uniform(0.1, 0.25))
    up = body.to(rng.uniform(0.8, 1.2), straight)
    hold_s = max(0.6, lasting(direction, rng, 2.6, 4.5) - 2.0)
    glances(body, hold_s, rng, 0.5)
    lower = body.to(0.2, {**straight, "look": 0, "yaw": 0, "lean": 0})
    body.to(rng.uniform(0.8, 1.2), {**low, "side": 0})
    put = body.hold(rng.uniform(0.1, 0.25))
    back = body.to(rng.uniform(0.7, 1.1), {**CALM, **rest, **legs(2, -3, 4)})
    body.hold(rng.uniform(0.1, 0.3))
    joints = body.joints(feet="planted")
    count = len(joints)
    held = travel(count, [(taken, 0), (up, 1), (lower, 1), (put - 3, 0)])[:, None]
    share = travel(count, [(start, 0), (taken - 3, 1), (put, 1), (back - 6, 0)])
    rested = spot + np.array([*joints[0, 17, :2], 0], np.float32)
    axes = chest(joints)
    ahead = unit(axes[:, :, 0] * np.array([1, 1, 0], np.float32))
    before = joints[:, 17] + 0.38 * ahead + 0.19 * _UP
    centre = before * held + rested * (1 - held)
    left = unit(axes[:, :, 1] * held + np.array([0, 1, 0], np.float32) * (1 - held))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        at = centre + sign * (0.5 * size[0] - 0.01) * left - 0.07 * _UP - 0.02 * ahead
        points = unit(ahead - 0.25 * sign * left - 0.5 * (1 - held) * _UP)
        goal = Goal(at=at.astype(np.float32), share=share, points=points, elbow=28, bow=0.0)
        joints = reach_for(joints, side, goal)
    box = upright_axes(-left, np.broadcast_to(_UP, (count, 3)))
    grip = gripped(joints, direction.prop or "box", "both", (taken, put), (centre, box))
    return finished("carry_box", joints, (taken, put), direction, grips=(grip,))
