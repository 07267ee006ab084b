"""nvdsosd: draws boxes, texts and the application's own drawings into the picture."""

from __future__ import annotations

import time
from typing import ClassVar

import cv2
import gi
import numpy as np

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

from plugins.cpu.elements.element import boolean, integer, string, uint  # noqa: E402
from plugins.cpu.elements.pad_functions import PadTwin  # noqa: E402
from plugins.cpu.metadata.carrier import Pixels, attach, batch_of, mapped, place_of  # noqa: E402
from plugins.cpu.metadata.meta import NvDsDisplayMeta, NvDsFrameMeta  # noqa: E402
from plugins.cpu.metadata.object_meta import NvDsObjectMeta  # noqa: E402
from plugins.cpu.metadata.osd_params import (  # noqa: E402
    NvOSD_ColorParams,
    NvOSD_RectParams,
    NvOSD_TextParams,
)

MASK_SHARE = 0.5
"""How strongly a mask covers what is under it."""

_PX_PER_POINT = 1.6  # height of a capital letter of Pango's, px per point of font_size
_FACE = cv2.FONT_HERSHEY_SIMPLEX
_FACE_PX = 21  # height of a capital letter of this face at scale 1


class NvDsOsd(PadTwin):
    """Draws on a copy: other branches of a tee hold the same memory.

    Batches keep their frames; the metadata goes on as it is.
    """

    __gstmetadata__ = ("nvdsosd", "Filter/Video", "CPU twin", "edgeact")
    __gproperties__: ClassVar = {
        "display-text": boolean(True),
        "display-bbox": boolean(True),
        "display-mask": boolean(False),
        "display-clock": boolean(False),
        "process-mode": integer(1),
        "gpu-id": uint(0),
        "clock-font": string("Serif"),
        "clock-font-size": uint(12),
        "clock-color": uint(0xFF0000FF),
        "x-clock-offset": uint(0),
        "y-clock-offset": uint(0),
        "hw-blend-color-attr": string(),
    }

    def on_buffer(self, buffer: Gst.Buffer) -> Gst.Buffer | None:
        """Draw one batch."""
        batch = batch_of(buffer)
        if batch is None:
            return buffer
        size = buffer.get_size()
        result = Gst.Buffer.new_allocate(None, size, None)
        with mapped(hash(result), 0, size, write=True) as target:
            with mapped(hash(buffer), 0, size) as source:
                target[...] = source
            for frame in batch.frame_items:
                start, length = place_of(frame, batch.frame_items)
                shape = (frame.pipeline_height, frame.pipeline_width, 4)
                picture = target[start : start + length].reshape(shape)
                self._draw(picture, frame)
        attach(result, batch)
        result.pts, result.duration = buffer.pts, buffer.duration
        return result

    def _draw(self, picture: Pixels, frame: NvDsFrameMeta) -> None:
        for item in frame.object_items:
            if self.setting("display-mask"):
                _draw_mask(picture, item)
            if self.setting("display-bbox"):
                _draw_rect(picture, item.rect_params)
        for drawing in frame.display_items:
            _draw_shapes(picture, drawing)
        for item in frame.object_items:
            if self.setting("display-text"):
                _draw_text(picture, item.text_params)
        for drawing in frame.display_items:
            for text in drawing.text_params[: drawing.num_labels]:
                _draw_text(picture, text)
        if self.setting("display-clock"):
            _draw_text(picture, self._clock())

    def _clock(self) -> NvOSD_TextParams:
        """The wall clock as a text; clock-color is 0xRRGGBBAA."""
        text, colour = NvOSD_TextParams(), self.setting("clock-color")
        text.display_text = time.strftime("%a %b %d %H:%M:%S %Y")
        text.x_offset, text.y_offset = (self.setting(f"{axis}-clock-offset") for axis in "xy")
        text.font_params.font_size = self.setting("clock-font-size")
        shares = (colour >> shift & 255 for shift in (24, 16, 8, 0))
        text.font_params.font_color.set(*(share / 255 for share in shares))
        return text


def _rgba(colour: NvOSD_ColorParams) -> tuple[float, float, float, float]:
    return colour.red * 255, colour.green * 255, colour.blue * 255, 255


