"""Work with bigger things: hammering, lifting a box, throwing a ball, picking something up."""

from __future__ import annotations

import numpy as np

from recognition.frames import Float
from training.figure import Pose
from training.poses import arms, legs
from training.scenario.move import Direction, Grip, Move
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
    stoop = 0 if wall else rng.uniform(8, 20)
    bow = 0 if wall else rng.uniform(14, 28)
    body.to(
        rng.uniform(0.6, 0.9), {"pitch": stoop, "nod": bow, "ahead": -0.06 if not wall else 0.0}
    )
    up_s, down_s = rng.uniform(0.28, 0.48), rng.uniform(0.10, 0.16)
    ready = body.frame
    blows: list[int] = []
    until = ready + lasting(direction, rng, 2.2, 5.0) * FPS
    swings = [(ready, 0.7)]
    while body.frame < until or len(blows) < 3:
        lift = {"pitch": stoop - 4, "roll": sign_of(side) * 5, "nod": bow + rng.normal(0, 2)}
        swings.append((body.to(up_s * rng.uniform(0.9, 1.15), lift), 0.0))
        blows.append(body.to(down_s, {"pitch": stoop + 3, "roll": -sign_of(side) * 4}))
        swings.append((blows[-1], 1.0))
        swings.append((body.to(rng.uniform(0.04, 0.1), {}), 1.0))
        if rng.random() < 0.15 and len(blows) > 2:
            swings.append((body.to(rng.uniform(0.3, 0.6), {"nod": bow + 4}), 0.8))
    body.to(0.2, {})
    leaves = body.frame
    body.to(rng.uniform(0.6, 0.9), {**CALM, **rest, "ahead": 0})
    done = body.frame
    body.hold(rng.uniform(0.1, 0.3))
    joints = body.joints(feet="planted")
    share = travel(len(joints), [(start, 0), (ready, 1), (leaves, 1), (done, 0)])
    struck = spot + np.array([*joints[0, 17, :2], 0], np.float32)
    size = rng.uniform(0.7, 1.15)
    joints, way = _hammering(
        joints, (side, wall), share, _swing(swings, len(joints)), (struck, size)
    )
    if rng.random() < 0.6:  # the other hand holds the nail
        near = struck + np.array([-0.06, 0.10 * sign_of(other(side)), 0.03], np.float32)
        held = share * np.float32(1.0)
        at = np.broadcast_to(near, (len(joints), 3)).astype(np.float32)
        fingers = along(chest(joints), (0.8, sign_of(side) * 0.45, 0.1))
        joints = reach_for(joints, other(side), Goal(at=at, share=held, points=fingers, elbow=30))
    grip = gripped(joints, direction.prop or "hammer", side, (0, len(joints)), way)
    cues = sounds_at(blows, "hammer", rng, rng.uniform(-14, -6))
    span = (ready, blows[-1] + 6)
    return finished("hammer", joints, span, direction, grips=(grip,), sounds=cues)


def _swing(moments: list[tuple[int, float]], count: int) -> Float:
    """0 where the hammer is raised, 1 where it hits, (T,); it falls ever faster."""
    value = np.full(count, moments[0][1], np.float32)
    frames = np.arange(count)
    for (start, before), (end, after) in zip(moments, moments[1:], strict=False):
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
        joints = reach_for(joints, side, goal)  # type: ignore[arg-type]
    box = upright_axes(-left, np.broadcast_to(_UP, (count, 3)))
    grip = gripped(joints, direction.prop or "box", "both", (taken, put), (centre, box))
    return finished("carry_box", joints, (taken, put), direction, grips=(grip,))


