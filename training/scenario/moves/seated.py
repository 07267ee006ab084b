"""Sitting down on a chair and standing up from it."""

from __future__ import annotations

import numpy as np

from recognition.frames import Float
from training.figure import Pose
from training.poses import arms, legs
from training.scenario.move import Direction, Move
from training.scenario.moves.acting import finished, glances
from training.scenario.moves.body import Body, Rng, arms_down, bearing, sitting
from training.scenario.world import FPS


def _folded(seat: Pose, rng: Rng) -> Pose:
    """Half-way: bent forward over the feet."""
    hands = [
        arms(rng.uniform(10, 30), 10, rng.uniform(40, 70), -5),  # towards the knees
        arms(rng.uniform(-35, -15), 14, rng.uniform(-10, 15), 4),  # back to the seat
        arms(rng.uniform(0, 12), 8, rng.uniform(5, 30), 0),
    ][rng.integers(3)]
    thigh = 0.7 * seat["l_thigh"]
    return {**legs(thigh, -rng.uniform(14, 22), 5), "pitch": rng.uniform(26, 46), **hands}


def _ways(bones: Float, direction: Direction, rng: Rng) -> tuple[Pose, Pose, Pose]:
    seat = sitting(bones, direction.seat_m, rng)
    return arms_down(rng), _folded(seat, rng), {"nod": 0, **seat}


def _lengths(direction: Direction, rng: Rng) -> tuple[float, float]:
    """Seconds of the way to the fold and from it."""
    first, second = rng.uniform(0.5, 0.95), rng.uniform(0.45, 0.85)
    if direction.for_s is not None:
        factor = float(np.clip(direction.for_s, 0.7, 4.0)) / (first + second)
        return first * factor, second * factor
    return first, second


def sit_down(bones: Float, direction: Direction, rng: Rng) -> Move:
    """Lowers itself onto a seat behind, then leans back a little and rests the hands."""
    up, fold, seat = _ways(bones, direction, rng)
    body = Body(bones, bearing(rng), up, on_feet=False)
    onset = body.hold(rng.uniform(0.15, 0.4))
    first, second = _lengths(direction, rng)
    glance = {"look": rng.normal(0, 22), "nod": rng.uniform(0, 18)}
    body.to(first, {**fold, **glance})
    end = body.to(second, {**seat, "look": 0})
    if rng.random() < 0.5:
        body.to(rng.uniform(0.3, 0.7), {"pitch": seat["pitch"] - rng.uniform(0, 6)})
    glances(body, rng.uniform(0.3, 0.9), rng, 0.5)
    joints = body.joints(feet="planted")
    span = (onset, end + round(0.1 * FPS))
    return finished("sit_down", joints, span, direction, begins="standing", ends="seated")


def stand_up(bones: Float, direction: Direction, rng: Rng) -> Move:
    """Leans forward, rises from the seat and stands."""
    up, fold, seat = _ways(bones, direction, rng)
    body = Body(bones, bearing(rng), seat, on_feet=False)
    body.hold(rng.uniform(0.15, 0.5))
    first, second = _lengths(direction, rng)
    fold = {**fold, "nod": -rng.uniform(0, 18)}
    # The trunk goes first, the seat is left only when the weight is over the feet.
    onset = body.frame
    body.to(0.55 * first, {"pitch": fold["pitch"], "nod": fold["nod"], **_arms_of(fold)})
    body.to(0.6 * first, fold)
    end = body.to(second, {**legs(2, -3, 4), "pitch": 0, "nod": 0, **up})
    glances(body, rng.uniform(0.2, 0.5), rng, 0.5)
    joints = body.joints(feet="planted")
    return finished("stand_up", joints, (onset, end), direction, begins="seated", ends="standing")


def _arms_of(pose: Pose) -> Pose:
    return {name: value for name, value in pose.items() if "arm" in name or "fore" in name}
