"""Short scripts to act in tests."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from recognition.frames import Float
from training.scenario.library import MoveLibrary
from training.scenario.script import Script
from training.scenario.stage import act
from training.scenario.world import ActionTruth, World

Section = dict[str, Any]

CAMERA: Section = {"name": "cam", "at_m": [0.5, 0.5, 2.4], "look_at_m": [4, 4, 1]}


def actor(name: str, at_m: Sequence[float], *does: Section, **more: Any) -> Section:
    start = {"at_m": list(at_m), "facing_deg": more.pop("facing_deg", 0), **more.pop("start", {})}
    return {"name": name, "start": start, "does": list(does), **more}


def script(*actors: Section, duration_s: float = 8.0, seed: int = 1, **more: Any) -> Script:
    values = {"seed": seed, "duration_s": duration_s, "room": {"width_m": 9, "depth_m": 8}}
    return Script.model_validate({**values, "actors": actors, "cameras": [CAMERA], **more})


def acted(*actors: Section, **more: Any) -> World:
    """Without recordings: as on a machine that has none."""
    return act(script(*actors, **more), MoveLibrary())


@cache
def everything() -> World:
    """Two people who do one thing of each kind after the other."""
    one = actor(
        "ann", (3, 3),
        {"at_s": 1, "action": "wave", "for_s": 2},
        {"at_s": 5, "action": "walk", "to_m": [6, 3]},
        {"at_s": 11, "action": "drink", "prop": "mug", "for_s": 3},
        {"at_s": 21.5, "action": "handshake", "with": "ben"},
        {"at_s": 26, "action": "push", "with": "ben"},
        {"at_s": 33, "action": "sit_down"},
        {"at_s": 39, "action": "jump"},
    )  # fmt: skip
    two = actor(
        "ben", (6, 6),
        {"at_s": 4, "action": "carry_box", "prop": "parcel", "to_m": [3, 6]},
        {"at_s": 13, "action": "throw_ball", "prop": "ball"},
        {"at_s": 32, "action": "phone_call", "prop": "mobile", "for_s": 3},
        {"at_s": 39, "action": "lie_down"},
    )  # fmt: skip
    return acted(
        one, two, duration_s=46,
        furniture=[
            {"name": "desk", "kind": "table", "at_m": [7.5, 2], "facing_deg": 90},
            {"kind": "chair", "at_m": [2, 2], "facing_deg": 90},
        ],
        props=[
            {"name": "mug", "kind": "cup", "on": "desk"},
            {"name": "parcel", "kind": "box", "at_m": [7, 6.5, 0.15]},
            {"name": "ball", "kind": "ball"},
            {"name": "mobile", "kind": "phone"},
        ],
    )  # fmt: skip


def truth_of(world: World, action: str) -> ActionTruth:
    (found,) = [item for item in world.truth if item.action == action]
    return found


def speeds(track: Float) -> Float:
    """Metres per second of points (T, ..., 3) from frame to frame."""
    moved: Float = np.linalg.norm(np.diff(track, axis=0), axis=-1) * 30
    return moved
