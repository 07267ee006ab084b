"""The interface of NVIDIA's pyds 1.2: every name that an application can use.

Read off the bindings of deepstream_python_apps (bindings/src/*.cpp): a line for each class with its
members, ``Functions`` for those of the module.
"""

from __future__ import annotations

from collections.abc import Mapping

_TABLE = """
Module: __version__ GList UNTRACKED_OBJECT_ID
GList: data next prev
NvOSD_Mode: MODE_CPU MODE_GPU MODE_NONE
NvOSD_Arrow_Head_Direction: START_HEAD END_HEAD BOTH_HEAD
NvBbox_Coords: left top width height cast
NvOSD_ColorParams: red green blue alpha set cast
NvOSD_FontParams: font_name font_size font_color cast
NvOSD_TextParams: display_text x_offset y_offset font_params set_bg_clr text_bg_clr cast
NvOSD_Color_info: id color cast
NvOSD_RectParams: left top width height border_width border_color has_bg_color reserved bg_color
  has_color_info color_id cast
NvOSD_LineParams: x1 y1 x2 y2 line_width line_color cast
NvOSD_ArrowParams: x1 y1 x2 y2 arrow_width arrow_head arrow_color reserved cast
NvOSD_CircleParams: xc yc radius circle_color has_bg_color bg_color reserved cast
NvOSD_MaskParams: data size threshold width height get_mask_array alloc_mask_array cast
NvOSD_FrameTextParams: buf_ptr mode num_strings text_params_list cast
NvOSD_FrameRectParams: buf_ptr mode num_rects rect_params_list cast
NvOSD_FrameLineParams: buf_ptr mode num_lines line_params_list cast
NvOSD_FrameArrowParams: buf_ptr mode num_arrows arrow_params_list cast
NvOSD_FrameCircleParams: buf_ptr mode num_circles circle_params_list cast
NvDsMetaType: NVDS_INVALID_META NVDS_BATCH_META NVDS_FRAME_META NVDS_OBJ_META NVDS_DISPLAY_META
  NVDS_CLASSIFIER_META NVDS_LABEL_INFO_META NVDS_USER_META NVDS_PAYLOAD_META NVDS_EVENT_MSG_META
  NVDS_OPTICAL_FLOW_META NVDS_LATENCY_MEASUREMENT_META NVDSINFER_TENSOR_OUTPUT_META
  NVDSINFER_SEGMENTATION_META NVDS_CROP_IMAGE_META NVDS_TRACKER_PAST_FRAME_META
  NVDS_TRACKER_BATCH_REID_META NVDS_TRACKER_OBJ_REID_META NVDS_AUDIO_BATCH_META
  NVDS_AUDIO_FRAME_META NVDS_RESERVED_META NVDS_GST_CUSTOM_META NVDS_START_USER_META
  NVDS_FORCE32_META NVDS_PREPROCESS_BATCH_META NVDS_ROI_META
NvDsComp_BboxInfo: org_bbox_coords cast
NvDsMetaPool: meta_type max_elements_in_pool element_size num_empty_elements num_full_elements
  empty_list full_list cast
NvDsBaseMeta: batch_meta meta_type uContext cast
NvDsBatchMeta: base_meta max_frames_in_batch num_frames_in_batch frame_meta_list
  batch_user_meta_list meta_mutex misc_batch_info reserved cast
NvDsFrameMeta: base_meta pad_index batch_id frame_num buf_pts ntp_timestamp source_id
  num_surfaces_per_frame source_frame_width source_frame_height surface_type surface_index
  num_obj_meta bInferDone obj_meta_list display_meta_list frame_user_meta_list misc_frame_info
  reserved cast
NvDsObjectMeta: base_meta parent unique_component_id class_id object_id detector_bbox_info
  tracker_bbox_info confidence tracker_confidence rect_params mask_params text_params obj_label
  classifier_meta_list obj_user_meta_list misc_obj_info reserved cast
NvDsClassifierMeta: base_meta num_labels unique_component_id label_info_list cast
NvDsLabelInfo: base_meta num_classes result_label pResult_label result_class_id label_id
  result_prob cast
NvDsDisplayMeta: base_meta num_rects num_labels num_lines num_arrows num_circles rect_params
  text_params line_params arrow_params circle_params misc_osd_data reserved cast
NvDsUserMeta: base_meta user_meta_data cast
NvDsEventType: NVDS_EVENT_ENTRY NVDS_EVENT_EXIT NVDS_EVENT_MOVING NVDS_EVENT_STOPPED
  NVDS_EVENT_EMPTY NVDS_EVENT_PARKED NVDS_EVENT_RESET NVDS_EVENT_RESERVED NVDS_EVENT_CUSTOM
  NVDS_EVENT_FORCE32
NvDsObjectType: NVDS_OBJECT_TYPE_VEHICLE NVDS_OBJECT_TYPE_PERSON NVDS_OBJECT_TYPE_FACE
  NVDS_OBJECT_TYPE_BAG NVDS_OBJECT_TYPE_BICYCLE NVDS_OBJECT_TYPE_ROADSIGN
  NVDS_OBJECT_TYPE_VEHICLE_EXT NVDS_OBJECT_TYPE_PERSON_EXT NVDS_OBJECT_TYPE_FACE_EXT
  NVDS_OBJECT_TYPE_RESERVED NVDS_OBJECT_TYPE_CUSTOM NVDS_OBJECT_TYPE_UNKNOWN
  NVDS_OBEJCT_TYPE_FORCE32
NvDsPayloadType: NVDS_PAYLOAD_DEEPSTREAM NVDS_PAYLOAD_DEEPSTREAM_MINIMAL NVDS_PAYLOAD_RESERVED
  NVDS_PAYLOAD_CUSTOM NVDS_PAYLOAD_FORCE32
NvDsRect: top left width height cast
NvDsGeoLocation: lat lon alt cast
NvDsCoordinate: x y z cast
NvDsObjectSignature: signature size cast
NvDsVehicleObject: type make model color region license cast
NvDsPersonObject: gender hair cap apparel age cast
NvDsFaceObject: gender hair cap glasses facialhair name eyecolor age cast
NvDsVehicleObjectExt: type make model color region license mask cast
NvDsPersonObjectExt: gender hair cap apparel age mask cast
NvDsFaceObjectWithExt: gender hair cap glasses facialhair name eyecolor age mask cast
NvDsEventMsgMeta: type objType bbox location coordinate objSignature objClassId sensorId moduleId
  placeId componentId frameId confidence trackingId ts objectId sensorStr otherAttrs videoPath
  extMsg extMsgSize cast
NvDsEvent: eventType metadata cast
NvDsPayload: payload payloadSize componentId cast
NvDsTargetMiscDataFrame: frameNum tBbox confidence age cast
NvDsTargetMiscDataObject: numObj uniqueId classId objLabel list cast
NvDsTargetMiscDataStream: streamID surfaceStreamID numAllocated numFilled list cast
NvDsTargetMiscDataBatch: numAllocated numFilled list cast
NvDsObjReid: featureSize ptr_host ptr_dev get_host_reid_vector cast
NvDsReidTensorBatch: featureSize numFilled ptr_host ptr_dev priv_data cast
NvDsAnalyticsObjInfo: roiStatus ocStatus lcStatus dirStatus unique_id cast
NvDsAnalyticsFrameMeta: ocStatus objInROIcnt objLCCurrCnt objLCCumCnt unique_id objCnt cast
NvDsInferDims: numDims numElements d cast
NvDsInferDimsCHW: c h w cast
NvDsInferDataType: FLOAT HALF INT8 INT32
NvDsInferLayerInfo: dataType dims inferDims bindingIndex layerName buffer isInput cast
NvDsInferNetworkInfo: width height channels cast
NvDsInferObjectDetectionInfo: classId left top width height detectionConfidence cast
NvDsInferAttribute: attributeIndex attributeValue attributeConfidence attributeLabel cast
NvDsInferTensorMeta: network_info unique_id num_output_layers output_layers_info out_buf_ptrs_host
  out_buf_ptrs_dev gpu_id priv_data cast
NvDsInferSegmentationMeta: classes width height class_map class_probabilities_map priv_data cast
NvDsObjEncUsrArgs: isFrame saveImg attachUsrMeta scaleImg scaledWidth scaledHeight fileNameImg
  quality objNum calcEncodeTime cast
NvDsObjEncOutParams: outBuffer outLen cast
CustomDataStruct: structId message sampleInt cast
GstNvDsMetaType: NVDS_GST_INVALID_META NVDS_BATCH_GST_META NVDS_DECODER_GST_META
  NVDS_DEWARPER_GST_META NVDS_RESERVED_GST_META NVDS_GST_META_FORCE32
NvDsMeta: meta meta_data user_data meta_type cast
NvBufSurface: gpuId batchSize numFilled isContiguous memType surfaceList cast
NvBufSurfaceParams: width height pitch colorFormat layout bufferDesc dataSize dataPtr planeParams
  mappedAddr cast
NvBufSurfacePlaneParams: num_planes width height pitch offset psize bytesPerPix cast
NvBufSurfaceCreateParams: gpuId width height size isContiguous colorFormat layout memType cast
NvBufSurfaceMappedAddr: addr eglImage cast
NvBufSurfaceColorFormat: NVBUF_COLOR_FORMAT_INVALID NVBUF_COLOR_FORMAT_GRAY8
  NVBUF_COLOR_FORMAT_YUV420 NVBUF_COLOR_FORMAT_NV12 NVBUF_COLOR_FORMAT_RGBA
  NVBUF_COLOR_FORMAT_BGRA NVBUF_COLOR_FORMAT_RGB NVBUF_COLOR_FORMAT_BGR NVBUF_COLOR_FORMAT_LAST
NvBufSurfaceLayout: NVBUF_LAYOUT_PITCH NVBUF_LAYOUT_BLOCK_LINEAR
NvBufSurfaceMemMapFlags: NVBUF_MAP_READ NVBUF_MAP_WRITE NVBUF_MAP_READ_WRITE
NvBufSurfaceMemType: NVBUF_MEM_DEFAULT NVBUF_MEM_CUDA_PINNED NVBUF_MEM_CUDA_DEVICE
  NVBUF_MEM_CUDA_UNIFIED NVBUF_MEM_SURFACE_ARRAY NVBUF_MEM_HANDLE NVBUF_MEM_SYSTEM
NvOFFlowVector: flowx flowy cast
NvDsOpticalFlowMeta: rows cols mv_size frame_num data priv reserved cast
RectDim: left top width height class_id tracking_id gie_unique_id roi_status text cast
ROI_STATUS_360D: ROI_ENTRY_360D ROI_EXIT_360D INSIDE_AISLE_360D
NvDsDataType: NvDsDataType_FP32 NvDsDataType_UINT8 NvDsDataType_INT8 NvDsDataType_UINT32
  NvDsDataType_INT32 NvDsDataType_FP16
NvDsUnitType: NvDsUnitType_FullFrame NvDsUnitType_ROI NvDsUnitType_Object
NvDsRoiMeta: roi converted_buffer frame_meta scale_ratio_x scale_ratio_y offset_left offset_top
  classifier_meta_list roi_user_meta_list object_meta cast
NvDsPreProcessTensorMeta: raw_tensor_buffer buffer_size tensor_shape data_type tensor_name gpu_id
  private_data meta_id maintain_aspect_ratio cast
GstNvDsPreProcessBatchMeta: target_unique_ids tensor_meta roi_vector private_data cast
Functions: nvds_acquire_meta_lock nvds_release_meta_lock nvds_create_batch_meta
  nvds_destroy_batch_meta nvds_acquire_frame_meta_from_pool nvds_acquire_obj_meta_from_pool
  nvds_acquire_display_meta_from_pool nvds_acquire_classifier_meta_from_pool
  nvds_acquire_label_info_meta_from_pool nvds_acquire_user_meta_from_pool
  nvds_add_frame_meta_to_batch nvds_add_obj_meta_to_frame nvds_add_display_meta_to_frame
  nvds_add_classifier_meta_to_object nvds_add_label_info_meta_to_classifier
  nvds_add_user_meta_to_batch nvds_add_user_meta_to_frame nvds_add_user_meta_to_obj
  nvds_remove_frame_meta_from_batch nvds_remove_obj_meta_from_frame
  nvds_remove_display_meta_from_frame nvds_remove_classifier_meta_from_obj
  nvds_remove_label_info_meta_from_classifier nvds_remove_user_meta_from_batch
  nvds_remove_user_meta_from_frame nvds_remove_user_meta_from_object nvds_clear_frame_meta_list
  nvds_clear_obj_meta_list nvds_clear_display_meta_list nvds_clear_batch_user_meta_list
  nvds_clear_frame_user_meta_list nvds_clear_obj_user_meta_list nvds_clear_meta_list
  nvds_copy_batch_user_meta_list nvds_copy_frame_user_meta_list nvds_copy_display_meta_list
  nvds_copy_frame_meta_list nvds_copy_obj_meta_list nvds_batch_meta_copy_func
  nvds_batch_meta_release_func nvds_get_current_metadata_info nvds_get_nth_frame_meta
  nvds_get_user_meta_type gst_buffer_add_nvds_meta gst_buffer_get_nvds_batch_meta
  get_nvds_buf_surface get_nvds_buf_surface_gpu unmap_nvds_buf_surface glist_get_nvds_batch_meta
  glist_get_nvds_frame_meta glist_get_nvds_object_meta glist_get_nvds_user_meta
  glist_get_nvds_classifier_meta glist_get_nvds_display_meta glist_get_nvds_label_info
  glist_get_nvds_event_msg_meta glist_get_nvds_vehicle_object glist_get_nvds_person_object
  glist_get_nvds_tensor_meta glist_get_nvds_Surface_Params register_user_copyfunc user_copyfunc
  set_user_copyfunc register_user_releasefunc user_releasefunc set_user_releasefunc
  unset_callback_funcs alloc_char_buffer alloc_buffer free_buffer free_gbuffer get_string get_ptr
  strdup strdup2str memdup alloc_custom_struct alloc_nvds_event_msg_meta
  alloc_nvds_vehicle_object alloc_nvds_person_object alloc_nvds_face_object alloc_nvds_event
  alloc_nvds_payload generate_ts_rfc3339 get_detections get_nvds_LayerInfo get_segmentation_masks
  get_optical_flow_vectors NvBufSurfaceCreate NvBufSurfaceDestroy NvBufSurfaceMap
  NvBufSurfaceUnMap NvBufSurfaceCopy NvBufSurfaceSyncForCpu NvBufSurfaceSyncForDevice
  NvBufSurfaceFromFd NvBufSurfaceMemSet NvBufSurfaceMapEglImage
  gst_element_send_nvevent_new_stream_reset gst_element_send_nvevent_interval_update
  configure_source_for_ntp_sync nvds_measure_buffer_latency nvds_obj_enc_create_context
  nvds_obj_enc_destroy_context nvds_obj_enc_process nvds_obj_enc_finish
"""


