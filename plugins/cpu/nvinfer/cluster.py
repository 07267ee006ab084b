"""From a parser's boxes to those that nvinfer keeps, class by class, in network coordinates.

Order and comparisons are those of nvdsinfer_context_impl_output_parsing.cpp: the pre-cluster
threshold, the clustering of ``cluster-mode``, the post-cluster threshold, the best ``topk``.
DBSCAN (modes 1 and 3) is that of nvdsinfer_dbscan.cpp: boxes are as far apart as 1 - IoU.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from plugins.cpu.nvinfer.config import ClassAttrs, InferConfig
from plugins.cpu.nvinfer.parsers import Detections, Float

DBSCAN, NMS, DBSCAN_NMS, NONE = 1, 2, 3, 4
"""cluster-mode."""

AREA_PER_HIT = np.float32(60)
"""A cluster goes whose side, px, is larger than this times its boxes (thresholdATHR)."""

_NOISE = -1
Ints = npt.NDArray[np.intp]


def cluster(found: Detections, config: InferConfig) -> Detections:
    """Filter by confidence and bring together what belongs together."""
    thresholds = np.array([attrs.pre_cluster_threshold for attrs in config.class_attrs], np.float32)
    found = found.pick(np.flatnonzero(found.classes < config.num_detected_classes))
    found = found.pick(np.flatnonzero(found.scores >= thresholds[found.classes]))
    parts = [
        _cluster_class(
            found.pick(np.flatnonzero(found.classes == number)),
            config.class_attrs[number],
            config.cluster_mode,
        )
        for number in np.unique(found.classes)
    ]
    if len(parts) == 1:
        return parts[0]
    return joined(parts) if parts else found


def joined(parts: list[Detections]) -> Detections:
    """Put several lots of boxes one after the other."""
    masks = [part.masks for part in parts if part.masks is not None]
    return Detections(
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.classes for part in parts]),
        np.concatenate([part.scores for part in parts]),
        np.concatenate(masks) if masks else None,
        parts[0].mask_size,
    )


def _cluster_class(found: Detections, attrs: ClassAttrs, mode: int) -> Detections:
    if mode in (DBSCAN, DBSCAN_NMS) and attrs.min_boxes > 0:
        labels = dense_groups(found.boxes, attrs.eps, attrs.min_boxes)
        if mode == DBSCAN_NMS:
            found = found.pick(np.flatnonzero(labels != _NOISE))
        else:
            found = _merged(found, labels, np.float32(attrs.dbscan_min_score))
    if mode == DBSCAN:
        found = found.pick(np.flatnonzero(found.scores >= np.float32(attrs.post_cluster_threshold)))
    elif mode in (NMS, DBSCAN_NMS):
        found = found.pick(_best_first(found.scores))
        found = found.pick(suppress(found.boxes, attrs.nms_iou_threshold))
        found = found.pick(np.flatnonzero(found.scores > np.float32(attrs.post_cluster_threshold)))
    if attrs.topk < 0:
        return found
    return found.pick(_best_first(found.scores)[: attrs.topk])


def _best_first(scores: Float) -> Ints:
    return np.argsort(-scores, kind="stable")


def suppress(boxes: Float, iou_threshold: float) -> Ints:
    """Greedy suppression. boxes: (N, 4) left, top, width, height, best first.

    A box stays if its IoU with every box that stayed is at most the threshold. Returns the
    indices that stay, in order.
    """
    alive = np.ones(len(boxes), bool)
    kept = []
    for index in range(len(boxes)):
        if not alive[index]:
            continue
        kept.append(index)
        rest = slice(index + 1, None)
        alive[rest] &= overlaps(boxes[index], boxes[rest]) <= np.float32(iou_threshold)
    return np.array(kept, np.intp)


def overlaps(box: Float, boxes: Float) -> Float:
    """IoU of one box with each of (N, 4) left, top, width, height; 0 where both are empty."""
    high, others = box[:2] + box[2:], boxes[:, :2] + boxes[:, 2:]
    shared = np.minimum(high, others) - np.maximum(box[:2], boxes[:, :2])
    area = np.prod(np.maximum(shared, 0), axis=1)
    union = box[2] * box[3] + boxes[:, 2] * boxes[:, 3] - area
    share: Float = np.divide(area, union, out=np.zeros_like(union), where=union > 0)
    return share


def dense_groups(boxes: Float, eps: float, min_boxes: int) -> Ints:
    """DBSCAN of boxes (N, 4). Returns the group of each, -1 for none.

    A box whose neighbours (1 - IoU below eps) are, with itself, at least min_boxes begins a group,
    and takes with it the neighbours, and theirs, that are as dense. The sparse ones at the rim
    belong to none, as in NVIDIA's code.
    """
    near = [np.flatnonzero(1 - overlaps(box, boxes) < np.float32(eps)).tolist() for box in boxes]
    near = [[other for other in row if other != index] for index, row in enumerate(near)]
    dense = [len(row) + 1 >= min_boxes for row in near]
    labels = np.full(len(boxes), _NOISE, np.intp)
    visited = [False] * len(boxes)
    group = 0
    for index in range(len(boxes)):
        if visited[index]:
            continue
        visited[index] = True
        if not dense[index]:
            continue
        labels[index] = group
        queue, known = list(near[index]), set(near[index])
        for other in queue:  # grows while it is walked
            if visited[other]:
                continue
            visited[other] = True
            if dense[other]:
                labels[other] = group
                queue.extend(new for new in near[other] if new not in known)
                known.update(near[other])
        group += 1
    return labels


def _merged(found: Detections, labels: Ints, min_score: np.float32) -> Detections:
    """One box of each group: the mean weighted by confidence, with the best confidence."""
    boxes, scores = [], []
    for group in range(labels.max(initial=_NOISE) + 1):
        rows = np.flatnonzero(labels == group)
        weights = found.scores[rows]
        total = weights.sum(dtype=np.float32)
        if total < min_score:
            continue
        box = (weights[:, None] * found.boxes[rows]).sum(axis=0, dtype=np.float32) / total
        # NVIDIA counts one box more than the group has.
        if np.sqrt(box[2] * box[3]) / np.float32(len(rows) + 1) > AREA_PER_HIT:
            continue
        boxes.append(box)
        scores.append(weights.max())
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        found.classes[: len(boxes)],
        np.array(scores, np.float32),
    )
