"""The CPU twin of NVIDIA's pyds 1.2: the same names, over the metadata of ``plugins/cpu``.

``python -m plugins.cpu.conformance`` prints which names are there and which are not.
"""

from __future__ import annotations

from typing import Any

from plugins.cpu.analytics_meta import NvDsAnalyticsFrameMeta, NvDsAnalyticsObjInfo
from plugins.cpu.c_memory import (
    alloc_buffer,
    free_buffer,
    generate_ts_rfc3339,
    get_string,
    memdup,
    strdup,
    strdup2str,
)
from plugins.cpu.carrier import batch_at
from plugins.cpu.event_message import (
    NvDsCoordinate,
    NvDsEvent,
    NvDsEventMsgMeta,
    NvDsEventType,
    NvDsFaceObject,
    NvDsFaceObjectWithExt,
    NvDsGeoLocation,
    NvDsObjectSignature,
    NvDsObjectType,
    NvDsPayload,
    NvDsPayloadType,
    NvDsPersonObject,
    NvDsPersonObjectExt,
    NvDsRect,
    NvDsVehicleObject,
    NvDsVehicleObjectExt,
    alloc_nvds_event_msg_meta,
)
from plugins.cpu.meta import NvDsBatchMeta, NvDsDisplayMeta, NvDsFrameMeta
from plugins.cpu.meta_list import GList
from plugins.cpu.meta_pool import (
    nvds_acquire_classifier_meta_from_pool,
    nvds_acquire_display_meta_from_pool,
    nvds_acquire_frame_meta_from_pool,
    nvds_acquire_label_info_meta_from_pool,
    nvds_acquire_meta_lock,
    nvds_acquire_obj_meta_from_pool,
    nvds_acquire_user_meta_from_pool,
    nvds_add_classifier_meta_to_object,
    nvds_add_display_meta_to_frame,
    nvds_add_frame_meta_to_batch,
    nvds_add_label_info_meta_to_classifier,
    nvds_add_obj_meta_to_frame,
    nvds_add_user_meta_to_batch,
    nvds_add_user_meta_to_frame,
    nvds_add_user_meta_to_obj,
    nvds_clear_batch_user_meta_list,
    nvds_clear_display_meta_list,
    nvds_clear_frame_meta_list,
    nvds_clear_frame_user_meta_list,
    nvds_clear_obj_meta_list,
    nvds_clear_obj_user_meta_list,
    nvds_create_batch_meta,
    nvds_destroy_batch_meta,
    nvds_get_nth_frame_meta,
    nvds_release_meta_lock,
    nvds_remove_classifier_meta_from_obj,
    nvds_remove_display_meta_from_frame,
    nvds_remove_frame_meta_from_batch,
    nvds_remove_label_info_meta_from_classifier,
    nvds_remove_obj_meta_from_frame,
    nvds_remove_user_meta_from_batch,
    nvds_remove_user_meta_from_frame,
    nvds_remove_user_meta_from_object,
)
from plugins.cpu.object_encoder import (
    NvDsObjEncOutParams,
    NvDsObjEncUsrArgs,
    nvds_obj_enc_create_context,
    nvds_obj_enc_destroy_context,
    nvds_obj_enc_finish,
    nvds_obj_enc_process,
)
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
    NvOSD_Arrow_Head_Direction,
    NvOSD_ArrowParams,
    NvOSD_CircleParams,
    NvOSD_Color_info,
    NvOSD_ColorParams,
    NvOSD_FontParams,
    NvOSD_LineParams,
    NvOSD_MaskParams,
    NvOSD_Mode,
    NvOSD_RectParams,
    NvOSD_TextParams,
)
from plugins.cpu.pyds_api import NOT_HERE
from plugins.cpu.sent_events import (
    gst_element_send_nvevent_interval_update,
    gst_element_send_nvevent_new_stream_reset,
)
from plugins.cpu.surface import (
    get_nvds_buf_surface,
    get_nvds_buf_surface_gpu,
    get_ptr,
    unmap_nvds_buf_surface,
)
from plugins.cpu.surface_types import (
    NvBufSurfaceColorFormat,
    NvBufSurfaceLayout,
    NvBufSurfaceMemMapFlags,
    NvBufSurfaceMemType,
)
from plugins.cpu.tensor_meta import (
    NvDsInferAttribute,
    NvDsInferDataType,
    NvDsInferDims,
    NvDsInferDimsCHW,
    NvDsInferLayerInfo,
    NvDsInferNetworkInfo,
    NvDsInferObjectDetectionInfo,
    NvDsInferSegmentationMeta,
    NvDsInferTensorMeta,
    TensorBuffer,
)
from plugins.cpu.tracker_meta import (
    NvDsTargetMiscDataBatch,
    NvDsTargetMiscDataFrame,
    NvDsTargetMiscDataObject,
    NvDsTargetMiscDataStream,
)
from plugins.cpu.user_callbacks import (
    CustomDataStruct,
    alloc_custom_struct,
    nvds_get_user_meta_type,
    register_user_copyfunc,
    register_user_releasefunc,
    set_user_copyfunc,
    set_user_releasefunc,
    unset_callback_funcs,
)

