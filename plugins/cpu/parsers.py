"""Output parsers of detectors, by the names that ``parse-bbox-func-name`` has on NVIDIA's side.

A parser turns the output layers of one picture into boxes in pixels of the network's input. Its
boxes end inside the picture, not in the black bars of the letterbox: nvinfer drops a box whose
lower edge leaves the frame.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float32]
Ints = npt.NDArray[np.intp]
Array = npt.NDArray[np.floating[Any]]
Layers = Mapping[str, Float]

YOLOX_STRIDES = (8, 16, 32)


@dataclass(frozen=True, slots=True)
class Detections:
    """Boxes of one picture.

    boxes: (N, 4) float32 left, top, width, height. classes: (N,). scores: (N,) float32, 0..1.
    masks: (N, values) float32 of an instance parser, which also says their mask_size: width and
    height, px. The pose parsers put keypoints there.
    """

    boxes: Float
    classes: Ints
    scores: Float
    masks: Float | None = None
    mask_size: tuple[int, int] = (0, 0)

    def __len__(self) -> int:
        return len(self.scores)

    def pick(self, rows: npt.NDArray[np.generic]) -> Detections:
        """Give some of the boxes, by mask or by index."""
        masks = None if self.masks is None else self.masks[rows]
        picked = self.boxes[rows], self.classes[rows], self.scores[rows]
        return Detections(*picked, masks, self.mask_size)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseInput:
    """What a parser is told besides the layers.

    width, height: the network's input, px. image: left, top, right, bottom of the picture in it.
    lowest: the smallest pre-cluster-threshold of any class; boxes below it may be left out.
    """

    width: int
    height: int
    image: tuple[float, float, float, float]
    lowest: float


Parser = Callable[[Layers, ParseInput], Detections]


def parser_named(name: str | None) -> Parser:
    """Give the parser of ``parse-bbox-func-name``.

    Raises:
        ValueError: none of that name; tells which there are.
    """
    match name:
        case "NvDsInferParseYoloX":
            return parse_yolox
        case "NvDsInferParseRtmDet":
            return parse_rtmdet
        case _:
            got = f"parse-bbox-func-name={name}" if name else "no parse-bbox-func-name"
            raise ValueError(
                f"{got}; platform cpu has NvDsInferParseYoloX and NvDsInferParseRtmDet"
            )


def parse_yolox(layers: Layers, told: ParseInput) -> Detections:
    """YOLOX: layer ``output`` (cells, 5 + classes), raw heads at strides 8, 16, 32 in that order.

    cx = (o0 + column) * stride, cy = (o1 + row) * stride, w = exp(o2) * stride, h = exp(o3) *
    stride, score = objectness * class score (YOLOX, yolox/models/yolo_head.py, decode_outputs).
    """
    rows = _layer(layers, "output", columns=None)
    cells = _yolox_cells(told.width, told.height)
    if len(cells) != len(rows):
        raise ValueError(
            f"layer 'output': wanted {len(cells)} cells for {told.width}x{told.height}; "
            f"got {len(rows)}"
        )
    # No class score lifts a cell over its objectness, and few cells have any.
    kept = np.flatnonzero(rows[:, 4] >= told.lowest)
    rows, cells = rows[kept], cells[kept]
    classes = rows[:, 5:].argmax(axis=1) if len(rows) else np.zeros(0, np.intp)
    scores = rows[:, 4] * rows[np.arange(len(rows)), 5 + classes]
    centres = (rows[:, :2] + cells[:, :2]) * cells[:, 2:]
    # An untrained cell can have any exponent; a box twice the input is clamped all the same.
    sizes = np.exp(np.minimum(rows[:, 2:4], 20)) * cells[:, 2:]
    return Detections(_inside(centres - sizes / 2, centres + sizes / 2, told), classes, scores)


def parse_rtmdet(layers: Layers, told: ParseInput) -> Detections:
    """RTMDet for persons: layer ``output`` (candidates, 5): x1 y1 x2 y2 px, score."""
    rows = _layer(layers, "output", columns=5)
    rows = rows[rows[:, 4] >= told.lowest]
    classes = np.zeros(len(rows), np.intp)
    return Detections(_inside(rows[:, :2], rows[:, 2:4], told), classes, rows[:, 4].copy())


def _layer(layers: Layers, name: str, *, columns: int | None) -> Float:
    found = layers.get(name)
    if found is None:
        raise ValueError(f"wanted an output layer '{name}'; got {', '.join(layers)}")
    if found.ndim != 2 or (columns is not None and found.shape[1] != columns):
        wanted = f"(candidates, {columns or 'values'})"
        raise ValueError(f"layer '{name}': wanted {wanted}; got {found.shape}")
    return found


@functools.cache
def _yolox_cells(width: int, height: int) -> Float:
    """(N, 3) float32: column, row, stride of every cell."""
    grids = []
    for stride in YOLOX_STRIDES:
        y, x = np.mgrid[: height // stride, : width // stride]
        grids.append(np.stack([x, y, np.full_like(x, stride)], axis=-1).reshape(-1, 3))
    return np.concatenate(grids).astype(np.float32)


def _inside(low: Array, high: Array, told: ParseInput) -> Float:
    """Clamp corners to the picture; returns left, top, width, height."""
    image = np.array(told.image, np.float32)
    low = np.clip(low, image[:2], image[2:])
    high = np.clip(high, image[:2], image[2:])
    return np.concatenate([low, high - low], axis=1).astype(np.float32)
