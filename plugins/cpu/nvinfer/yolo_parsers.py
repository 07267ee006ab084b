"""Output parsers of marcoslucianops' DeepStream-Yolo, whose networks hold their own decoding.

Sources: nvdsparsebbox_Yolo.cpp in its forms since 2023, nvdsparseseg_Yolo.cpp,
nvdsparseface_Yolo.cpp.
"""

from __future__ import annotations

import numpy as np

from plugins.cpu.nvinfer.parsers import Array, Detections, Float, Ints, Layers, ParseInput

MOST_COLUMNS = 7


def parse_yolo(layers: Layers, told: ParseInput) -> Detections:
    """Layer (N, 6): x1 y1 x2 y2 px, score, class; or boxes cx cy w h, scores and classes by layer.

    An export that has the three layers is older. Between both were exports with centres in one
    layer; they look the same as today's and cannot be told apart.
    """
    if len(layers) == 1:
        return _rows(layers, told)
    boxes, scores, classes = _layers(layers, 3)
    halves = boxes[:, 2:] / 2
    return _inside(boxes[:, :2] - halves, boxes[:, :2] + halves, classes, scores, told)


def parse_yolo_corners(layers: Layers, told: ParseInput) -> Detections:
    """As ``parse_yolo``, with x1 y1 x2 y2 in three layers, too."""
    if len(layers) == 1:
        return _rows(layers, told)
    boxes, scores, classes = _layers(layers, 3)
    return _inside(boxes[:, :2], boxes[:, 2:], classes, scores, told)


def parse_yolo_masks(layers: Layers, told: ParseInput) -> Detections:
    """Boxes (N, 4) x1 y1 x2 y2 px, scores, classes, and masks (N, H, W) over each box."""
    *rest, masks = _layers(layers, 4)
    boxes, scores, classes = rest
    found = _inside(boxes[:, :2], boxes[:, 2:], classes, scores, told, own=masks)
    return Detections(found.boxes, found.classes, found.scores, found.masks, masks.shape[:0:-1])


def _rows(layers: Layers, told: ParseInput) -> Detections:
    name, rows = next(iter(layers.items()))
    if rows.ndim != 2 or not MOST_COLUMNS - 1 <= rows.shape[1] <= MOST_COLUMNS:
        raise ValueError(f"layer '{name}': wanted (candidates, 6); got {rows.shape}")
    scores = rows[:, 4]
    if rows.shape[1] == MOST_COLUMNS:  # objectness of its own
        scores = scores * rows[:, 6]
    return _inside(rows[:, :2], rows[:, 2:4], rows[:, 5], scores, told)


def _layers(layers: Layers, count: int) -> tuple[Float, ...]:
    values = tuple(layers.values())
    if len(values) != count or values[0].ndim != 2 or values[0].shape[1] != 4:
        got = ", ".join(f"{name} {value.shape}" for name, value in layers.items())
        raise ValueError(f"wanted {count} output layers, the first (candidates, 4); got {got}")
    flat = (value.reshape(-1) for value in values[1:3])
    return (values[0], *flat, *values[3:])


def _inside(
    low: Array,
    high: Array,
    classes: Array | Ints,
    scores: Array,
    told: ParseInput,
    own: Float | None = None,
) -> Detections:
    """Cut boxes to the network's input; those below a pixel are gone. own: (N, ...) masks."""
    size = np.array([told.width, told.height], np.float32)
    low = np.clip(low, 0, size)
    sizes = np.clip(high, 0, size) - low
    kept = (scores >= told.lowest) & (sizes >= 1).all(axis=1)
    boxes = np.concatenate([low, sizes], axis=1)[kept].astype(np.float32)
    masks = None if own is None else own[kept].reshape(int(kept.sum()), -1).astype(np.float32)
    return Detections(boxes, classes[kept].astype(np.intp), scores[kept].astype(np.float32), masks)
