"""Objects, their classifier results and user metas, with NVIDIA's names."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from plugins.cpu.meta_list import Castable, GList, head
from plugins.cpu.osd_params import NvOSD_MaskParams, NvOSD_RectParams, NvOSD_TextParams

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
    NVDSINFER_TENSOR_OUTPUT_META = 12


class NvDsBaseMeta(Castable):
    """What kind of meta this is."""

    __slots__ = ("meta_type",)

    def __init__(self, meta_type: NvDsMetaType | int) -> None:
        self.meta_type = meta_type


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


def c_label(text: str) -> str:
    """Give what a C reader sees of ``text`` in a label: up to the first NUL, at most 127 bytes."""
    text = text.split("\0", 1)[0]
    if len(text) * 4 <= MAX_LABEL_BYTES:
        return text
    return text.encode()[:MAX_LABEL_BYTES].decode(errors="ignore")


class NvDsLabelInfo(Castable):
    """One result of a classifier."""

    __slots__ = ("_result_label", "label_id", "num_classes", "result_class_id", "result_prob")

    def __init__(self) -> None:
        self._result_label = ""
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
        return head(self.label_items)


class NvDsObjectMeta(Castable):
    """One object of one frame. confidence is -0.1 where only the tracker saw it."""

    __slots__ = (
        "_obj_label",
        "base_meta",
        "class_id",
        "classifier_items",
        "confidence",
        "detector_bbox_info",
        "mask_params",
        "object_id",
        "parent",
        "rect_params",
        "text_params",
        "tracker_bbox_info",
        "tracker_confidence",
        "unique_component_id",
        "user_items",
    )

    def __init__(self) -> None:
        self.base_meta = NvDsBaseMeta(NvDsMetaType.NVDS_OBJ_META)
        self.parent: NvDsObjectMeta | None = None
        self.unique_component_id = 0
        self.class_id = 0
        self.object_id = UNTRACKED_OBJECT_ID
        self.confidence = 0.0
        self.tracker_confidence = 0.0
        self.detector_bbox_info = NvDsComp_BboxInfo()
        self.tracker_bbox_info = NvDsComp_BboxInfo()
        self.rect_params = NvOSD_RectParams()
        self.text_params = NvOSD_TextParams()
        self.mask_params = NvOSD_MaskParams()
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
        return head(self.classifier_items)

    @property
    def obj_user_meta_list(self) -> GList[NvDsUserMeta] | None:
        """First node of the user metas, raw tensors of a secondary nvinfer among them."""
        return head(self.user_items)
