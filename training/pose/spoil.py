"""What cameras and things in the way do to a crop."""

from __future__ import annotations

import cv2
import numpy as np

from recognition.frames import Float
from training.pose.crops import Pixels
from training.pose.loss import HIDDEN, SEEN
from training.pose.network import INPUT

Rng = np.random.Generator


def occlude(pixels: Pixels, joints: Float, rng: Rng) -> tuple[Pixels, Float]:
    """Lay a rectangle before the person: one colour, a gradient, or a piece of the picture.

    pixels: (128, 96, 3) uint8 RGB. joints: (17, 3) px; those behind it become hidden.
    """
    width, height = (int(rng.uniform(0.12, 0.5) * side) for side in INPUT)
    left = int(rng.integers(-width // 2, INPUT[0] - width // 2))
    top = int(rng.integers(-height // 3, INPUT[1] - height // 3))
    x1, y1 = max(left, 0), max(top, 0)
    x2, y2 = min(left + width, INPUT[0]), min(top + height, INPUT[1])
    covered, hidden = pixels.copy(), joints.copy()
    if rng.random() < 0.3:
        patch = pixels[-(y2 - y1) :, -(x2 - x1) :] if rng.random() < 0.5 else None
        cover = pixels[: y2 - y1, : x2 - x1] if patch is None else patch
    else:
        fade = np.linspace(1, rng.uniform(0.6, 1.4), y2 - y1)[:, None, None]
        cover = np.clip(rng.uniform(0, 255, 3) * fade, 0, 255).astype(np.uint8)
    covered[y1:y2, x1:x2] = cover
    behind = (joints[:, 0] >= x1) & (joints[:, 0] < x2) & (joints[:, 1] >= y1)
    behind &= (joints[:, 1] < y2) & (joints[:, 2] == SEEN)
    hidden[behind, 2] = HIDDEN
    return covered, hidden


def spoil(pixels: Pixels, rng: Rng) -> Pixels:
    """Change colours and lose detail. pixels: (128, 96, 3) uint8 RGB; black borders stay black."""
    border = pixels.max(axis=2) == 0
    image = pixels
    if rng.random() < 0.3:
        image = _coarse(image, rng)
    if rng.random() < 0.2:
        image = _blur(image, rng)
    if rng.random() < 0.85:
        image = _colours(image, rng)
    if rng.random() < 0.35:
        noise = rng.standard_normal(image.shape, np.float32) * np.float32(rng.uniform(2, 14))
        image = np.clip(image + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.15:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(15, 70))]
        image = np.asarray(cv2.imdecode(cv2.imencode(".jpg", image, quality)[1], 1), np.uint8)
    return np.where(border[..., None], 0, image).astype(np.uint8)


def _coarse(image: Pixels, rng: Rng) -> Pixels:
    """A person far away: few pixels, enlarged again."""
    share = rng.uniform(0.2, 0.7)
    size = (max(8, int(INPUT[0] * share)), max(8, int(INPUT[1] * share)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, INPUT, interpolation=cv2.INTER_LINEAR), np.uint8)


def _blur(image: Pixels, rng: Rng) -> Pixels:
    """Out of focus, or moved along a line."""
    if rng.random() < 0.5:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 1.6)), np.uint8)
    kernel = np.zeros((7, 7), np.float32)
    reach = 3 * np.array([np.cos(angle := rng.uniform(0, np.pi)), np.sin(angle)])
    start, end = (3 - reach).round().astype(int), (3 + reach).round().astype(int)
    cv2.line(kernel, tuple(map(int, start)), tuple(map(int, end)), 1.0)
    return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), np.uint8)


def _colours(image: Pixels, rng: Rng) -> Pixels:
    """Exposure, contrast, gamma and white balance through one table per channel; grey at times."""
    level = np.arange(256, dtype=np.float32) / 255
    gains = rng.uniform(0.6, 1.4) * rng.uniform(0.82, 1.18, 3)
    contrast, pivot = rng.uniform(0.6, 1.4), rng.uniform(0.3, 0.6)
    curve = np.clip(pivot + contrast * (level - pivot), 0, 1) ** rng.uniform(0.7, 1.4)
    table = np.clip(curve[:, None] * gains * 255, 0, 255).astype(np.uint8)
    if rng.random() < 0.9:
        image = np.asarray(cv2.LUT(image, table.reshape(256, 1, 3)), np.uint8)
    chance = rng.random()
    if chance < 0.12:
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        image = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)
    elif chance < 0.3:
        image = np.ascontiguousarray(image[..., rng.permutation(3)])
    return image
