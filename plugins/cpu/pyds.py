"""The CPU twin of NVIDIA's pyds 1.2: the same names, over the metadata of ``plugins/cpu``.

``python -m plugins.cpu.conformance`` prints which names are there and which are not.
Imported names are imported for the application: each is one of pyds.
"""

from __future__ import annotations

from typing import Any

from plugins.cpu.elements.sent_events import (
    gst_element_send_nvevent_interval_update as gst_element_send_nvevent_interval_update,
)
from plugins.cpu.elements.sent_events import (
    gst_element_send_nvevent_new_stream_reset as gst_element_send_nvevent_new_stream_reset,
)
from plugins.cpu.metadata.analytics_meta import NvDsAnalyticsFrameMeta as NvDsAnalyticsFrameMeta
from plugins.cpu.metadata.analytics_meta import NvDsAnalyticsObjInfo as NvDsAnalyticsObjInfo
from plugins.cpu.metadata.c_memory import alloc_buffer as alloc_buffer
from plugins.cpu.metadata.c_memory import free_buffer as free_buffer
from plugins.cpu.metadata.c_memory import generate_ts_rfc3339 as generate_ts_rfc3339
from plugins.cpu.metadata.c_memory import get_string as get_string
from plugins.cpu.metadata.c_memory import memdup as memdup
from plugins.cpu.metadata.c_memory import strdup as strdup
from plugins.cpu.metadata.c_memory import strdup2str as strdup2str
from plugins.cpu.metadata.carrier import batch_at
from plugins.cpu.metadata.event_message import NvDsCoordinate as NvDsCoordinate
from plugins.cpu.metadata.event_message import NvDsEvent as NvDsEvent
from plugins.cpu.metadata.event_message import NvDsEventMsgMeta as NvDsEventMsgMeta
from plugins.cpu.metadata.event_message import NvDsEventType as NvDsEventType
from plugins.cpu.metadata.event_message import NvDsFaceObject as NvDsFaceObject
from plugins.cpu.metadata.event_message import NvDsFaceObjectWithExt as NvDsFaceObjectWithExt
from plugins.cpu.metadata.event_message import NvDsGeoLocation as NvDsGeoLocation
from plugins.cpu.metadata.event_message import NvDsObjectSignature as NvDsObjectSignature
from plugins.cpu.metadata.event_message import NvDsObjectType as NvDsObjectType
from plugins.cpu.metadata.event_message import NvDsPayload as NvDsPayload
from plugins.cpu.metadata.event_message import NvDsPayloadType as NvDsPayloadType
from plugins.cpu.metadata.event_message import NvDsPersonObject as NvDsPersonObject
from plugins.cpu.metadata.event_message import NvDsPersonObjectExt as NvDsPersonObjectExt
from plugins.cpu.metadata.event_message import NvDsRect as NvDsRect
from plugins.cpu.metadata.event_message import NvDsVehicleObject as NvDsVehicleObject
from plugins.cpu.metadata.event_message import NvDsVehicleObjectExt as NvDsVehicleObjectExt
from plugins.cpu.metadata.event_message import (
    alloc_nvds_event_msg_meta as alloc_nvds_event_msg_meta,
)
from plugins.cpu.metadata.latency import (
    nvds_measure_buffer_latency as nvds_measure_buffer_latency,
)
from plugins.cpu.metadata.meta import NvDsBatchMeta as NvDsBatchMeta
from plugins.cpu.metadata.meta import NvDsDisplayMeta as NvDsDisplayMeta
from plugins.cpu.metadata.meta import NvDsFrameMeta as NvDsFrameMeta
from plugins.cpu.metadata.meta_copies import (
    nvds_copy_batch_user_meta_list as nvds_copy_batch_user_meta_list,
)
from plugins.cpu.metadata.meta_copies import (
    nvds_copy_display_meta_list as nvds_copy_display_meta_list,
)
from plugins.cpu.metadata.meta_copies import nvds_copy_frame_meta_list as nvds_copy_frame_meta_list
from plugins.cpu.metadata.meta_copies import (
    nvds_copy_frame_user_meta_list as nvds_copy_frame_user_meta_list,
)
from plugins.cpu.metadata.meta_copies import nvds_copy_obj_meta_list as nvds_copy_obj_meta_list
from plugins.cpu.metadata.meta_list import GList as GList
from plugins.cpu.metadata.meta_pool import (
    nvds_acquire_classifier_meta_from_pool as nvds_acquire_classifier_meta_from_pool,
)
from plugins.cpu.metadata.meta_pool import (
    nvds_acquire_display_meta_from_pool as nvds_acquire_display_meta_from_pool,
)
from plugins.cpu.metadata.meta_pool import (
    nvds_acquire_frame_meta_from_pool as nvds_acquire_frame_meta_from_pool,
)
from plugins.cpu.metadata.meta_pool import (
    nvds_acquire_label_info_meta_from_pool as nvds_acquire_label_info_meta_from_pool,
)
from plugins.cpu.metadata.meta_pool import nvds_acquire_meta_lock as nvds_acquire_meta_lock
from plugins.cpu.metadata.meta_pool import (
    nvds_acquire_obj_meta_from_pool as nvds_acquire_obj_meta_from_pool,
)
from plugins.cpu.metadata.meta_pool import (
    nvds_acquire_user_meta_from_pool as nvds_acquire_user_meta_from_pool,
)
from plugins.cpu.metadata.meta_pool import (
    nvds_add_classifier_meta_to_object as nvds_add_classifier_meta_to_object,
)
from plugins.cpu.metadata.meta_pool import (
    nvds_add_display_meta_to_frame as nvds_add_display_meta_to_frame,
)
from plugins.cpu.metadata.meta_pool import (
    nvds_add_frame_meta_to_batch as nvds_add_frame_meta_to_batch,
)
from plugins.cpu.metadata.meta_pool import (
    nvds_add_label_info_meta_to_classifier as nvds_add_label_info_meta_to_classifier,
)
from plugins.cpu.metadata.meta_pool import nvds_add_obj_meta_to_frame as nvds_add_obj_meta_to_frame
from plugins.cpu.metadata.meta_pool import (
    nvds_add_user_meta_to_batch as nvds_add_user_meta_to_batch,
)
from plugins.cpu.metadata.meta_pool import (
    nvds_add_user_meta_to_frame as nvds_add_user_meta_to_frame,
)
from plugins.cpu.metadata.meta_pool import nvds_add_user_meta_to_obj as nvds_add_user_meta_to_obj
from plugins.cpu.metadata.meta_pool import (
    nvds_clear_batch_user_meta_list as nvds_clear_batch_user_meta_list,
)
from plugins.cpu.metadata.meta_pool import (
    nvds_clear_display_meta_list as nvds_clear_display_meta_list,
)
from plugins.cpu.metadata.meta_pool import nvds_clear_frame_meta_list as nvds_clear_frame_meta_list
from plugins.cpu.metadata.meta_pool import (
    nvds_clear_frame_user_meta_list as nvds_clear_frame_user_meta_list,
)
from plugins.cpu.metadata.meta_pool import nvds_clear_obj_meta_list as nvds_clear_obj_meta_list
from plugins.cpu.metadata.meta_pool import (
    nvds_clear_obj_user_meta_list as nvds_clear_obj_user_meta_list,
)
from plugins.cpu.metadata.meta_pool import nvds_create_batch_meta as nvds_create_batch_meta
from plugins.cpu.metadata.meta_pool import nvds_destroy_batch_meta as nvds_destroy_batch_meta
from plugins.cpu.metadata.meta_pool import nvds_get_nth_frame_meta as nvds_get_nth_frame_meta
from plugins.cpu.metadata.meta_pool import nvds_release_meta_lock as nvds_release_meta_lock
from plugins.cpu.metadata.meta_pool import (
    nvds_remove_classifier_meta_from_obj as nvds_remove_classifier_meta_from_obj,
)
from plugins.cpu.metadata.meta_pool import (
    nvds_remove_display_meta_from_frame as nvds_remove_display_meta_from_frame,
)
from plugins.cpu.metadata.meta_pool import (
    nvds_remove_frame_meta_from_batch as nvds_remove_frame_meta_from_batch,
)
from plugins.cpu.metadata.meta_pool import (
    nvds_remove_label_info_meta_from_classifier as nvds_remove_label_info_meta_from_classifier,
)
from plugins.cpu.metadata.meta_pool import (
    nvds_remove_obj_meta_from_frame as nvds_remove_obj_meta_from_frame,
)
from plugins.cpu.metadata.meta_pool import (
    nvds_remove_user_meta_from_batch as nvds_remove_user_meta_from_batch,
)
from plugins.cpu.metadata.meta_pool import (
    nvds_remove_user_meta_from_frame as nvds_remove_user_meta_from_frame,
)
from plugins.cpu.metadata.meta_pool import (
    nvds_remove_user_meta_from_object as nvds_remove_user_meta_from_object,
)
from plugins.cpu.metadata.object_encoder import NvDsObjEncOutParams as NvDsObjEncOutParams
from plugins.cpu.metadata.object_encoder import NvDsObjEncUsrArgs as NvDsObjEncUsrArgs
from plugins.cpu.metadata.object_encoder import (
    nvds_obj_enc_create_context as nvds_obj_enc_create_context,
)
from plugins.cpu.metadata.object_encoder import (
    nvds_obj_enc_destroy_context as nvds_obj_enc_destroy_context,
)
from plugins.cpu.metadata.object_encoder import nvds_obj_enc_finish as nvds_obj_enc_finish
from plugins.cpu.metadata.object_encoder import nvds_obj_enc_process as nvds_obj_enc_process
from plugins.cpu.metadata.object_meta import UNTRACKED_OBJECT_ID as UNTRACKED_OBJECT_ID
from plugins.cpu.metadata.object_meta import NvBbox_Coords as NvBbox_Coords
from plugins.cpu.metadata.object_meta import NvDsBaseMeta as NvDsBaseMeta
from plugins.cpu.metadata.object_meta import NvDsClassifierMeta as NvDsClassifierMeta
from plugins.cpu.metadata.object_meta import NvDsComp_BboxInfo as NvDsComp_BboxInfo
from plugins.cpu.metadata.object_meta import NvDsLabelInfo as NvDsLabelInfo
from plugins.cpu.metadata.object_meta import NvDsMetaType as NvDsMetaType
from plugins.cpu.metadata.object_meta import NvDsObjectMeta as NvDsObjectMeta
from plugins.cpu.metadata.object_meta import NvDsUserMeta as NvDsUserMeta
from plugins.cpu.metadata.optical_flow_meta import NvDsOpticalFlowMeta as NvDsOpticalFlowMeta
from plugins.cpu.metadata.optical_flow_meta import NvOFFlowVector as NvOFFlowVector
from plugins.cpu.metadata.optical_flow_meta import (
    get_optical_flow_vectors as get_optical_flow_vectors,
)
from plugins.cpu.metadata.osd_params import (
    MAX_ELEMENTS_IN_DISPLAY_META as MAX_ELEMENTS_IN_DISPLAY_META,
)
from plugins.cpu.metadata.osd_params import NvOSD_Arrow_Head_Direction as NvOSD_Arrow_Head_Direction
from plugins.cpu.metadata.osd_params import NvOSD_ArrowParams as NvOSD_ArrowParams
from plugins.cpu.metadata.osd_params import NvOSD_CircleParams as NvOSD_CircleParams
from plugins.cpu.metadata.osd_params import NvOSD_Color_info as NvOSD_Color_info
from plugins.cpu.metadata.osd_params import NvOSD_ColorParams as NvOSD_ColorParams
from plugins.cpu.metadata.osd_params import NvOSD_FontParams as NvOSD_FontParams
from plugins.cpu.metadata.osd_params import NvOSD_LineParams as NvOSD_LineParams
from plugins.cpu.metadata.osd_params import NvOSD_MaskParams as NvOSD_MaskParams
from plugins.cpu.metadata.osd_params import NvOSD_Mode as NvOSD_Mode
from plugins.cpu.metadata.osd_params import NvOSD_RectParams as NvOSD_RectParams
from plugins.cpu.metadata.osd_params import NvOSD_TextParams as NvOSD_TextParams
from plugins.cpu.metadata.preprocess_meta import (
    GstNvDsPreProcessBatchMeta as GstNvDsPreProcessBatchMeta,
)
from plugins.cpu.metadata.preprocess_meta import NvDsDataType as NvDsDataType
from plugins.cpu.metadata.preprocess_meta import (
    NvDsPreProcessTensorMeta as NvDsPreProcessTensorMeta,
)
from plugins.cpu.metadata.preprocess_meta import NvDsRoiMeta as NvDsRoiMeta
from plugins.cpu.metadata.preprocess_meta import NvDsUnitType as NvDsUnitType
from plugins.cpu.metadata.surface import get_nvds_buf_surface as get_nvds_buf_surface
from plugins.cpu.metadata.surface import get_nvds_buf_surface_gpu as get_nvds_buf_surface_gpu
from plugins.cpu.metadata.surface import get_ptr as get_ptr
from plugins.cpu.metadata.surface import unmap_nvds_buf_surface as unmap_nvds_buf_surface
from plugins.cpu.metadata.surface_types import GstNvDsMetaType as GstNvDsMetaType
from plugins.cpu.metadata.surface_types import NvBufSurfaceColorFormat as NvBufSurfaceColorFormat
from plugins.cpu.metadata.surface_types import NvBufSurfaceLayout as NvBufSurfaceLayout
from plugins.cpu.metadata.surface_types import NvBufSurfaceMemMapFlags as NvBufSurfaceMemMapFlags
from plugins.cpu.metadata.surface_types import NvBufSurfaceMemType as NvBufSurfaceMemType
from plugins.cpu.metadata.tensor_meta import NvDsInferAttribute as NvDsInferAttribute
from plugins.cpu.metadata.tensor_meta import NvDsInferDataType as NvDsInferDataType
from plugins.cpu.metadata.tensor_meta import NvDsInferDims as NvDsInferDims
from plugins.cpu.metadata.tensor_meta import NvDsInferDimsCHW as NvDsInferDimsCHW
from plugins.cpu.metadata.tensor_meta import NvDsInferLayerInfo as NvDsInferLayerInfo
from plugins.cpu.metadata.tensor_meta import NvDsInferNetworkInfo as NvDsInferNetworkInfo
from plugins.cpu.metadata.tensor_meta import (
    NvDsInferObjectDetectionInfo as NvDsInferObjectDetectionInfo,
)
from plugins.cpu.metadata.tensor_meta import NvDsInferSegmentationMeta as NvDsInferSegmentationMeta
from plugins.cpu.metadata.tensor_meta import NvDsInferTensorMeta as NvDsInferTensorMeta
from plugins.cpu.metadata.tensor_reading import get_detections as get_detections
from plugins.cpu.metadata.tensor_reading import get_nvds_LayerInfo as get_nvds_LayerInfo
from plugins.cpu.metadata.tensor_reading import get_segmentation_masks as get_segmentation_masks
from plugins.cpu.metadata.tracker_meta import NvDsTargetMiscDataBatch as NvDsTargetMiscDataBatch
from plugins.cpu.metadata.tracker_meta import NvDsTargetMiscDataFrame as NvDsTargetMiscDataFrame
from plugins.cpu.metadata.tracker_meta import NvDsTargetMiscDataObject as NvDsTargetMiscDataObject
from plugins.cpu.metadata.tracker_meta import NvDsTargetMiscDataStream as NvDsTargetMiscDataStream
from plugins.cpu.metadata.user_callbacks import CustomDataStruct as CustomDataStruct
from plugins.cpu.metadata.user_callbacks import alloc_custom_struct as alloc_custom_struct
from plugins.cpu.metadata.user_callbacks import nvds_get_user_meta_type as nvds_get_user_meta_type
from plugins.cpu.metadata.user_callbacks import register_user_copyfunc as register_user_copyfunc
from plugins.cpu.metadata.user_callbacks import (
    register_user_releasefunc as register_user_releasefunc,
)
from plugins.cpu.metadata.user_callbacks import set_user_copyfunc as set_user_copyfunc
from plugins.cpu.metadata.user_callbacks import set_user_releasefunc as set_user_releasefunc
from plugins.cpu.metadata.user_callbacks import unset_callback_funcs as unset_callback_funcs
from plugins.cpu.pyds_api import NOT_HERE

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
    NvDsDataType,
    NvDsUnitType,
    GstNvDsMetaType,
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


def free_gbuffer(buffer: Any) -> None:
    """Free what ``alloc_nvds_vehicle_object`` and its like gave; Python does that itself."""


def configure_source_for_ntp_sync(src_elem: int) -> None:
    """Do nothing: the twins know no RTCP times, so ntp_timestamp is the system's or 0."""
