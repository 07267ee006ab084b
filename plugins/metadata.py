"""The only reader of pyds metadata: copies what one batch says into plain arrays."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from recognition.appearance import APPEARANCE_LAYER
from recognition.frames import Float, Object

UNTRACKED = 0xFFFFFFFFFFFFFFFF
"""object_id of an object without a track (UNTRACKED_OBJECT_ID of nvdsmeta.h)."""


@dataclass(slots=True, kw_only=True)
class RawFrame:
    """One frame as read on the streaming thread; nothing in it belongs to DeepStream any more.

    The P persons are those with a track, in the order of the metadata.
    boxes: (P, 4) float32 x1 y1 x2 y2 px of the muxed frame.
    crops: (P, 4) float32 left, top, width, height: what the pose stage was given.
    has_tensors: (P,) whether the pose stage ran on the person.
    tensors: the pose network's outputs by layer name, (P, ...) float32.
    network: width and height of the pose network's input, px; zeros before the first tensor.
    """

    source_id: int
    pts_ns: int
    ntp_ns: int | None
    track_ids: list[int] = field(default_factory=list)
    confidences: list[float] = field(default_factory=list)
    boxes: Float
    crops: Float
    has_tensors: npt.NDArray[np.bool_]
    tensors: dict[str, Float] = field(default_factory=dict)
    network: tuple[int, int] = (0, 0)
    objects: tuple[Object, ...] = ()


@dataclass(frozen=True, slots=True)
class _Layer:
    """Where a layer lies in the tensor meta, and the shape and type of its values."""

    index: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    size: int  # bytes


class MetadataReader:
    """Reads batches; it keeps nothing of DeepStream's between two calls.

    pyds: NVIDIA's module or the CPU twin.
    person_label: object label that means a person. pose_id: gie-unique-id of the pose stage.
    appearance: whether its layer ``APPEARANCE_LAYER`` is copied, too.
    """

    def __init__(
        self, pyds: Any, *, person_label: str, pose_id: int, appearance: bool = False
    ) -> None:
        self._pyds = pyds
        self._person_label = person_label
        self._pose_id = pose_id
        self._unwanted = () if appearance else (APPEARANCE_LAYER,)
        self._layers: dict[str, _Layer] = {}
        self._network = (0, 0)
        self._tensor_type = pyds.NvDsMetaType.NVDSINFER_TENSOR_OUTPUT_META

    def read(self, buffer_address: int) -> list[RawFrame]:
        """Read the batch of ``hash(gst_buffer)``; an empty list where there is no metadata."""
        pyds = self._pyds
        batch = pyds.gst_buffer_get_nvds_batch_meta(buffer_address)
        if batch is None:
            return []
        frames = []
        node = batch.frame_meta_list
        while node is not None:
            frames.append(self._frame(pyds.NvDsFrameMeta.cast(node.data)))
            node = node.next
        return frames

    def _frame(self, meta: Any) -> RawFrame:
        cast = self._pyds.NvDsObjectMeta.cast
        persons: list[Any] = []
        objects: list[Any] = []
        node = meta.obj_meta_list
        while node is not None:
            item = cast(node.data)
            if item.object_id != UNTRACKED:
                (persons if item.obj_label == self._person_label else objects).append(item)
            node = node.next
        rects = np.array([_rect(item.rect_params) for item in persons], np.float32).reshape(-1, 4)
        boxes = rects.copy()
        boxes[:, 2:] += boxes[:, :2]
        ntp_ns = int(meta.ntp_timestamp)
        frame = RawFrame(
            source_id=int(meta.source_id),
            pts_ns=int(meta.buf_pts),
            ntp_ns=ntp_ns or None,
            track_ids=[int(item.object_id) for item in persons],
            confidences=[float(item.confidence) for item in persons],
            boxes=boxes,
            crops=rects,
            has_tensors=np.zeros(len(persons), np.bool_),
            objects=tuple(_object(item) for item in objects),
        )
        self._copy_tensors(frame, persons)
        return frame

    def _copy_tensors(self, frame: RawFrame, persons: list[Any]) -> None:
        """Copy each person's layers with one memmove; the memory goes back with the buffer."""
        for row, person in enumerate(persons):
            tensor = self._tensor_of(person)
            if tensor is None:
                continue
            if not self._layers:
                self._learn(tensor)
            if not frame.tensors:
                frame.tensors = {
                    name: np.zeros((len(persons), *layer.shape), layer.dtype)
                    for name, layer in self._layers.items()
                }
                frame.network = self._network
            for name, layer in self._layers.items():
                info = self._pyds.get_nvds_LayerInfo(tensor, layer.index)
                target = frame.tensors[name].ctypes.data + row * layer.size
                ctypes.memmove(target, self._pyds.get_ptr(info.buffer), layer.size)
            frame.has_tensors[row] = True

    def _tensor_of(self, person: Any) -> Any:
        node = person.obj_user_meta_list
        while node is not None:
            user = self._pyds.NvDsUserMeta.cast(node.data)
            if user.base_meta.meta_type == self._tensor_type:
                tensor = self._pyds.NvDsInferTensorMeta.cast(user.user_meta_data)
                if tensor.unique_id == self._pose_id:
                    return tensor
            node = node.next
        return None

    def _learn(self, tensor: Any) -> None:
        """Remember the layers of the pose network: they are the same for every object."""
        half = self._pyds.NvDsInferDataType.HALF
        for index in range(tensor.num_output_layers):
            info = self._pyds.get_nvds_LayerInfo(tensor, index)
            if info.layerName in self._unwanted:
                continue
            dims = info.inferDims
            shape = tuple(int(size) for size in dims.d[: dims.numDims])
            dtype = np.dtype(np.float16 if info.dataType == half else np.float32)
            size = int(np.prod(shape)) * dtype.itemsize
            self._layers[info.layerName] = _Layer(index, shape, dtype, size)
        network = tensor.network_info
        self._network = (int(network.width), int(network.height))


def _rect(rect: Any) -> tuple[float, float, float, float]:
    return rect.left, rect.top, rect.width, rect.height


def _object(item: Any) -> Object:
    left, top, width, height = _rect(item.rect_params)
    return Object(
        label=item.obj_label,
        track_id=int(item.object_id),
        box=np.array([left, top, left + width, top + height], np.float32),
        confidence=float(item.confidence),
    )


def count_persons(frames: Iterable[RawFrame]) -> int:
    """How many persons these frames hold."""
    return sum(len(frame.track_ids) for frame in frames)
