"""Pinhole cameras at the places where cameras hang."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recognition.frames import Float
from training.mocap import PELVIS

SIZES = ((640, 360), (768, 432), (1280, 720), (1920, 1080), (640, 480), (1024, 768), (720, 1280))


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A pinhole camera.

    position: (3,) metres, z up. axes: (3, 3), rows are the picture's right, the picture's down
    and the viewing direction. focal_px: along x and along y. size: width and height, px; the
    optical axis meets the middle of the picture.
    """

    position: Float
    axes: Float
    focal_px: tuple[float, float]
    size: tuple[int, int]

    def project(self, points: Float) -> tuple[Float, Float]:
        """Picture positions of points (..., 3) metres: (..., 2) px, and depth (...) metres.

        A point nearer than 10 cm before the camera is put at 10 cm.
        """
        seen = (points - self.position) @ self.axes.T
        depth = np.maximum(seen[..., 2], 0.1)
        middle = np.array(self.size, np.float32) / 2
        picture = seen[..., :2] / depth[..., None] * np.array(self.focal_px, np.float32) + middle
        return picture.astype(np.float32), depth.astype(np.float32)


def look_at(position: Float, target: Float, roll: float) -> Float:
    """Axes (3, 3) of a camera at ``position`` that looks at ``target``, rolled by radians."""
    forward = (target - position) / np.linalg.norm(target - position)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    c, s = np.cos(roll), np.sin(roll)
    return np.stack([c * right + s * down, c * down - s * right, forward]).astype(np.float32)


def random_camera(joints: Float, rng: np.random.Generator) -> Camera:
    """A camera from which a recording (T, 26, 3) can be seen, at least for a while.

    Height 0.8 to 6 m, all round, pitch up to 60 degrees down, field of view 30 to 80 degrees,
    the person a tenth to nine tenths of the picture's height and seldom in its middle.
    """
    width, height = SIZES[rng.integers(len(SIZES))]
    view = np.radians(rng.uniform(30, 80))  # vertical
    path = joints[:, PELVIS]
    tall = max(1.5, float(np.ptp(joints[..., 2])))
    fill = np.exp(rng.uniform(np.log(0.13), np.log(0.9)))
    distance = tall / (fill * 2 * np.tan(view / 2))
    if rng.random() < 0.7:  # far enough for the whole way to be in view
        extent = float(np.linalg.norm(np.ptp(path[:, :2], axis=0)))
        distance = max(distance, 0.8 * extent)
    distance = float(np.clip(distance, 1.5, 30))
    at = path[rng.integers(len(path))] * [1, 1, 0] + [0, 0, tall / 2]
    raised = rng.uniform(0.8, 3.0) if rng.random() < 0.6 else rng.uniform(2.5, 6.0)
    raised = min(raised, at[2] + 0.87 * distance)
    flat = np.sqrt(max(distance**2 - (raised - at[2]) ** 2, 0.25))
    azimuth = rng.uniform(0, 2 * np.pi)
    position = at + np.array([flat * np.cos(azimuth), flat * np.sin(azimuth), raised - at[2]])
    aside = distance * np.tan(view / 2) * rng.uniform(-0.55, 0.55, 3)
    focal = height / 2 / np.tan(view / 2)
    stretch = rng.choice([1.0, 1.0, 1.0, 4 / 3, 3 / 4]) * rng.uniform(0.95, 1.05)
    return Camera(
        position=position.astype(np.float32),
        axes=look_at(position, at + aside, np.radians(rng.normal(0, 3))),
        focal_px=(focal * stretch, focal),
        size=(width, height),
    )
