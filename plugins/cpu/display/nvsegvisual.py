"""nvsegvisual: shows the class of each pixel, as a segmentation network of nvinfer told it."""

from __future__ import annotations

import copy
from typing import ClassVar

import cv2
import numpy as np
from gi.repository import Gst

from plugins.cpu.elements.element import NVMM_RGBA, boolean, integer, real, uint
from plugins.cpu.elements.pad_functions import PadTwin
from plugins.cpu.metadata.carrier import Pixels, attach, batch_of, frame_pixels, new_frame
from plugins.cpu.metadata.meta import NvDsBatchMeta, NvDsFrameMeta
from plugins.cpu.metadata.object_meta import NvDsMetaType
from plugins.cpu.metadata.tensor_meta import NvDsInferSegmentationMeta


def palette(count: int = 256) -> Pixels:
    """Give (count, 4) RGBA: the colours of PASCAL VOC, which spread a number's bits over them."""
    numbers = np.arange(count)
    colours = np.zeros((count, 4), np.uint8)
    for bit in range(8):
        for channel in range(3):
            colours[:, channel] |= ((numbers >> (3 * bit + channel) & 1) << (7 - bit)).astype("u1")
    colours[:, 3] = 255
    return colours


class NvSegVisual(PadTwin):
    """Frames of ``width`` x ``height`` px, one for each of the batch; without a class, black.

    original-background: blend with the frame, alpha being the share of the colours.
    """

    __gstmetadata__ = ("nvsegvisual", "Filter/Video", "CPU twin", "edgeact")
    __gproperties__: ClassVar = {
        "unique-id": uint(0),
        "gpu-id": uint(0),
        "batch-size": uint(1),
        "width": uint(1280),
        "height": uint(720),
        "nvbuf-memory-type": uint(0),
        "operate-on-seg-meta-id": integer(-1),
        "original-background": boolean(False),
        "alpha": real(0.5),
    }

    def __init__(self) -> None:
        super().__init__()
        self._palette = palette()

    def on_event(self, event: Gst.Event) -> Gst.Event | None:
        """Tell the size of the pictures instead of the frames'."""
        if event.type != Gst.EventType.CAPS:
            return event
        structure = event.parse_caps().get_structure(0)
        found, numerator, denominator = structure.get_fraction("framerate")
        rate = f"{numerator}/{denominator}" if found else "30/1"
        size = f"width={self.setting('width')}, height={self.setting('height')}"
        return Gst.Event.new_caps(Gst.Caps.from_string(f"{NVMM_RGBA}, {size}, framerate={rate}"))

    def on_buffer(self, buffer: Gst.Buffer) -> Gst.Buffer | None:
        """Show one batch."""
        batch = batch_of(buffer)
        if batch is None:
            raise ValueError("wanted batches of nvstreammux, got a buffer without metadata")
        size = (self.setting("width"), self.setting("height"))
        result, shown = Gst.Buffer.new(), NvDsBatchMeta(batch.max_frames_in_batch)
        for number, frame in enumerate(batch.frame_items):
            with new_frame(*size) as (made, picture):
                picture[...] = self._picture(buffer, frame, size)
            result.append_memory(made.get_all_memory())
            own = copy.copy(frame)
            own.batch_id, (own.pipeline_width, own.pipeline_height) = number, size
            shown.frame_items.append(own)
        shown.user_items = batch.user_items
        attach(result, shown)
        result.pts, result.duration = buffer.pts, buffer.duration
        return result

    def _picture(self, buffer: Gst.Buffer, frame: NvDsFrameMeta, size: tuple[int, int]) -> Pixels:
        segmentation = _segmentation_of(frame)
        if segmentation is None or segmentation.class_map is None:
            colours = np.zeros((size[1], size[0], 4), np.uint8)
            colours[..., 3] = 255
        else:
            # Without a class: the number 0, which is black.
            numbers = (segmentation.class_map + 1).clip(0, 255)
            colours = cv2.resize(self._palette[numbers], size, interpolation=cv2.INTER_NEAREST)
        if not self.setting("original-background"):
            return colours
        share = self.setting("alpha")
        with frame_pixels(buffer, frame.batch_id) as pixels:
            mixed = cv2.addWeighted(colours, share, cv2.resize(pixels, size), 1 - share, 0)
        return np.asarray(mixed, np.uint8)


def _segmentation_of(frame: NvDsFrameMeta) -> NvDsInferSegmentationMeta | None:
    for user_meta in frame.user_items:
        if user_meta.base_meta.meta_type == NvDsMetaType.NVDSINFER_SEGMENTATION_META:
            return NvDsInferSegmentationMeta.cast(user_meta.user_meta_data)
    return None
