"""What a secondary nvinfer remembers of tracked objects, so as not to infer on them each frame.

Source: should_infer_object, gst_nvinfer_process_objects and cleanup_history_map of gstnvinfer.cpp.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from plugins.cpu.metadata.meta import NvDsFrameMeta
from plugins.cpu.metadata.object_meta import UNTRACKED_OBJECT_ID, NvDsObjectMeta
from plugins.cpu.nvinfer.config import REINFER_ALWAYS

DETECTOR, CLASSIFIER = 0, 1

AREA_GROWTH = 0.2
"""A classifier looks again at a box that grew by more than this share of its area."""

CLEANUP_BATCHES = 1800
FORGET_AFTER_FRAMES = 150
"""MAP_CLEANUP_INTERVAL and CLEANUP_ACCESS_CRITERIA of gstnvinfer.cpp."""


@dataclass(slots=True)
class ObjectHistory:
    """The last inference on one tracked object.

    area: of its box then, px. frame_num: the frame it was in. result: what the classifier said.
    """

    area: float
    frame_num: int
    last_seen: int
    result: Any = None


@dataclass(slots=True)
class _Source:
    objects: dict[int, ObjectHistory] = field(default_factory=dict)
    last_frame: int = 0
    last_cleanup: int = 0


class Histories:
    """The sources that were announced, and histories by source (pad_index) and object_id.

    Detectors (network_type 0) and classifiers (1) have histories, other networks have none.
    interval: secondary-reinfer-interval, frames.
    """

    def __init__(self, network_type: int, interval: int) -> None:
        self._type = network_type
        self._interval = interval
        self._batches = 0
        self._sources: dict[int, _Source] = {0: _Source()}

    def add_source(self, pad_index: int) -> None:
        """Get to know a source: the mux has told of a new pad."""
        self._sources[pad_index] = _Source()

    def remove_source(self, pad_index: int) -> None:
        """Forget a source whose pad went away."""
        self._sources.pop(pad_index, None)

    def end_source(self, pad_index: int) -> None:
        """Forget the objects of a source whose stream ended."""
        if pad_index in self._sources:
            self._sources[pad_index].objects.clear()

    def knows(self, frame: NvDsFrameMeta) -> bool:
        """Tell whether the frame's source was announced, and take note of the frame."""
        source = self._sources.get(frame.pad_index)
        if source is not None:
            source.last_frame = frame.frame_num
        return source is not None

    def find(self, frame: NvDsFrameMeta, item: NvDsObjectMeta) -> ObjectHistory | None:
        """Give the history of an object, None for one that is new or not tracked."""
        if item.object_id == UNTRACKED_OBJECT_ID:
            return None
        return self._sources[frame.pad_index].objects.get(item.object_id)

    def is_due(self, frame: NvDsFrameMeta, item: NvDsObjectMeta) -> bool:
        """Tell whether to infer on an object, and if so, take note of it.

        An object without history always is. A classifier looks again when the box has grown or
        more than the interval has passed; a detector when the interval has, or always at the
        default.
        """
        if self._type not in (DETECTOR, CLASSIFIER):
            return True
        history = self.find(frame, item)
        area = item.rect_params.width * item.rect_params.height
        if history is not None:
            history.last_seen = frame.frame_num
            passed = frame.frame_num - history.frame_num > self._interval
            if self._type == CLASSIFIER:
                due = passed or history.area * (1 + AREA_GROWTH) < area
            else:
                due = passed or self._interval == REINFER_ALWAYS
            if due:
                history.area, history.frame_num = area, frame.frame_num
            return due
        if item.object_id != UNTRACKED_OBJECT_ID:
            made = ObjectHistory(area, frame.frame_num, frame.frame_num)
            self._sources[frame.pad_index].objects[item.object_id] = made
        return True

    def end_batch(self) -> None:
        """Count a batch; now and then let go of objects that have not been seen for long."""
        self._batches += 1
        if self._batches <= CLEANUP_BATCHES:
            return
        self._batches = 0
        for source in self._sources.values():
            if source.last_frame - source.last_cleanup < CLEANUP_BATCHES:
                continue
            source.last_cleanup = source.last_frame
            source.objects = {
                key: history
                for key, history in source.objects.items()
                if source.last_frame - history.last_seen <= FORGET_AFTER_FRAMES
            }
