"""CPU twin of gst-nvtracker: ids for the objects of each source, by ByteTrack."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

import gi
import numpy as np

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

from plugins.cpu.elements.element import (  # noqa: E402
    BatchTwin,
    boolean,
    integer,
    post_warning,
    sink_and_src,
    string,
    uint,
)
from plugins.cpu.elements.nv_events import (  # noqa: E402
    PAD_DELETED,
    STREAM_EOS,
    STREAM_RESET,
    about_source,
)
from plugins.cpu.metadata.meta import NvDsBatchMeta, NvDsFrameMeta  # noqa: E402
from plugins.cpu.metadata.object_meta import NvBbox_Coords, NvDsObjectMeta  # noqa: E402
from plugins.cpu.metadata.osd_params import NvOSD_RectParams  # noqa: E402
from plugins.cpu.metadata.tracker_meta import NvDsTargetMiscDataObject  # noqa: E402
from plugins.cpu.tracker.config import TrackerConfig, load_tracker_config  # noqa: E402
from plugins.cpu.tracker.past_frames import batch_meta_of, told_of  # noqa: E402
from plugins.cpu.tracker.stream_tracker import UNTRACKED, StreamTracker  # noqa: E402

PREDICTED_CONFIDENCE = -0.1
"""Confidence of an object that the detector did not find."""

NVIDIAS_FILES = "config_tracker_"
"""How the names of the tracker files begin that DeepStream brings along."""

_RESET_ON_STREAM_RESET, _ZERO_IDS_ON_EOS = 1, 2


@dataclass(slots=True)
class _Stream:
    """What is known of one source. last_seen: the object of each track as it was last output."""

    tracker: StreamTracker
    high_bits: int
    last_seen: dict[int, NvDsObjectMeta] = field(default_factory=dict)


class NvTracker(BatchTwin):
    """Tracks the objects of each source (pad_index) and removes the ones without a track.

    As with NVIDIA's NvSORT, a target that the detector missed is tracked on in the shadow and not
    output until it is found again. Only in frames that the detector skipped (bInferDone 0, the
    interval of nvinfer) the targets of the frame before appear at their predicted boxes, as new
    objects with confidence -0.1, an empty detector box and no user meta.
    """

    __gstmetadata__ = (
        "NvTracker CPU twin",
        "Filter/Video",
        "Follows objects from frame to frame",
        "edgeact",
    )
    __gsttemplates__ = sink_and_src()
    __gproperties__: ClassVar = {
        "ll-config-file": string(),
        "ll-lib-file": string(),
        "tracker-width": uint(960),
        "tracker-height": uint(544),
        "gpu-id": uint(0),
        "display-tracking-id": boolean(True),
        "tracking-id-reset-mode": uint(0),
        "tracking-surface-type": uint(0),
        "input-tensor-meta": boolean(False),
        "tensor-meta-gie-id": uint(0),
        "user-meta-pool-size": uint(32),
        "sub-batches": string(),
        "sub-batch-err-recovery-trial-cnt": integer(0),
        "operate-on-class-ids": string(),
        # Of DeepStream 6; batches are always one call, past frames are a key of the YAML file now.
        "enable-batch-process": boolean(True),
        "enable-past-frame": boolean(False),
        "compute-hw": uint(0),
    }

    def __init__(self) -> None:
        super().__init__()
        self._streams: dict[int, _Stream] = {}

    def on_start(self) -> None:
        """Read the tracker file."""
        path, _, others = (self.setting("ll-config-file") or "").partition(";")
        if others.strip(";"):
            post_warning(self, f"sub-batches are one here: {path} is for all sources")
        self._config = self._load(path) if path else TrackerConfig()
        if self.setting("enable-past-frame"):
            self._config = replace(self._config, enable_past_frame=True)
        text = self.setting("operate-on-class-ids") or ""
        self._classes = frozenset(int(part) for part in re.split("[:;]", text) if part.strip())

    def on_stop(self) -> None:
        """Forget all sources."""
        self._streams.clear()

    def on_event(self, event: Gst.Event) -> None:
        """Free a source's tracks at its end, or when it starts anew if the reset mode says so."""
        about = about_source(event)
        if about is not None and about[0] == PAD_DELETED:
            self._streams.pop(about[1], None)
        elif about is not None and about[0] in (STREAM_EOS, STREAM_RESET):
            self.end_stream(about[1], reset=about[0] == STREAM_RESET)

    def end_stream(self, pad_index: int, *, reset: bool = False) -> None:
        """Drop the tracks of a source: at its end, or (reset) when its stream starts anew."""
        stream = self._streams.get(pad_index)
        mode = self.setting("tracking-id-reset-mode")
        if stream is None or (reset and not mode & _RESET_ON_STREAM_RESET):
            return
        stream.tracker.forget()
        stream.last_seen.clear()
        if not reset and mode & _ZERO_IDS_ON_EOS:
            stream.tracker.next_id = 0

    def on_batch(self, buffer: Gst.Buffer, batch_meta: NvDsBatchMeta) -> None:
        """Track the objects of one batch; a source may be in it several times."""
        past: dict[int, list[NvDsTargetMiscDataObject]] = {}
        for frame in batch_meta.frame_items:
            stream = self._streams.get(frame.pad_index)
            if stream is None:
                stream = self._streams[frame.pad_index] = self._new_stream()
            if frame.bInferDone:
                self._match(frame, stream)
                told = self._told_past(frame, stream)
                past.setdefault(frame.pad_index, []).extend(told)
            else:
                self._predict(frame, stream)

        if any(past.values()):
            streams = {pad_index: told for pad_index, told in past.items() if told}
            batch_meta.user_items.append(batch_meta_of(streams))

    def _told_past(self, frame: NvDsFrameMeta, stream: _Stream) -> list[NvDsTargetMiscDataObject]:
        numbers = {stream.high_bits | key: frames for key, frames in stream.tracker.past.items()}
        found = [(item, numbers.get(item.object_id)) for item in frame.object_items]
        return [told_of(item, frames) for item, frames in found if frames]

    def _load(self, path: str) -> TrackerConfig:
        if not Path(path).exists() and Path(path).name.startswith(NVIDIAS_FILES):
            text = f"{path}: this file comes with DeepStream, which is not here: tracks by defaults"
            post_warning(self, text)
            return TrackerConfig()
        return load_tracker_config(Path(path))

    def _new_stream(self) -> _Stream:
        unique = self._config.use_unique_id
        return _Stream(StreamTracker(self._config), secrets.randbits(32) << 32 if unique else 0)

    def _tracks_class(self, class_id: int) -> bool:
        return not self._classes or class_id in self._classes

    def _match(self, frame: NvDsFrameMeta, stream: _Stream) -> None:
        others = [item for item in frame.object_items if not self._tracks_class(item.class_id)]
        items = [item for item in frame.object_items if self._tracks_class(item.class_id)]
        boxes = np.array([_corners(item.rect_params) for item in items], np.float32)
        scores = np.array([item.confidence for item in items], np.float32)
        classes = np.array([item.class_id for item in items], np.int64)
        ids, tracked = stream.tracker.update(boxes.reshape(-1, 4), scores, classes, frame.frame_num)
        kept = []
        for item, number, box in zip(items, ids.tolist(), tracked.tolist(), strict=True):
            if number == UNTRACKED or not self._output(item, number, box, frame, stream):
                continue
            kept.append(item)
            stream.last_seen[number] = item
        frame.object_items = kept + others
        alive = stream.tracker.alive()
        stream.last_seen = {key: item for key, item in stream.last_seen.items() if key in alive}

    def _predict(self, frame: NvDsFrameMeta, stream: _Stream) -> None:
        frame.object_items = [x for x in frame.object_items if not self._tracks_class(x.class_id)]
        for number, box in stream.tracker.predict().items():
            before = stream.last_seen.get(number)
            if before is None:
                continue
            item = NvDsObjectMeta()
            item.unique_component_id = before.unique_component_id
            item.class_id, item.confidence = before.class_id, PREDICTED_CONFIDENCE
            item.obj_label = before.obj_label
            copy_look(before, item)
            if self._output(item, number, box.tolist(), frame, stream):
                frame.object_items.append(item)

    def _output(
        self,
        item: NvDsObjectMeta,
        number: int,
        box: list[float],
        frame: NvDsFrameMeta,
        stream: _Stream,
    ) -> bool:
        """Write id and boxes; False where nothing of the box is inside the frame."""
        x1, y1, x2, y2 = box
        left, top = max(x1, 0.0), max(y1, 0.0)
        right, bottom = min(x2, frame.pipeline_width), min(y2, frame.pipeline_height)
        if right <= left or bottom <= top:
            return False
        item.object_id = stream.high_bits | number
        item.tracker_confidence = 1.0
        rect, whole = item.rect_params, item.tracker_bbox_info.org_bbox_coords
        rect.left, rect.top, rect.width, rect.height = left, top, right - left, bottom - top
        whole.left, whole.top, whole.width, whole.height = x1, y1, x2 - x1, y2 - y1
        if self.setting("display-tracking-id"):
            item.text_params.display_text = f"{item.obj_label} {item.object_id}"
        item.text_params.x_offset = int(left)
        item.text_params.y_offset = int(max(0.0, top - 10))
        return True


def _corners(rect: NvOSD_RectParams | NvBbox_Coords) -> tuple[float, float, float, float]:
    return rect.left, rect.top, rect.left + rect.width, rect.top + rect.height


def copy_look(before: NvDsObjectMeta, item: NvDsObjectMeta) -> None:
    """Give a new object the border and text style of an older one."""
    old, new = before.rect_params, item.rect_params
    new.border_width = old.border_width
    colour = old.border_color
    new.border_color.set(colour.red, colour.green, colour.blue, colour.alpha)
    text, copy = before.text_params, item.text_params
    copy.display_text = item.obj_label
    copy.set_bg_clr = text.set_bg_clr
    copy.font_params.font_size = text.font_params.font_size
    for source, target in (
        (text.font_params.font_color, copy.font_params.font_color),
        (text.text_bg_clr, copy.text_bg_clr),
    ):
        target.set(source.red, source.green, source.blue, source.alpha)
