"""Raw outputs of a network, attached to frames and objects with NVIDIA's names."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from enum import IntEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt

from plugins.cpu.metadata.c_fields import IntField
from plugins.cpu.metadata.meta_list import Castable

MAX_DIMS = 8


class NvDsInferDataType(IntEnum):
    """Element type of a layer; pyds stops at INT32 as well."""

    FLOAT = 0
    HALF = 1
    INT8 = 2
    INT32 = 3


_DATA_TYPES = {
    "f4": NvDsInferDataType.FLOAT,
    "f2": NvDsInferDataType.HALF,
    "i1": NvDsInferDataType.INT8,
    "i4": NvDsInferDataType.INT32,
    "i8": 4,
    "u1": 5,
}
"""INT64 and UINT8 of nvdsinfer.h have no name in pyds, only their number."""


class TensorBuffer:
    """The memory of a layer: what ``layer.buffer`` is, to be given to ``pyds.get_ptr``."""

    __slots__ = ("array",)

    def __init__(self, array: npt.NDArray[np.generic]) -> None:
        self.array = array

    @property
    def address(self) -> int:
        """Where the first element lies."""
        return int(self.array.ctypes.data)


class NvDsInferDims(Castable):
    """Shape of a layer without the batch axis: ``d[:numDims]``."""

    __slots__ = ("d", "numDims", "numElements")

    def __init__(self, shape: Sequence[int]) -> None:
        if len(shape) > MAX_DIMS:
            raise ValueError(f"a layer has at most {MAX_DIMS} dimensions; got {tuple(shape)}")
        self.numDims = len(shape)
        self.numElements = int(np.prod(shape, dtype=np.int64))
        self.d = np.zeros(MAX_DIMS, np.uint32)
        self.d[: self.numDims] = shape


class NvDsInferDimsCHW(Castable):
    """Shape of a picture: channels, height, width."""

    __slots__ = ("c", "h", "w")

    def __init__(self) -> None:
        self.c = self.h = self.w = 0


class NvDsInferLayerInfo(Castable):
    """One output layer of one frame or object.

    array: the values without batch axis, float32, float16, or an integer of 8, 32 or 64 bits as
    in ``_DATA_TYPES``; kept alive by this.
    """

    __slots__ = (
        "array",
        "bindingIndex",
        "buffer",
        "dataType",
        "inferDims",
        "isInput",
        "layerName",
    )

    def __init__(self, name: str, array: npt.NDArray[np.generic], index: int = 0) -> None:
        kind = array.dtype.str[1:]
        if kind not in _DATA_TYPES:
            raise ValueError(
                f"layer {name}: wanted float32, float16, int8, uint8, int32 or int64, "
                f"got {array.dtype}"
            )
        self.array = np.ascontiguousarray(array)
        self.dataType = _DATA_TYPES[kind]
        self.inferDims = NvDsInferDims(array.shape)
        self.bindingIndex = index
        self.layerName = name
        self.buffer: TensorBuffer | None = TensorBuffer(self.array)
        self.isInput = 0

    @property
    def dims(self) -> NvDsInferDims:
        """The older name of ``inferDims``."""
        return self.inferDims


class NvDsInferNetworkInfo(Castable):
    """Size of the network's input, px, and its number of channels."""

    __slots__ = ("channels", "height", "width")

    def __init__(self, width: int = 0, height: int = 0, channels: int = 0) -> None:
        self.width, self.height, self.channels = width, height, channels


class NvDsInferTensorMeta(Castable):
    """The outputs of one inference on one frame (primary) or one object (secondary).

    unique_id: the gie-unique-id of the nvinfer that made it.
    """

    __slots__ = ("gpu_id", "layers", "network_info", "priv_data", "unique_id")

    def __init__(
        self,
        unique_id: int,
        layers: Sequence[NvDsInferLayerInfo],
        network_info: NvDsInferNetworkInfo,
    ) -> None:
        self.unique_id = unique_id
        self.layers = layers
        self.network_info = network_info
        self.gpu_id = 0
        self.priv_data = None

    @property
    def num_output_layers(self) -> int:
        """How many layers ``pyds.get_nvds_LayerInfo`` can be asked for."""
        return len(self.layers)

    def output_layers_info(self, index: int) -> NvDsInferLayerInfo:
        """Give a layer without its values: as in pyds, only ``get_nvds_LayerInfo`` sets them."""
        layer = copy.copy(self.layers[index])
        layer.buffer = None
        return layer

    @property
    def out_buf_ptrs_host(self) -> tuple[int, ...]:
        """Addresses of the values of each layer; pyds' cannot be indexed."""
        return tuple(TensorBuffer(layer.array).address for layer in self.layers)

    @property
    def out_buf_ptrs_dev(self) -> tuple[int, ...]:
        """The same: there is no memory of a GPU."""
        return self.out_buf_ptrs_host


class NvDsInferSegmentationMeta(Castable):
    """What class each pixel is. class_map: (height, width) int32, -1 for none."""

    __slots__ = ("class_map", "class_probabilities_map", "classes", "height", "priv_data", "width")

    def __init__(self) -> None:
        self.classes = self.width = self.height = 0
        self.class_map: npt.NDArray[np.int32] | None = None
        self.class_probabilities_map: npt.NDArray[np.float32] | None = None
        self.priv_data = None


class NvDsInferObjectDetectionInfo(Castable):
    """A box that a parser of the application found, px of the network's input."""

    __slots__ = ("_classId", "detectionConfidence", "height", "left", "top", "width")
    classId = IntField()

    def __init__(self) -> None:
        self.left = self.top = self.width = self.height = self.detectionConfidence = 0.0


class NvDsInferAttribute(Castable):
    """A label that a parser of the application found."""

    __slots__ = ("attributeConfidence", "attributeIndex", "attributeLabel", "attributeValue")

    def __init__(self) -> None:
        self.attributeIndex = self.attributeValue = 0
        self.attributeConfidence = 0.0
        self.attributeLabel = ""


def write_layers(
    layers: Mapping[str, npt.NDArray[np.generic]], unique_id: int, run: int, count: int
) -> None:
    """Write the raw outputs of one run to the working folder, as ``raw-output-file-write`` does.

    layers: (count or more, ...) each; the values of ``count`` pictures are written.
    """
    for name, values in layers.items():
        layer = name.replace("/", "_")
        file = f"gstnvdsinfer_uid-{unique_id:02}_layer-{layer}_batch-{run:010}_batchsize-{count:02}"
        Path(f"{file}.bin").write_bytes(np.ascontiguousarray(values[:count]).tobytes())