def _parsed(table: str) -> dict[str, tuple[str, ...]]:
    names: dict[str, tuple[str, ...]] = {}
    for entry in table.strip().replace("\n  ", " ").splitlines():
        group, _, members = entry.partition(":")
        names[group] = tuple(members.split())
    return names


API: Mapping[str, tuple[str, ...]] = _parsed(_TABLE)
"""Members by class; ``Module`` and ``Functions`` are names of the module itself."""

_REASONS = {
    "surfaces are plain memory here; use get_nvds_buf_surface": """
        NvBufSurface NvBufSurfaceParams NvBufSurfacePlaneParams NvBufSurfaceCreateParams
        NvBufSurfaceMappedAddr NvBufSurfaceCreate NvBufSurfaceDestroy NvBufSurfaceMap
        NvBufSurfaceUnMap NvBufSurfaceCopy NvBufSurfaceSyncForCpu NvBufSurfaceSyncForDevice
        NvBufSurfaceFromFd NvBufSurfaceMemSet NvBufSurfaceMapEglImage glist_get_nvds_Surface_Params
    """,
    "there is no twin of the 360 degree elements": "RectDim ROI_STATUS_360D",
    "the tracker's twin makes no re-identification vectors": "NvDsObjReid NvDsReidTensorBatch",
    "only elements written in C use it": """
        NvOSD_FrameTextParams NvOSD_FrameRectParams NvOSD_FrameLineParams NvOSD_FrameArrowParams
        NvOSD_FrameCircleParams NvDsMetaPool NvDsMeta gst_buffer_add_nvds_meta
        nvds_clear_meta_list nvds_batch_meta_copy_func nvds_batch_meta_release_func
        nvds_get_current_metadata_info
    """,
}
NOT_HERE: Mapping[str, str] = {
    name: reason for reason, names in _REASONS.items() for name in names.split()
}
"""Names of pyds 1.2 that the twin leaves out, and why."""
