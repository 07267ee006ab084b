"""A small acted-out world for tests: somebody stands, then drinks; a ball lies on the floor."""

from __future__ import annotations

import numpy as np

from training.figure import animate
from training.scenario.world import (
    FPS,
    ActionTruth,
    Actor,
    Furniture,
    Look,
    Prop,
    Room,
    SoundCue,
    World,
)

BONES = np.array(
    [0.13, 0.12, 0.12, 0.08, 0.08, 0.18, 0.18, 0.28, 0.28, 0.25, 0.25, 0.1, 0.1, 0.42, 0.42, 0.42,
     0.42, 0, 0.2, 0.25, 0.15, 0.12, 0.08, 0.08, 0.13, 0.13],
    np.float32,
)  # fmt: skip

LOOK = Look(
    skin=(0.8, 0.6, 0.5), hair=(0.2, 0.1, 0.1), top=(0.2, 0.3, 0.7), top_detail=(0.9, 0.9, 0.9),
    bottom=(0.2, 0.2, 0.2), shoes=(0.1, 0.1, 0.1),
)  # fmt: skip


def drinker(seconds: float = 8.0) -> World:
    """An actor at the middle of a room, who stands for 3 s and then drinks from a cup."""
    drinking = {"r_arm": 50.0, "r_fore": 150.0, "r_fore_out": -15.0}
    joints = animate(
        [(0, {}), (3.0, {}), (0.6, drinking), (seconds - 3.6, drinking)],
        BONES,
        np.random.default_rng(3),
    )
    joints = joints[: round(seconds * FPS)] + np.array([3, 3, 0], np.float32)
    count = len(joints)
    there = np.ones(count, bool)
    level = np.repeat(np.eye(3, dtype=np.float32)[None], count, axis=0)
    floor = np.repeat(np.array([[4.0, 3.5, 0.11]], np.float32), count, axis=0)
    return World(
        duration_s=count / FPS,
        room=Room(width_m=6, depth_m=6),
        furniture=(Furniture(kind="table", at_m=(1.0, 5.0), size_m=(1.2, 0.7, 0.75)),),
        actors=(Actor(name="ann", look=LOOK, joints=joints, present=there),),
        props=(
            Prop(
                name="mug", kind="cup", centre=joints[:, 23], axes=level, present=there,
                color=(1, 0, 0), scale=2.0,
            ),
            Prop(
                name="ball", kind="ball", centre=floor, axes=level, present=there, color=(0, 1, 0),
            ),
        ),
        sounds=(SoundCue(kind="clap", at_s=1.0, at_m=(3, 3, 1)),),
        truth=(
            ActionTruth(
                action="drink", level="human_object", actors=("ann",), onset_s=3.2,
                end_s=count / FPS, objects=("mug",),
            ),
        ),
    )  # fmt: skip
