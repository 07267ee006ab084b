"""What nvdspreprocess hangs on a batch, with NVIDIA's names (nvdspreprocess_meta.h)."""

from __future__ import annotations

import copy
import weakref
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from plugins.cpu.metadata.meta import NvDsFrameMeta
from plugins.cpu.metadata.meta_list import Castable, GList, head
from plugins.cpu.metadata.object_meta import NvDsClassifierMeta, NvDsObjectMeta, NvDsUserMeta
from plugins.cpu.metadata.osd_params import NvOSD_RectParams
from plugins.cpu.metadata.tensor_meta import TensorBuffer
from plugins.placement import Placement


class NvDsDataType(IntEnum):
    """Element type of a prepared tensor."""

    NvDsDataType_FP32 = 0
    NvDsDataType_UINT8 = 1
    NvDsDataType_INT8 = 2
    NvDsDataType_UINT32 = 3
    NvDsDataType_INT32 = 4
    NvDsDataType_FP16 = 5


class NvDsUnitType(IntEnum):
    """What a prepared picture shows."""

    NvDsUnitType_FullFrame = 0
    NvDsUnitType_ROI = 1
    NvDsUnitType_Object = 2


class NvDsRoiMeta(Castable):
    """One picture of a prepared tensor, and what nvinfer found in it.

    roi: where it was cut out, px of the muxed frame. scale_ratio_x, scale_ratio_y: px of the
    tensor per px of the frame. offset_left, offset_top: where the picture begins in the tensor, px.
    object_meta: None where it is a region of the frame. placement is the twins' own.
    """

    __slots__ = (
        "_frame",
        "classifier_items",
        "converted_buffer",
        "object_meta",
        "offset_left",
        "offset_top",
        "placement",
        "roi",
        "scale_ratio_x",
        "scale_ratio_y",
        "user_items",
    )

    def __init__(self) -> None:
        self.roi = NvOSD_RectParams()
        self.converted_buffer = None
        self._frame: weakref.ref[NvDsFrameMeta] | None = None
        self.placement: Placement | None = None
        self.object_meta: NvDsObjectMeta | None = None
        self.scale_ratio_x = self.scale_ratio_y = 0.0
        self.offset_left = self.offset_top = 0
        self.classifier_items: list[NvDsClassifierMeta] = []
        self.user_items: list[NvDsUserMeta] = []

    @property
    def frame_meta(self) -> NvDsFrameMeta | None:
        """The frame it was cut out of, held weakly: a copy of the ROI hangs on the frame."""
        return self._frame() if self._frame is not None else None

    @frame_meta.setter
    def frame_meta(self, frame: NvDsFrameMeta) -> None:
        self._frame = weakref.ref(frame)

    def bare(self) -> NvDsRoiMeta:
        """Give a copy without object and results, which nvinfer hangs on the frame."""
        made = copy.copy(self)
        made.object_meta = None
        made.classifier_items, made.user_items = [], []
        return made

    @property
    def classifier_meta_list(self) -> GList[NvDsClassifierMeta] | None:
        """First node of what classifiers said of the picture."""
        return head(self.classifier_items)

    @property
    def roi_user_meta_list(self) -> GList[NvDsUserMeta] | None:
        """First node of the user metas, raw tensors of nvinfer among them."""
        return head(self.user_items)


class NvDsPreProcessTensorMeta(Castable):
    """A tensor ready for a network. array: (N, 3, H, W) float32; tensor_name: the input's name."""

    __slots__ = (
        "array",
        "data_type",
        "gpu_id",
        "maintain_aspect_ratio",
        "meta_id",
        "private_data",
        "tensor_name",
    )

    def __init__(
        self, name: str = "", array: npt.NDArray[np.float32] | None = None, *, keep: bool = False
    ) -> None:
        self.tensor_name = name
        self.array = np.zeros(0, np.float32) if array is None else array
        self.data_type = NvDsDataType.NvDsDataType_FP32
        self.maintain_aspect_ratio = int(keep)
        self.gpu_id = self.meta_id = 0
        self.private_data = None

    @property
    def tensor_shape(self) -> list[int]:
        """Shape of the tensor, pictures first."""
        return list(self.array.shape)

    @property
    def buffer_size(self) -> int:
        """Bytes of the tensor."""
        return self.array.nbytes

    @property
    def raw_tensor_buffer(self) -> TensorBuffer:
        """The values, to be given to ``pyds.get_ptr``."""
        return TensorBuffer(self.array)


class GstNvDsPreProcessBatchMeta(Castable):
    """A tensor, for whom it is (target_unique_ids), and one ROI for each picture of it."""

    __slots__ = ("private_data", "roi_vector", "target_unique_ids", "tensor_meta")

    def __init__(self) -> None:
        self.target_unique_ids: list[int] = []
        self.tensor_meta: NvDsPreProcessTensorMeta | None = None
        self.roi_vector: list[NvDsRoiMeta] = []
        self.private_data = None