def throw_ball(bones: Float, direction: Direction, rng: Rng) -> Move:
    """Throws a ball: overhand, underhand, or with both hands from the chest."""
    body, rest = begin(bones, direction, rng)
    side = chosen_hand(direction, rng)
    near, sign = side[0], sign_of(side)
    style = rng.choice(3, p=[0.45, 0.25, 0.3])
    aim = 0.0
    if direction.other_m is not None:
        aim = float(np.degrees(np.arctan2(direction.other_m[1], direction.other_m[0])))
    body.to(0.3, {"look": 0.6 * aim})
    start = body.frame
    if style == 2:
        load = arms(rng.uniform(5, 25), 22, rng.uniform(105, 130), -34)
        out = arms(rng.uniform(80, 98), 4, rng.uniform(82, 100), -6)
    elif style == 1:
        load = {
            f"{near}_arm": -rng.uniform(35, 60),
            f"{near}_fore": -rng.uniform(10, 40),
            "pitch": 10,
        }
        out = {f"{near}_arm": rng.uniform(55, 80), f"{near}_fore": rng.uniform(75, 105), "pitch": 5}
    else:
        load = {
            f"{near}_arm": rng.uniform(85, 110), f"{near}_arm_out": rng.uniform(55, 75),
            f"{near}_fore": rng.uniform(180, 215), f"{near}_fore_out": 10, "pitch": -6,
        }  # fmt: skip
        out = {
            f"{near}_arm": rng.uniform(105, 130), f"{near}_arm_out": 14,
            f"{near}_fore": rng.uniform(95, 120), f"{near}_fore_out": 0, "pitch": 8,
        }  # fmt: skip
    wound = {"yaw": 0.5 * aim + sign * -rng.uniform(18, 38) * (style != 2), "ahead": -0.05}
    thrown = {"yaw": 0.7 * aim + sign * rng.uniform(8, 25) * (style != 2), "ahead": 0.10}
    load_s, held = rng.uniform(0.45, 0.8), arms(25, 14, 95, -22)
    if style == 2:
        body.to(rng.uniform(0.4, 0.6), held)
    onset = body.frame
    body.to(load_s, {**load, **wound, "roll": 0.3 * wound["yaw"]})
    swing_s = rng.uniform(0.17, 0.26)
    body.to(swing_s, {**out, **thrown, "roll": 0.3 * thrown["yaw"]}, "in")
    let_go = body.frame
    follow = {f"{near}_arm": rng.uniform(45, 75), f"{near}_fore": rng.uniform(40, 70)}
    follow = follow if style != 2 else arms(70, 8, 72, 0)
    body.to(rng.uniform(0.2, 0.35), {**follow, "pitch": rng.uniform(8, 18)}, "out")
    end = body.frame
    body.to(rng.uniform(0.5, 0.8), {**rest, **CALM, "ahead": 0})
    body.hold(rng.uniform(0.1, 0.3))
    joints = body.joints(feet="planted")
    if style == 2:
        joints = _both_on_ball(
            joints, travel(len(joints), [(start - 6, 0), (onset, 1), (let_go, 1), (let_go + 8, 0)])
        )
    grip = _ball(joints, (side, style == 2), (start - 6, onset), let_go, direction.prop or "ball")
    return finished("throw_ball", joints, (onset, end), direction, grips=(grip,))


def _both_on_ball(joints: Float, share: Float) -> Float:
    """Both hands as far apart as the ball is wide, around their middle."""
    axes = chest(joints)
    middle = (joints[:, 22] + joints[:, 23]) / 2
    for side, sign in (("left", 1.0), ("right", -1.0)):
        at = middle + sign * 0.105 * axes[:, :, 1]
        goal = Goal(
            at=at,
            share=share,
            points=unit(joints[:, ARM[side][3]] - joints[:, ARM[side][2]]),
            bow=0,
        )  # type: ignore[index]
        joints = reach_for(joints, side, goal)  # type: ignore[arg-type]
    return joints


def _ball(
    joints: Float, hands: tuple[Side, bool], taken: tuple[int, int], let_go: int, kind: str
) -> Grip:
    """The ball in one hand, or on its way from one hand to between both."""
    side, two = hands
    forearm = unit(joints[:, ARM[side][3]] - joints[:, ARM[side][2]])
    inward = along(chest(joints), (0, -sign_of(side), 0))
    centre = joints[:, ARM[side][3]] + 0.08 * forearm + 0.07 * inward
    if two:
        both = (joints[:, 22] + joints[:, 23]) / 2 + 0.05 * forearm
        share = travel(len(joints), [(taken[0], 0), (taken[1], 1)])[:, None]
        centre = centre * (1 - share) + both * share
    axes = np.repeat(np.eye(3, dtype=np.float32)[None], len(joints), axis=0)
    grip = gripped(joints, kind, side, (0, let_go), (centre, axes))
    return Grip(
        kind=grip.kind, hand=grip.hand, start=0, end=let_go, offset=grip.offset, axes=grip.axes,
        level=True, flies=True,
    )  # fmt: skip


_SMALL = ("bottle", "cup", "book", "phone", "ball")


