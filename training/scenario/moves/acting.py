"""What every move begins and ends with: a person who stands or sits, and the finished move."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from recognition.frames import Float
from training.figure import Pose
from training.scenario.move import Direction, Grip, Move
from training.scenario.moves.body import Body, Rng, arms_down, bearing, sitting
from training.scenario.moves.limbs import ARM, Side
from training.scenario.world import FPS

Hand = Literal["left", "right", "both"]


def begin(bones: Float, direction: Direction, rng: Rng) -> tuple[Body, Pose]:
    """A body that waits a moment, and the pose it rests in: on its feet or on a chair."""
    rest = sitting(bones, direction.seat_m, rng) if direction.seated else arms_down(rng)
    body = Body(bones, bearing(rng), rest, on_feet=not direction.seated)
    body.hold(rng.uniform(0.1, 0.4))
    return body, rest


def chosen_hand(direction: Direction, rng: Rng) -> Side:
    """The hand that the script wants, else mostly the right one."""
    drawn: Side = "right" if rng.random() < 0.7 else "left"
    return direction.hand or drawn


def other(side: Side) -> Side:
    """The other hand."""
    return "left" if side == "right" else "right"


def sign_of(side: str) -> float:
    """1 for left, -1 for right, as along the y axis."""
    return 1.0 if side == "left" else -1.0


def lasting(direction: Direction, rng: Rng, shortest_s: float, longest_s: float) -> float:
    """Seconds that an action takes: what the script says, else something between the two."""
    drawn = rng.uniform(shortest_s, longest_s)
    return drawn if direction.for_s is None else max(direction.for_s, 0.5)


def glances(body: Body, seconds: float, rng: Rng, size: float = 1.0) -> None:
    """Let time pass with small turns of head and trunk and shifts of the weight."""
    end = body.frame + round(seconds * FPS)
    while body.frame < end:
        left_s = (end - body.frame) / FPS
        step = left_s if left_s < 1.2 else min(rng.uniform(0.6, 1.6), left_s - 0.5)
        body.to(
            step,
            {
                "look": size * rng.normal(0, 12), "nod": size * rng.normal(2, 5),
                "yaw": size * rng.normal(0, 4), "lean": size * rng.normal(0, 2),
                "side": size * rng.normal(0, 0.02), "pitch": size * rng.normal(1, 2),
            },
        )  # fmt: skip


CALM: Pose = {"look": 0, "nod": 0, "yaw": 0, "lean": 0, "side": 0, "roll": 0, "bend": 0, "pitch": 0}
"""Trunk and head as they were before."""


def finished(
    action: str, joints: Float, span: tuple[int, int], direction: Direction, **more: Any
) -> Move:
    """The move, with the pelvis of its first frame at x = y = 0.

    span: first frame of the action proper and the frame after its last.
    """
    placed = joints.copy()
    placed[..., :2] -= joints[0, 17, :2]
    posture = "seated" if direction.seated else "standing"
    onset = int(np.clip(span[0], 0, len(joints) - 2))
    end = int(np.clip(span[1], onset + 1, len(joints)))
    shared = {"begins": posture, "ends": posture} | more
    return Move(action=action, joints=placed.astype(np.float32), onset=onset, end=end, **shared)


def gripped(
    joints: Float,
    kind: str,
    hand: Hand,
    frames: tuple[int, int],
    way: tuple[Float, Float],
) -> Grip:
    """A prop that goes along a way of its own while a hand holds it.

    frames: start and end. way: centre (T, 3), metres, and axes (T, 3, 3) over the whole move, in
    the same space as ``joints``.
    """
    start, end = frames
    palms = {name: joints[:, ARM[name][3]] for name in ("left", "right")}
    palm = (palms["left"] + palms["right"]) / 2 if hand == "both" else palms[hand]
    centre, axes = way
    return Grip(
        kind=kind,
        hand=hand,
        start=start,
        end=end,
        offset=(centre - palm)[start:end].astype(np.float32),
        axes=axes[start:end].astype(np.float32),
        level=True,
    )


def upright_axes(ahead: Float, up: Float) -> Float:
    """Axes (T, 3, 3) of a prop: z is ``up``, x as near to ``ahead`` as that allows; both (T, 3)."""
    top = up / np.maximum(np.linalg.norm(up, axis=1, keepdims=True), 1e-6)
    front = ahead - (ahead * top).sum(axis=1, keepdims=True) * top
    front = front / np.maximum(np.linalg.norm(front, axis=1, keepdims=True), 1e-6)
    out: Float = np.stack([front, np.cross(top, front), top], axis=2).astype(np.float32)
    return out


def sounds_at(
    frames: Sequence[int], kind: str, rng: Rng, level_db: float
) -> tuple[tuple[int, str, float], ...]:
    """One sound at each frame, all a little different in loudness."""
    return tuple((int(frame), kind, float(level_db + rng.normal(0, 1.5))) for frame in frames)
