"""What a script's cameras see of the floor and of the people on it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recognition.frames import Float
from training.cameras import Camera, look_at
from training.scenario.script import CameraScript, ScenarioError, Script
from training.scenario.world import World

NEAREST_M = 0.3
"""Nothing nearer to a camera than this counts as seen."""


def pinhole(camera: CameraScript, size_px: tuple[int, int]) -> Camera:
    """The camera of a script as a pinhole with pictures of that width and height."""
    width, _ = size_px
    focal = width / 2 / float(np.tan(np.radians(camera.fov_deg) / 2))
    position = np.array(camera.at_m, np.float32)
    return Camera(
        position=position,
        axes=look_at(position, np.array(camera.look_at_m, np.float32), 0.0),
        focal_px=(focal, focal),
        size=size_px,
    )


def in_picture(camera: Camera, points: Float) -> npt.NDArray[np.bool_]:
    """Which of the points (..., 3) metres lie inside the picture, walls and people apart."""
    depth = ((points - camera.position) @ camera.axes.T)[..., 2]
    picture, _ = camera.project(points)
    width, height = camera.size
    inside: npt.NDArray[np.bool_] = (
        (depth > NEAREST_M)
        & (picture[..., 0] >= 0)
        & (picture[..., 0] < width)
        & (picture[..., 1] >= 0)
        & (picture[..., 1] < height)
    )
    return inside


def check_views(script: Script, world: World) -> None:
    """Refuse a camera that never has anybody in its picture.

    Raises:
        ScenarioError: names the camera and where the people are.
    """
    present = [actor.joints[actor.present] for actor in world.actors]
    people = np.concatenate([*present, np.zeros((0, 26, 3), np.float32)])
    problems = []
    for index, camera in enumerate(script.cameras):
        if not in_picture(pinhole(camera, script.size_px), people).any():
            x, y, z = people.mean(axis=(0, 1)) if len(people) else np.zeros(3)
            text = (
                f"'{camera.name}' sees nobody; the people are around "
                f"[{x:.1f}, {y:.1f}, {z:.1f}]: turn look_at_m there, or widen fov_deg"
            )
            problems.append((("cameras", index), text))
    if problems:
        raise ScenarioError(problems)
