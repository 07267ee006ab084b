"""Poses of the jointed figure: how arms and legs are held, and the ways to be on the floor."""

from __future__ import annotations

import numpy as np

from training.figure import Pose

Key = tuple[float, Pose]
"""Seconds to get there, and the pose."""
Rng = np.random.Generator


def both(name: str, value: float) -> Pose:
    """The same angle for the left and the right limb."""
    return {f"l_{name}": value, f"r_{name}": value}


def arms(arm: float, out: float, fore: float, fore_out: float) -> Pose:
    """Both arms held alike; see ``training.figure.ANGLES``."""
    return {
        **both("arm", arm),
        **both("arm_out", out),
        **both("fore", fore),
        **both("fore_out", fore_out),
    }


def legs(thigh: float, shin: float, out: float) -> Pose:
    """Both legs held alike."""
    return {
        **both("thigh", thigh),
        **both("shin", shin),
        **both("thigh_out", out),
        **both("shin_out", out / 3),
    }


def jittered(pose: Pose, rng: Rng, degrees: float = 6.0) -> Pose:
    """The pose with every angle a little off."""
    return {
        k: v + (0 if k in {"forward", "lift"} else rng.normal(0, degrees)) for k, v in pose.items()
    }


def resting_arms(rng: Rng) -> Pose:
    """Arms of somebody who does nothing with them: hanging, folded, on the hips, on a phone."""
    styles: list[Pose] = [
        arms(rng.uniform(-5, 8), rng.uniform(4, 16), rng.uniform(5, 30), rng.uniform(-8, 8)),
        arms(rng.uniform(5, 25), 12, rng.uniform(75, 100), -65),  # folded
        arms(-15, 45, 20, -60),  # hands on the hips
        arms(-25, 14, -30, -25),  # behind the back
        arms(rng.uniform(10, 30), 8, rng.uniform(90, 135), -25),  # both hands before the chest
        {**arms(0, 8, 12, 2), "r_arm": 20, "r_fore": rng.uniform(95, 150), "r_fore_out": -20},
        {**arms(0, 8, 12, 2), "l_arm": 10, "l_fore": 80, "l_fore_out": -10},  # carries a bag
    ]
    return styles[rng.choice(len(styles), p=[0.4, 0.12, 0.1, 0.1, 0.1, 0.1, 0.08])]


ON_KNEES: Pose = {**legs(0, -95, 5), "pitch": 5}
ALL_FOURS: Pose = {**legs(5, -95, 5), "pitch": 80, "nod": -30, **arms(5, 8, 5, 2)}
ON_FLOOR: Pose = {**legs(80, 60, 8), "pitch": -20, "nod": 15, **arms(-50, 15, -35, 5)}
KNEES_UP: Pose = {**legs(125, 35, 8), "pitch": -5, **arms(60, 15, 70, 0)}
SUPINE: Pose = {**legs(90, 90, 6), "pitch": -88, "bend": 0, "nod": 8, **arms(85, 15, 88, 8)}
PRONE: Pose = {**legs(-88, -90, 6), "pitch": 88, "nod": -10, **arms(-80, 15, -80, 10)}
BENT: Pose = {**legs(25, -15, 8), "pitch": 88, "nod": -15, **arms(20, 8, 15, 2)}
DEEP: Pose = {**legs(110, -35, 12), "pitch": 40, **arms(45, 12, 40, 5)}
