"""Which pictures nvinfer infers on: frames (process-mode 1) or objects of frames (2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from plugins.cpu.metadata.meta import NvDsBatchMeta, NvDsFrameMeta
from plugins.cpu.metadata.object_meta import NvDsObjectMeta
from plugins.cpu.metadata.preprocess_meta import NvDsRoiMeta
from plugins.cpu.nvinfer.config import InferConfig
from plugins.cpu.nvinfer.history import Histories
from plugins.cpu.nvinfer.parsers import ParseInput
from plugins.placement import NetworkInput, Placement, place

VIC = 2
"""scaling-compute-hw: Jetson's image compositor, which takes no picture below 16 x 16 px."""

Recall = Callable[[NvDsFrameMeta, NvDsObjectMeta, Histories], None]


@dataclass(frozen=True, slots=True)
class Target:
    """One picture to infer on: a whole frame, an object of it, or what nvdspreprocess cut out."""

    frame: NvDsFrameMeta
    object: NvDsObjectMeta | None
    placement: Placement
    roi: NvDsRoiMeta | None = None

    def told(self, config: InferConfig, network: NetworkInput) -> ParseInput:
        """What a parser needs to know besides the layers of this picture."""
        p = self.placement
        right, bottom = p.offset_left + p.filled_width, p.offset_top + p.filled_height
        return ParseInput(
            width=network.width,
            height=network.height,
            image=(p.offset_left, p.offset_top, right, bottom),
            lowest=min(attrs.pre_cluster_threshold for attrs in config.class_attrs),
            first=config.class_attrs[0].pre_cluster_threshold,
        )


def whole_frames(batch_meta: NvDsBatchMeta, network: NetworkInput) -> Iterator[Target]:
    """Every frame of the batch."""
    for frame in batch_meta.frame_items:
        size = (frame.pipeline_width, frame.pipeline_height)
        placement = place((0, 0, *size), size, network)
        if placement is not None:
            yield Target(frame, None, placement)


def objects_of(
    frame: NvDsFrameMeta,
    config: InferConfig,
    network: NetworkInput,
    histories: Histories,
    recall: Recall | None = None,
) -> Iterator[Target]:
    """The objects of a frame that should_infer_object of gstnvinfer.cpp lets through.

    recall: called for those that are not due, whose last result still counts.
    """
    size = (frame.pipeline_width, frame.pipeline_height)
    for item in list(frame.object_items):
        if not wanted(item, config):
            continue
        rect = item.rect_params
        placement = place((rect.left, rect.top, rect.width, rect.height), size, network)
        if placement is None:
            continue
        if histories.is_due(frame, item):
            yield Target(frame, item, placement)
        elif recall is not None:
            recall(frame, item, histories)


def wanted(item: NvDsObjectMeta, config: InferConfig) -> bool:
    """Tell whether a secondary nvinfer takes an object: its maker, its size in px, its class."""
    rect = item.rect_params
    smallest = 16 if config.scaling_compute_hw == VIC else 1
    return (
        (config.operate_on_gie_id < 0 or config.operate_on_gie_id == item.unique_component_id)
        and rect.width >= max(smallest, config.input_object_min_width)
        and rect.height >= max(smallest, config.input_object_min_height)
        and not 0 < config.input_object_max_width < rect.width
        and not 0 < config.input_object_max_height < rect.height
        and (not config.operate_on_class_ids or item.class_id in config.operate_on_class_ids)
    )
