"""Crops, scales, letterboxes and normalizes as gst-nvinfer does, into one batch of float planes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from plugins.cpu.nvinfer_config import InferConfig

Pixels = npt.NDArray[np.uint8]
Float = npt.NDArray[np.float32]

# NvBufSurfTransform_Inter of nvbufsurftransform.h; 6 is its default, which is nearest as well.
_FILTERS = {
    0: cv2.INTER_NEAREST,
    1: cv2.INTER_LINEAR,
    2: cv2.INTER_CUBIC,
    3: cv2.INTER_AREA,
    4: cv2.INTER_LANCZOS4,
    5: cv2.INTER_NEAREST,
    6: cv2.INTER_NEAREST,
}


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a rectangle of the muxed frame lies in the network's input.

    left, top, width, height: the rectangle that was cut out, px of the muxed frame.
    filled_width, filled_height: its size in the input, px; the rest of the input is black.
    offset_left, offset_top: where it starts in the input, px.
    """

    left: int
    top: int
    width: int
    height: int
    filled_width: int
    filled_height: int
    offset_left: int
    offset_top: int

    @property
    def scale_x(self) -> float:
        """Px of the input per px of the frame, across."""
        return self.filled_width / self.width

    @property
    def scale_y(self) -> float:
        """Px of the input per px of the frame, down."""
        return self.filled_height / self.height


def place(
    rect: tuple[float, float, float, float], frame_size: tuple[int, int], network: NetworkInput
) -> Placement | None:
    """Find where a rectangle goes (get_converted_buffer of gstnvinfer.cpp).

    rect: left, top, width, height, px. frame_size: width, height, px. Fractions are cut off; left
    and top are then rounded up to even, width and height down to even. Returns None where less than
    two pixels are left inside the frame.
    """
    left, top = (max(0, int(value)) for value in rect[:2])
    left, top = left + left % 2, top + top % 2
    width = min(int(rect[2]) // 2 * 2, frame_size[0] - left)
    height = min(int(rect[3]) // 2 * 2, frame_size[1] - top)
    if width < 2 or height < 2:
        return None
    filled_width, filled_height = network.width, network.height
    if network.keep_aspect:
        at_full_width = network.width * height / width
        if at_full_width <= network.height:
            filled_height = max(1, int(at_full_width))
        else:
            filled_width = max(1, int(network.height * width / height))
    offset_left = offset_top = 0
    if network.symmetric:
        offset_left = (network.width - filled_width) // 2
        offset_top = (network.height - filled_height) // 2
    return Placement(left, top, width, height, filled_width, filled_height, offset_left, offset_top)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkInput:
    """Size of the network's input, px, and how a picture is brought to it."""

    width: int
    height: int
    keep_aspect: bool = False
    symmetric: bool = False


class Preprocessor:
    """Fills a batch of network inputs: ``y = net-scale-factor * (x - offsets[channel])``.

    offsets are in the network's channel order, which ``model-color-format`` gives.
    """

    def __init__(self, config: InferConfig, network: NetworkInput) -> None:
        self.network = network
        self._filter = _FILTERS.get(config.scaling_filter, cv2.INTER_NEAREST)
        self._channels = (0, 1, 2) if config.model_color_format == 0 else (2, 1, 0)
        self._factor = np.float32(config.net_scale_factor)
        self._offsets = tuple(np.float32(offset) for offset in config.offsets or (0.0, 0.0, 0.0))
        self._canvas = np.zeros((network.height, network.width, 4), np.uint8)
        self._batch = np.zeros((config.batch_size, 3, network.height, network.width), np.float32)
        self._blank = tuple(self._factor * (np.float32(0) - offset) for offset in self._offsets)

    def fill(self, index: int, pixels: Pixels, placement: Placement) -> None:
        """Write one picture of the batch. pixels: (H, W, 4) uint8 RGBA, the whole muxed frame."""
        p = placement
        crop = pixels[p.top : p.top + p.height, p.left : p.left + p.width]
        canvas = self._canvas[: p.filled_height, : p.filled_width]
        cv2.resize(crop, (p.filled_width, p.filled_height), canvas, interpolation=self._filter)
        rows = slice(p.offset_top, p.offset_top + p.filled_height)
        columns = slice(p.offset_left, p.offset_left + p.filled_width)
        padded = (p.filled_height, p.filled_width) != (self.network.height, self.network.width)
        for plane, channel in enumerate(self._channels):
            target = self._batch[index, plane]
            if padded:
                target[:] = self._blank[plane]
            inside = target[rows, columns]
            np.subtract(canvas[..., channel], self._offsets[plane], out=inside, dtype=np.float32)
            if self._factor != 1:
                np.multiply(inside, self._factor, out=inside)

    def batch(self, count: int) -> Float:
        """Give the first ``count`` pictures: (count, 3, H, W) float32, overwritten by the next."""
        return self._batch[:count]
