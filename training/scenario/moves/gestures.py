"""Gestures: waving, pointing, clapping, raising the hands; and standing about."""

from __future__ import annotations

import numpy as np

from recognition.frames import Float
from training.figure import Pose
from training.poses import arms, resting_arms
from training.scenario.move import Direction, Move
from training.scenario.moves.acting import (
    CALM,
    begin,
    chosen_hand,
    finished,
    glances,
    lasting,
    other,
    sign_of,
    sounds_at,
)
from training.scenario.moves.arms import Goal, reach_for
from training.scenario.moves.body import Rng, travel
from training.scenario.moves.limbs import ARM, along, chest, unit
from training.scenario.world import FPS


def stand(bones: Float, direction: Direction, rng: Rng) -> Move:
    """Stands (or sits): shifts its weight, looks about, holds the hands in one way or another."""
    body, rest = begin(bones, direction, rng)
    end = body.frame + round(lasting(direction, rng, 2.0, 6.0) * FPS)
    while body.frame < end - 20:
        left_s = (end - body.frame) / FPS
        if rng.random() < 0.25 and left_s > 3:
            body.to(rng.uniform(0.6, 1.2), resting_arms(rng))
            glances(body, min(rng.uniform(0.5, 2.5), left_s - 2), rng)
            body.to(rng.uniform(0.5, 0.9), rest)
        else:
            glances(body, min(rng.uniform(0.7, 2.0), left_s - 0.3), rng)
    body.to(max(0.4, (end - body.frame) / FPS), {**CALM, **rest})
    joints = body.joints(feet="planted")
    return finished("stand", joints, (0, len(joints)), direction)


def _waving(side: str, rng: Rng) -> tuple[dict[str, float], dict[str, float]]:
    """The two ends of one wave of one arm."""
    style = rng.integers(4)
    swing = rng.uniform(16, 36)
    if style == 0:  # the forearm only, elbow at the side
        arm: Pose = {"arm": rng.uniform(5, 35), "arm_out": rng.uniform(10, 30)}
        fore, middle = rng.uniform(140, 172), rng.uniform(0, 18)
    elif style == 1:  # beside the head
        arm = {"arm": rng.uniform(60, 100), "arm_out": rng.uniform(25, 60)}
        fore, middle = rng.uniform(155, 180), rng.uniform(-5, 15)
    elif style == 2:  # high above the head
        arm = {"arm": rng.uniform(140, 172), "arm_out": rng.uniform(8, 32)}
        fore, middle = rng.uniform(165, 182), rng.uniform(-5, 20)
    else:  # low and small, before the chest
        arm = {"arm": rng.uniform(20, 50), "arm_out": rng.uniform(5, 20)}
        fore, middle, swing = rng.uniform(115, 145), rng.uniform(-5, 15), rng.uniform(14, 24)
    whole = rng.uniform(6, 14) if style == 2 else rng.uniform(0, 5)  # the upper arm goes along
    ends = []
    for way in (1, -1):
        pose = {
            **arm, "arm_out": arm["arm_out"] + way * whole,
            "fore": fore, "fore_out": middle + way * swing,
        }  # fmt: skip
        ends.append({f"{side[0]}_{name}": value for name, value in pose.items()})
    return ends[0], ends[1]


def wave(bones: Float, direction: Direction, rng: Rng) -> Move:
    """Waves with one hand, rarely both: high, beside the head, low, or with the forearm only."""
    body, rest = begin(bones, direction, rng)
    side = chosen_hand(direction, rng)
    outward, inward = _waving(side, rng)
    if direction.hand is None and rng.random() < 0.12:
        for pose in (outward, inward):
            pose |= {f"{other(side)[0]}{name[1:]}": value for name, value in pose.items()}
    onset = body.frame
    body.to(rng.uniform(0.4, 0.75), {**outward, "look": rng.normal(0, 8), "nod": rng.normal(0, 4)})
    half_s = rng.uniform(0.16, 0.36)
    until = onset + round(lasting(direction, rng, 1.8, 4.0) * FPS) - round(0.25 * FPS)
    count = 0
    while body.frame < until or count < 4:
        size = rng.uniform(0.75, 1.05)
        goal, start = (inward, outward) if count % 2 == 0 else (outward, inward)
        pose = {name: start[name] + size * (value - start[name]) for name, value in goal.items()}
        sway = {"lean": rng.normal(0, 1.5), "yaw": rng.normal(0, 3)}
        body.to(half_s * rng.uniform(0.85, 1.15), {**pose, **sway})
        count += 1
    end = body.frame + round(0.25 * FPS)
    body.to(rng.uniform(0.45, 0.8), {**rest, **CALM})
    body.hold(rng.uniform(0.1, 0.3))
    return finished("wave", body.joints(feet="planted"), (onset, end), direction)