def pick_up(bones: Float, direction: Direction, rng: Rng) -> Move:
    """Takes something from the floor, bending or squatting, with one hand or both."""
    body, rest = begin(bones, direction, rng)
    side = chosen_hand(direction, rng)
    kind = direction.prop or _SMALL[rng.integers(len(_SMALL))]
    two = kind == "box" or (kind in {"ball", "book"} and rng.random() < 0.5)
    spot = _lying(direction, side, kind, two, rng)
    low = _bent(spot, side, rng)
    onset = body.frame
    body.to(rng.uniform(0.7, 1.2), low)
    taken = body.hold(rng.uniform(0.08, 0.3))
    up_s = rng.uniform(0.7, 1.1)
    rises: Pose = {**CALM, **legs(2, -3, 4)}
    up = body.to(up_s, {**rises, "nod": rng.uniform(0, 14)})
    end = up - round(0.1 * up_s * FPS)
    body.to(rng.uniform(0.3, 0.5), {**rest, **CALM})
    body.hold(rng.uniform(0.1, 0.3))
    joints = body.joints(feet="planted")
    return _picking(joints, (side, kind, two), (onset, taken, up, end), (spot, direction))


def _lying(direction: Direction, side: Side, kind: str, two: bool, rng: Rng) -> Float:
    """Where the thing lies, in the actor's own space."""
    if direction.prop_m is not None:
        return np.array(direction.prop_m, np.float32)
    aside = 0.0 if two else sign_of(side) * rng.uniform(0.02, 0.22)
    height = PROP_SIZES_M[kind][1 if kind in {"book", "phone"} else 2] / 2
    return np.array([rng.uniform(0.34, 0.46), aside, height], np.float32)


def _bent(spot: Float, side: Side, rng: Rng) -> Pose:
    """Bent in the hips, or in the knees, or something between; less for what lies high."""
    deep = rng.choice([rng.uniform(0.05, 0.3), rng.uniform(0.6, 1.0)])
    size = float(np.clip(1.15 - 0.9 * spot[2], 0.25, 1.0))
    split = rng.uniform(0, 14) * (rng.random() < 0.5)
    turned = sign_of(side) * -rng.uniform(0, 12)
    return {
        **legs(size * 104 * deep, -size * 36 * deep, 4 + 12 * deep),
        "pitch": size * (86 - 34 * deep), "bend": size * 12, "yaw": turned, "roll": 0.4 * turned,
        "nod": -rng.uniform(0, 24), "side": 0.001 * split,
    }  # fmt: skip


def _picking(
    joints: Float,
    what: tuple[Side, str, bool],
    marks: tuple[int, int, int, int],
    where: tuple[Float, Direction],
) -> Move:
    """The arms that take it, and the thing that is taken along."""
    (side, kind, two), (onset, taken, up, end), (spot, direction) = what, marks, where
    count = len(joints)
    lies = np.broadcast_to(spot + np.array([*joints[0, 17, :2], 0], np.float32), (count, 3))
    axes, size = chest(joints), PROP_SIZES_M[kind]
    ahead = unit(axes[:, :, 0] * np.array([1, 1, 0], np.float32))
    risen = travel(count, [(taken + 4, 0), (up, 1)])[:, None]
    share = travel(count, [(onset, 0), (taken - 2, 1), (up, 1), (up + 12, 0)])
    belly = joints[:, 17] + 0.30 * ahead + 0.16 * _UP
    beside = joints[:, 17] + along(axes, (0.22, sign_of(side) * 0.24, 0.0))
    centre = lies * (1 - risen) + (belly if two else beside) * risen
    for name in ("left", "right") if two else (side,):
        sign = sign_of(name)  # type: ignore[arg-type]
        gap = size[0] / 2 - 0.005 if two else min(size[0] / 2, 0.045)
        at = centre + sign * gap * axes[:, :, 1] + 0.02 * _UP
        points = unit(0.6 * ahead - 0.15 * sign * axes[:, :, 1] - (1.0 - 0.9 * risen) * _UP)
        goal = Goal(at=at.astype(np.float32), share=share, points=points, elbow=22, bow=0.03)
        joints = reach_for(joints, name, goal)  # type: ignore[arg-type]
    palm = joints[:, ARM[side][3]]
    first = lies[taken] - palm[taken]
    if two:
        palm = (joints[:, 22] + joints[:, 23]) / 2
        first = (lies[taken] - palm[taken]) * np.array([1, 1, 1], np.float32)
    settled = palm + first * (1 - 0.5 * risen)
    flat = kind in {"book", "phone"}
    top = ahead if flat else np.broadcast_to(_UP, (count, 3))
    way = (settled, upright_axes(np.broadcast_to(-axes[:, :, 1], (count, 3)), top))
    grips = (gripped(joints, kind, "both" if two else side, (taken, count), way),)
    return finished("pick_up", joints, (onset, end), direction, grips=grips)
