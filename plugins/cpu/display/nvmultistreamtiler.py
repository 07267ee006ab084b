"""nvmultistreamtiler: the frames of all sources side by side in one picture."""

from __future__ import annotations

import copy
from typing import ClassVar

import cv2
import gi
import numpy as np

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

from plugins.cpu.elements.element import NVMM_RGBA, boolean, integer, uint  # noqa: E402
from plugins.cpu.elements.pad_functions import PadTwin  # noqa: E402
from plugins.cpu.metadata.carrier import attach, batch_of, frame_pixels, new_frame  # noqa: E402
from plugins.cpu.metadata.meta import NvDsBatchMeta, NvDsDisplayMeta, NvDsFrameMeta  # noqa: E402
from plugins.cpu.metadata.object_meta import NvDsObjectMeta  # noqa: E402
from plugins.cpu.metadata.osd_params import NvOSD_ArrowParams, NvOSD_LineParams  # noqa: E402


class NvMultiStreamTiler(PadTwin):
    """One RGBA frame of ``width`` x ``height`` px for each batch, one tile for each source.

    Tiles fill the rows by pad_index. A source that is not in a batch keeps its last picture. From
    here on a batch has one frame, and objects and drawings lie in the coordinates of the picture.
    """

    __gstmetadata__ = ("nvmultistreamtiler", "Filter/Video", "CPU twin", "edgeact")
    __gproperties__: ClassVar = {
        "rows": uint(1),
        "columns": uint(1),
        "width": uint(1920),
        "height": uint(1080),
        "show-source": integer(-1),
        "gpu-id": uint(0),
        "nvbuf-memory-type": uint(0),
        "compute-hw": uint(0),
        "interpolation-method": uint(1),
        "buffer-pool-size": uint(4),
        "square-seq-grid": boolean(False),
    }

    def __init__(self) -> None:
        super().__init__()
        self._canvas = np.zeros((0, 0, 4), np.uint8)

    def on_event(self, event: Gst.Event) -> Gst.Event | None:
        """Tell the size of the picture instead of the frames'."""
        if event.type != Gst.EventType.CAPS:
            return event
        found, numerator, denominator = (
            event.parse_caps().get_structure(0).get_fraction("framerate")
        )
        rate = f"{numerator}/{denominator}" if found else "30/1"
        return Gst.Event.new_caps(
            Gst.Caps.from_string(
                f"{NVMM_RGBA}, width={self.setting('width')}, height={self.setting('height')}, "
                f"framerate={rate}, pixel-aspect-ratio=1/1"
            )
        )

    def on_buffer(self, buffer: Gst.Buffer) -> Gst.Buffer | None:
        """Compose one batch."""
        batch = batch_of(buffer)
        if batch is None:
            raise ValueError("wanted batches of nvstreammux, got a buffer without metadata")
        width, height = self.setting("width"), self.setting("height")
        if self._canvas.shape[:2] != (height, width):
            self._canvas = np.zeros((height, width, 4), np.uint8)
            self._canvas[..., 3] = 255
        composed = NvDsFrameMeta()
        composed.pipeline_width = composed.source_frame_width = width
        composed.pipeline_height = composed.source_frame_height = height
        for frame in batch.frame_items:
            tile = self._tile(frame)
            if tile is None:
                continue
            left, top, right, bottom = tile
            with frame_pixels(buffer, frame.batch_id) as pixels:
                size = (right - left, bottom - top)
                self._canvas[top:bottom, left:right] = cv2.resize(pixels, size)
            _move(frame, composed, tile)
            composed.buf_pts, composed.frame_num = frame.buf_pts, frame.frame_num
        with new_frame(width, height) as (result, picture):
            picture[...] = self._canvas
        meta = NvDsBatchMeta(1)
        meta.frame_items.append(composed)
        attach(result, meta)
        result.pts, result.duration = buffer.pts, buffer.duration
        return result

    def _tile(self, frame: NvDsFrameMeta) -> tuple[int, int, int, int] | None:
        """Left, top, right, bottom of a frame's tile, px; None where it is not shown."""
        width, height = self.setting("width"), self.setting("height")
        shown = self.setting("show-source")
        if shown >= 0:
            return (0, 0, width, height) if frame.pad_index == shown else None
        rows, columns = self.setting("rows"), self.setting("columns")
        row, column = divmod(frame.pad_index, columns)
        if row >= rows:
            return None
        return (
            width * column // columns,
            height * row // rows,
            width * (column + 1) // columns,
            height * (row + 1) // rows,
        )


def _move(frame: NvDsFrameMeta, composed: NvDsFrameMeta, tile: tuple[int, int, int, int]) -> None:
    """Copy a frame's objects and drawings into the picture's coordinates.

    Copies, because the other branches of a tee hold the same metadata.
    """
    left, top, right, bottom = tile
    scale = (right - left) / frame.pipeline_width, (bottom - top) / frame.pipeline_height
    for item in frame.object_items:
        composed.object_items.append(_moved_object(item, (left, top), scale))
    for drawing in frame.display_items:
        composed.display_items.append(_moved_drawing(drawing, (left, top), scale))


def _moved_object(
    item: NvDsObjectMeta, origin: tuple[int, int], scale: tuple[float, float]
) -> NvDsObjectMeta:
    moved = copy.copy(item)
    moved.rect_params, moved.text_params = copy.copy(item.rect_params), copy.copy(item.text_params)
    rect, text = moved.rect_params, moved.text_params
    rect.left, rect.top = origin[0] + rect.left * scale[0], origin[1] + rect.top * scale[1]
    rect.width, rect.height = rect.width * scale[0], rect.height * scale[1]
    text.x_offset = int(origin[0] + text.x_offset * scale[0])
    text.y_offset = int(origin[1] + text.y_offset * scale[1])
    return moved


def _moved_drawing(
    drawing: NvDsDisplayMeta, origin: tuple[int, int], scale: tuple[float, float]
) -> NvDsDisplayMeta:
    moved = copy.deepcopy(drawing)
    for rect in moved.rect_params:
        rect.left, rect.top = origin[0] + rect.left * scale[0], origin[1] + rect.top * scale[1]
        rect.width, rect.height = rect.width * scale[0], rect.height * scale[1]
    for text in moved.text_params:
        text.x_offset = int(origin[0] + text.x_offset * scale[0])
        text.y_offset = int(origin[1] + text.y_offset * scale[1])
    strokes: list[NvOSD_LineParams | NvOSD_ArrowParams] = [*moved.line_params]
    strokes += moved.arrow_params
    for line in strokes:
        line.x1, line.x2 = (int(origin[0] + x * scale[0]) for x in (line.x1, line.x2))
        line.y1, line.y2 = (int(origin[1] + y * scale[1]) for y in (line.y1, line.y2))
    for circle in moved.circle_params:
        circle.xc = int(origin[0] + circle.xc * scale[0])
        circle.yc = int(origin[1] + circle.yc * scale[1])
        circle.radius = int(circle.radius * min(scale))
    return moved
