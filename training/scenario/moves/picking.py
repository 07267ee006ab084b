"""Throwing a ball; picking something up."""

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
    gripped,
    sign_of,
    upright_axes,
)  # fmt: skip
from training.scenario.moves.arms import Goal, reach_for
from training.scenario.moves.body import Rng, travel
from training.scenario.moves.drinking import shifted
from training.scenario.moves.limbs import ARM, Side, along, chest, unit
from training.scenario.world import FPS, PROP_SIZES_M

_UP = np.array([0, 0, 1], np.float32)


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
    load, out = _throwing(int(style), near, rng)
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
    follow: Pose = {f"{near}_arm": rng.uniform(45, 75), f"{near}_fore": rng.uniform(40, 70)}
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


def _throwing(style: int, near: str, rng: Rng) -> tuple[Pose, Pose]:
    """Poses before and at the release: 0 overhand, 1 underhand, 2 with both hands."""
    if style == 2:
        return (
            arms(rng.uniform(5, 25), 22, rng.uniform(105, 130), -34),
            arms(rng.uniform(80, 98), 4, rng.uniform(82, 100), -6),
        )
    if style == 1:
        back: Pose = {"arm": -rng.uniform(35, 60), "fore": -rng.uniform(10, 40)}
        ahead: Pose = {"arm": rng.uniform(55, 80), "fore": rng.uniform(75, 105)}
        pitches = 10, 5
    else:
        back = {
            "arm": rng.uniform(85, 110), "arm_out": rng.uniform(55, 75),
            "fore": rng.uniform(180, 215), "fore_out": 10,
        }  # fmt: skip
        ahead = {
            "arm": rng.uniform(105, 130), "arm_out": 14,
            "fore": rng.uniform(95, 120), "fore_out": 0,
        }  # fmt: skip
        pitches = -6, 8
    load, out = (
        {**{f"{near}_{name}": value for name, value in pose.items()}, "pitch": pitch}
        for pose, pitch in zip((back, ahead), pitches, strict=True)
    )
    return load, out


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
        )
        joints = reach_for(joints, side, goal)
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
    lies = shifted(joints, spot)
    axes, size = chest(joints), PROP_SIZES_M[kind]
    ahead = unit(axes[:, :, 0] * np.array([1, 1, 0], np.float32))
    risen = travel(count, [(taken + 4, 0), (up, 1)])[:, None]
    share = travel(count, [(onset, 0), (taken - 2, 1), (up, 1), (up + 12, 0)])
    belly = joints[:, 17] + 0.30 * ahead + 0.16 * _UP
    beside = joints[:, 17] + along(axes, (0.22, sign_of(side) * 0.24, 0.0))
    centre = lies * (1 - risen) + (belly if two else beside) * risen
    for name in ("left", "right") if two else (side,):
        sign = sign_of(name)
        gap = size[0] / 2 - 0.005 if two else min(size[0] / 2, 0.045)
        at = centre + sign * gap * axes[:, :, 1] + 0.02 * _UP
        points = unit(0.6 * ahead - 0.15 * sign * axes[:, :, 1] - (1.0 - 0.9 * risen) * _UP)
        goal = Goal(at=at.astype(np.float32), share=share, points=points, elbow=22, bow=0.03)
        joints = reach_for(joints, name, goal)
    palm = joints[:, ARM[side][3]]
    first = lies[taken] - palm[taken]
    if two:
        palm = ((joints[:, 22] + joints[:, 23]) / 2).astype(np.float32)
        first = lies[taken] - palm[taken]
    settled = palm + first * (1 - 0.5 * risen)
    if two:  # before the thighs, when the arms hang again
        settled = settled + (0.5 * size[1] + 0.06) * risen * (1 - share[:, None]) * ahead
    flat = kind in {"book", "phone"}
    top = ahead if flat else np.broadcast_to(_UP, (count, 3)).astype(np.float32)
    way = (settled, upright_axes(np.broadcast_to(-axes[:, :, 1], (count, 3)), top))
    grips = (gripped(joints, kind, "both" if two else side, (taken, count), way),)
    return finished("pick_up", joints, (onset, end), direction, grips=grips)