def _pointing(direction: Direction, side: str, bones: Float, rng: Rng) -> tuple[float, float]:
    """Azimuth (to the left) and height of what is pointed at, radians from the shoulder."""
    if direction.other_m is not None:
        x, y, z = direction.other_m
        shoulder = 0.9 if direction.seated else float(bones[[13, 15, 18, 19]].sum()) + 0.05
        return float(np.arctan2(y, x)), float(np.arctan2(z - shoulder, np.hypot(x, y)))
    aside = rng.choice([rng.uniform(-15, 20), rng.uniform(20, 80)])
    height = rng.choice([rng.uniform(-12, 10), rng.uniform(15, 55), rng.uniform(-40, -15)])
    sign = 1.0 if side == "left" else -1.0
    return float(np.radians(sign * aside)), float(np.radians(height))


def point(bones: Float, direction: Direction, rng: Rng) -> Move:
    """Points ahead, aside, up or down with one arm, holds it, now and then with emphasis."""
    body, rest = begin(bones, direction, rng)
    side = chosen_hand(direction, rng)
    azimuth, height = _pointing(direction, side, bones, rng)
    hold_s = max(0.5, lasting(direction, rng, 1.7, 3.8) - 0.8)
    onset = body.frame
    follows = rng.uniform(0.3, 0.9) * np.degrees(azimuth)
    up_s, down_s = rng.uniform(0.4, 0.8), rng.uniform(0.45, 0.9)
    body.to(
        up_s,
        {
            "look": 0.7 * follows, "yaw": 0.3 * follows, "roll": 0.1 * follows,
            "nod": -0.4 * np.degrees(height), "lean": rng.normal(0, 2),
        },
    )  # fmt: skip
    raised = body.frame
    body.to(hold_s * 0.5, {"look": rng.normal(0, 10), "nod": rng.normal(0, 4)})
    lowered = body.to(hold_s * 0.5, {"look": 0.5 * follows})
    body.to(down_s, {**CALM, **rest})
    body.hold(rng.uniform(0.1, 0.3))
    joints = body.joints(feet="planted")
    share = travel(
        len(joints), [(onset, 0), (raised, 1), (lowered, 1), (lowered + down_s * FPS, 0)]
    )
    way = np.array(
        [np.cos(height) * np.cos(azimuth), np.cos(height) * np.sin(azimuth), np.sin(height)],
        np.float32,
    )
    reach = float(bones[list(ARM[side][1:])].sum()) * rng.uniform(0.84, 0.985)
    times = np.arange(len(joints)) / FPS
    jabs = rng.uniform(0, 0.05) * (rng.random() < 0.35) * np.sin(times * rng.uniform(6, 11))
    trembling = np.broadcast_to(way, (len(joints), 3)) + 0.02 * np.sin(times * 2.3)[:, None]
    aim = unit(trembling.astype(np.float32))
    at = joints[:, ARM[side][0]] + (reach * (1 - np.abs(jabs)))[:, None] * aim
    goal = Goal(
        at=at.astype(np.float32), share=share, points=aim, elbow=rng.uniform(5, 50), bow=0.05
    )
    joints = reach_for(joints, side, goal)
    end = lowered + round(0.3 * down_s * FPS)
    return finished("point", joints, (onset + round(0.2 * up_s * FPS), end), direction)


