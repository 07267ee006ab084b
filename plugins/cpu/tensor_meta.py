"""Raw outputs of a network, attached to frames and objects with NVIDIA's names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt

from plugins.cpu.meta_list import Castable

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
}


class TensorBuffer:
    """The memory of a layer: what ``layer.buffer`` is, to be given to ``pyds.get_ptr``."""

    __slots__ = ("array",)

    def __init__(self, array: npt.NDArray[np.generic]) -> None:
        self.array = array

    @property
    def address(self) -> int:
        """Where the first element lies."""
        return int(self.array.ctypes.data)


class NvDsInferDims:
    """Shape of a layer without the batch axis: ``d[:numDims]``."""

    __slots__ = ("d", "numDims", "numElements")

    def __init__(self, shape: Sequence[int]) -> None:
        if len(shape) > MAX_DIMS:
            raise ValueError(f"a layer has at most {MAX_DIMS} dimensions; got {tuple(shape)}")
        self.numDims = len(shape)
        self.numElements = int(np.prod(shape, dtype=np.int64))
        self.d = np.zeros(MAX_DIMS, np.uint32)
        self.d[: self.numDims] = shape


class NvDsInferLayerInfo:
    """One output layer of one frame or object.

    array: the values without batch axis, float32, float16, int8 or int32; kept alive by this.
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
                f"layer {name}: wanted float32, float16, int8 or int32, got {array.dtype}"
            )
        self.array = np.ascontiguousarray(array)
        self.dataType = _DATA_TYPES[kind]
        self.inferDims = NvDsInferDims(array.shape)
        self.bindingIndex = index
        self.layerName = name
        self.buffer = TensorBuffer(self.array)
        self.isInput = 0


class NvDsInferNetworkInfo:
    """Size of the network's input, px, and its number of channels."""

    __slots__ = ("channels", "height", "width")

    def __init__(self, width: int = 0, height: int = 0, channels: int = 0) -> None:
        self.width, self.height, self.channels = width, height, channels


class NvDsInferTensorMeta(Castable):
    """The outputs of one inference on one frame (primary) or one object (secondary).

    unique_id: the gie-unique-id of the nvinfer that made it.
    """

    __slots__ = ("gpu_id", "layers", "network_info", "unique_id")

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

    @property
    def num_output_layers(self) -> int:
        """How many layers ``pyds.get_nvds_LayerInfo`` can be asked for."""
        return len(self.layers)


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
