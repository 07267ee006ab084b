"""Smooth bodies as distance fields, and the meshes on their surfaces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from recognition.frames import Float

Ints = npt.NDArray[np.int32]
Field = Callable[[Float], Float]
"""Points (N, 3) metres -> distance (N,) metres, negative inside; near enough to true near 0."""


@dataclass(frozen=True, slots=True)
class Surface:
    """points, normals: (V, 3). triangles: (F, 3) indices, counter-clockwise seen from outside."""

    points: Float
    normals: Float
    triangles: Ints


def ball(centre: Sequence[float], radii: Sequence[float]) -> Field:
    """An ellipsoid along the axes."""
    middle, size = np.array(centre, np.float32), np.array(radii, np.float32)

    def distance(points: Float) -> Float:
        # Inigo Quilez, "Ellipsoid distance": a first-order bound that is exact on the surface.
        scaled = (points - middle) / size
        near = np.linalg.norm(scaled, axis=1)
        slope = np.linalg.norm(scaled / size, axis=1)
        found: Float = near * (near - 1) / np.maximum(slope, 1e-6)
        return found

    return distance


def cone(
    start: Sequence[float], end: Sequence[float], radii: tuple[float, float], flat: float = 1.0
) -> Field:
    """A tapered rod with round ends. flat: thickness along x by that across."""
    squeeze = np.array([1 / flat, 1, 1], np.float32)
    a, b = np.array(start, np.float32) * squeeze, np.array(end, np.float32) * squeeze

    def distance(points: Float) -> Float:
        away = points * squeeze - a
        along = np.clip(away @ (b - a) / ((b - a) @ (b - a)), 0, 1)
        off = np.linalg.norm(away - along[:, None] * (b - a), axis=1)
        found: Float = (off - (radii[0] + (radii[1] - radii[0]) * along)) * min(flat, 1.0)
        return found

    return distance


def column(rows: Sequence[tuple[float, float, float, float]], power: float = 2.3) -> Field:
    """An upright body with a rounded section that changes with height.

    rows: (z, half width along y, half depth along x, x of the middle), upwards. power: 2 is an
    ellipse, more is boxier.
    """
    table = np.array(rows, np.float32)
    low, high = float(table[0, 0]), float(table[-1, 0])

    def distance(points: Float) -> Float:
        z = np.clip(points[:, 2], low, high)
        wide, deep, middle = (np.interp(z, table[:, 0], table[:, i]) for i in (1, 2, 3))
        section = np.abs((points[:, 0] - middle) / deep) ** power
        section = (section + np.abs(points[:, 1] / wide) ** power) ** (1 / power)
        beyond = np.maximum(np.maximum(low - points[:, 2], points[:, 2] - high), 0)
        found: Float = ((section - 1) * np.minimum(wide, deep) + beyond).astype(np.float32)
        return found

    return distance


def join(fields: Sequence[Field], blend: float) -> Field:
    """Union whose seams are filled over about ``blend`` metres."""

    def distance(points: Float) -> Float:
        # Quilez' polynomial smooth minimum.
        total = fields[0](points)
        for other in (field(points) for field in fields[1:]):
            share = np.clip(0.5 + 0.5 * (other - total) / blend, 0, 1)
            total = other + (total - other) * share - blend * share * (1 - share)
        return total.astype(np.float32)

    return distance


def mirrored(field: Field) -> Field:
    """The field and its mirror image at y = 0; ``field`` must lie at y > 0."""

    def distance(points: Float) -> Float:
        folded = points.copy()
        folded[:, 1] = np.abs(folded[:, 1])
        return field(folded)

    return distance


def less(field: Field, other: Field) -> Field:
    """What of ``field`` is outside of ``other``."""

    def distance(points: Float) -> Float:
        found: Float = np.maximum(field(points), -other(points))
        return found

    return distance


def surface(field: Field, low: Sequence[float], high: Sequence[float], step: float) -> Surface:
    """Mesh the zero set inside low..high with cells of ``step`` metres.

    Surface nets (Gibson 1998): one vertex in each cell that the surface crosses, at the mean of
    its edge crossings; each vertex is then moved onto the zero set along the gradient.
    """
    counts = [int(np.ceil((b - a) / step)) + 1 for a, b in zip(low, high, strict=True)]
    axes = [a + step * np.arange(n) for a, n in zip(low, counts, strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).astype(np.float32)
    values = field(grid.reshape(-1, 3)).reshape(counts)
    inside = values < 0
    cells = np.stack([_corner(inside, corner) for corner in _CORNERS])
    crossed = np.asarray(cells.any(axis=0) & ~cells.all(axis=0), np.bool_)
    index = np.full(crossed.shape, -1, np.int32)
    index[crossed] = np.arange(int(crossed.sum()))
    points = _crossings(values, crossed, step) + np.array(low, np.float32)
    for _ in range(4):
        slope = gradient(field, points)
        steep = np.maximum((slope**2).sum(axis=1), 0.1)
        move = slope * (field(points) / steep)[:, None]
        points = points - np.clip(move, -step / 2, step / 2)
    normals = gradient(field, points)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6)
    return Surface(points.astype(np.float32), normals.astype(np.float32), _faces(inside, index))


def gradient(field: Field, points: Float, reach: float = 2e-3) -> Float:
    """Central differences of a field, (N, 3)."""
    offsets = np.eye(3, dtype=np.float32) * reach
    columns = [(field(points + way) - field(points - way)) / (2 * reach) for way in offsets]
    return np.stack(columns, axis=1).astype(np.float32)


_Any = TypeVar("_Any", bound=np.generic)
_CORNERS: list[tuple[int, ...]] = [(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)]


def _corner(values: npt.NDArray[_Any], corner: tuple[int, ...]) -> npt.NDArray[_Any]:
    """The values at one corner of every cell."""
    return values[tuple(slice(c, n - 1 + c) for c, n in zip(corner, values.shape, strict=True))]


def _crossings(values: Float, crossed: npt.NDArray[np.bool_], step: float) -> Float:
    """Mean of the edge crossings of each crossed cell, (N, 3) metres from the grid's corner."""
    base = np.argwhere(crossed).astype(np.float32)
    total, count = np.zeros_like(base), np.zeros((len(base), 1), np.float32)
    corner = {c: _corner(values, c)[crossed] for c in _CORNERS}
    for a in _CORNERS:
        for axis in range(3):
            if a[axis]:
                continue
            b = tuple(v + (i == axis) for i, v in enumerate(a))
            one, other = corner[a], corner[b]
            cut = (one < 0) != (other < 0)
            share = np.where(cut, one / np.where(cut, one - other, 1), 0)[:, None]
            place = np.array(a, np.float32) + share * np.eye(3, dtype=np.float32)[axis]
            total += np.where(cut[:, None], place, 0)
            count += cut[:, None]
    found: Float = ((base + total / count) * step).astype(np.float32)
    return found


def _faces(inside: npt.NDArray[np.bool_], index: Ints) -> Ints:
    """Two triangles for every grid edge that the surface crosses."""
    faces = []
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        rolled = np.moveaxis(inside, (axis, u, v), (0, 1, 2))
        cells = np.moveaxis(index, (axis, u, v), (0, 1, 2))
        enters, leaves = rolled[1:] & ~rolled[:-1], ~rolled[1:] & rolled[:-1]
        for mask, turn in ((enters, False), (leaves, True)):
            i, j, k = np.nonzero(mask[:, 1:-1, 1:-1])
            quad = [cells[i, j + a, k + b] for a, b in ((0, 0), (1, 0), (1, 1), (0, 1))]
            if not turn:
                quad = quad[::-1]
            faces += [
                np.stack([quad[0], quad[1], quad[2]], 1),
                np.stack([quad[0], quad[2], quad[3]], 1),
            ]
    return np.concatenate(faces).astype(np.int32)
