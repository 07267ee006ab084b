"""Which parts of a picture differ from its background, so that only those are drawn anew."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from recognition.frames import Float
from training.cameras import Camera
from training.scenario.render.truth import project

Area = tuple[int, int, int, int]
"""Left, top, width, height; px."""

_EDGE_PX = 3


def quads_extent(corners: Float, camera: Camera, size: tuple[int, int]) -> Float:
    """Boxes (N, 4) px of quads (N, 4, 3) metres; the whole picture for one that comes too near."""
    depth = (corners - camera.position) @ camera.axes[2]
    places = project(corners, camera, size)
    boxes = np.concatenate([places.min(axis=1), places.max(axis=1)], axis=1)
    boxes[(depth < 0.15).any(axis=1)] = [0, 0, *size]
    return np.asarray(boxes, np.float32)


def areas(boxes: Iterable[Float], size: tuple[int, int]) -> list[Area]:
    """Areas that cover all boxes (4,) px, as far as they are inside; they may overlap.

    Boxes become one where that is not more to copy.
    """
    width, height = size
    found: list[Box] = []
    for box in boxes:
        low = np.floor(box[:2]) - _EDGE_PX
        high = np.ceil(box[2:]) + _EDGE_PX
        new = (
            max(int(low[0]), 0), max(int(low[1]), 0),
            min(int(high[0]), width), min(int(high[1]), height),
        )  # fmt: skip
        if new[2] > new[0] and new[3] > new[1]:
            found = _merged(found, new)
    return [(x1, y1, x2 - x1, y2 - y1) for x1, y1, x2, y2 in found]


Box = tuple[int, int, int, int]


def _merged(found: list[Box], new: Box) -> list[Box]:
    """The boxes with one more."""
    for index, old in enumerate(found):
        both = (
            min(old[0], new[0]), min(old[1], new[1]), max(old[2], new[2]), max(old[3], new[3]),
        )  # fmt: skip
        if _pixels(both) <= _pixels(old) + _pixels(new):
            return _merged(found[:index] + found[index + 1 :], both)
    return [*found, new]


def _pixels(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])
