"""Crops, scales, letterboxes and normalizes as gst-nvinfer does, into one batch of float planes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from plugins.cpu.nvinfer.checks import BGR, RGB
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

    offsets are in the network's channel order, which ``model-color-format`` gives; the picture of
    ``mean-file`` stands for them, its channels taken as they come (nvdsinfer_conversion.cu).

    Raises:
        ValueError: mean-file is no picture of the network's size.
    """

    def __init__(self, config: InferConfig, network: NetworkInput) -> None:
        self.network = network
        self._filter = _FILTERS.get(config.scaling_filter, cv2.INTER_NEAREST)
        self._channels = {RGB: (0, 1, 2), BGR: (2, 1, 0)}.get(config.model_color_format, (0,))
        self._factor = np.float32(config.net_scale_factor)
        height, width, channels = network.height, network.width, network.channels
        means = np.array(config.offsets or [0] * channels, np.float32).reshape(-1, 1, 1)
        if config.mean_file is not None:
            means = _mean_picture(config.mean_file, network).transpose(2, 0, 1).astype(np.float32)
        self._means, self._blank = means, self._factor * (0 - means)
        self._canvas = np.zeros((height, width, 4), np.uint8)
        if network.channels_last:
            self._batch = np.zeros((config.batch_size, height, width, channels), np.float32)
            self._planes = self._batch.transpose(0, 3, 1, 2)
        else:
            self._planes = self._batch = np.zeros(
                (config.batch_size, channels, height, width), np.float32
            )

    def fill(self, index: int, pixels: Pixels, placement: Placement) -> None:
        """Write one picture of the batch. pixels: (H, W, 4) uint8 RGBA, the whole muxed frame."""
        p = placement
        crop = pixels[p.top : p.top + p.height, p.left : p.left + p.width]
        canvas = self._canvas[: p.filled_height, : p.filled_width]
        cv2.resize(crop, (p.filled_width, p.filled_height), canvas, interpolation=self._filter)
        shown: Pixels = canvas
        if self.network.channels == 1:
            shown = np.asarray(cv2.cvtColor(canvas, cv2.COLOR_RGBA2GRAY), np.uint8)[..., None]
        rows = slice(p.offset_top, p.offset_top + p.filled_height)
        columns = slice(p.offset_left, p.offset_left + p.filled_width)
        padded = (p.filled_height, p.filled_width) != (self.network.height, self.network.width)
        for plane, channel in enumerate(self._channels):
            target = self._planes[index, plane]
            if padded:
                target[:] = self._blank[plane]
            inside = target[rows, columns]
            means = self._means[plane]
            if means.size > 1:
                means = means[rows, columns]
            np.subtract(shown[..., channel], means, out=inside, dtype=np.float32)
            if self._factor != 1:
                np.multiply(inside, self._factor, out=inside)

    def batch(self, count: int) -> Float:
        """Give the first ``count`` pictures, which the next ones overwrite.

        Returns (count, channels, H, W) float32, or (count, H, W, channels) where the network wants
        its channels last.
        """
        return self._batch[:count]


def _mean_picture(path: Path, network: NetworkInput) -> Pixels:
    """Read a picture (PPM) of the network's size: (H, W, channels) RGB or grey."""
    flag = cv2.IMREAD_GRAYSCALE if network.channels == 1 else cv2.IMREAD_COLOR
    picture = cv2.imread(str(path), flag)
    if picture is None or picture.shape[:2] != (network.height, network.width):
        got = "no picture" if picture is None else f"{picture.shape[1]}x{picture.shape[0]}"
        raise ValueError(f"{path}: mean-file: wanted {network.width}x{network.height}, got {got}")
    shape = (network.height, network.width, network.channels)
    return np.asarray(picture, np.uint8).reshape(shape)[..., ::-1]