__all__ = [
    "FLOAT",
    "HALF",
    "INT8",
    "INT32",
    "MAX_ELEMENTS_IN_DISPLAY_META",
    "NVDSINFER_TENSOR_OUTPUT_META",
    "UNTRACKED_OBJECT_ID",
    "CustomDataStruct",
    "GList",
    "NvBbox_Coords",
    "NvBufSurfaceColorFormat",
    "NvBufSurfaceLayout",
    "NvBufSurfaceMemMapFlags",
    "NvBufSurfaceMemType",
    "NvDsAnalyticsFrameMeta",
    "NvDsAnalyticsObjInfo",
    "NvDsBaseMeta",
    "NvDsBatchMeta",
    "NvDsClassifierMeta",
    "NvDsComp_BboxInfo",
    "NvDsCoordinate",
    "NvDsDisplayMeta",
    "NvDsEvent",
    "NvDsEventMsgMeta",
    "NvDsEventType",
    "NvDsFaceObject",
    "NvDsFaceObjectWithExt",
    "NvDsFrameMeta",
    "NvDsGeoLocation",
    "NvDsInferAttribute",
    "NvDsInferDataType",
    "NvDsInferDims",
    "NvDsInferDimsCHW",
    "NvDsInferLayerInfo",
    "NvDsInferNetworkInfo",
    "NvDsInferObjectDetectionInfo",
    "NvDsInferSegmentationMeta",
    "NvDsInferTensorMeta",
    "NvDsLabelInfo",
    "NvDsMetaType",
    "NvDsObjEncOutParams",
    "NvDsObjEncUsrArgs",
    "NvDsObjectMeta",
    "NvDsObjectSignature",
    "NvDsObjectType",
    "NvDsPastFrameObj",
    "NvDsPastFrameObjBatch",
    "NvDsPastFrameObjList",
    "NvDsPastFrameObjStream",
    "NvDsPayload",
    "NvDsPayloadType",
    "NvDsPersonObject",
    "NvDsPersonObjectExt",
    "NvDsRect",
    "NvDsTargetMiscDataBatch",
    "NvDsTargetMiscDataFrame",
    "NvDsTargetMiscDataObject",
    "NvDsTargetMiscDataStream",
    "NvDsUserMeta",
    "NvDsVehicleObject",
    "NvDsVehicleObjectExt",
    "NvOSD_ArrowParams",
    "NvOSD_Arrow_Head_Direction",
    "NvOSD_CircleParams",
    "NvOSD_ColorParams",
    "NvOSD_Color_info",
    "NvOSD_FontParams",
    "NvOSD_LineParams",
    "NvOSD_MaskParams",
    "NvOSD_Mode",
    "NvOSD_RectParams",
    "NvOSD_TextParams",
    "alloc_buffer",
    "alloc_char_buffer",
    "alloc_custom_struct",
    "alloc_nvds_event",
    "alloc_nvds_event_msg_meta",
    "alloc_nvds_face_object",
    "alloc_nvds_payload",
    "alloc_nvds_person_object",
    "alloc_nvds_vehicle_object",
    "configure_source_for_ntp_sync",
    "free_buffer",
    "free_gbuffer",
    "generate_ts_rfc3339",
    "get_detections",
    "get_nvds_LayerInfo",
    "get_nvds_buf_surface",
    "get_nvds_buf_surface_gpu",
    "get_ptr",
    "get_segmentation_masks",
    "get_string",
    "glist_get_nvds_batch_meta",
    "glist_get_nvds_classifier_meta",
    "glist_get_nvds_display_meta",
    "glist_get_nvds_event_msg_meta",
    "glist_get_nvds_frame_meta",
    "glist_get_nvds_label_info",
    "glist_get_nvds_object_meta",
    "glist_get_nvds_person_object",
    "glist_get_nvds_tensor_meta",
    "glist_get_nvds_user_meta",
    "glist_get_nvds_vehicle_object",
    "gst_buffer_get_nvds_batch_meta",
    "gst_element_send_nvevent_interval_update",
    "gst_element_send_nvevent_new_stream_reset",
    "memdup",
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
    "nvds_clear_batch_user_meta_list",
    "nvds_clear_display_meta_list",
    "nvds_clear_frame_meta_list",
    "nvds_clear_frame_user_meta_list",
    "nvds_clear_obj_meta_list",
    "nvds_clear_obj_user_meta_list",
    "nvds_create_batch_meta",
    "nvds_destroy_batch_meta",
    "nvds_get_nth_frame_meta",
    "nvds_get_user_meta_type",
    "nvds_obj_enc_create_context",
    "nvds_obj_enc_destroy_context",
    "nvds_obj_enc_finish",
    "nvds_obj_enc_process",
    "nvds_release_meta_lock",
    "nvds_remove_classifier_meta_from_obj",
    "nvds_remove_display_meta_from_frame",
    "nvds_remove_frame_meta_from_batch",
    "nvds_remove_label_info_meta_from_classifier",
    "nvds_remove_obj_meta_from_frame",
    "nvds_remove_user_meta_from_batch",
    "nvds_remove_user_meta_from_frame",
    "nvds_remove_user_meta_from_object",
    "register_user_copyfunc",
    "register_user_releasefunc",
    "set_user_copyfunc",
    "set_user_releasefunc",
    "strdup",
    "strdup2str",
    "unmap_nvds_buf_surface",
    "unset_callback_funcs",
    "user_copyfunc",
    "user_releasefunc",
]
__version__ = "1.2.0"

