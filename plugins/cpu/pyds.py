"""The CPU twin of NVIDIA's pyds: the same names, over the metadata of ``plugins/cpu``."""

from __future__ import annotations

import ctypes
import itertools

from plugins.cpu.carrier import Pixels, batch_at, bytes_at, frame_at
from plugins.cpu.meta import NvDsBatchMeta, NvDsDisplayMeta, NvDsFrameMeta
from plugins.cpu.meta_list import GList
from plugins.cpu.object_meta import (
    UNTRACKED_OBJECT_ID,
    NvBbox_Coords,
    NvDsBaseMeta,
    NvDsClassifierMeta,
    NvDsComp_BboxInfo,
    NvDsLabelInfo,
    NvDsMetaType,
    NvDsObjectMeta,
    NvDsUserMeta,
)
from plugins.cpu.osd_params import (
    MAX_ELEMENTS_IN_DISPLAY_META,
    NvOSD_ArrowParams,
    NvOSD_CircleParams,
    NvOSD_ColorParams,
    NvOSD_FontParams,
    NvOSD_LineParams,
    NvOSD_RectParams,
    NvOSD_TextParams,
)
from plugins.cpu.tensor_meta import (
    NvDsInferDataType,
    NvDsInferDims,
    NvDsInferLayerInfo,
    NvDsInferNetworkInfo,
    NvDsInferTensorMeta,
    TensorBuffer,
)

__all__ = [
    "FLOAT",
    "HALF",
    "INT8",
    "INT32",
    "MAX_ELEMENTS_IN_DISPLAY_META",
    "NVDSINFER_TENSOR_OUTPUT_META",
    "UNTRACKED_OBJECT_ID",
    "GList",
    "NvBbox_Coords",
    "NvDsBaseMeta",
    "NvDsBatchMeta",
    "NvDsClassifierMeta",
    "NvDsComp_BboxInfo",
    "NvDsDisplayMeta",
    "NvDsFrameMeta",
    "NvDsInferDataType",
    "NvDsInferDims",
    "NvDsInferLayerInfo",
    "NvDsInferNetworkInfo",
    "NvDsInferTensorMeta",
    "NvDsLabelInfo",
    "NvDsMetaType",
    "NvDsObjectMeta",
    "NvDsUserMeta",
    "NvOSD_ArrowParams",
    "NvOSD_CircleParams",
    "NvOSD_ColorParams",
    "NvOSD_FontParams",
    "NvOSD_LineParams",
    "NvOSD_RectParams",
    "NvOSD_TextParams",
    "get_detections",
    "get_nvds_LayerInfo",
    "get_nvds_buf_surface",
    "get_ptr",
    "get_string",
    "gst_buffer_get_nvds_batch_meta",
    "nvds_acquire_classifier_meta_from_pool",
    "nvds_acquire_display_meta_from_pool",
    "nvds_acquire_frame_meta_from_pool",
    "nvds_acquire_label_info_meta_from_pool",
    "nvds_acquire_meta_lock",
    "nvds_acquire_obj_meta_from_pool",
    "nvds_acquire_user_meta_from_pool",
    "nvds_add_classifier_meta_to_object",
    "nvds_add_display_meta_to_frame",
    "nvds_add_frame_meta_to_batch",
    "nvds_add_label_info_meta_to_classifier",
    "nvds_add_obj_meta_to_frame",
    "nvds_add_user_meta_to_batch",
    "nvds_add_user_meta_to_frame",
    "nvds_add_user_meta_to_obj",
    "nvds_get_user_meta_type",
    "nvds_release_meta_lock",
    "nvds_remove_obj_meta_from_frame",
    "unmap_nvds_buf_surface",
]

FLOAT, HALF, INT8, INT32 = NvDsInferDataType
NVDSINFER_TENSOR_OUTPUT_META = NvDsMetaType.NVDSINFER_TENSOR_OUTPUT_META

_FIRST_USER_TYPE = 1025  # NVDS_START_USER_META of nvdsmeta.h is 1024
_user_types: dict[str, int] = {}
_user_type_numbers = itertools.count(_FIRST_USER_TYPE)


def gst_buffer_get_nvds_batch_meta(buffer: int) -> NvDsBatchMeta | None:
    """Give the batch metadata of ``hash(gst_buffer)``, None before the mux."""
    if not isinstance(buffer, int):
        raise TypeError(f"wanted hash(gst_buffer), an int; got {type(buffer).__name__}")
    return batch_at(buffer)


def get_nvds_buf_surface(buffer: int, batch_id: int) -> Pixels:
    """Give (H, W, 4) uint8 RGBA of one frame: a view that dies with the buffer, so copy it."""
    with frame_at(buffer, batch_id) as pixels:
        address, shape = pixels.ctypes.data, pixels.shape
    return bytes_at(address, pixels.size).reshape(shape)


