"""nvof: how far each block of 4 x 4 px moved since the frame before, by OpenCV's DIS flow."""

from __future__ import annotations

from typing import Any, ClassVar

import cv2
import numpy as np
import numpy.typing as npt
from gi.repository import Gst

from plugins.cpu.elements import nv_events
from plugins.cpu.elements.element import BatchTwin, boolean, string, uint
from plugins.cpu.metadata.carrier import Pixels, frame_pixels
from plugins.cpu.metadata.meta import NvDsBatchMeta
from plugins.cpu.metadata.object_meta import NvDsMetaType, NvDsUserMeta
from plugins.cpu.metadata.optical_flow_meta import NvDsOpticalFlowMeta

GRID = 4
"""Side of a block, px; the one that NVIDIA's element has."""
STEPS_PER_PX = 32
"""Vectors are numbers with five binary places (S10.5)."""

_PRESETS = {
    0: cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
    1: cv2.DISOPTICAL_FLOW_PRESET_FAST,
    2: cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
}


class NvOf(BatchTwin):
    """Hangs NVDS_OPTICAL_FLOW_META on each frame of a source but its first."""

    __gstmetadata__ = ("nvof", "Filter/Video", "CPU twin", "edgeact")
    __gproperties__: ClassVar = {
        "gpu-id": uint(0),
        "preset-level": uint(0),
        "grid-size": uint(0),
        "pool-size": uint(7),
        "dump-of-meta": boolean(False),
        "of-meta-dump-path": string(),
    }

    def on_start(self) -> None:
        """Forget earlier frames."""
        preset = _PRESETS.get(self.setting("preset-level"), cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self._flow: Any = cv2.DISOpticalFlow.create(preset)
        self._before: dict[int, Pixels] = {}

    def on_event(self, event: Gst.Event) -> None:
        """Forget a source that ended or went."""
        about = nv_events.about_source(event)
        if about is not None and about[0] != nv_events.PAD_ADDED:
            self._before.pop(about[1], None)

    def on_batch(self, buffer: Gst.Buffer, batch_meta: NvDsBatchMeta) -> None:
        """Compare the frames of one batch with those before."""
        for frame in batch_meta.frame_items:
            with frame_pixels(buffer, frame.batch_id) as pixels:
                grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGBA2GRAY), np.uint8)
            before = self._before.get(frame.pad_index)
            self._before[frame.pad_index] = grey
            if before is None or before.shape != grey.shape:
                continue
            meta = NvDsOpticalFlowMeta(self._vectors(before, grey), frame.frame_num)
            frame.user_items.append(NvDsUserMeta(NvDsMetaType.NVDS_OPTICAL_FLOW_META, meta))

    def _vectors(self, before: Pixels, now: Pixels) -> npt.NDArray[np.int16]:
        """(H / 4, W / 4, 2) int16, the mean of each block."""
        flow = self._flow.calc(before, now, None)
        height, width = now.shape
        blocks = cv2.resize(flow, (width // GRID, height // GRID), interpolation=cv2.INTER_AREA)
        limits = np.iinfo(np.int16)
        steps = np.clip(np.rint(blocks * STEPS_PER_PX), limits.min, limits.max)
        return np.asarray(steps, np.int16)
