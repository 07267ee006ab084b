"""NV12 and I420 frames, which an application may send to the mux, as the graph's RGBA."""

from __future__ import annotations

import cv2
import gi
import numpy as np

gi.require_version("Gst", "1.0")
gi.require_version("GstVideo", "1.0")
from gi.repository import GstVideo  # noqa: E402

from plugins.cpu.metadata.carrier import Pixels  # noqa: E402

_CONVERSIONS = {"NV12": cv2.COLOR_YUV2RGBA_NV12, "I420": cv2.COLOR_YUV2RGBA_I420}


def frame_bytes(kind: str, width: int, height: int) -> int:
    """How many bytes GStreamer gives a frame of ``kind``, RGBA, NV12 or I420."""
    return int(_info(kind, width, height).size)


def to_rgba(data: Pixels, kind: str, width: int, height: int) -> Pixels:
    """Convert a frame (bytes,) of NV12 or I420, with GStreamer's strides, to (H, W, 4) RGBA."""
    info = _info(kind, width, height)
    rows, columns = (height + 1) // 2, (width + 1) // 2
    planes = [_plane(data, info, 0, (height, width))]
    if kind == "NV12":
        planes.append(_plane(data, info, 1, (rows, 2 * columns)))
    else:
        planes += [_plane(data, info, number, (rows, columns)) for number in (1, 2)]
    # OpenCV wants even sides and no gaps.
    luma = np.pad(planes[0], ((0, height % 2), (0, width % 2)), "edge")
    packed = np.concatenate([luma.ravel(), *(plane.ravel() for plane in planes[1:])])
    yuv = packed.reshape(3 * rows, 2 * columns)
    return np.asarray(cv2.cvtColor(yuv, _CONVERSIONS[kind]), np.uint8)[:height, :width]


def _plane(data: Pixels, info: GstVideo.VideoInfo, number: int, shape: tuple[int, int]) -> Pixels:
    rows, columns = shape
    start, stride = int(info.offset[number]), int(info.stride[number])
    return np.lib.stride_tricks.as_strided(data[start:], (rows, columns), (stride, 1))


def _info(kind: str, width: int, height: int) -> GstVideo.VideoInfo:
    info = GstVideo.VideoInfo.new()
    info.set_format(getattr(GstVideo.VideoFormat, kind), width, height)
    return info
