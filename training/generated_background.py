"""Generated background that resembles the actions but is none of them, and picking up."""

from __future__ import annotations

from training.figure import Pose
from training.poses import KNEES_UP, ON_KNEES, Key, Rng, arms, both, jittered, legs, resting_arms


def bend(rng: Rng) -> list[Key]:
    """Bends a little or kneels down and rises again: background that resembles squats."""
    ways: list[Pose] = [
        {**ON_KNEES, **resting_arms(rng)},
        {"r_thigh": -5, "r_shin": -90, "l_thigh": 85, "l_shin": -5, "pitch": 20},
        {**legs(20, -10, 6), "pitch": 40, "bend": 20, **arms(35, 8, 40, 0)},
    ]
    low = ways[rng.integers(3)]
    back: Pose = {**legs(2, -3, 5), "pitch": 0, "bend": 0, **resting_arms(rng)}
    hold = rng.uniform(0.2, 1.2)
    return [
        (0, resting_arms(rng)),
        (rng.uniform(0.6, 1.2), jittered(low, rng)),
        (hold, jittered(low, rng, 3)),
        (rng.uniform(0.6, 1.2), back),
    ]


def seated(rng: Rng) -> list[Key]:
    """Sits on a chair or on the floor and moves its arms: background."""
    base = legs(rng.uniform(75, 95), rng.uniform(-15, 10), 8)
    pose = {**base, "pitch": rng.uniform(-15, 15)} if rng.random() < 0.6 else dict(KNEES_UP)
    keys: list[Key] = [(0, {**pose, **arms(25, 8, 70, -5)})]
    for _ in range(rng.integers(3, 6)):
        keys.append((rng.uniform(0.6, 1.6), {**resting_arms(rng), "nod": rng.normal(5, 12)}))
    return keys


def gesture(rng: Rng) -> list[Key]:
    """Talks with the hands, touches the head and the other arm: background."""
    keys: list[Key] = [(0, resting_arms(rng))]
    for _ in range(rng.integers(2, 6)):
        side = "l" if rng.random() < 0.5 else "r"
        arm = rng.uniform(-20, 110)
        moved: Pose = {  # the elbow is bent, or the arm is low: it does not point
            f"{side}_arm": arm, f"{side}_arm_out": rng.uniform(-10, 70),
            f"{side}_fore": arm + rng.uniform(40 if arm > 50 else -5, 110),
            f"{side}_fore_out": rng.uniform(-50, 50),
        }  # fmt: skip
        if rng.random() < 0.4:  # the other hand does the same
            other = "r" if side == "l" else "l"
            moved = {**moved, **{f"{other}{name[1:]}": value for name, value in moved.items()}}
        keys.append((rng.uniform(0.4, 1.0), {**moved, "yaw": rng.normal(0, 12)}))
        keys.append((rng.uniform(0.1, 0.9), {}))
        if rng.random() < 0.5:
            keys.append((rng.uniform(0.4, 0.9), {**resting_arms(rng), "yaw": 0}))
    return keys


def gymnastics(rng: Rng) -> list[Key]:
    """Arm circles, twists, toe touches, knees to elbows, swings, several times: background."""
    turned = 1 if rng.random() < 0.5 else -1
    kind = rng.integers(5)
    pace = rng.uniform(0.22, 0.6)
    keys: list[Key] = [(0, resting_arms(rng))]
    for count in range(rng.integers(2, 6)):
        side = "l" if count % 2 == 0 else "r"
        other = "r" if side == "l" else "l"
        leg: Pose = {f"{side}_thigh": rng.uniform(60, 105), f"{side}_shin": rng.uniform(-30, 10)}
        down: Pose = {f"{side}_thigh": 2, f"{side}_shin": -3}
        if kind == 0:
            for angle in range(90, 361, 90):
                swung = turned * (360 * count + angle)
                keys.append((pace, {**both("arm", swung), **both("fore", swung)}))
        elif kind == 1:
            held = arms(70, 60, 80, -20) if rng.random() < 0.5 else arms(80, 80, 80, 60)
            keys.append((pace, {**held, "yaw": (45 if side == "l" else -45)}))
        elif kind == 2:
            touch = {"pitch": rng.uniform(70, 100), **arms(25, 5, 20, 0), **legs(12, -5, 8)}
            keys += [(2 * pace, touch), (2 * pace, {"pitch": 0, **legs(2, -3, 5)})]
        elif kind == 3:
            cross = {"pitch": 30, "yaw": 35 if side == "l" else -35, f"{other}_arm": 45}
            raised = {**leg, **cross, f"{other}_fore": 120, f"{other}_fore_out": -20}
            keys += [(pace, raised), (pace, {**down, "pitch": 0, "yaw": 0, **arms(10, 20, 90, 0)})]
        else:
            keys += [(pace, {**leg, f"{other}_arm": 40}), (pace, {**down, f"{other}_arm": 0})]
    return keys


def reach(rng: Rng) -> list[Key]:
    """Takes something from high up with one hand: background."""
    side = "l" if rng.random() < 0.5 else "r"
    arm = rng.uniform(95, 165)
    there: Pose = {f"{side}_arm": arm, f"{side}_fore": arm + rng.uniform(0, 15), "pitch": 3}
    return _to_and_back(there, side, rng)


def pick_up(rng: Rng) -> list[Key]:
    """Takes something from low down with one hand or both."""
    side = "l" if rng.random() < 0.5 else "r"
    deep = rng.uniform(10, 105)
    split = rng.uniform(0, 40) * (rng.random() < 0.5)  # one leg behind the other
    there: Pose = {
        "pitch": rng.uniform(30, 90) if deep < 60 else rng.uniform(20, 60),
        **legs(deep, -0.4 * deep, 6),
        f"{side}_thigh": deep - 2 * split, f"{side}_shin": -0.4 * deep - split,
        f"{side}_arm": rng.uniform(15, 50), f"{side}_fore": rng.uniform(5, 45),
        "nod": rng.uniform(-30, 10),
    }  # fmt: skip
    if rng.random() < 0.3:
        hands = {**both("arm", there[f"{side}_arm"]), **both("fore", there[f"{side}_fore"])}
        there = {**there, **hands}
    return _to_and_back(there, side, rng)


def _to_and_back(there: Pose, side: str, rng: Rng) -> list[Key]:
    """At times a step towards it, then there and back again."""
    other = "r" if side == "l" else "l"
    rest = resting_arms(rng)
    keys: list[Key] = [(0, rest), (rng.uniform(0.0, 0.3), {})]
    if rng.random() < 0.4:
        stride = rng.uniform(8, 30)
        step = {f"{other}_thigh": stride, f"{side}_thigh": -stride, "forward": 0.3}
        keys.append((rng.uniform(0.3, 0.5), step))
    back: Pose = {"pitch": 0, "nod": 0, **legs(2, -3, 5), **rest}
    keys.append((rng.uniform(0.45, 1.1), jittered(there, rng)))
    keys.append((rng.uniform(0.1, 0.7), {}))
    keys.append((rng.uniform(0.45, 1.1), back))
    return keys
