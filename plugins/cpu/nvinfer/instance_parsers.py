"""Output parsers of network-type 3: boxes, and a mask or keypoints of each.

The keypoints of pose networks travel as the mask of each box: x, y in px of the network's input,
score. Layouts and rules are those of DeepStream-Yolo-Pose and -Face (nvdsparsepose_Yolo.cpp,
nvdsparseface_Yolo.cpp); Mask R-CNN's those of nvdsinfer_custombboxparser.cpp.
"""

from __future__ import annotations

import numpy as np

from plugins.cpu.nvinfer.cluster import suppress
from plugins.cpu.nvinfer.parsers import (
    Array,
    Detections,
    Float,
    Layers,
    ParseInput,
    layer_named,
)

_NMS_IOU = 0.45
"""Fixed in the library; nms-iou-threshold has no say."""

FACE_MARKS = 5


def parse_yolo_pose(layers: Layers, told: ParseInput) -> Detections:
    """One layer (candidates, 5 + 3 joints): centre x, y, width, height, score, then x, y, score."""
    rows = _rows(layers)
    low = rows[:, :2] - rows[:, 2:4] / 2
    return _poses(rows, low, low + rows[:, 2:4], told)


def parse_yolo_pose_corners(layers: Layers, told: ParseInput) -> Detections:
    """As ``parse_yolo_pose``, with the corners x1, y1, x2, y2 as the box."""
    rows = _rows(layers)
    return _poses(rows, rows[:, :2], rows[:, 2:4], told)


def parse_yolo_face(layers: Layers, told: ParseInput) -> Detections:
    """Layers boxes (N, 4) cx cy w h, scores (N, 1), landmarks (N, 10) or with scores (N, 15)."""
    if len(layers) != 3:
        raise ValueError(f"wanted boxes, scores and landmarks; got {', '.join(layers)}")
    boxes, scores, marks = layers.values()
    count = len(boxes)
    if marks.shape[-1] == FACE_MARKS * 2:
        seen = np.ones((count, FACE_MARKS, 1), np.float32)
        marks = np.concatenate([marks.reshape(count, FACE_MARKS, 2), seen], axis=2)
    rows = np.concatenate([boxes, scores.reshape(count, 1), marks.reshape(count, -1)], axis=1)
    low = rows[:, :2] - rows[:, 2:4] / 2
    return _poses(rows, low, low + rows[:, 2:4], told)


def parse_mask_rcnn(layers: Layers, told: ParseInput) -> Detections:
    """TAO's Mask R-CNN: generate_detections (N, 6) y1 x1 y2 x2 px, class, score; and masks.

    The masks (N, classes, H, W) are in the layer whose name ends in mask_fcn_logits/BiasAdd.
    """
    rows = layer_named(layers, "generate_detections", columns=6)
    names = [name for name in layers if name.endswith("mask_fcn_logits/BiasAdd")]
    if not names:
        raise ValueError(f"wanted a layer mask_fcn_logits/BiasAdd; got {', '.join(layers)}")
    masks = layer_named(layers, names[0], ndim=4)
    last = np.array([told.width - 1, told.height - 1], np.float32)
    corners = rows[:, [1, 0, 3, 2]]
    low = np.clip(corners[:, :2], 0, last)
    # The width is measured from where the box began, the corner is cut.
    sizes = np.clip(corners[:, 2:], 0, last) - corners[:, :2]
    classes = rows[:, 4].astype(np.intp)
    kept = np.flatnonzero((rows[:, 5] >= np.float32(told.first)) & (sizes > 0).all(axis=1))
    return Detections(
        np.concatenate([low, sizes], axis=1)[kept].astype(np.float32),
        classes[kept],
        rows[kept, 5].copy(),
        masks[kept, classes[kept]].reshape(len(kept), -1),
        (masks.shape[3], masks.shape[2]),
    )


def _rows(layers: Layers) -> Float:
    name, rows = next(iter(layers.items()))
    if rows.ndim != 2 or rows.shape[1] < 8 or (rows.shape[1] - 5) % 3:
        raise ValueError(f"layer '{name}': wanted (candidates, 5 + 3 joints); got {rows.shape}")
    return rows


def _poses(rows: Float, low: Array, high: Array, told: ParseInput) -> Detections:
    size = np.array([told.width, told.height], np.float32)
    low, high = np.clip(low, 0, size), np.clip(high, 0, size)
    boxes = np.concatenate([low, high - low], axis=1).astype(np.float32)
    joints = rows[:, 5:].reshape(len(rows), -1, 3).copy()
    joints[..., :2] = np.clip(joints[..., :2], 0, size)
    scores = rows[:, 4]
    large = (boxes[:, 2:] >= 1).all(axis=1)
    kept = np.flatnonzero((scores >= np.float32(told.lowest)) & large)
    kept = kept[np.argsort(-scores[kept], kind="stable")]
    kept = kept[suppress(boxes[kept], _NMS_IOU)]
    return Detections(
        boxes[kept],
        np.zeros(len(kept), np.intp),
        scores[kept].copy(),
        joints[kept].reshape(len(kept), -1),
        (told.width, told.height),
    )
