"""Cuts and turns frames: ``src-crop`` and ``flip-method`` of nvvideoconvert."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from plugins.cpu.elements.element import sink_and_src
from plugins.cpu.elements.pad_functions import PadTwin
from plugins.cpu.metadata.carrier import (
    BYTES_PER_PIXEL,
    Pixels,
    attach,
    batch_of,
    mapped,
    new_frame,
)
from plugins.gst import Gst

FLIPS = {
    1: cv2.ROTATE_90_COUNTERCLOCKWISE,
    2: cv2.ROTATE_180,
    3: cv2.ROTATE_90_CLOCKWISE,
}
"""flip-method by OpenCV's turns; 4 to 7 are mirrors."""
QUARTERS = frozenset({1, 3, 5, 7})
"""Turns after which width is height."""


class Crop(NamedTuple):
    """A part of a frame, px."""

    left: int
    top: int
    width: int
    height: int


def read_crop(text: str) -> Crop:
    """Read ``left:top:width:height``.

    Raises:
        ValueError: not four numbers, or nothing inside.
    """
    try:
        crop = Crop(*(int(part) for part in text.split(":")))
    except (ValueError, TypeError):
        crop = Crop(0, 0, 0, 0)
    if crop.left < 0 or crop.top < 0 or crop.width < 1 or crop.height < 1:
        raise ValueError(f"src-crop={text}: wanted left:top:width:height, px")
    return crop


def turned(picture: Pixels, flip: int) -> Pixels:
    """Turn a picture (H, W, 4) by a flip-method of NVIDIA's.

    1, 2, 3: a quarter, a half, three quarters to the left. 4: left and right, 6: top and bottom
    change places. 5, 7: mirrored at the rising, at the falling diagonal.
    """
    if flip in FLIPS:
        return np.asarray(cv2.rotate(picture, FLIPS[flip]), np.uint8)
    if flip == 4:
        return picture[:, ::-1]
    if flip == 6:
        return picture[::-1]
    if flip == 5:
        picture = picture[::-1, ::-1]
    return np.asarray(picture.swapaxes(0, 1) if flip in (5, 7) else picture)


class Reshape(PadTwin):
    """Every frame cut to ``crop``, brought back to its size, and turned."""

    __gstmetadata__ = ("Reshape", "Filter/Video", "Inside of nvvideoconvert", "edgeact")
    __gsttemplates__ = sink_and_src("video/x-raw, format=(string)RGBA")

    def __init__(self) -> None:
        super().__init__()
        self.crop: Crop | None = None
        self.flip = 0
        self._size = (0, 0)

    def on_event(self, event: Gst.Event) -> Gst.Event | None:
        """Take note of the size, and tell that of the turned frame."""
        if event.type != Gst.EventType.CAPS:
            return event
        caps = event.parse_caps().copy()
        structure = caps.get_structure(0)
        self._size = structure.get_value("width"), structure.get_value("height")
        if self.flip in QUARTERS:
            caps.set_value("width", self._size[1])
            caps.set_value("height", self._size[0])
        return Gst.Event.new_caps(caps)

    def on_buffer(self, buffer: Gst.Buffer) -> Gst.Buffer | None:
        """Make the frames anew; a batch has several."""
        width, height = self._size
        length = width * height * BYTES_PER_PIXEL
        batch = batch_of(buffer)
        if batch is not None and self.flip in QUARTERS and width != height:
            raise ValueError(
                f"flip-method={self.flip} behind nvstreammux: the objects' boxes would no longer "
                "fit; turn the frames before the mux"
            )
        result = Gst.Buffer.new()
        for start in range(0, buffer.get_size() // length * length, length):
            with mapped(hash(buffer), start, length) as data:
                picture = turned(self._cut(data.reshape(height, width, -1)), self.flip)
                with new_frame(picture.shape[1], picture.shape[0]) as (made, target):
                    target[...] = picture
            result.append_memory(made.get_all_memory())
        if batch is not None:
            attach(result, batch)
        result.pts, result.duration = buffer.pts, buffer.duration
        return result

    def _cut(self, picture: Pixels) -> Pixels:
        if self.crop is None:
            return picture
        left, top, width, height = self.crop
        part = picture[top : top + height, left : left + width]
        if not part.size:
            raise ValueError(f"src-crop={left}:{top}:{width}:{height} lies outside {self._size}")
        return np.asarray(cv2.resize(part, self._size, interpolation=cv2.INTER_LINEAR), np.uint8)
