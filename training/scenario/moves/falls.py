"""Going to the floor: falling, lying down."""

from __future__ import annotations

import numpy as np

from recognition.frames import Float
from training.figure import Pose
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
    arms,
    jittered,
    legs,
)  # fmt: skip
from training.scenario.move import Direction, Move
from training.scenario.moves.acting import begin, finished, sounds_at
from training.scenario.moves.body import Body, Rng
from training.scenario.world import FPS


def _flat_arms(rng: Rng, *, prone: bool) -> Pose:
    """Arms on the floor beside a person who lies on the belly or on the back."""
    pose: dict[str, float] = {}
    for near in "lr":
        beyond = rng.random() < 0.5  # past the head, else along the legs
        level = (90 if beyond else -82) if prone else (270 if beyond else 88)
        out, fore_out = rng.uniform(12, 60), rng.uniform(-35, 55)
        pose |= {f"{near}_arm": level, f"{near}_arm_out": out, f"{near}_fore_out": fore_out}
        pose[f"{near}_fore"] = level if prone or beyond else level + rng.choice([0, 40])
    return pose


def _on_side(side: int, rng: Rng) -> Pose:
    """Lies on the left (1) or right (-1) side, knees drawn up, the upper leg on the lower one."""
    knees, shins = rng.uniform(12, 60), -rng.uniform(10, 60)
    upper = "r" if side > 0 else "l"
    pose = {
        **legs(knees, shins, 0), **arms(rng.uniform(70, 115), 0, rng.uniform(85, 130), 0),
        "pitch": rng.uniform(0, 22), "lean": 0, "tip": side * 88, "nod": rng.uniform(0, 12),
    }  # fmt: skip
    sinks = {"thigh_out": -15, "shin_out": -14, "arm_out": -22, "fore_out": -20}
    return {**pose, **{f"{upper}_{name}": value for name, value in sinks.items()}}


def _forward(rng: Rng) -> list[Key]:
    """Stumbles and falls on the hands and the belly."""
    ends = {**PRONE, **_flat_arms(rng, prone=True)}
    stumble = rng.uniform(0, 0.35)
    return [
        (rng.uniform(0.18, 0.3), {"l_thigh": 22, "r_thigh": -14, "forward": stumble, "pitch": 16}),
        (0.24, {**legs(-18, -26, 5), "pitch": 34, **arms(70, 18, 85, 0), "nod": -12}),
        (0.36, {**legs(-62, -74, 6), "pitch": 66, **arms(82, 20, 62, 0), "nod": -25}),
        (0.17, {**legs(-84, -80, 6), "pitch": 84, **arms(95, 28, 75, -10), "nod": -14}),
        (rng.uniform(0.2, 0.4), jittered(ends, rng, 5)),
    ]


def _backward(rng: Rng) -> list[Key]:
    """Topples over the heels: first the seat, then the back."""
    raised = arms(rng.uniform(40, 110), 35, rng.uniform(50, 130), 10)
    bent = rng.uniform(0, 45)
    ends = {
        **SUPINE, **legs(90 + bent, 90 - bent, 8), **_flat_arms(rng, prone=False),
    }  # fmt: skip
    return [
        (rng.uniform(0.2, 0.35), {**raised, "pitch": -9, "nod": 12}),
        (0.27, {**legs(28, 8, 6), "pitch": -24, **raised, "nod": 20}),
        (0.30, {**legs(84, 32, 8), "pitch": -38, "nod": 30, **arms(-40, 25, -20, 10)}),
        (0.18, {**legs(100, 75, 8), "pitch": -80, "nod": 16, **arms(110, 35, 130, 20)}),
        (rng.uniform(0.35, 0.5), jittered(ends, rng, 5)),
    ]


def _sideways(rng: Rng) -> list[Key]:
    """Keels over to one side."""
    side = rng.choice([-1, 1])
    low = "l" if side > 0 else "r"
    catching = {f"{low}_arm": 40, f"{low}_arm_out": 35, f"{low}_fore": 50, f"{low}_fore_out": 30}
    ends = _on_side(side, rng)
    return [
        (rng.uniform(0.2, 0.35), {"lean": side * 12, "tip": side * 5, **legs(8, -10, 6)}),
        (0.30, {**catching, "tip": side * 26, "lean": side * 10, **legs(18, -18, 6)}),
        (0.32, {"tip": side * 68, "lean": side * 4, **legs(26, -26, 4)}),
        (0.15, {**ends, "tip": side * 84}),
        (rng.uniform(0.2, 0.4), {**jittered(ends, rng, 3), "tip": side * 88}),
    ]


def _collapse(rng: Rng) -> list[Key]:
    """The knees give way, then the trunk falls forward or to a side."""
    side = rng.choice([-1, 0, 1])
    limp = arms(rng.uniform(0, 30), 12, rng.uniform(5, 50), 0)
    down: Pose = (
        {**PRONE, **_flat_arms(rng, prone=True)}
        if side == 0
        else _on_side(side, rng)
    )  # fmt: skip
    over: Pose = {"pitch": 48, "nod": 20} if side == 0 else {"tip": side * 40, "lean": side * 14}
    return [
        (rng.uniform(0.25, 0.5), {**legs(26, -30, 6), "pitch": 14, "nod": 18, **limp}),
        (0.26, {**legs(35, -75, 8), "pitch": 12, "nod": 24}),
        (0.16, {**legs(8, -96, 7), "pitch": 8, "nod": 24}),
        (0.28, {**legs(-4, -94, 6), **over, **limp}),
        (0.24, {**down, **({"pitch": 84} if side == 0 else {"tip": side * 82})}),
        (rng.uniform(0.2, 0.45), {**jittered(down, rng, 4), "tip": side * 88}),
    ]


