"""Batch metadata on a Gst.Buffer, and the pixels of its frames.

The metadata is a Python object. It rides as a boxed value in a Gst.Structure that hangs on a
GstVideoRegionOfInterestMeta, so it lives exactly as long as the buffer, copies of the buffer
share it, and elements change it in place without a writable buffer.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import gi
import numpy as np
import numpy.typing as npt

gi.require_version("Gst", "1.0")
gi.require_version("GstVideo", "1.0")
from gi.repository import GObject, Gst, GstVideo  # noqa: E402

from plugins.cpu.metadata.meta import NvDsBatchMeta, NvDsFrameMeta  # noqa: E402
from plugins.gst import load_enumerations  # noqa: E402

load_enumerations(GstVideo, "GstVideo")

Pixels = npt.NDArray[np.uint8]

NAME = "edgeact-batch"
FIELD = "meta"
BYTES_PER_PIXEL = 4
REGION_ID = 0x65646765
"""Tells our region from those that analysers of other makers put on a buffer."""


class _MapInfo(ctypes.Structure):
    """GstMapInfo of gstmemory.h."""

    _fields_ = (
        ("memory", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("data", ctypes.c_void_p),
        ("size", ctypes.c_size_t),
        ("maxsize", ctypes.c_size_t),
        ("user_data", ctypes.c_void_p * 4),
        ("reserved", ctypes.c_void_p * 4),
    )


def _function(
    library: ctypes.CDLL, name: str, result: Any, *arguments: Any
) -> ctypes._NamedFuncPointer:
    function = library[name]
    function.restype = result
    function.argtypes = arguments
    return function


# PyDLL keeps the GIL: these calls are far shorter than giving it away and taking it again.
_gst = ctypes.PyDLL("libgstreamer-1.0.so.0")
_video = ctypes.PyDLL("libgstvideo-1.0.so.0")
_gobject = ctypes.PyDLL("libgobject-2.0.so.0")
_pointer, _text, _uint, _int = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint, ctypes.c_int

_roi_by_id = _function(
    _video, "gst_buffer_get_video_region_of_interest_meta_id", _pointer, _pointer, _int
)
_roi_param = _function(
    _video, "gst_video_region_of_interest_meta_get_param", _pointer, _pointer, _text
)
_structure_value = _function(_gst, "gst_structure_get_value", _pointer, _pointer, _text)
_value_boxed = _function(_gobject, "g_value_get_boxed", _pointer, _pointer)
_buffer_find = _function(
    _gst,
    "gst_buffer_find_memory",
    _int,
    _pointer,
    ctypes.c_size_t,
    ctypes.c_size_t,
    ctypes.POINTER(_uint),
    ctypes.POINTER(_uint),
    ctypes.POINTER(ctypes.c_size_t),
)
_map_range = _function(
    _gst,
    "gst_buffer_map_range",
    _int,
    _pointer,
    _uint,
    _int,
    ctypes.POINTER(_MapInfo),
    _int,
)
_unmap = _function(_gst, "gst_buffer_unmap", None, _pointer, ctypes.POINTER(_MapInfo))
_ref = _function(_gst, "gst_mini_object_ref", _pointer, _pointer)
_unref = _function(_gst, "gst_mini_object_unref", None, _pointer)
_memory = _function(_gst, "gst_buffer_peek_memory", _pointer, _pointer, _uint)
_buffer_size = _function(_gst, "gst_buffer_get_size", ctypes.c_size_t, _pointer)
_is_writable = _function(_gst, "gst_mini_object_is_writable", _int, _pointer)
_remove = _function(_gst, "gst_buffer_remove_meta", _int, _pointer, _pointer)
_memories = _function(_gst, "gst_buffer_n_memory", _uint, _pointer)


def attach(buffer: Gst.Buffer, batch_meta: NvDsBatchMeta) -> None:
    """Hang the metadata on a writable buffer that has none yet."""
    structure = Gst.Structure.new_empty(NAME)
    structure.set_value(FIELD, GObject.Value(GObject.TYPE_PYOBJECT, batch_meta))
    region = GstVideo.buffer_add_video_region_of_interest_meta(buffer, NAME, 0, 0, 0, 0)
    region.id = REGION_ID
    region.add_param(structure)


def attach_anew(buffer: Gst.Buffer, batch_meta: NvDsBatchMeta) -> None:
    """Hang the metadata on a writable buffer from which a converter has taken it.

    A region of ours without content is what the converter leaves behind. Some versions of PyGObject
    hold a reference of their own meanwhile, which makes the buffer look shared; it is put aside.
    """
    address = hash(buffer)
    held = not _is_writable(address)
    if held:
        _unref(address)
    try:
        if stale := _roi_by_id(address, REGION_ID):
            _remove(address, stale)
        attach(buffer, batch_meta)
    finally:
        if held:
            _ref(address)


def batch_at(address: int) -> NvDsBatchMeta | None:
    """Give the metadata of the GstBuffer at a C address (``hash(buffer)``), None without one."""
    region = _roi_by_id(address, REGION_ID)
    param = _roi_param(region, NAME.encode()) if region else None
    if not param:
        return None
    boxed = _value_boxed(_structure_value(param, FIELD.encode()))
    meta: NvDsBatchMeta = ctypes.cast(boxed, ctypes.py_object).value
    return meta


def batch_of(buffer: Gst.Buffer) -> NvDsBatchMeta | None:
    """Give the metadata of a buffer, None where it carries none."""
    return batch_at(hash(buffer))


def bytes_at(address: int, size: int) -> Pixels:
    """Give a view of ``size`` bytes at a C address, which the caller knows to be alive."""
    return np.ctypeslib.as_array((ctypes.c_uint8 * size).from_address(address))


@contextmanager
def mapped(address: int, offset: int, size: int, *, write: bool = False) -> Iterator[Pixels]:
    """Map ``size`` bytes of the GstBuffer at a C address; a view valid in the block only.

    A batch has one memory for each frame, so a frame never crosses the border of a memory.
    Raises ValueError where the buffer has no such bytes or the memory cannot be mapped.
    """
    index, length, skip, info = _uint(), _uint(), ctypes.c_size_t(), _MapInfo()
    flags = int(Gst.MapFlags.WRITE if write else Gst.MapFlags.READ)
    found = _buffer_find(address, offset, size, index, length, skip)
    if not found or not _map_range(address, index.value, length.value, info, flags):
        raise ValueError(f"wanted bytes {offset} to {offset + size}, got a buffer without them")
    try:
        view = bytes_at(info.data + skip.value, size)
        view.flags.writeable = write
        yield view
    finally:
        _unmap(address, info)


class KeptMemory:
    """Holds the memories of a buffer; they are let go with it.

    Not the buffer itself: one more reference would make it unwritable for the elements downstream.
    """

    def __init__(self, address: int) -> None:
        self._held = [_ref(_memory(address, index)) for index in range(_memories(address))]

    def __del__(self) -> None:
        for memory in self._held:
            _unref(memory)


@contextmanager
def frame_at(address: int, batch_id: int, *, write: bool = False) -> Iterator[Pixels]:
    """Give (H, W, 4) uint8 RGBA of one frame of the batch at a C address; see ``frame_pixels``."""
    batch = batch_at(address)
    frames = batch.frame_items if batch else []
    frame = next((frame for frame in frames if frame.batch_id == batch_id), None)
    if frame is None:
        have = [frame.batch_id for frame in frames]
        raise ValueError(f"wanted the frame with batch_id {batch_id}, got a batch of {have}")
    offset, size = place_of(frame, frames)
    with mapped(address, offset, size, write=write) as view:
        yield view.reshape(frame.pipeline_height, frame.pipeline_width, BYTES_PER_PIXEL)


def holds_rgba(address: int) -> bool:
    """Tell whether the GstBuffer at a C address is as large as RGBA frames of its batch are."""
    batch = batch_at(address)
    return batch is None or sum(map(_size, batch.frame_items)) == _buffer_size(address)


def place_of(frame: NvDsFrameMeta, frames: Iterable[NvDsFrameMeta]) -> tuple[int, int]:
    """Offset and size, bytes, of one frame's pixels in a batch whose frames can differ in size."""
    before = (other for other in frames if other.batch_id < frame.batch_id)
    return sum(_size(other) for other in before), _size(frame)


def _size(frame: NvDsFrameMeta) -> int:
    return frame.pipeline_height * frame.pipeline_width * BYTES_PER_PIXEL


@contextmanager
def frame_pixels(buffer: Gst.Buffer, batch_id: int) -> Iterator[Pixels]:
    """Give a read-only view (H, W, 4) uint8 RGBA of one frame of a batch, valid in the block only.

    Raises ValueError where the buffer carries no metadata or has no such frame.
    """
    with frame_at(hash(buffer), batch_id) as pixels:
        yield pixels


@contextmanager
def new_frame(width: int, height: int) -> Iterator[tuple[Gst.Buffer, Pixels]]:
    """Make a buffer for one RGBA frame, with its pixels (H, W, 4) uint8 writable in the block."""
    size = height * width * BYTES_PER_PIXEL
    buffer = Gst.Buffer.new_allocate(None, size, None)
    with mapped(hash(buffer), 0, size, write=True) as view:
        yield buffer, view.reshape(height, width, BYTES_PER_PIXEL)
