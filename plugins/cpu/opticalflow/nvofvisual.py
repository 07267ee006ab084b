"""nvofvisual: shows where blocks moved to: the direction as hue, the distance as brightness."""

from __future__ import annotations

from typing import ClassVar

import cv2
import numpy as np
from gi.repository import Gst

from plugins.cpu.elements.element import uint
from plugins.cpu.elements.pad_functions import PadTwin
from plugins.cpu.metadata.carrier import Pixels, attach, batch_of, new_frame
from plugins.cpu.metadata.meta import NvDsFrameMeta
from plugins.cpu.metadata.object_meta import NvDsMetaType
from plugins.cpu.metadata.optical_flow_meta import NvDsOpticalFlowMeta

BRIGHTEST_PX = 16.0
"""How far a block moves that is shown with full brightness."""


class NvOfVisual(PadTwin):
    """Frames of the size of those that come; black where nothing moved."""

    __gstmetadata__ = ("nvofvisual", "Filter/Video", "CPU twin", "edgeact")
    __gproperties__: ClassVar = {"gpu-id": uint(0), "nvbuf-memory-type": uint(0)}

    def on_buffer(self, buffer: Gst.Buffer) -> Gst.Buffer | None:
        """Show one batch."""
        batch = batch_of(buffer)
        if batch is None:
            raise ValueError("wanted batches of nvstreammux, got a buffer without metadata")
        result = Gst.Buffer.new()
        for frame in batch.frame_items:
            with new_frame(frame.pipeline_width, frame.pipeline_height) as (made, picture):
                picture[...] = _picture(frame)
            result.append_memory(made.get_all_memory())
        attach(result, batch)
        result.pts, result.duration = buffer.pts, buffer.duration
        return result


def _picture(frame: NvDsFrameMeta) -> Pixels:
    size = frame.pipeline_width, frame.pipeline_height
    vectors = next(
        (
            NvDsOpticalFlowMeta.cast(user_meta.user_meta_data).vectors
            for user_meta in frame.user_items
            if user_meta.base_meta.meta_type == NvDsMetaType.NVDS_OPTICAL_FLOW_META
        ),
        np.zeros((1, 1, 2), np.int16),
    )
    x, y = (vectors[..., axis].astype(np.float32) / 32 for axis in (0, 1))
    distance, angle = cv2.cartToPolar(x, y, angleInDegrees=True)
    colours = np.full((*distance.shape, 3), 255, np.uint8)
    colours[..., 0] = angle / 2  # OpenCV's hue goes to 180
    colours[..., 2] = np.minimum(distance / BRIGHTEST_PX * 255, 255)
    shown = cv2.cvtColor(cv2.cvtColor(colours, cv2.COLOR_HSV2RGB), cv2.COLOR_RGB2RGBA)
    return np.asarray(cv2.resize(shown, size, interpolation=cv2.INTER_NEAREST), np.uint8)