def _slip(rng: Rng) -> list[Key]:
    """The feet shoot away forwards, the arms fly up, the back hits the floor."""
    arms_up = arms(rng.uniform(80, 150), 45, rng.uniform(90, 170), 25)
    bent = rng.uniform(0, 40)
    ends = {
        **SUPINE,
        **legs(90 + bent, 90 - bent, 10),
        **_flat_arms(rng, prone=False),
        "forward": 0.75,
    }
    return [
        (0.16, {"l_thigh": 28, "l_shin": 18, "r_thigh": 6, "pitch": 2, "forward": 0.12}),
        (0.24, {**legs(52, 34, 8), "pitch": -24, **arms_up, "forward": 0.42, "nod": 18}),
        (0.26, {**legs(98, 70, 10), "pitch": -56, "forward": 0.66, "nod": 24}),
        (0.16, {**legs(106, 82, 10), "pitch": -84, "forward": 0.72, "nod": 12}),
        (rng.uniform(0.35, 0.5), jittered(ends, rng, 5)),
    ]


_FALLS = (_forward, _backward, _sideways, _collapse, _slip)


def fall(bones: Float, direction: Direction, rng: Rng) -> Move:
    """Falls forwards, backwards, to a side, at the knees or by a slip, and stays on the floor."""
    body, _ = begin(bones, direction, rng)
    onset = body.frame
    keys = _FALLS[int(rng.integers(len(_FALLS)))](rng)
    pace = rng.uniform(0.9, 1.2)
    for index, (seconds, pose) in enumerate(keys):
        ease = "smooth" if index in {0, len(keys) - 1} else "even"
        body.to(seconds * pace, pose, "in" if index == 1 else ease)  # type: ignore[arg-type]
    hit = body.frame - round(keys[-1][0] * pace * FPS)
    _lies(body, max(1.0, (direction.for_s or 0) - (body.frame - onset) / FPS), rng)
    joints = _settled(body.joints(feet="free"))
    end = len(joints) if direction.for_s is None else onset + round(direction.for_s * FPS)
    end = max(end, hit + 10)
    thuds = sounds_at([hit], "thud", rng, -12)
    return finished("fall", joints, (onset, end), direction, sounds=thuds, ends="lying")


def _lies(body: Body, seconds: float, rng: Rng) -> None:
    """Lies there, now and then moves a limb a little."""
    until = body.frame + round(seconds * FPS)
    while body.frame < until:
        limb = ("l_arm", "r_arm", "l_thigh", "r_shin", "l_fore", "r_fore")[rng.integers(6)]
        shift = {} if rng.random() < 0.6 or "th" in limb or "sh" in limb else {"nod": 6}
        body.to(min(rng.uniform(0.5, 1.0), max((until - body.frame) / FPS, 0.1)), shift)


def _settled(joints: Float) -> Float:
    """The same motion without the jolts of what is lowest changing from joint to joint."""
    out: Float = joints.copy()
    height = joints[:, 17, 2]
    padded = np.pad(height, 2, mode="edge")
    smooth = np.convolve(padded, np.array([0.1, 0.2, 0.4, 0.2, 0.1]), mode="valid")
    out[..., 2] += np.maximum(smooth - height, 0)[:, None].astype(np.float32)
    return out


def lie_down(bones: Float, direction: Direction, rng: Rng) -> Move:
    """From the feet to the floor by one of the usual ways, then lies there."""
    body, _ = begin(bones, direction, rng)
    side = 1 if rng.random() < 0.5 else -1
    knee: Pose = {"r_thigh": -5, "r_shin": -90, "l_thigh": 80, "l_shin": -5, "pitch": 15}
    on_side = _on_side(side, rng)
    leaning: Pose = {**ON_FLOOR, **legs(110, 30, 5), "pitch": -8, "tip": side * 30}
    propped: Pose = {**ON_FLOOR, "pitch": -52, "nod": 30, **arms(-10, 18, 20, 5)}
    ways: list[list[Pose]] = [
        [DEEP, KNEES_UP, ON_FLOOR, propped, SUPINE],
        [knee, ON_KNEES, ALL_FOURS, PRONE],
        [DEEP, ON_FLOOR, propped, SUPINE],
        [DEEP, KNEES_UP, leaning, on_side],
        [DEEP, ALL_FOURS, PRONE],
        [BENT, DEEP, KNEES_UP, propped, SUPINE],
    ]
    way = ways[rng.integers(len(ways))]
    pace = rng.uniform(0.65, 1.1)
    if direction.for_s is not None:
        pace = float(np.clip(direction.for_s / (1.15 * len(way)), 0.5, 1.6))
    onset = body.frame
    for pose in way:
        own = {**jittered({"bend": 0, "nod": 0, **pose}, rng, 4), "tip": pose.get("tip", 0)}
        body.to(pace * rng.uniform(0.75, 1.3), own)
    last = way[-1]
    if last is SUPINE and rng.random() < 0.5:  # bent knees, hands on the belly
        rested = {**legs(125, 40, 8), **arms(70, 20, 118, -20)}
        body.to(rng.uniform(0.6, 1.0), rested)
    end = body.frame + round(0.3 * FPS)
    _lies(body, rng.uniform(0.8, 2.0), rng)
    joints = _settled(body.joints(feet="free"))
    return finished("lie_down", joints, (onset, end), direction, ends="lying")
