"""Output parsers that come with DeepStream: nvinfer's own, and libnvds_infercustomparser.so.

Sources: DetectPostprocessor::parseBoundingBox of nvdsinfer_context_impl_output_parsing.cpp and
nvdsinfer_custombboxparser.cpp. As there, boxes are cut at the last pixel of the network's input,
wherever the picture lies in it.
"""

from __future__ import annotations

import numpy as np

from plugins.cpu.nvinfer.parsers import (
    Array,
    Detections,
    Float,
    Ints,
    Layers,
    ParseInput,
    layer_named,
    probabilities,
)

BOX_NORM = 35.0
"""What DetectNet_v2 divides the distances of a box's edges by."""
MOST_BATCHED_NMS = 201
"""keep_top_k of the BatchedNMS parsers is 200, and the comparison lets one more through."""
MOST_DETR = 200
MOST_RTDETR = 100


def parse_detectnet(layers: Layers, told: ParseInput) -> Detections:
    """DetectNet_v2 (TrafficCamNet, PeopleNet), which nvinfer parses without a function's name.

    The layer with ``cov`` in its name (C, H, W): a confidence for each class and cell; the one with
    ``bbox`` (4 C, H, W): how far the four edges are from the cell, in units of 35 px.
    """
    corners, classes, scores = _cells(_holding(layers, "cov"), _holding(layers, "bbox"), told)
    last = np.array([told.width - 1, told.height - 1] * 2, np.float32)
    corners = np.where(corners > last, last, np.maximum(corners, 0))
    sizes = corners[:, 2:] - corners[:, :2]
    kept = (sizes >= 0).all(axis=1)
    return _boxes(corners[kept, :2], sizes[kept], classes[kept], scores[kept])


def parse_resnet(layers: Layers, told: ParseInput) -> Detections:
    """The same network by NvDsInferParseCustomResnet: boxes a pixel larger, layers by full name."""
    cover = layer_named(layers, "output_cov/Sigmoid:0", ndim=3)
    corners, classes, scores = _cells(
        cover, layer_named(layers, "output_bbox/BiasAdd:0", ndim=3), told
    )
    corners = _clipped(corners, told)
    return _boxes(corners[:, :2], corners[:, 2:] - corners[:, :2] + 1, classes, scores)


def parse_tf_ssd(layers: Layers, told: ParseInput) -> Detections:
    """TensorFlow's SSD: detection_boxes (K, 4) y1 x1 y2 x2 0..1, detection_scores and so on."""
    scores, classes = _flat(layers, "detection_scores"), _flat(layers, "detection_classes")
    count = len(classes)
    if "num_detections" in layers:
        count = min(count, max(0, int(layers["num_detections"].flat[0])))
    rows = layer_named(layers, "detection_boxes", columns=4)[:count, [1, 0, 3, 2]]
    corners = _clipped(rows * _scale(told), told)
    sizes = corners[:, 2:] - corners[:, :2]
    kept = (scores[:count] >= told.lowest) & (sizes > 0).all(axis=1)
    return _boxes(corners[kept, :2], sizes[kept], classes[:count][kept], scores[:count][kept])


def parse_nms(layers: Layers, told: ParseInput) -> Detections:
    """TAO's SSD, DSSD, RetinaNet, Faster R-CNN: a layer of rows of 7, then how many rows count.

    A row: image, class, confidence, x1, y1, x2, y2, 0..1 of the network's input.
    """
    rows, count = _in_order(layers, 2)
    if rows.shape[-1] != 7:
        raise ValueError(f"layer '{next(iter(layers))}': wanted rows of 7; got {rows.shape}")
    rows = rows.reshape(-1, 7)[: int(count.flat[0])]
    rows = rows[rows[:, 2] >= np.float32(told.first)]
    corners = rows[:, 3:7] * _scale(told)
    low = _clipped(corners, told)[:, :2]
    sizes = np.clip(corners[:, 2:] - corners[:, :2], 0, [told.width - 1, told.height - 1])
    return _boxes(low, sizes, rows[:, 1], rows[:, 2])


def parse_batched_nms(layers: Layers, told: ParseInput) -> Detections:
    """TAO's YOLO: four layers, how many count, boxes x1 y1 x2 y2 0..1, scores, classes."""
    return _batched_nms(layers, told, _scale(told))


def parse_batched_nms_pixels(layers: Layers, told: ParseInput) -> Detections:
    """As ``parse_batched_nms`` with boxes in px, as YOLOv5 with TensorRT's plugin gives them."""
    return _batched_nms(layers, told, np.ones(4, np.float32))


def parse_efficientdet(layers: Layers, told: ParseInput) -> Detections:
    """TAO's EfficientDet: four layers, how many count, boxes y1 x1 y2 x2 px, scores, classes."""
    count, boxes, scores, classes = _in_order(layers, 4)
    number = int(count.flat[0])
    rows = boxes.reshape(-1, 4)[:number]
    scores, classes = scores.reshape(-1)[:number], classes.reshape(-1)[:number]
    kept = (scores >= np.float32(told.first)) & (rows[:, 2:] >= rows[:, :2]).all(axis=1)
    corners = rows[kept][:, [1, 0, 3, 2]]
    low = _clipped(corners, told)[:, :2]
    sizes = np.clip(corners[:, 2:] - corners[:, :2], 0, [told.width - 1, told.height - 1])
    return _boxes(low, sizes, classes[kept], scores[kept])


