"""From clustered boxes to the objects of a frame, in gst-nvinfer's order and with its comparisons.

Scaling to the muxed frame, then the filters of attach_metadata_detector
(gstnvinfer_meta_utils.cpp): classes, sizes, border.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from plugins.cpu.metadata.meta import NvDsFrameMeta
from plugins.cpu.metadata.object_meta import UNTRACKED_OBJECT_ID, NvDsObjectMeta
from plugins.cpu.metadata.osd_params import NvOSD_MaskParams
from plugins.cpu.nvinfer.config import ClassAttrs, InferConfig
from plugins.cpu.nvinfer.parsers import Detections, Float
from plugins.placement import Placement

Box = tuple[float, float, float, float]


def attach_objects(
    frame: NvDsFrameMeta,
    found: Detections,
    placement: Placement,
    config: InferConfig,
    parent: NvDsObjectMeta | None = None,
    corner: tuple[float, float] = (0.0, 0.0),
) -> None:
    """Scale boxes to the muxed frame, filter them, and append what is left to the frame.

    parent: the object that a secondary detector looked into; ``placement`` is then its crop. The
    filters look at boxes before the parent's corner is added, but against the whole frame.
    corner: left and top, px, of the region of nvdspreprocess; added before the filters.
    """
    p = placement
    scale = np.array([p.scale_x, p.scale_y], np.float32)
    offset = np.array([p.offset_left, p.offset_top], np.float32)
    corners = (found.boxes[:, :2] - offset) / scale + np.array(corner, np.float32)
    corners = np.maximum(corners, 0)  # without shortening the box
    sizes = found.boxes[:, 2:] / scale
    frame_size = (frame.pipeline_width, frame.pipeline_height)
    colours = _random_colours()
    for index in range(len(found)):
        number = int(found.classes[index])
        attrs = config.class_attrs[number]
        (left, top), (width, height) = corners[index].tolist(), sizes[index].tolist()
        if number in config.filter_out_class_ids or not _size_fits(width, height, attrs):
            continue
        box = _inside_border((left, top, width, height), frame_size, attrs, config)
        if box is None:
            continue
        if parent is not None:
            rect = parent.rect_params
            box = (box[0] + rect.left, box[1] + rect.top, box[2], box[3])
        item = _object(box, number, float(found.scores[index]), config, parent)
        if config.output_instance_mask and found.masks is not None:
            item.mask_params = _mask(found.masks[index], found.mask_size, config)
            item.rect_params.border_color.set(*next(colours), 1.0)
        frame.object_items.append(item)


def _inside_border(
    box: Box, frame_size: tuple[int, int], attrs: ClassAttrs, config: InferConfig
) -> Box | None:
    """Keep a box within roi-top-offset and roi-bottom-offset, px; None where it is dropped.

    A box that begins above or ends below is dropped, and the right edge is not looked at. With
    ``crop-objects-to-roi-boundary`` the box is pushed and cut instead.
    """
    left, top, width, height = box
    floor = frame_size[1] - attrs.roi_bottom_offset
    if not config.crop_objects_to_roi_boundary:
        return None if top < attrs.roi_top_offset or top + height > floor else box
    top = max(top, attrs.roi_top_offset)
    if left + width >= frame_size[0]:
        width = frame_size[0] - left
    if top + height > floor:
        height = floor - top
    return left, top, width, height


def _size_fits(width: float, height: float, attrs: ClassAttrs) -> bool:
    return (
        width >= attrs.detected_min_w
        and height >= attrs.detected_min_h
        and (attrs.detected_max_w <= 0 or width <= attrs.detected_max_w)
        and (attrs.detected_max_h <= 0 or height <= attrs.detected_max_h)
    )


def _object(
    box: Box,
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
    if label:
        text.display_text = label
    text.x_offset, text.y_offset = int(box[0]), int(max(0, box[1] - 10))
    text.font_params.font_size = 11
    text.font_params.font_color.set(1.0, 1.0, 1.0, 1.0)
    text.set_bg_clr = 1
    text.text_bg_clr.set(0.0, 0.0, 0.0, 1.0)
    return made


def _mask(mask: Float, size: tuple[int, int], config: InferConfig) -> NvOSD_MaskParams:
    """Fill the mask of an object; size: width and height that the parser gave it."""
    made = NvOSD_MaskParams()
    made.data = np.ascontiguousarray(mask, np.float32).reshape(-1)
    made.size = made.data.nbytes
    made.threshold = config.segmentation_threshold
    made.width, made.height = size
    return made


def _random_colours() -> Iterator[tuple[float, float, float]]:
    """Colours of the masks of one frame: std::mt19937(0), uniform in 0..1, as in gst-nvinfer."""
    draws = np.random.RandomState(0)
    while True:
        red, green, blue = (draws.randint(0, 2**32, dtype=np.uint32) / 2**32 for _ in range(3))
        yield red, green, blue
