"""Textures of floors, walls and furniture, made from noise by seed."""

from __future__ import annotations

import cv2
import moderngl
import numpy as np

from recognition.frames import Float
from training.scenario.render.context import context

SIDE = 256
(PLAIN, PLANKS, TILES, CARPET, CONCRETE, PLASTER, BRICK, WALLPAPER, GRAIN, PRINT, ASPHALT, FACADE,
 ART, PARQUET, LEAVES) = range(15)  # fmt: skip
_LAYERS = 15


def texture_array(seed: int) -> moderngl.TextureArray:
    """All layers, (SIDE, SIDE) sRGB each, repeating, with mipmaps. A layer's mean is near 0.8."""
    rng = np.random.default_rng(seed)
    layers = np.stack([_layer(index, rng) for index in range(_LAYERS)])
    pixels = (np.clip(layers, 0, 1) * 255).astype(np.uint8)
    texture = context().texture_array((SIDE, SIDE, _LAYERS), 3, pixels.tobytes())
    texture.build_mipmaps()
    texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
    # No anisotropic filter: in llvmpipe a floor at a grazing angle then takes minutes.
    return texture


def noise(rng: np.random.Generator, cells: tuple[int, int]) -> Float:
    """Smooth noise (SIDE, SIDE) of deviation 1 that repeats; cells: patches along y and x."""
    small = rng.normal(0, 1, cells).astype(np.float32)
    wrapped = np.pad(small, 2, mode="wrap")
    scale = (SIDE * (cells[1] + 4) // cells[1], SIDE * (cells[0] + 4) // cells[0])
    large = cv2.resize(wrapped, scale, interpolation=cv2.INTER_CUBIC)
    y, x = 2 * SIDE // cells[0], 2 * SIDE // cells[1]
    return np.asarray(large[y : y + SIDE, x : x + SIDE], np.float32)


def _layer(index: int, rng: np.random.Generator) -> Float:
    if index == PLAIN:
        return np.full((SIDE, SIDE, 3), 0.8, np.float32)
    if index in (ART, PRINT):
        return _art(rng) if index == ART else _print(rng)
    value = _grey(index, rng)
    tint = 1 + rng.normal(0, 0.015, 3) * np.sign(value - 0.8)[..., None]
    return np.asarray(value[..., None] * tint, np.float32)


def _grey(index: int, rng: np.random.Generator) -> Float:
    fine, rough = noise(rng, (128, 128)), noise(rng, (8, 8))
    if index in _MAKERS:
        return np.asarray(_MAKERS[index](rng) + 0.015 * fine, np.float32)
    match index:
        case 3:
            value = 0.8 + 0.05 * fine + 0.05 * _grains(rng) + 0.02 * rough
        case 4:
            value = 0.8 + 0.05 * rough + 0.03 * noise(rng, (32, 32)) + 0.02 * fine
        case 5:
            value = 0.8 + 0.012 * fine + 0.012 * rough
        case 8:
            value = 0.8 + 0.06 * noise(rng, (64, 4)) + 0.03 * noise(rng, (128, 8))
        case 10:
            value = 0.78 + 0.07 * _grains(rng) + 0.05 * rough
        case _:
            value = 0.75 + 0.13 * noise(rng, (32, 32)) + 0.08 * fine
    return np.asarray(value, np.float32)


def _grains(rng: np.random.Generator) -> Float:
    return rng.standard_normal((SIDE, SIDE), np.float32)


def _boards(rng: np.random.Generator, *, rows: int, columns: int) -> Float:
    """Floor boards along x with grain, each of its own shade."""
    grain = 0.035 * noise(rng, (128, 4)) + 0.02 * noise(rng, (64, 16))
    value = np.asarray(0.8 + grain, np.float32)
    high, wide = SIDE // rows, SIDE // columns
    for row in range(rows):
        start = int(rng.integers(SIDE))
        for column in range(columns):
            x = (start + column * wide + np.arange(wide)) % SIDE
            value[row * high : (row + 1) * high, x] += rng.normal(0, 0.05)
            value[row * high : (row + 1) * high, x[:2]] *= 0.75
        value[row * high : row * high + 2] *= 0.72
    return np.asarray(value, np.float32)


def _grid(
    rng: np.random.Generator, rows: int, columns: int, *, spread: float, bond: bool = False
) -> Float:
    """Tiles or bricks with joints between."""
    value = np.full((SIDE, SIDE), 0.8, np.float32)
    high, wide, joint = SIDE // rows, SIDE // columns, float(rng.uniform(0.6, 1.15))
    for row in range(rows):
        shift = wide // 2 if bond and row % 2 else 0
        for column in range(columns):
            x = (column * wide + shift + np.arange(wide)) % SIDE
            value[row * high : (row + 1) * high, x] += rng.normal(0, spread)
            value[row * high : (row + 1) * high, x[:3]] = 0.8 * joint
        value[row * high : row * high + 3] = 0.8 * joint
    return value


def _wallpaper(rng: np.random.Generator) -> Float:
    y, x = np.mgrid[:SIDE, :SIDE] * (2 * np.pi / SIDE)
    count = int(rng.integers(2, 7))
    style = rng.integers(3)
    if style == 0:
        wave = np.sin(count * x)
    elif style == 1:
        wave = np.sin(count * x) * np.sin(count * y)
    else:
        wave = np.sin(count * x + np.sin(count * y))
    return np.asarray(0.8 + rng.uniform(0.02, 0.09) * np.sign(wave), np.float32)


def _facade(rng: np.random.Generator) -> Float:
    """Windows of a house front, two by two."""
    value = 0.8 + 0.02 * noise(rng, (128, 128))
    for row in range(2):
        for column in range(2):
            y, x = row * 128 + 28, column * 128 + 36
            value[y : y + 76, x : x + 56] = 0.95
            value[y + 5 : y + 71, x + 5 : x + 51] = rng.uniform(0.15, 0.5)
            value[y + 5 : y + 71, x + 26 : x + 30] = 0.9
    return value


_MAKERS = {
    PLANKS: lambda rng: _boards(rng, rows=4, columns=2),
    PARQUET: lambda rng: _boards(rng, rows=8, columns=2),
    TILES: lambda rng: _grid(rng, 4, 4, spread=0.03),
    BRICK: lambda rng: _grid(rng, 8, 4, spread=0.07, bond=True),
    WALLPAPER: _wallpaper,
    FACADE: _facade,
}


def _art(rng: np.random.Generator) -> Float:
    """An abstract picture."""
    image = np.ones((SIDE, SIDE, 3), np.float32) * rng.uniform(0.2, 0.95, 3).astype(np.float32)
    for _ in range(int(rng.integers(3, 9))):
        color = tuple(float(c) for c in rng.uniform(0.05, 0.95, 3))
        x, y, w, h = (int(v) for v in rng.integers(10, SIDE - 10, 4))
        if rng.random() < 0.5:
            cv2.ellipse(image, (x, y), (w // 3 + 5, h // 3 + 5), w, 0, 360, color, -1)
        else:
            cv2.rectangle(image, (x, y), (w, h), color, -1)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.5, 6))), np.float32)


def _print(rng: np.random.Generator) -> Float:
    """Lines of text, too small to read."""
    image = np.full((SIDE, SIDE, 3), 0.8, np.float32)
    for y in range(10, SIDE - 10, 14):
        image[y : y + 5, 14 : int(rng.integers(120, SIDE - 14))] = 0.35
    return image
