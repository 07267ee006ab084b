"""nvdspreprocess: cuts regions or objects out of frames and makes nvinfer's input of them.

Source: gst_nvdspreprocess_on_frame and gst_nvdspreprocess_on_objects of gstnvdspreprocess.cpp.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

from plugins.cpu.elements.element import (  # noqa: E402
    BatchTwin,
    boolean,
    integer,
    sink_and_src,
    string,
    uint,
)
from plugins.cpu.metadata.carrier import Pixels, frame_pixels  # noqa: E402
from plugins.cpu.metadata.meta import (  # noqa: E402
    NvDsBatchMeta,
    NvDsDisplayMeta,
    NvDsFrameMeta,
)
from plugins.cpu.metadata.object_meta import (  # noqa: E402
    NvDsMetaType,
    NvDsObjectMeta,
    NvDsUserMeta,
)
from plugins.cpu.metadata.preprocess_meta import (  # noqa: E402
    GstNvDsPreProcessBatchMeta,
    NvDsPreProcessTensorMeta,
    NvDsRoiMeta,
)
from plugins.cpu.nvinfer.config import InferConfig  # noqa: E402
from plugins.cpu.nvinfer.preprocess import Preprocessor  # noqa: E402
from plugins.cpu.preprocess.config import (  # noqa: E402
    EVERY_SOURCE,
    Group,
    PreprocessConfig,
    Rect,
    load_config,
)
from plugins.placement import NetworkInput, Placement, place  # noqa: E402

_GREEN, _CYAN = (0.0, 1.0, 0.0, 1.0), (0.0, 1.0, 1.0, 1.0)
"""Colours of drawn regions: of frames, and of objects."""

Unit = tuple[NvDsRoiMeta, NvDsFrameMeta, Placement]
"""One picture of a tensor."""


class NvDsPreProcess(BatchTwin):
    """Hangs on each batch the tensors that nvinfer with ``input-tensor-meta`` infers on.

    A tensor has at most as many pictures as network-input-shape says; more make another tensor.
    """

    __gstmetadata__ = ("nvdspreprocess", "Filter/Video", "CPU twin", "edgeact")
    __gsttemplates__ = sink_and_src()
    __gproperties__: ClassVar[dict[str, tuple[Any, ...]]] = {
        "config-file": string(),
        "unique-id": uint(15),
        "enable": boolean(True),
        "gpu-id": uint(0),
        "process-on-frame": boolean(True),
        "target-unique-ids": string(),
        "operate-on-gie-id": integer(-1),
    }

    def on_start(self) -> None:
        """Read the configuration."""
        path = self.setting("config-file")
        if not path:
            raise ValueError("no config-file; wanted the path of a preprocess configuration")
        self._config = config = load_config(Path(path).resolve())
        size = NetworkInput(config.width, config.height, config.keep_aspect, config.symmetric)
        infer = InferConfig(
            batch_size=config.batch_size,
            model_color_format=config.colours,
            net_scale_factor=config.factor,
            offsets=config.offsets,
            scaling_filter=config.scaling_filter,
        )
        self._preprocessor = Preprocessor(infer, size)
        self._batches = [0] * len(config.groups)

    def on_batch(self, buffer: Gst.Buffer, batch_meta: NvDsBatchMeta) -> None:
        """Make the tensors of one batch."""
        enabled = self.setting("enable") if self.was_set("enable") else self._config.enable
        units = self._units(batch_meta) if enabled else iter(())
        with ExitStack() as stack:
            mapped: dict[int, Pixels] = {}
            while chunk := list(islice(units, self._config.batch_size)):
                for index, (_, frame, placement) in enumerate(chunk):
                    number = frame.batch_id
                    if number not in mapped:
                        mapped[number] = stack.enter_context(frame_pixels(buffer, number))
                    self._preprocessor.fill(index, mapped[number], placement)
                self._attach(batch_meta, [roi for roi, _, _ in chunk])

    def _attach(self, batch_meta: NvDsBatchMeta, rois: list[NvDsRoiMeta]) -> None:
        made = GstNvDsPreProcessBatchMeta()
        made.target_unique_ids = self._targets()
        made.roi_vector = rois
        made.tensor_meta = NvDsPreProcessTensorMeta(
            self._config.tensor_name,
            self._preprocessor.batch(len(rois)).copy(),
            keep=self._config.keep_aspect,
        )
        user_meta = NvDsUserMeta(NvDsMetaType.NVDS_PREPROCESS_BATCH_META, made)
        batch_meta.user_items.append(user_meta)

    def _targets(self) -> list[int]:
        text = self.setting("target-unique-ids")
        own = (int(part) for part in text.split(";") if part.strip()) if text else ()
        return list(own) or list(self._config.targets)

    def _units(self, batch_meta: NvDsBatchMeta) -> Iterator[Unit]:
        """Give every picture of the batch, group by group."""
        for number, group in enumerate(self._config.groups):
            turn = self._batches[number] % (group.interval + 1)
            self._batches[number] += 1
            if turn:
                continue
            for frame in batch_meta.frame_items:
                if self._is_of(frame, group):
                    yield from self._units_of(frame, group)

    def _is_of(self, frame: NvDsFrameMeta, group: Group) -> bool:
        """Tell whether a group takes a frame; one that names its source goes before -1."""
        if frame.source_id in group.sources:
            return True
        named = any(frame.source_id in other.sources for other in self._config.groups)
        return EVERY_SOURCE in group.sources and not named

    def _units_of(self, frame: NvDsFrameMeta, group: Group) -> Iterator[Unit]:
        on_frames = self._on_frames(self._config)
        whole: Rect = (0, 0, frame.pipeline_width, frame.pipeline_height)
        in_regions = group.on_regions if on_frames else not group.on_all_objects
        regions = group.regions_of(frame.source_id) if in_regions else (whole,)
        for region in regions:
            inside = _clipped(region, frame)
            if group.draw_roi:
                _draw(frame, inside, group.colour or (_GREEN if on_frames else _CYAN))
            if on_frames:
                yield from self._unit(frame, inside, None)
                continue
            for item in list(frame.object_items):
                if self._wanted(item, group, inside):
                    rect = item.rect_params
                    box = (rect.left, rect.top, rect.width, rect.height)
                    yield from self._unit(frame, box, item)

    def _on_frames(self, config: PreprocessConfig) -> bool:
        was_set = self.was_set("process-on-frame")
        return bool(self.setting("process-on-frame")) if was_set else config.on_frames

    def _unit(
        self,
        frame: NvDsFrameMeta,
        box: tuple[float, float, float, float],
        item: NvDsObjectMeta | None,
    ) -> Iterator[Unit]:
        size = (frame.pipeline_width, frame.pipeline_height)
        placement = place(box, size, self._preprocessor.network)
        if placement is None:
            return
        roi = NvDsRoiMeta()
        roi.roi.left, roi.roi.top, roi.roi.width, roi.roi.height = map(float, box)
        roi.frame_meta, roi.object_meta, roi.placement = frame, item, placement
        roi.scale_ratio_x, roi.scale_ratio_y = placement.scale_x, placement.scale_y
        roi.offset_left, roi.offset_top = placement.offset_left, placement.offset_top
        yield roi, frame, placement

    def _wanted(self, item: NvDsObjectMeta, group: Group, region: Rect) -> bool:
        """Tell whether an object is prepared (should_process_object)."""
        own_gie = self.setting("operate-on-gie-id")
        gie = own_gie if self.was_set("operate-on-gie-id") else self._config.operate_on_gie_id
        rect = item.rect_params
        left, top, width, height = region
        touches = (
            rect.left < left + width
            and rect.top < top + height
            and left < rect.left + rect.width
            and top < rect.top + rect.height
        )
        return (
            (gie < 0 or item.unique_component_id == gie)
            and (not group.classes or item.class_id in group.classes)
            and rect.width >= group.min_width
            and rect.height >= group.min_height
            and not 0 < group.max_width < rect.width
            and not 0 < group.max_height < rect.height
            and (group.on_all_objects or touches)
        )


def _clipped(region: Rect, frame: NvDsFrameMeta) -> Rect:
    """Cut what leaves the frame at the right and below.

    Raises:
        ValueError: the region begins outside, or nothing is left of it.
    """
    left, top, width, height = region
    width = min(width, frame.pipeline_width - left)
    height = min(height, frame.pipeline_height - top)
    if min(left, top) < 0 or width <= 0 or height <= 0:
        raise ValueError(
            f"roi-params-src-{frame.source_id}: the region {';'.join(map(str, region))} lies "
            f"outside the frame of {frame.pipeline_width}x{frame.pipeline_height} px"
        )
    return left, top, width, height


def _draw(frame: NvDsFrameMeta, region: Rect, colour: tuple[float, ...]) -> None:
    drawing = NvDsDisplayMeta()
    drawing.num_rects = 1
    rect = drawing.rect_params[0]
    rect.left, rect.top, rect.width, rect.height = map(float, region)
    rect.border_width = 2
    rect.border_color.set(*colour)
    frame.display_items.append(drawing)