def _fill(picture: Pixels, corner: tuple[int, int, int, int], colour: NvOSD_ColorParams) -> None:
    """Blend a colour over left, top, right, bottom (px) by its alpha."""
    left, top, right, bottom = (max(0, edge) for edge in corner)
    part = picture[top:bottom, left:right]
    if part.size:
        tone = np.full_like(part, _rgba(colour))
        cv2.addWeighted(tone, colour.alpha, part, 1 - colour.alpha, 0, dst=part)


def _draw_rect(picture: Pixels, rect: NvOSD_RectParams) -> None:
    left, top = int(rect.left), int(rect.top)
    right, bottom = int(rect.left + rect.width), int(rect.top + rect.height)
    if rect.has_bg_color:
        _fill(picture, (left, top, right, bottom), rect.bg_color)
    if rect.border_width > 0:
        colour = _rgba(rect.border_color)
        cv2.rectangle(picture, (left, top), (right, bottom), colour, int(rect.border_width))


def _draw_mask(picture: Pixels, item: NvDsObjectMeta) -> None:
    """Blend the border's colour over the pixels of the box whose mask is above its threshold.

    Keypoints that an instance parser put in the mask's place are no mask: their number is another.
    """
    mask, rect = item.mask_params, item.rect_params
    left, top = max(0, int(rect.left)), max(0, int(rect.top))
    size = int(rect.width), int(rect.height)
    if min(size) < 1 or not mask.width or mask.data.size != mask.width * mask.height:
        return
    whole = cv2.resize(mask.data.reshape(mask.height, mask.width), size)
    part = picture[top : top + size[1], left : left + size[0]]
    inside = whole[: part.shape[0], : part.shape[1]] > mask.threshold
    tone = np.array(_rgba(rect.border_color), np.float32)
    part[inside] = (part[inside] * (1 - MASK_SHARE) + tone * MASK_SHARE).astype(np.uint8)


def _draw_shapes(picture: Pixels, drawing: NvDsDisplayMeta) -> None:
    for rect in drawing.rect_params[: drawing.num_rects]:
        _draw_rect(picture, rect)
    for line in drawing.line_params[: drawing.num_lines]:
        ends = (int(line.x1), int(line.y1)), (int(line.x2), int(line.y2))
        cv2.line(picture, *ends, _rgba(line.line_color), max(1, int(line.line_width)))
    for arrow in drawing.arrow_params[: drawing.num_arrows]:
        ends = (int(arrow.x1), int(arrow.y1)), (int(arrow.x2), int(arrow.y2))
        width, colour = max(1, int(arrow.arrow_width)), _rgba(arrow.arrow_color)
        if arrow.arrow_head != 0:
            cv2.arrowedLine(picture, *ends, colour, width)
        if arrow.arrow_head != 1:
            cv2.arrowedLine(picture, ends[1], ends[0], colour, width)
    for circle in drawing.circle_params[: drawing.num_circles]:
        middle, radius = (int(circle.xc), int(circle.yc)), max(0, int(circle.radius))
        if circle.has_bg_color:
            cv2.circle(picture, middle, radius, _rgba(circle.bg_color), cv2.FILLED)
        width = max(1, int(circle.circle_width))
        cv2.circle(picture, middle, radius, _rgba(circle.circle_color), width)


def _draw_text(picture: Pixels, text: NvOSD_TextParams) -> None:
    """Draw a text whose upper left corner is at x_offset, y_offset."""
    if not text.text:
        return
    scale = (text.font_params.font_size or 12) * _PX_PER_POINT / _FACE_PX
    (width, height), below = cv2.getTextSize(text.text, _FACE, scale, 1)
    left, top = int(text.x_offset), int(text.y_offset)
    if text.set_bg_clr:
        corner = (left, top, left + width + 4, top + height + below + 4)
        _fill(picture, corner, text.text_bg_clr)
    colour = _rgba(text.font_params.font_color)
    origin = (left + 2, top + height + 2)
    cv2.putText(picture, text.text, origin, _FACE, scale, colour, 1, cv2.LINE_AA)
