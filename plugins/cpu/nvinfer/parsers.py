"""Output parsers of this project's detectors.

A parser turns the output layers of one picture into boxes in pixels of the network's input. Its
boxes end inside the picture, not in the black bars of the letterbox: nvinfer drops a box whose
lower edge leaves the frame. The same parsers in C++, for NVIDIA's nvinfer: ``plugins/nvdsinfer``.
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
Layers = Mapping[str, npt.NDArray[Any]]

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
    first: that of class 0, which some of NVIDIA's parsers hold against every class.
    """

    width: int
    height: int
    image: tuple[float, float, float, float]
    lowest: float
    first: float = 0.0


Parser = Callable[[Layers, ParseInput], Detections]


def parse_yolox(layers: Layers, told: ParseInput) -> Detections:
    """YOLOX: layer ``output`` (cells, 5 + classes), raw heads at strides 8, 16, 32 in that order.

    cx = (o0 + column) * stride, cy = (o1 + row) * stride, w = exp(o2) * stride, h = exp(o3) *
    stride, score = objectness * class score (YOLOX, yolox/models/yolo_head.py, decode_outputs).
    """
    rows = layer_named(layers, "output", columns=None)
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
    return _inside(centres - sizes / 2, centres + sizes / 2, classes, scores, told)


def parse_rtmdet(layers: Layers, told: ParseInput) -> Detections:
    """RTMDet for persons: layer ``output`` (candidates, 5): x1 y1 x2 y2 px, score."""
    rows = layer_named(layers, "output", columns=5)
    rows = rows[rows[:, 4] >= told.lowest]
    classes = np.zeros(len(rows), np.intp)
    return _inside(rows[:, :2], rows[:, 2:4], classes, rows[:, 4], told)


def parse_detr(layers: Layers, told: ParseInput) -> Detections:
    """D-FINE, RT-DETR and their kin: ``pred_logits`` or ``logits`` (Q, C), ``pred_boxes`` (Q, 4).

    Boxes are cx cy w h, 0..1 of the network's input; score = sigmoid(logit). Each class of a query
    that reaches the threshold is a box, as RT-DETR takes the best of all pairs
    (rtdetr_postprocessor.py). Nothing is suppressed: use with cluster-mode=4.
    """
    logits = layer_named(layers, "logits" if "logits" in layers else "pred_logits", columns=None)
    places = layer_named(layers, "pred_boxes", columns=4)
    if len(logits) != len(places):
        raise ValueError(
            f"wanted as many boxes as queries; got {len(places)} boxes, {len(logits)} queries"
        )
    scores = probabilities(logits)
    queries, classes = np.nonzero(scores >= told.lowest)
    size = np.array([told.width, told.height], np.float32)
    centres, halves = places[queries, :2] * size, places[queries, 2:] * size / 2
    return _inside(centres - halves, centres + halves, classes, scores[queries, classes], told)


def parse_end_to_end(layers: Layers, told: ParseInput) -> Detections:
    """Networks that suppress doubles themselves; use with cluster-mode=4.

    Either ``dets`` (K, 5) x1 y1 x2 y2 px, score and ``labels`` (K,), as MMDeploy exports RTMDet;
    or ``num_dets`` (1,), ``det_boxes`` (K, 4), ``det_scores`` (K,), ``det_classes`` (K,), as
    TensorRT's EfficientNMS_TRT gives them. Rows to spare have score 0 or a negative class.
    """
    if "num_dets" in layers:
        corners = layer_named(layers, "det_boxes", columns=4)[: int(layers["num_dets"].flat[0])]
        scores = layers["det_scores"].reshape(-1)[: len(corners)]
        classes = layers["det_classes"].reshape(-1)[: len(corners)]
    else:
        rows = layer_named(layers, "dets", columns=5)
        corners, scores = rows[:, :4], rows[:, 4]
        if "labels" not in layers:
            raise ValueError(f"wanted an output layer 'labels'; got {', '.join(layers)}")
        classes = layers["labels"].reshape(-1)
    kept = (scores >= told.lowest) & (classes >= 0)
    corners, classes = corners[kept], classes[kept].astype(np.intp)
    return _inside(corners[:, :2], corners[:, 2:], classes, scores[kept], told)


def layer_named(layers: Layers, name: str, *, columns: int | None = None, ndim: int = 2) -> Float:
    """Give a layer without its batch axis.

    Raises:
        ValueError: there is none of that name, or its shape is another.
    """
    found = layers.get(name)
    if found is None:
        raise ValueError(f"wanted an output layer '{name}'; got {', '.join(layers)}")
    if found.ndim != ndim or (columns is not None and found.shape[1] != columns):
        wanted = f"(candidates, {columns or 'values'})" if ndim == 2 else f"{ndim} axes"
        raise ValueError(f"layer '{name}': wanted {wanted}; got {found.shape}")
    return found


def probabilities(logits: Array) -> Float:
    """The logistic function, without a warning for what is far out."""
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -80, 80))), np.float32)


@functools.cache
def _yolox_cells(width: int, height: int) -> Float:
    """(N, 3) float32: column, row, stride of every cell."""
    grids = []
    for stride in YOLOX_STRIDES:
        y, x = np.mgrid[: height // stride, : width // stride]
        grids.append(np.stack([x, y, np.full_like(x, stride)], axis=-1).reshape(-1, 3))
    return np.concatenate(grids).astype(np.float32)


def _inside(low: Array, high: Array, classes: Ints, scores: Array, told: ParseInput) -> Detections:
    """Cut boxes, given by corners, to the picture; one of which nothing is left is gone."""
    image = np.array(told.image, np.float32)
    low = np.clip(low, image[:2], image[2:])
    sizes = np.clip(high, image[:2], image[2:]) - low
    kept = (sizes > 0).all(axis=1)
    boxes = np.concatenate([low, sizes], axis=1).astype(np.float32)
    return Detections(boxes[kept], classes[kept], scores[kept].astype(np.float32))
