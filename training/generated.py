"""Generated actions of which there are too few recordings, and what resembles them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from recognition.frames import Float
from training.figure import Pose, animate
from training.generated_background import bend, gesture, gymnastics, pick_up, reach, seated
from training.labels import CLASSES
from training.mocap import FPS, Clip, Segment
from training.poses import (
    ALL_FOURS,
    BENT,
    DEEP,
    KNEES_UP,
    ON_FLOOR,
    ON_KNEES,
    PRONE,
    SUPINE,
    Key,
    Rng,
    arms,
    both,
    jittered,
    legs,
    resting_arms,
)


def stand(rng: Rng) -> list[Key]:
    """Stands, shifts its weight, looks about, moves a hand at times."""
    keys: list[Key] = [(0, resting_arms(rng))]
    for _ in range(rng.integers(3, 6)):
        sway = {"roll": rng.normal(0, 8), "nod": rng.normal(5, 10), "yaw": rng.normal(0, 8)}
        arms = resting_arms(rng) if rng.random() < 0.25 else {}
        keys.append((rng.uniform(0.8, 2.0), {**sway, **arms, "turn": rng.normal(0, 10)}))
    return keys


def squat(rng: Rng) -> list[Key]:
    """Bends the knees and rises, once or several times, arms as people hold them."""
    depth = rng.uniform(0.55, 1.1)
    thigh, shin = 95 * depth, -(rng.uniform(25, 42) * depth)
    down: Pose = {**legs(thigh, shin, rng.uniform(4, 25)), "pitch": rng.uniform(8, 45) * depth}
    up: Pose = {**legs(2, -3, 5), "pitch": 0}
    rest = resting_arms(rng)
    lifted = [
        arms(88, 5, 88, 0), rest, arms(60, 8, 125, -25), arms(150, 30, 150, -40),
    ][rng.choice(4, p=[0.4, 0.3, 0.2, 0.1])]  # fmt: skip
    stays = rng.random() < 0.3
    keys: list[Key] = [(0, {**(lifted if stays else rest)}), (rng.uniform(0.0, 0.3), {})]
    for _ in range(rng.integers(1, 5)):
        keys.append((rng.uniform(0.45, 1.2), {**down, **lifted}))
        keys.append((rng.uniform(0.05, 0.5), {}))
        keys.append((rng.uniform(0.4, 1.1), {**up, **(lifted if stays else rest)}))
    return keys


def _on_side(rng: Rng, side: int) -> Pose:
    knees = rng.uniform(0, 40)  # drawn up along the floor
    return {
        **legs(88, 90, 0), "l_thigh_out": knees, "r_thigh_out": -knees,
        "l_shin_out": -knees, "r_shin_out": knees,
        "pitch": -86, "roll": side * 85, **arms(80, 0, 95, 0),
    }  # fmt: skip


def lie_down(rng: Rng) -> list[Key]:
    """From the feet to the floor by one of the usual ways, then lies."""
    side = 1 if rng.random() < 0.5 else -1
    one_knee: Pose = {"r_thigh": -5, "r_shin": -90, "l_thigh": 80, "l_shin": -5, "pitch": 15}
    ways: list[list[Pose]] = [
        [DEEP, KNEES_UP, ON_FLOOR, SUPINE],
        [one_knee, ON_KNEES, ALL_FOURS, PRONE],
        [DEEP, ON_FLOOR, SUPINE],
        [one_knee, ON_KNEES, ALL_FOURS, {**PRONE, **legs(-88, -92, 5), "roll": side * 85}],
        [DEEP, KNEES_UP, {**ON_FLOOR, "roll": side * 45}, _on_side(rng, side)],
        [DEEP, ALL_FOURS, PRONE],
        [BENT, DEEP, KNEES_UP, ON_FLOOR, SUPINE],
        [BENT, {**KNEES_UP, "roll": side * 30}, _on_side(rng, side)],
    ]
    way = ways[rng.integers(len(ways))]
    pace = rng.uniform(0.45, 1.1)
    keys: list[Key] = [(0, resting_arms(rng)), (rng.uniform(0, 0.4), {})]
    keys += [(pace * rng.uniform(0.7, 1.4), jittered(pose, rng)) for pose in way]
    last = way[-1]
    if last is SUPINE and rng.random() < 0.5:  # lies with bent knees and the arms elsewhere
        last = {**last, **legs(125, 40, 8), **arms(60, 30, 130, -10)}
    for _ in range(rng.integers(1, 4)):
        keys.append((rng.uniform(0.6, 1.2), jittered(last, rng, 4)))
    return keys


def sit_down(rng: Rng) -> list[Key]:
    """Lowers itself onto a seat between a low bench and a high chair."""
    thigh = rng.uniform(65, 95)
    seated: Pose = {**legs(thigh, rng.uniform(-15, 8), rng.uniform(2, 14))}
    fold: Pose = {
        **legs(0.75 * thigh, -18, 5), "pitch": rng.uniform(20, 50), **arms(15, 10, 40, 0),
    }  # fmt: skip
    hands = [arms(25, 8, 70, -5), resting_arms(rng), arms(-20, 15, 10, 5)][rng.integers(3)]
    return [
        (0, resting_arms(rng)),
        (rng.uniform(0, 0.4), {}),
        (rng.uniform(0.5, 1.0), fold),
        (rng.uniform(0.35, 0.8), {**seated, **hands, "pitch": rng.uniform(-12, 8)}),
        (rng.uniform(0, 0.3), {}),
    ]


def kick(rng: Rng) -> list[Key]:
    """Front, side and low kicks with either leg, once or twice."""
    leg = "l" if rng.random() < 0.5 else "r"
    height, side = rng.uniform(35, 105), rng.uniform(0, 70) * (rng.random() < 0.4)
    guard = arms(25, 12, 110, -15) if rng.random() < 0.4 else resting_arms(rng)
    swing = {"l_arm": rng.normal(10, 30), "r_arm": rng.normal(10, 30), **both("arm_out", 25)}
    back = rng.uniform(-45, 0)
    load: Pose = (
        {f"{leg}_thigh": back, f"{leg}_shin": back - rng.uniform(20, 60)}
        if rng.random() < 0.5
        else {f"{leg}_thigh": height * 0.9, f"{leg}_shin": height * 0.9 - rng.uniform(60, 100)}
    )
    out: Pose = {
        f"{leg}_thigh": height, f"{leg}_shin": height - rng.uniform(0, 15),
        f"{leg}_thigh_out": side, f"{leg}_shin_out": side,
        "pitch": -rng.uniform(0, 30), "yaw": rng.normal(0, 15),
    }  # fmt: skip
    rest: Pose = {
        f"{leg}_thigh": 2, f"{leg}_shin": -5, f"{leg}_thigh_out": 4, f"{leg}_shin_out": 2,
        "pitch": 0, "yaw": 0,
    }  # fmt: skip
    keys: list[Key] = [(0, guard), (rng.uniform(0.05, 0.3), {})]
    if rng.random() < 0.5:  # a step into it
        stride = rng.uniform(10, 30)
        keys.append(
            (rng.uniform(0.25, 0.5), {"l_thigh": stride, "r_thigh": -stride, "forward": 0.4})
        )
    for _ in range(rng.integers(1, 3)):
        keys.append((rng.uniform(0.2, 0.6), {**load, **(swing if rng.random() < 0.5 else {})}))
        keys.append((rng.uniform(0.12, 0.35), out))
        keys.append((rng.uniform(0.25, 0.5), {**rest, **guard}))
        keys.append((rng.uniform(0.05, 0.3), {}))
    return keys


def jump(rng: Rng) -> list[Key]:
    """Jumps or hops, in place or forward, once or several times."""
    high, far = rng.uniform(0.08, 0.4), rng.uniform(0, 0.8) * (rng.random() < 0.6)
    deep = rng.uniform(20, 70)
    crouch: Pose = {**legs(deep, -0.5 * deep, 6), "pitch": rng.uniform(5, 35), "lift": 0}
    back, front = arms(-40, 15, -20, 5), arms(rng.uniform(30, 150), 15, rng.uniform(60, 160), 5)
    swings = rng.random() < 0.6
    rest = resting_arms(rng)
    tucked = legs(rng.uniform(0, 40), -rng.uniform(5, 50), 4)
    keys: list[Key] = [(0, rest), (rng.uniform(0, 0.2), {})]
    half = float(np.sqrt(2 * high / 9.81))  # seconds from the ground to the top
    for count in range(rng.integers(1, 5)):
        keys.append((rng.uniform(0.15, 0.4), {**crouch, **(back if swings else {})}))
        up: Pose = {**tucked, "pitch": 3, "lift": high, "forward": (count + 0.5) * far}
        keys.append((half, {**up, **(front if swings else {})}))
        keys.append((half, {**legs(10, -10, 5), "lift": 0, "forward": (count + 1) * far}))
        keys.append((0.15, {**legs(0.5 * deep, -0.25 * deep, 6), "pitch": 12}))
        if rng.random() < 0.5:
            keys.append((rng.uniform(0.2, 0.4), {**legs(2, -3, 5), "pitch": 0, **rest}))
    return keys


def throw(rng: Rng) -> list[Key]:
    """Throws with one hand from behind the head or from below, or with two hands like a ball."""
    side = "l" if rng.random() < 0.4 else "r"
    other = "r" if side == "l" else "l"
    sign = 1 if side == "l" else -1
    style = rng.choice(4)
    step = {f"{other}_thigh": rng.uniform(5, 30), f"{side}_thigh": -rng.uniform(0, 20)}
    if style == 0:
        load: Pose = {
            f"{side}_arm": 95,
            f"{side}_arm_out": 70,
            f"{side}_fore": 190,
            "yaw": 40 * sign,
        }
        out: Pose = {
            f"{side}_arm": 110,
            f"{side}_arm_out": 10,
            f"{side}_fore": 80,
            "yaw": -25 * sign,
        }
    elif style == 1:
        load = {f"{side}_arm": -50, f"{side}_fore": -30, "pitch": 12}
        out = {f"{side}_arm": 80, f"{side}_fore": 100, "pitch": 5}
    elif style == 2:
        load = {**arms(30, 15, 125, -25), "pitch": 5}
        out = {**arms(92, 4, 90, 0), "pitch": 10}
    else:
        load = {**arms(150, 20, 215, -15), **legs(25, -20, 5)}
        leap = rng.uniform(0, 0.2) * (rng.random() < 0.5)
        out = {**arms(145, 5, 140, 0), **legs(2, -3, 5), "lift": leap}
    rest = resting_arms(rng)
    held = arms(rng.uniform(15, 50), 10, rng.uniform(80, 115), -20)  # a ball in both hands
    return [
        (0, held if style >= 2 else rest),
        (rng.uniform(0.1, 0.4), {}),
        (rng.uniform(0.35, 0.8), {**jittered(load, rng), **(step if style < 2 else {})}),
        (rng.uniform(0.14, 0.3), jittered(out, rng)),
        (rng.uniform(0.2, 0.5), {f"{side}_arm": 45, f"{side}_fore": 50, "pitch": 12, "lift": 0}),
        (rng.uniform(0.3, 0.6), {**rest, "pitch": 0, "yaw": 0, **both("thigh", 2)}),
    ]


ACTIONS: dict[str, Callable[[Rng], list[Key]]] = {
    "stand": stand, "jump": jump, "squat": squat, "lie_down": lie_down, "sit_down": sit_down,
    "stand_up": sit_down, "kick": kick, "throw_ball": throw, "pick_up": pick_up,
    "bend": bend, "seated": seated, "gesture": gesture, "gymnastics": gymnastics, "reach": reach,
}  # fmt: skip
"""Generators by what they make; ``stand_up`` is sitting down, played backwards."""


OFTEN = {
    "lie_down": 2.0,
    "kick": 2.0,
    "squat": 1.5,
    "throw_ball": 1.5,
    "pick_up": 1.5,
    "reach": 2.5,
    "gymnastics": 1.5,
}
"""Factor on the number of clips of an action, for want of recordings."""


def generate(action: str, bones: Float, subject: str, rng: Rng) -> Clip:
    """One generated clip whose single segment is the whole clip.

    action: a key of ``ACTIONS``. bones: (26,) metres. subject: whose bones these are.
    """
    joints = animate(ACTIONS[action](rng), bones, rng)
    if action == "stand_up":
        joints = joints[::-1].copy()
    label = action if action in CLASSES else "background"
    segment = Segment(start=0, end=len(joints), label=label)
    clip = Clip(name=f"generated_{action}", subject=subject, joints=joints, segments=(segment,))
    return (
        _trimmed(clip)
        if action in {"kick", "throw_ball", "squat", "lie_down", "jump", "pick_up"}
        else clip
    )


def _trimmed(clip: Clip) -> Clip:
    """Leave the quiet frames before the action out of its segment."""
    moved = np.linalg.norm(clip.joints - clip.joints[:1], axis=2).max(axis=1) > 0.12
    start = max(0, int(np.argmax(moved)) - FPS // 10)
    segment = clip.segments[0]
    return replace(clip, segments=(replace(segment, start=min(start, segment.end - 1)),))
