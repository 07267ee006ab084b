"""Output parsers of network-type 3, by the names of ``parse-bbox-instance-mask-func-name``.

The keypoints of pose networks travel as the mask of each box: x, y in px of the network's input,
score. Layouts and rules are those of DeepStream-Yolo-Pose (nvdsparsepose_Yolo.cpp).
"""

from __future__ import annotations

import numpy as np

from plugins.cpu.nvinfer.cluster import suppress
from plugins.cpu.nvinfer.parsers import Array, Detections, Float, Layers, ParseInput, Parser

_NMS_IOU = 0.45
"""Fixed in the library; nms-iou-threshold has no say."""


def instance_parser_named(name: str | None) -> Parser:
    """Give the parser of ``parse-bbox-instance-mask-func-name``.

    Raises:
        ValueError: none of that name; tells which there are.
    """
    match name:
        case "NvDsInferParseYoloPose":
            return parse_yolo_pose
        case "NvDsInferParseYoloPoseE":
            return parse_yolo_pose_corners
        case _:
            key = "parse-bbox-instance-mask-func-name"
            got = f"{key}={name}" if name else f"no {key}"
            raise ValueError(
                f"{got}; platform cpu has NvDsInferParseYoloPose and NvDsInferParseYoloPoseE"
            )


def parse_yolo_pose(layers: Layers, told: ParseInput) -> Detections:
    """One layer (candidates, 5 + 3 joints): centre x, y, width, height, score, then x, y, score."""
    rows = _rows(layers)
    low = rows[:, :2] - rows[:, 2:4] / 2
    return _poses(rows, low, low + rows[:, 2:4], told)


def parse_yolo_pose_corners(layers: Layers, told: ParseInput) -> Detections:
    """As ``parse_yolo_pose``, with the corners x1, y1, x2, y2 as the box."""
    rows = _rows(layers)
    return _poses(rows, rows[:, :2], rows[:, 2:4], told)


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