FLOAT, HALF, INT8, INT32 = NvDsInferDataType
NVDSINFER_TENSOR_OUTPUT_META = NvDsMetaType.NVDSINFER_TENSOR_OUTPUT_META

# pybind11 exports the members of each enum into the module as well.
for _kind in (
    NvDsMetaType,
    NvDsEventType,
    NvDsObjectType,
    NvDsPayloadType,
    NvOSD_Mode,
    NvOSD_Arrow_Head_Direction,
    NvBufSurfaceMemType,
    NvBufSurfaceLayout,
    NvBufSurfaceMemMapFlags,
    NvBufSurfaceColorFormat,
):
    globals().update(_kind.__members__)

# Names of pyds 1.1, which applications still use.
NvDsPastFrameObj = NvDsTargetMiscDataFrame
NvDsPastFrameObjList = NvDsTargetMiscDataObject
NvDsPastFrameObjStream = NvDsTargetMiscDataStream
NvDsPastFrameObjBatch = NvDsTargetMiscDataBatch
user_copyfunc, user_releasefunc = set_user_copyfunc, set_user_releasefunc
alloc_char_buffer = alloc_buffer

glist_get_nvds_batch_meta = NvDsBatchMeta.cast
glist_get_nvds_frame_meta = NvDsFrameMeta.cast
glist_get_nvds_object_meta = NvDsObjectMeta.cast
glist_get_nvds_user_meta = NvDsUserMeta.cast
glist_get_nvds_classifier_meta = NvDsClassifierMeta.cast
glist_get_nvds_display_meta = NvDsDisplayMeta.cast
glist_get_nvds_label_info = NvDsLabelInfo.cast
glist_get_nvds_event_msg_meta = NvDsEventMsgMeta.cast
glist_get_nvds_vehicle_object = NvDsVehicleObject.cast
glist_get_nvds_person_object = NvDsPersonObject.cast
glist_get_nvds_tensor_meta = NvDsInferTensorMeta.cast

alloc_nvds_vehicle_object = NvDsVehicleObject
alloc_nvds_person_object = NvDsPersonObject
alloc_nvds_face_object = NvDsFaceObject
alloc_nvds_event = NvDsEvent
alloc_nvds_payload = NvDsPayload


def __getattr__(name: str) -> Any:
    reason = NOT_HERE.get(name)
    if reason is None:
        raise AttributeError(f"module 'pyds' has no attribute '{name}'")
    raise AttributeError(f"pyds.{name} is not there on platform cpu: {reason}")


def gst_buffer_get_nvds_batch_meta(buffer: int) -> NvDsBatchMeta | None:
    """Give the batch metadata of ``hash(gst_buffer)``, None before the mux."""
    if not isinstance(buffer, int):
        raise TypeError(f"wanted hash(gst_buffer), an int; got {type(buffer).__name__}")
    return batch_at(buffer)


def get_nvds_LayerInfo(data: NvDsInferTensorMeta, index: int) -> NvDsInferLayerInfo:
    """Give one output layer, its ``buffer`` set to the values of this frame or object."""
    layers = NvDsInferTensorMeta.cast(data).layers
    if not 0 <= index < len(layers):
        raise IndexError(f"wanted a layer of 0..{len(layers) - 1}, got {index}")
    return layers[index]


def get_detections(data: TensorBuffer, index: int) -> float:
    """Give one float of a layer, as slow as in pyds."""
    return float(data.array.flat[index])


def get_segmentation_masks(data: NvDsInferSegmentationMeta) -> Any:
    """Give the class of each pixel, (height, width) int32."""
    return NvDsInferSegmentationMeta.cast(data).class_map


def free_gbuffer(buffer: Any) -> None:
    """Free what ``alloc_nvds_vehicle_object`` and its like gave; Python does that itself."""


def configure_source_for_ntp_sync(src_elem: int) -> None:
    """Do nothing: the twins know no RTCP times, so ntp_timestamp is the system's or 0."""
