"""Crops, scales, letterboxes and normalizes as gst-nvinfer does, into one batch of float planes."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from plugins.cpu.nvinfer.config import InferConfig
from plugins.placement import NetworkInput, Placement

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