def unmap_nvds_buf_surface(buffer: int, batch_id: int) -> None:
    """End the use of a surface. Nothing stays mapped here, but Jetson leaks without this call."""
    if batch_at(buffer) is None:
        raise ValueError(f"wanted a buffer with batch metadata to unmap frame {batch_id} of")


def get_nvds_LayerInfo(tensor_meta: NvDsInferTensorMeta, index: int) -> NvDsInferLayerInfo:
    """Give one output layer, its ``buffer`` set to the values of this frame or object."""
    return tensor_meta.layers[index]


def get_ptr(buffer: TensorBuffer) -> int:
    """Give the address behind ``layer.buffer``, for ``ctypes.cast``."""
    return buffer.address


def get_string(address: int) -> str | None:
    """Give the text at an address that ``display_text`` returned."""
    return ctypes.string_at(address).decode() if address else None


def nvds_get_user_meta_type(name: str) -> int:
    """Give the number of a user meta type such as ``VENDOR.COMPONENT.NAME``, always the same."""
    if name not in _user_types:
        _user_types[name] = next(_user_type_numbers)
    return _user_types[name]


def nvds_acquire_meta_lock(batch_meta: NvDsBatchMeta) -> None:
    """Lock the metadata against other threads; one branch at a time changes it here."""


def nvds_release_meta_lock(batch_meta: NvDsBatchMeta) -> None:
    """Unlock the metadata."""


def nvds_acquire_frame_meta_from_pool(batch_meta: NvDsBatchMeta) -> NvDsFrameMeta:
    """Give a blank frame meta."""
    return NvDsFrameMeta()


def nvds_acquire_obj_meta_from_pool(batch_meta: NvDsBatchMeta) -> NvDsObjectMeta:
    """Give a blank object meta."""
    return NvDsObjectMeta()


def nvds_acquire_display_meta_from_pool(batch_meta: NvDsBatchMeta) -> NvDsDisplayMeta:
    """Give a blank display meta with room for 16 drawings of each kind."""
    return NvDsDisplayMeta()


def nvds_acquire_classifier_meta_from_pool(batch_meta: NvDsBatchMeta) -> NvDsClassifierMeta:
    """Give a blank classifier meta."""
    return NvDsClassifierMeta()


def nvds_acquire_label_info_meta_from_pool(batch_meta: NvDsBatchMeta) -> NvDsLabelInfo:
    """Give a blank label."""
    return NvDsLabelInfo()


def nvds_acquire_user_meta_from_pool(batch_meta: NvDsBatchMeta) -> NvDsUserMeta:
    """Give a blank user meta."""
    return NvDsUserMeta()


def nvds_add_frame_meta_to_batch(batch_meta: NvDsBatchMeta, frame_meta: NvDsFrameMeta) -> None:
    """Append a frame."""
    batch_meta.frame_items.append(frame_meta)


def nvds_add_obj_meta_to_frame(
    frame_meta: NvDsFrameMeta, obj_meta: NvDsObjectMeta, obj_parent: NvDsObjectMeta | None
) -> None:
    """Append an object; obj_parent is the object it was found in, or None."""
    obj_meta.parent = obj_parent
    frame_meta.object_items.append(obj_meta)


def nvds_remove_obj_meta_from_frame(frame_meta: NvDsFrameMeta, obj_meta: NvDsObjectMeta) -> None:
    """Take an object out. A walk that is under way still sees the list as it was."""
    frame_meta.object_items = [kept for kept in frame_meta.object_items if kept is not obj_meta]


def nvds_add_display_meta_to_frame(
    frame_meta: NvDsFrameMeta, display_meta: NvDsDisplayMeta
) -> None:
    """Append drawings."""
    frame_meta.display_items.append(display_meta)


def nvds_add_classifier_meta_to_object(
    obj_meta: NvDsObjectMeta, classifier_meta: NvDsClassifierMeta
) -> None:
    """Append the results of a classifier."""
    obj_meta.classifier_items.append(classifier_meta)


def nvds_add_label_info_meta_to_classifier(
    classifier_meta: NvDsClassifierMeta, label_info_meta: NvDsLabelInfo
) -> None:
    """Append a label."""
    classifier_meta.label_items.append(label_info_meta)


def nvds_add_user_meta_to_batch(batch_meta: NvDsBatchMeta, user_meta: NvDsUserMeta) -> None:
    """Append a user meta to the batch."""
    batch_meta.user_items.append(user_meta)


def nvds_add_user_meta_to_frame(frame_meta: NvDsFrameMeta, user_meta: NvDsUserMeta) -> None:
    """Append a user meta to a frame."""
    frame_meta.user_items.append(user_meta)


def nvds_add_user_meta_to_obj(obj_meta: NvDsObjectMeta, user_meta: NvDsUserMeta) -> None:
    """Append a user meta to an object."""
    obj_meta.user_items.append(user_meta)


def get_detections(buffer: TensorBuffer, index: int) -> float:
    """Give one float of a layer, as slow as in pyds."""
    return float(buffer.array.flat[index])
