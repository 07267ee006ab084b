"""From a parser's boxes to the objects of a frame, in gst-nvinfer's order and with its comparisons.

Threshold (strictly below is dropped), then per class clustering, then scaling to the muxed frame
and the size and border filters of attach_metadata_detector (gstnvinfer_meta_utils.cpp).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from plugins.cpu.meta import NvDsFrameMeta
from plugins.cpu.nvinfer_config import ClassAttrs, InferConfig
from plugins.cpu.object_meta import UNTRACKED_OBJECT_ID, NvDsObjectMeta
from plugins.cpu.parsers import Detections, Float
from plugins.placement import Placement

NMS = 2


def cluster(found: Detections, config: InferConfig) -> Detections:
    """Filter by confidence and suppress doubles, class by class; in network coordinates."""
    thresholds = np.array([attrs.pre_cluster_threshold for attrs in config.class_attrs], np.float32)
    found = found.pick(np.flatnonzero(found.classes < config.num_detected_classes))
    found = found.pick(np.flatnonzero(found.scores >= thresholds[found.classes]))
    kept: list[int] = []
    for number in np.unique(found.classes):
        rows = np.flatnonzero(found.classes == number)
        attrs = config.class_attrs[number]
        rows = rows[np.argsort(-found.scores[rows], kind="stable")]
        if config.cluster_mode == NMS:
            rows = rows[suppress(found.boxes[rows], attrs.nms_iou_threshold)]
            rows = rows[found.scores[rows] > np.float32(attrs.post_cluster_threshold)]
        kept.extend(rows[: attrs.topk] if attrs.topk >= 0 else rows)
    return found.pick(np.array(kept, np.intp))


def suppress(boxes: Float, iou_threshold: float) -> npt.NDArray[np.intp]:
    """Greedy suppression. boxes: (N, 4) left, top, width, height, best first.

    A box stays if its IoU with every box that stayed is at most the threshold. Returns the
    indices that stay, in order.
    """
    low, high = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    areas = boxes[:, 2] * boxes[:, 3]
    alive = np.ones(len(boxes), bool)
    kept = []
    for index in range(len(boxes)):
        if not alive[index]:
            continue
        kept.append(index)
        rest = index + 1
        overlap = np.minimum(high[index], high[rest:]) - np.maximum(low[index], low[rest:])
        shared = np.prod(np.maximum(overlap, 0), axis=1)
        union = areas[index] + areas[rest:] - shared
        iou = np.divide(shared, union, out=np.zeros_like(union), where=union > 0)
        alive[rest:] &= iou <= iou_threshold
    return np.array(kept, np.intp)


def attach_objects(
    frame: NvDsFrameMeta,
    found: Detections,
    placement: Placement,
    config: InferConfig,
    parent: NvDsObjectMeta | None = None,
) -> None:
    """Scale boxes to the muxed frame, filter them, and append what is left to the frame.

    A negative left or top becomes 0 without shortening the box. A box that ends below the frame is
    dropped, unless ``crop-objects-to-roi-boundary`` is set; the right edge is only looked at then.
    parent: the object that a secondary detector looked into; ``placement`` is then its crop.
    """
    p = placement
    scale = np.array([p.scale_x, p.scale_y], np.float32)
    offset = np.array([p.offset_left, p.offset_top], np.float32)
    corners = (found.boxes[:, :2] - offset) / scale
    sizes = found.boxes[:, 2:] / scale
    for index in range(len(found)):
        number = int(found.classes[index])
        attrs = config.class_attrs[number]
        (left, top), (width, height) = corners[index].tolist(), sizes[index].tolist()
        left, top = max(left, 0.0), max(top, 0.0)
        if number in config.filter_out_class_ids or not _size_fits(width, height, attrs):
            continue
        limits = (p.width, p.height) if parent else (frame.pipeline_width, frame.pipeline_height)
        if config.crop_objects_to_roi_boundary:
            low = max(top, attrs.roi_top_offset)
            bottom = min(top + height, limits[1] - attrs.roi_bottom_offset)
            width, height, top = min(width, limits[0] - left), bottom - low, low
            if width <= 0 or height <= 0:
                continue
        elif top < attrs.roi_top_offset or top + height > limits[1] - attrs.roi_bottom_offset:
            continue
        if parent is not None:
            left, top = left + parent.rect_params.left, top + parent.rect_params.top
        score = float(found.scores[index])
        box = (left, top, width, height)
        frame.object_items.append(_object(box, number, score, config, parent))


def _size_fits(width: float, height: float, attrs: ClassAttrs) -> bool:
    return (
        width >= attrs.detected_min_w
        and height >= attrs.detected_min_h
        and (attrs.detected_max_w <= 0 or width <= attrs.detected_max_w)
        and (attrs.detected_max_h <= 0 or height <= attrs.detected_max_h)
    )


def _object(
    box: tuple[float, float, float, float],
    number: int,
    score: float,
    config: InferConfig,
    parent: NvDsObjectMeta | None,
) -> NvDsObjectMeta:
    attrs = config.class_attrs[number]
    made = NvDsObjectMeta()
    made.parent = parent
    made.unique_component_id = config.gie_unique_id
    made.class_id = number
    made.confidence = score
    made.object_id = UNTRACKED_OBJECT_ID
    for rect in (made.rect_params, made.detector_bbox_info.org_bbox_coords):
        rect.left, rect.top, rect.width, rect.height = box
    made.rect_params.border_width = 3
    made.rect_params.border_color.set(*attrs.border_color)
    if attrs.bg_color is not None:
        made.rect_params.has_bg_color = 1
        made.rect_params.bg_color.set(*attrs.bg_color)
    label = config.labels[number] if number < len(config.labels) else ""
    made.obj_label = label
    text = made.text_params
    text.display_text = label
    text.x_offset, text.y_offset = int(box[0]), int(max(0, box[1] - 10))
    text.font_params.font_size = 11
    text.font_params.font_color.set(1.0, 1.0, 1.0, 1.0)
    text.set_bg_clr = 1
    text.text_bg_clr.set(0.0, 0.0, 0.0, 1.0)
    return made
