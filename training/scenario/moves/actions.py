"""Actions of the whole body on its feet: jumping, squatting, striking, kicking."""

from __future__ import annotations

import numpy as np

from recognition.frames import Float
from training.figure import Pose
from training.poses import arms, both, legs
from training.scenario.move import Direction, Move
from training.scenario.moves.acting import CALM, begin, chosen_hand, finished, other, sign_of
from training.scenario.moves.body import Body, Rng

_G = 9.81


def _legs_of(rest_rng: Rng) -> Pose:
    """Legs of somebody who stands again."""
    return legs(2, -3, rest_rng.uniform(3, 5))


def _counted(direction: Direction, rng: Rng, each_s: float, most: int) -> int:
    """How often something of ``each_s`` seconds is done."""
    if direction.for_s is None:
        return int(rng.integers(1, most + 1))
    return max(1, round(direction.for_s / each_s))


def jump(bones: Float, direction: Direction, rng: Rng) -> Move:
    """Jumps in place or forwards, once or several times, on a true parabola."""
    body, rest = begin(bones, direction, rng)
    high, deep = rng.uniform(0.10, 0.38), rng.uniform(28, 62)
    far = rng.uniform(0.1, 0.6) * (rng.random() < 0.35)
    half_s = float(np.sqrt(2 * high / _G))
    down: Pose = {**legs(deep, -0.55 * deep, 6), "pitch": rng.uniform(12, 32), "lift": 0}
    swings = rng.random() < 0.7
    back = arms(rng.uniform(-45, -15), 14, rng.uniform(-30, 5), 5) if swings else {}
    front = (
        arms(rng.uniform(55, 125), rng.uniform(8, 25), rng.uniform(65, 135), 5)
        if swings
        else arms(rng.uniform(0, 25), 22, rng.uniform(20, 70), 10)
    )
    tucked = legs(rng.uniform(4, 38), -rng.uniform(10, 48), 4)
    push_s = rng.uniform(0.2, 0.24)
    begun = push_s / (push_s + half_s)  # of the swing of the arms, when the feet leave the floor
    start = back or rest
    midway = {name: start[name] + begun * (value - start[name]) for name, value in front.items()}
    onset = body.frame
    for count in range(_counted(direction, rng, 0.75 + 2 * half_s, 3)):
        body.to(rng.uniform(0.28, 0.42), {**down, **back, "nod": rng.uniform(-18, 0)})
        body.to(push_s, {**_legs_of(rng), "pitch": 2, **midway}, "in")
        top = {**tucked, **front, "lift": high, "forward": (count + 0.5) * far}
        body.to(half_s, top, "out")
        landing = {**legs(14, -10, 5), "lift": 0, "forward": (count + 1) * far}
        body.to(half_s, landing, "in")
        softened = {**legs(0.7 * deep, -0.4 * deep, 6), "pitch": rng.uniform(10, 24)}
        body.to(rng.uniform(0.12, 0.18), softened, "out")
        body.to(rng.uniform(0.25, 0.4), {**_legs_of(rng), "pitch": 0, **rest, "nod": 0})
    end = body.frame - 4
    body.to(0.2, {**rest, **CALM})
    body.hold(rng.uniform(0.2, 0.4))
    return finished("jump", body.joints(feet="free"), (onset, end), direction)


def squat(bones: Float, direction: Direction, rng: Rng) -> Move:
    """Bends the knees deeply and rises, once or several times, arms as people hold them."""
    body, rest = begin(bones, direction, rng)
    depth = rng.uniform(0.7, 1.12)
    out = rng.uniform(6, 24)
    down: Pose = {
        **legs(98 * depth, -rng.uniform(26, 40) * depth, out),
        "pitch": rng.uniform(15, 42) * depth, "nod": -rng.uniform(5, 25),
    }  # fmt: skip
    style = rng.choice(4, p=[0.4, 0.25, 0.25, 0.1])
    lifted = [
        arms(rng.uniform(75, 95), rng.uniform(0, 12), rng.uniform(78, 98), 0),
        arms(rng.uniform(10, 30), 14, rng.uniform(20, 50), 0),
        arms(rng.uniform(50, 70), 8, rng.uniform(115, 135), -28),
        arms(rng.uniform(145, 170), 30, rng.uniform(150, 190), -30),
    ][style]
    down_s, up_s, low_s = rng.uniform(0.6, 1.1), rng.uniform(0.55, 1.0), rng.uniform(0.05, 0.6)
    onset = body.frame
    for _ in range(_counted(direction, rng, down_s + up_s + low_s + 0.2, 3)):
        size = rng.uniform(0.93, 1.05)
        low = {name: value * size for name, value in down.items()}
        body.to(down_s * rng.uniform(0.9, 1.1), {**low, **lifted})
        body.hold(low_s)
        body.to(up_s * rng.uniform(0.9, 1.1), {**_legs_of(rng), "pitch": 0, "nod": 0})
        body.hold(rng.uniform(0.0, 0.25))
    end = body.frame
    body.to(rng.uniform(0.4, 0.7), {**rest, **CALM})
    body.hold(rng.uniform(0.1, 0.2))
    return finished("squat", body.joints(feet="planted"), (onset, end), direction)


def _guard(rng: Rng) -> Pose:
    return {
        **both("arm", rng.uniform(18, 45)), **both("arm_out", rng.uniform(8, 24)),
        **both("fore", rng.uniform(125, 155)), **both("fore_out", rng.uniform(-28, -8)),
        "pitch": rng.uniform(2, 14), "bend": rng.uniform(0, 8), "nod": rng.uniform(-6, 6),
    }  # fmt: skip


