"""Past-frame data of the tracker: where a target was before it was output.

A new target is held back in probation, and a lost one lives on in the shadow. When it is output,
the frames in which it was not are told (enablePastFrame of NVIDIA's tracker).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from plugins.cpu.metadata.object_meta import NvDsMetaType, NvDsObjectMeta, NvDsUserMeta
from plugins.cpu.metadata.tracker_meta import (
    NvDsTargetMiscDataBatch,
    NvDsTargetMiscDataFrame,
    NvDsTargetMiscDataObject,
    NvDsTargetMiscDataStream,
)


@dataclass(frozen=True, slots=True)
class PastFrame:
    """A target in one frame. box: (4,) x1 y1 x2 y2, px. age: frames since it was first seen."""

    frame_num: int
    box: npt.NDArray[np.float64]
    age: int


class Unseen:
    """Frames in which targets were not output; a target is any object that the tracker keeps."""

    def __init__(self) -> None:
        self._frames: dict[object, list[PastFrame]] = {}

    def note(
        self, frame_num: int, targets: Mapping[Any, npt.NDArray[np.float64]], shown: set[int]
    ) -> dict[int, list[PastFrame]]:
        """Take note of a frame: the living targets with their boxes, and ``id()`` of those shown.

        Returns what was noted of each that is shown now, by ``id()``; it is told once.
        """
        told = {}
        kept: dict[object, list[PastFrame]] = {}
        for target, box in targets.items():
            frames = self._frames.get(target, [])
            if id(target) in shown:
                told[id(target)] = frames
                kept[target] = []
            else:
                age = frames[-1].age + 1 if frames else 0
                kept[target] = [*frames, PastFrame(frame_num, np.array(box), age)]
        self._frames = kept
        return told


def told_of(item: NvDsObjectMeta, frames: Sequence[PastFrame]) -> NvDsTargetMiscDataObject:
    """Make the past-frame data of one object."""
    told = []
    for past in frames:
        frame = NvDsTargetMiscDataFrame()
        frame.frameNum, frame.age, frame.confidence = past.frame_num, past.age, 1.0
        left, top, right, bottom = past.box.tolist()
        frame.tBbox.left, frame.tBbox.top = left, top
        frame.tBbox.width, frame.tBbox.height = right - left, bottom - top
        told.append(frame)
    target = NvDsTargetMiscDataObject(told)
    target.uniqueId, target.classId = item.object_id, item.class_id
    target.objLabel = item.obj_label
    return target


def batch_meta_of(streams: Mapping[int, Iterable[NvDsTargetMiscDataObject]]) -> NvDsUserMeta:
    """Make the user meta of a batch. streams: past-frame data by pad_index."""
    made = []
    for pad_index, targets in sorted(streams.items()):
        stream = NvDsTargetMiscDataStream(list(targets))
        stream.streamID = stream.surfaceStreamID = pad_index
        made.append(stream)
    batch = NvDsTargetMiscDataBatch(made)
    return NvDsUserMeta(NvDsMetaType.NVDS_TRACKER_PAST_FRAME_META, batch)
