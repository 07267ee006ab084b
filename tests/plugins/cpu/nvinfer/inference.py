"""Starts the nvinfer twin on a configuration text, and reads its tensors as an application does."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import numpy.typing as npt

from plugins.cpu import pyds
from plugins.cpu.metadata.meta import NvDsFrameMeta
from plugins.cpu.metadata.object_meta import NvDsObjectMeta
from plugins.cpu.nvinfer.nvinfer import NvInfer

Float = npt.NDArray[np.float32]


def started(folder: Path, text: str, **properties: object) -> NvInfer:
    path = folder / "net.txt"
    path.write_text(text)
    element = NvInfer()
    element.set_property("config-file-path", str(path))
    for name, value in properties.items():
        element.set_property(name.replace("_", "-"), value)
    element.on_start()
    return element


def grey(value: int, width: int = 64, height: int = 64) -> npt.NDArray[np.uint8]:
    return np.full((height, width, 4), value, np.uint8)


def tensor(holder: NvDsFrameMeta | NvDsObjectMeta, unique_id: int = 2) -> list[Float]:
    """The tensors of one nvinfer, read the way an application reads them from pyds."""
    if isinstance(holder, NvDsFrameMeta):
        node = holder.frame_user_meta_list
    else:
        node = holder.obj_user_meta_list
    layers = []
    while node is not None:
        meta = pyds.NvDsInferTensorMeta.cast(pyds.NvDsUserMeta.cast(node.data).user_meta_data)
        if meta.unique_id == unique_id:
            layer = pyds.get_nvds_LayerInfo(meta, 0)
            pointer = ctypes.cast(pyds.get_ptr(layer.buffer), ctypes.POINTER(ctypes.c_float))
            shape = tuple(layer.inferDims.d[: layer.inferDims.numDims])
            layers.append(np.ctypeslib.as_array(pointer, shape=shape).copy())
        node = node.next
    return layers
