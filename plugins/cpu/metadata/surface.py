"""Pixels of a batch as pyds gives them: arrays in the frames' own memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from plugins.cpu.metadata.carrier import KeptMemory, Pixels, batch_at, frame_at, holds_rgba


class _Surface:
    """Memory of one frame, whose buffer lives as long as an array over it."""

    def __init__(self, address: int, pixels: Pixels) -> None:
        self.__array_interface__: dict[str, Any] = {
            "version": 3,
            "typestr": "|u1",
            "shape": pixels.shape,
            "data": (pixels.ctypes.data, False),
        }
        self._memory = KeptMemory(address)


def get_nvds_buf_surface(gst_buffer: int, batchID: int) -> Pixels:
    """Give (H, W, 4) uint8 RGBA of one frame: what is written into it is seen downstream.

    On the device it is a view that dies with the buffer, so copy what you keep.

    Raises:
        TypeError: not ``hash(gst_buffer)``.
        ValueError: no batch metadata, or no frame with that batch_id.
        RuntimeError: the frames are of another format.
    """
    if not isinstance(gst_buffer, int):
        raise TypeError(f"wanted hash(gst_buffer), an int; got {type(gst_buffer).__name__}")
    if not holds_rgba(gst_buffer):
        raise RuntimeError(
            "get_nvds_buf_surface: only RGBA frames can be read; put nvvideoconvert and a caps "
            "filter with format=RGBA before"
        )
    with frame_at(gst_buffer, batchID) as pixels:
        return np.asarray(_Surface(gst_buffer, pixels))


def get_nvds_buf_surface_gpu(gst_buffer: int, batchID: int) -> Any:
    """Refuse: there is no memory of a GPU. NVIDIA's refuses on Jetson in the same way."""
    raise RuntimeError(
        "get_nvds_buf_surface_gpu: platform cpu has no memory of a GPU; use get_nvds_buf_surface"
    )


def unmap_nvds_buf_surface(gst_buffer: int, batchID: int) -> None:
    """End the use of a surface. Nothing stays mapped here, but Jetson leaks without this call."""
    if batch_at(gst_buffer) is None:
        raise ValueError(f"wanted a buffer with batch metadata to unmap frame {batchID} of")


def get_ptr(thing: Any) -> int:
    """Give the address of a layer's values (``layer.buffer``), or a number that tells metas apart.

    Raises:
        TypeError: a number or a text, which pyds does not take either.
    """
    if isinstance(thing, (int, float, str, bytes)) or thing is None:
        raise TypeError(f"wanted layer.buffer or a meta, got {type(thing).__name__}")
    return int(getattr(thing, "address", id(thing)))
