"""Objects, their classifier results and user metas, with NVIDIA's names."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from enum import IntEnum
from typing import Any

from plugins.cpu.metadata.c_fields import IntField, LazyField, user_fields
from plugins.cpu.metadata.meta_list import Castable, GList, head
from plugins.cpu.metadata.osd_params import NvOSD_MaskParams, NvOSD_RectParams, NvOSD_TextParams

UNTRACKED_OBJECT_ID = 0xFFFFFFFFFFFFFFFF
MAX_LABEL_BYTES = 127


class NvDsMetaType(IntEnum):
    """What a meta holds; the numbers are those of nvdsmeta.h."""

    NVDS_INVALID_META = -1
    NVDS_BATCH_META = 1
    NVDS_FRAME_META = 2
    NVDS_OBJ_META = 3
    NVDS_DISPLAY_META = 4
    NVDS_CLASSIFIER_META = 5
    NVDS_LABEL_INFO_META = 6
    NVDS_USER_META = 7
    NVDS_PAYLOAD_META = 8
    NVDS_EVENT_MSG_META = 9
    NVDS_OPTICAL_FLOW_META = 10
    NVDS_LATENCY_MEASUREMENT_META = 11
    NVDSINFER_TENSOR_OUTPUT_META = 12
    NVDSINFER_SEGMENTATION_META = 13
    NVDS_CROP_IMAGE_META = 14
    NVDS_TRACKER_PAST_FRAME_META = 15
    NVDS_TRACKER_BATCH_REID_META = 16
    NVDS_TRACKER_OBJ_REID_META = 17
    NVDS_AUDIO_BATCH_META = 25
    NVDS_AUDIO_FRAME_META = 26
    NVDS_PREPROCESS_FRAME_META = 27
    NVDS_PREPROCESS_BATCH_META = 28
    NVDS_CUSTOM_MSG_BLOB = 29
    NVDS_ROI_META = 30
    NVDS_RESERVED_META = 4095
    NVDS_GST_CUSTOM_META = 4096
    NVDS_START_USER_META = 8193
    NVDS_FORCE32_META = 0x7FFFFFFF


class NvDsBaseMeta(Castable):
    """What kind of meta this is, and of which batch.

    batch: the batch, held weakly. copy_func, release_func: what ``set_user_copyfunc`` and
    ``set_user_releasefunc`` were given.
    """

    __slots__ = ("__weakref__", "batch", "copy_func", "meta_type", "release_func", "uContext")

    def __init__(self, meta_type: NvDsMetaType | int) -> None:
        self.meta_type = meta_type
        self.batch: weakref.ref[Any] | None = None
        self.uContext: Any = None
        self.copy_func: Callable[[Any, Any], Any] | None = None
        self.release_func: Callable[[Any, Any], Any] | None = None

    @property
    def batch_meta(self) -> Any:
        """The batch that the meta hangs on or was acquired from; None where it does on none."""
        return self.batch() if self.batch is not None else None

    @batch_meta.setter
    def batch_meta(self, batch: Any) -> None:
        self.batch = weakref.ref(batch)


class NvBbox_Coords(Castable):  # noqa: N801 - NVIDIA's name
    """left, top, width, height in px of the muxed frame."""

    __slots__ = ("height", "left", "top", "width")

    def __init__(self) -> None:
        self.left = self.top = self.width = self.height = 0.0


class NvDsComp_BboxInfo(Castable):  # noqa: N801 - NVIDIA's name
    """The box as one component (detector, tracker) gave it."""

    __slots__ = ("org_bbox_coords",)

    def __init__(self) -> None:
        self.org_bbox_coords = NvBbox_Coords()


class NvDsUserMeta(Castable):
    """Anything an element or the application hangs on a batch, frame or object."""

    __slots__ = ("base_meta", "user_meta_data")

    def __init__(
        self, meta_type: NvDsMetaType | int = NvDsMetaType.NVDS_USER_META, data: Any = None
    ) -> None:
        self.base_meta = NvDsBaseMeta(meta_type)
        self.user_meta_data = data

    def __del__(self) -> None:
        # The buffer went, and its metas with it: DeepStream lets the application free what it hung
        # on them. Nothing is copied here before, so nothing is freed twice.
        if self.base_meta.release_func is not None:
            self.base_meta.release_func(self, None)


def c_label(text: str) -> str:
    """Give what a C reader sees of ``text`` in a label: up to the first NUL, at most 127 bytes."""
    text = text.split("\0", 1)[0]
    if len(text) * 4 <= MAX_LABEL_BYTES:
        return text
    return text.encode()[:MAX_LABEL_BYTES].decode(errors="ignore")


class NvDsLabelInfo(Castable):
    """One result of a classifier."""

    __slots__ = (
        "_result_label",
        "base_meta",
        "label_id",
        "num_classes",
        "pResult_label",
        "result_class_id",
        "result_prob",
    )

    def __init__(self) -> None:
        self.base_meta = NvDsBaseMeta(NvDsMetaType.NVDS_LABEL_INFO_META)
        self._result_label = ""
        self.pResult_label: str | None = None
        self.num_classes = self.result_class_id = self.label_id = 0
        self.result_prob = 0.0

    @property
    def result_label(self) -> str:
        """Name of the class."""
        return self._result_label

    @result_label.setter
    def result_label(self, text: str) -> None:
        self._result_label = c_label(text)


class NvDsClassifierMeta(Castable):
    """The labels one classifier gave an object."""

    __slots__ = ("base_meta", "label_items", "unique_component_id")

    def __init__(self) -> None:
        self.base_meta = NvDsBaseMeta(NvDsMetaType.NVDS_CLASSIFIER_META)
        self.unique_component_id = 0
        self.label_items: list[NvDsLabelInfo] = []

    @property
    def num_labels(self) -> int:
        """How many labels there are."""
        return len(self.label_items)

    @property
    def label_info_list(self) -> GList[NvDsLabelInfo] | None:
        """First node of the labels."""
        return head(self.label_items, self)


class NvDsObjectMeta(Castable):
    """One object of one frame. confidence is -0.1 where only the tracker saw it."""

    __slots__ = (
        "_class_id",
        "_mask_params",
        "_misc_obj_info",
        "_obj_label",
        "_object_id",
        "_reserved",
        "_unique_component_id",
        "base_meta",
        "classifier_items",
        "confidence",
        "detector_bbox_info",
        "parent",
        "rect_params",
        "text_params",
        "tracker_bbox_info",
        "tracker_confidence",
        "user_items",
    )
    unique_component_id = IntField(signed=True)
    class_id = IntField(signed=True)
    object_id = IntField(64)
    mask_params = LazyField(NvOSD_MaskParams)
    misc_obj_info = LazyField(user_fields)
    reserved = LazyField(user_fields)

    def __init__(self) -> None:
        self.base_meta = NvDsBaseMeta(NvDsMetaType.NVDS_OBJ_META)
        self.parent: NvDsObjectMeta | None = None
        self.object_id = UNTRACKED_OBJECT_ID
        self.confidence = 0.0
        self.tracker_confidence = 0.0
        self.detector_bbox_info = NvDsComp_BboxInfo()
        self.tracker_bbox_info = NvDsComp_BboxInfo()
        self.rect_params = NvOSD_RectParams()
        self.text_params = NvOSD_TextParams()
        self._obj_label = ""
        self.classifier_items: list[NvDsClassifierMeta] = []
        self.user_items: list[NvDsUserMeta] = []

    @property
    def obj_label(self) -> str:
        """Name of the class."""
        return self._obj_label

    @obj_label.setter
    def obj_label(self, text: str) -> None:
        self._obj_label = c_label(text)

    @property
    def classifier_meta_list(self) -> GList[NvDsClassifierMeta] | None:
        """First node of the classifier metas."""
        return head(self.classifier_items, self)

    @property
    def obj_user_meta_list(self) -> GList[NvDsUserMeta] | None:
        """First node of the user metas, raw tensors of a secondary nvinfer among them."""
        return head(self.user_items, self)