def clap(bones: Float, direction: Direction, rng: Rng) -> Move:
    """Claps: slow or fast, before the chest, the face or overhead; every blow is heard."""
    body, rest = begin(bones, direction, rng)
    onset = body.frame
    up_s, down_s = rng.uniform(0.4, 0.7), rng.uniform(0.4, 0.8)
    body.to(up_s, {"nod": rng.normal(2, 5), "look": rng.normal(0, 10)})
    period_s = rng.uniform(0.24, 0.55)
    count = max(3, round((lasting(direction, rng, 1.6, 4.0) - 0.5) / period_s))
    paces = period_s * rng.normal(1, 0.04, count).clip(0.9, 1.1)
    blows = body.frame + np.round(np.cumsum(paces) * FPS).astype(int)
    lively = rng.uniform(0.3, 1)
    glances(body, (blows[-1] - body.frame) / FPS + 0.1, rng, lively)
    body.to(down_s, {**CALM, **rest})
    body.hold(rng.uniform(0.1, 0.3))
    joints = body.joints(feet="planted")
    frames = np.arange(len(joints), dtype=np.float32)
    beats = np.concatenate([[blows[0] - period_s * FPS], blows, [blows[-1] + period_s * FPS]])
    phase = np.interp(frames, beats, np.arange(len(beats)))
    apart = rng.uniform(0.10, 0.16) + rng.uniform(0, 0.35) * period_s
    gap = 0.035 + apart * np.abs(np.sin(np.pi * phase)) ** rng.uniform(0.8, 1.2)
    shares = [(onset, 0), (blows[0], 1), (blows[-1], 1), (blows[-1] + down_s * FPS, 0)]
    share = travel(len(joints), shares)
    axes = chest(joints)
    place = [(0.30, -0.02), (0.36, -0.14), (0.30, 0.12), (0.20, 0.40)]
    ahead, high = np.array(place[rng.choice(4, p=[0.4, 0.35, 0.18, 0.07])]) + rng.normal(0, 0.02, 2)
    upper = rng.uniform(0, 1)  # one hand comes from above, or both from the sides
    for side in ("left", "right"):
        sign = sign_of(side)
        shift = 0.5 * gap[:, None] * along(axes, (0, sign * (1 - 0.5 * upper), -sign * upper * 0.6))
        middle = joints[:, 19] + along(axes, (float(ahead), 0, float(high)))
        points = along(axes, (0.55, -sign * 0.3, 0.75))
        goal = Goal(
            at=(middle + shift).astype(np.float32),
            share=share,
            points=points,
            elbow=rng.uniform(20, 50),
        )
        joints = reach_for(joints, side, goal)
    cues = sounds_at(list(blows), "clap", rng, rng.uniform(-22, -12))
    end = int(blows[-1]) + 5
    return finished("clap", joints, (int(blows[0]) - 6, end), direction, sounds=cues)


def raise_hands(bones: Float, direction: Direction, rng: Rng) -> Move:
    """Both hands go up: stretched overhead, as if surrendering, or cheering."""
    body, rest = begin(bones, direction, rng)
    style = rng.integers(3)
    onset = body.frame
    if style == 0:
        up = arms(rng.uniform(155, 185), rng.uniform(6, 30), rng.uniform(165, 190), 8)
    elif style == 1:
        up = arms(rng.uniform(35, 90), rng.uniform(40, 75), rng.uniform(165, 185), 5)
    else:
        up = arms(rng.uniform(140, 175), rng.uniform(20, 45), rng.uniform(160, 185), 25)
    up = {name: value + rng.normal(0, 5) for name, value in up.items()}
    body.to(rng.uniform(0.4, 0.9), {**up, "pitch": rng.normal(-2, 3), "nod": rng.normal(-4, 6)})
    until = onset + round(lasting(direction, rng, 1.5, 4.0) * FPS) - round(0.3 * FPS)
    while body.frame < until:
        left_s = (until - body.frame) / FPS
        if style == 2:  # pumps the arms
            lower = {name: value - (25 if "out" not in name else 0) for name, value in up.items()}
            body.to(rng.uniform(0.2, 0.35), {**lower, "nod": rng.normal(-4, 6)})
            body.to(rng.uniform(0.2, 0.35), up)
        else:
            body.to(
                max(0.2, min(left_s, 0.9)), {"look": rng.normal(0, 10), "nod": rng.normal(0, 5)}
            )
    end = body.frame + round(0.3 * FPS)
    body.to(rng.uniform(0.5, 0.9), {**rest, **CALM})
    body.hold(rng.uniform(0.1, 0.3))
    return finished("raise_hands", body.joints(feet="planted"), (onset, end), direction)