def parse_ddetr(layers: Layers, told: ParseInput) -> Detections:
    """TAO's deformable DETR and DINO: pred_logits (Q, C), pred_boxes (Q, 4) cx cy w h 0..1.

    The best class of each query; class 0 is the background. NVIDIA's code steps through the logits
    four at a time, whatever C is, and so reads wrong ones unless C is 4: here the row of the query
    counts.
    """
    scores, places = _detr(layers)
    classes = scores.argmax(axis=1)
    best = scores[np.arange(len(scores)), classes]
    rows = np.flatnonzero((classes != 0) & (best >= told.lowest))
    rows = rows[np.argsort(-best[rows], kind="stable")][:MOST_DETR]
    return _detr_boxes(places[rows], classes[rows], best[rows], told)


def parse_rtdetr(layers: Layers, told: ParseInput) -> Detections:
    """TAO's RT-DETR: the layers of ``parse_ddetr``; the best 100 pairs of query and class."""
    scores, places = _detr(layers)
    order = np.argsort(-scores.reshape(-1), kind="stable")[:MOST_RTDETR]
    queries, classes = np.divmod(order, scores.shape[1])
    best = scores.reshape(-1)[order]
    kept = best >= told.lowest
    return _detr_boxes(places[queries[kept]], classes[kept], best[kept], told)


def _cells(cover: Float, edges: Float, told: ParseInput) -> tuple[Array, Ints, Float]:
    """Corners (N, 4) px, class and confidence of the cells that may reach the threshold."""
    count, rows, columns = cover.shape
    if edges.shape[1:] != (rows, columns) or edges.shape[0] < 4 * count:
        raise ValueError(
            f"wanted four planes of {rows}x{columns} for each of {count} classes in the bbox layer;"
            f" got {edges.shape}"
        )
    classes, row, column = np.nonzero(cover >= told.lowest)
    strides = (-(-told.width // columns), -(-told.height // rows))
    centres = np.stack([column * strides[0] + 0.5, row * strides[1] + 0.5], axis=1)
    planes = edges[: 4 * count].reshape(count, 4, rows, columns)
    distances = planes[classes, :, row, column] * BOX_NORM
    corners = np.concatenate([centres - distances[:, :2], centres + distances[:, 2:]], axis=1)
    return corners.astype(np.float32), classes, cover[classes, row, column]


def _batched_nms(layers: Layers, told: ParseInput, scale: Float) -> Detections:
    count, boxes, scores, classes = _in_order(layers, 4)
    number = int(count.flat[0])
    rows = boxes.reshape(-1, 4)[:number]
    scores, classes = scores.reshape(-1)[:number], classes.reshape(-1)[:number]
    kept = (scores >= np.float32(told.first)) & (rows[:, 2:] >= rows[:, :2]).all(axis=1)
    chosen = np.flatnonzero(kept)[:MOST_BATCHED_NMS]
    corners = _clipped(rows[chosen] * scale, told)
    return _boxes(corners[:, :2], corners[:, 2:] - corners[:, :2], classes[chosen], scores[chosen])


def _detr(layers: Layers) -> tuple[Float, Float]:
    logits = layer_named(layers, "pred_logits", columns=None)
    places = layer_named(layers, "pred_boxes", columns=4)
    if len(logits) != len(places):
        raise ValueError(
            f"wanted as many boxes as queries; got {len(places)} boxes, {len(logits)} queries"
        )
    return probabilities(logits), places


def _detr_boxes(places: Float, classes: Ints, scores: Float, told: ParseInput) -> Detections:
    halves = places[:, 2:] / 2
    edges = np.concatenate([places[:, :2] - halves, places[:, :2] + halves], axis=1)
    corners = _clipped(edges * _scale(told), told)
    return _boxes(corners[:, :2], corners[:, 2:] - corners[:, :2], classes, scores)


def _holding(layers: Layers, part: str) -> Float:
    """The last layer that has ``part`` in its name."""
    names = [name for name in layers if part in name]
    if not names:
        raise ValueError(
            f"wanted an output layer with '{part}' in its name, as DetectNet_v2 has; got "
            f"{', '.join(layers)}; for another network set parse-bbox-func-name"
        )
    return layer_named(layers, names[-1], ndim=3)


def _in_order(layers: Layers, count: int) -> tuple[Float, ...]:
    if len(layers) != count:
        raise ValueError(f"wanted {count} output layers; got {', '.join(layers)}")
    return tuple(layers.values())


def _flat(layers: Layers, name: str) -> Float:
    if name not in layers:
        raise ValueError(f"wanted an output layer '{name}'; got {', '.join(layers)}")
    return layers[name].reshape(-1)


def _scale(told: ParseInput) -> Float:
    return np.array([told.width, told.height] * 2, np.float32)


def _clipped(corners: Array, told: ParseInput) -> Float:
    last = np.array([told.width - 1, told.height - 1] * 2, np.float32)
    return np.clip(corners, 0, last).astype(np.float32)


def _boxes(low: Array, sizes: Array, classes: Array | Ints, scores: Array) -> Detections:
    boxes = np.concatenate([low, sizes], axis=1).astype(np.float32)
    return Detections(boxes, classes.astype(np.intp), scores.astype(np.float32))
