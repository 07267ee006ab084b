"""Draws cameras at many heights and angles from which most of the people can be seen."""

from __future__ import annotations

import numpy as np

from recognition.frames import Float
from training.scenario.script import CameraScript, RoomScript
from training.scenario.viewing import in_picture, pinhole

Rng = np.random.Generator

TALL_PX = (90.0, 600.0)
"""Wished height of a person who stands, in pixels of a picture 720 high."""

_TRIES = 160
_PERSON_M = 1.72


def random_camera_script(
    room: RoomScript, spots: Float, others: list[CameraScript], size_px: tuple[int, int], rng: Rng
) -> CameraScript:
    """A camera within 0.8 to 5 m of height that sees most of the spots (N, 2) on the floor."""
    drawn = [_draw(room, spots, len(others), rng) for _ in range(_TRIES)]
    best = max(drawn, key=lambda camera: _worth(camera, spots, others, size_px))
    return best.model_copy(update={"lens_seed": int(rng.integers(2**31))})


def _draw(room: RoomScript, spots: Float, number: int, rng: Rng) -> CameraScript:
    low, high = 0.8, min(5.0, room.height_m - 0.15)
    height = rng.uniform(low, min(2.2, high)) if rng.random() < 0.5 else rng.uniform(1.8, high)
    along, aside = rng.uniform(0.15, 0.85), rng.uniform(0.12, 0.8)
    wall = rng.integers(4)
    x, y = ((along, 0.0), (1.0, along), (along, 1.0), (0.0, along))[wall]
    inward = ((0, 1), (-1, 0), (0, -1), (1, 0))[wall]
    middle = spots.mean(axis=0) + rng.normal(0, 0.4, 2)
    return CameraScript(
        name=f"camera{number + 1}",
        at_m=(
            _rounded(x * room.width_m + aside * inward[0], room.width_m),
            _rounded(y * room.depth_m + aside * inward[1], room.depth_m),
            round(float(height), 2),
        ),
        look_at_m=(
            round(float(middle[0]), 2),
            round(float(middle[1]), 2),
            round(float(rng.uniform(0.6, 1.2)), 2),
        ),
        fov_deg=round(float(rng.uniform(50, 90)), 1),
    )


def _worth(
    camera: CameraScript, spots: Float, others: list[CameraScript], size_px: tuple[int, int]
) -> float:
    """Share of the spots on which a person is wholly in the picture, at a fitting size."""
    if np.hypot(*(np.array(camera.at_m[:2]) - camera.look_at_m[:2])) < 0.5:
        return -10.0
    view = pinhole(camera, size_px)
    levels = (0.1, 0.9, _PERSON_M)
    people = np.stack([np.column_stack([spots, np.full(len(spots), z)]) for z in levels], axis=1)
    inside = in_picture(view, people.astype(np.float32)).mean(axis=1)
    feet_to_head = view.project(people.astype(np.float32))[0][:, [0, -1], 1]
    tall = np.abs(np.diff(feet_to_head, axis=1))[:, 0] * 720 / size_px[1]
    fitting = (tall > TALL_PX[0]) & (tall < TALL_PX[1])
    near = float(np.linalg.norm(spots - np.array(camera.at_m[:2]), axis=1).min()) < 1.0
    worth = float((inside * fitting).mean()) - near
    for other in others:  # another side of the scene
        apart = np.linalg.norm(np.array(camera.at_m) - other.at_m)
        worth -= 0.5 * max(0.0, 1 - float(apart) / 4)
    return worth


def _rounded(value: float, limit: float) -> float:
    return round(float(np.clip(value, 0.05, limit - 0.05)), 2)