def _blow(body: Body, side: str, guard: Pose, rng: Rng) -> None:
    """One jab or cross, hook or uppercut, and back to the guard."""
    sign = sign_of(side)
    near, turn = side[0], -sign * rng.uniform(15, 45)
    style = rng.choice(4, p=[0.5, 0.2, 0.18, 0.12])
    height = rng.normal(92, 8) if style < 3 else rng.uniform(60, 75)
    if style in {0, 3}:  # straight, at the head or the body
        cocked: Pose = {f"{near}_arm": rng.uniform(-5, 20), f"{near}_fore": rng.uniform(105, 130)}
        hit: Pose = {"arm": height, "arm_out": -4, "fore": height + 3, "fore_out": -8}
    elif style == 1:  # a hook
        cocked = {f"{near}_arm": 35, f"{near}_arm_out": 55, f"{near}_fore": 90}
        hit = {"arm": 82, "arm_out": 45, "fore": 88, "fore_out": -50}
    else:  # an uppercut
        cocked = {f"{near}_arm": -25, f"{near}_arm_out": 14, f"{near}_fore": 60}
        hit = {"arm": 70, "arm_out": 0, "fore": 150, "fore_out": -12}
    blow = {f"{near}_{name}": value + rng.normal(0, 4) for name, value in hit.items()}
    trunk = {"yaw": turn, "roll": 0.5 * turn, "pitch": rng.uniform(6, 20), "ahead": 0.06}
    body.to(rng.uniform(0.12, 0.25), {**cocked, "yaw": -0.4 * turn, "roll": -0.2 * turn})
    body.to(rng.uniform(0.12, 0.2), {**blow, **trunk})
    body.to(rng.uniform(0.2, 0.35), {**guard, "yaw": 0, "roll": 0, "ahead": 0})


def punch(bones: Float, direction: Direction, rng: Rng) -> Move:
    """Straight blows, hooks and uppercuts, single or in combination, from a guard or from rest."""
    body, rest = begin(bones, direction, rng)
    side = chosen_hand(direction, rng)
    stance = rng.uniform(8, 18) * -sign_of(side)
    guard = {**_guard(rng), **legs(14, -14, 8)}
    onset = body.frame
    body.to(rng.uniform(0.35, 0.6), {**guard, "turn": 0, "side": 0.0, "roll": 0.3 * stance})
    blows = _counted(direction, rng, 0.7, 5)
    for count in range(blows):
        first = count % 2 == 0 if rng.random() < 0.8 else count % 2 == 1
        name = side if first else ("left" if side == "right" else "right")
        _blow(body, name, guard, rng)
        if rng.random() < 0.4:
            shift = {"side": rng.normal(0, 0.03), "pitch": rng.uniform(2, 14)}
            body.to(rng.uniform(0.15, 0.5), shift)
    end = body.frame
    body.to(rng.uniform(0.5, 0.8), {**rest, **CALM, **_legs_of(rng), "ahead": 0})
    body.hold(rng.uniform(0.1, 0.2))
    return finished("punch", body.joints(feet="planted"), (onset + 6, end), direction)


def kick(bones: Float, direction: Direction, rng: Rng) -> Move:
    """Front, side and low kicks with either leg, once or twice, on one standing foot."""
    body, rest = begin(bones, direction, rng)
    side = chosen_hand(direction, rng)
    leg, sign = side[0], sign_of(side)
    stance = other(side)
    style = rng.integers(3)
    height = [rng.uniform(65, 105), rng.uniform(45, 85), rng.uniform(35, 60)][style]
    aside = rng.uniform(35, 60) if style == 1 else rng.uniform(0, 10)
    hold = _guard(rng) if rng.random() < 0.35 else {}
    swing = {"l_arm": rng.normal(5, 22), "r_arm": rng.normal(5, 22), **both("arm_out", 24)}
    straight = height - rng.uniform(2, 14)
    load: Pose = {
        f"{leg}_thigh": 0.85 * height,
        f"{leg}_shin": 0.85 * height - rng.uniform(65, 90),
    }
    if style == 2:  # as at a ball: from behind
        load = {f"{leg}_thigh": -rng.uniform(20, 40), f"{leg}_shin": -rng.uniform(60, 85)}
    hit: Pose = {
        f"{leg}_thigh": height, f"{leg}_shin": straight, f"{leg}_thigh_out": aside,
        f"{leg}_shin_out": aside, "pitch": -rng.uniform(4, 22), "lean": -sign * 0.35 * aside,
        "yaw": rng.normal(0, 8), "roll": -sign * rng.uniform(0, 25),
    }  # fmt: skip
    back: Pose = {
        f"{leg}_thigh": 2, f"{leg}_shin": -4, f"{leg}_thigh_out": 4, f"{leg}_shin_out": 2,
        "pitch": 0, "yaw": 0, "roll": 0, "lean": 0, "side": 0,
    }  # fmt: skip
    onset = body.frame
    if hold:
        body.to(rng.uniform(0.3, 0.5), hold)
    support = {f"{stance[0]}_thigh": 10, f"{stance[0]}_shin": -8}
    for _ in range(_counted(direction, rng, 1.1, 2)):
        away = {**support, **({} if hold else swing)}
        body.to(rng.uniform(0.25, 0.42), {**load, **away, "lean": -sign * 4})
        body.to(rng.uniform(0.2, 0.28), hit)
        body.hold(rng.uniform(0, 0.1))
        body.to(rng.uniform(0.18, 0.3), {f"{leg}_thigh": 45, f"{leg}_shin": -30})
        body.to(rng.uniform(0.25, 0.4), {**back, **(hold or rest)})
    end = body.frame
    body.to(rng.uniform(0.3, 0.6), {**rest, **CALM, **_legs_of(rng)})
    body.hold(rng.uniform(0.1, 0.2))
    return finished("kick", body.joints(feet=stance), (onset, end), direction)
