"""One sink pad of nvstreammux: its frames wait here, scaled to the size of the batch."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

import cv2

from plugins.cpu.metadata.carrier import BYTES_PER_PIXEL, Pixels, mapped, new_frame
from plugins.cpu.metadata.meta import NvDsFrameMeta
from plugins.cpu.streammux.yuv import frame_bytes, to_rgba
from plugins.gst import Gst

SOURCE_EVENT = "edgeact-source"
"""Name of the sticky event by which nvurisrcbin tells the mux its source-id."""

INTERPOLATIONS = {
    0: cv2.INTER_NEAREST,
    1: cv2.INTER_LINEAR,
    2: cv2.INTER_CUBIC,
    3: cv2.INTER_AREA,
    4: cv2.INTER_LANCZOS4,
}
"""interpolation-method of nvstreammux (0 nearest, 1 bilinear, ...) in OpenCV's terms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """How frames get the size of the batch, px. padding: keep the aspect ratio, black bars."""

    width: int
    height: int
    padding: bool = False
    interpolation: int = cv2.INTER_LINEAR

    def draw(self, source: Pixels, target: Pixels) -> None:
        """Scale source (H, W, 4) into target (height, width, 4)."""
        if not self.padding:
            cv2.resize(source, (self.width, self.height), target, interpolation=self.interpolation)
            return
        ratio = min(self.width / source.shape[1], self.height / source.shape[0])
        width = max(1, round(source.shape[1] * ratio))
        height = max(1, round(source.shape[0] * ratio))
        left, top = (self.width - width) // 2, (self.height - height) // 2
        target[:] = (0, 0, 0, 255)
        inside = target[top : top + height, left : left + width]
        inside[:] = cv2.resize(source, (width, height), interpolation=self.interpolation)


@dataclass(slots=True, kw_only=True)
class MuxFrame:
    """One frame on its way into a batch.

    running_ns: running time of the frame. arrived_s: monotonic clock when it came.
    """

    pixels: Gst.Buffer
    meta: NvDsFrameMeta
    running_ns: int
    duration_ns: int
    arrived_s: float


class MuxInput:
    """State of one sink pad. All but ``accept`` wants the mux's condition to be held.

    frames, early: what waits to be batched, and with sync-inputs what is too young for that.
    frame_num, batched: frames received and frames that went into batches so far.
    segment: of the source; its frames' PTS lie in it.
    depth: how many frames wait at most. A file then waits too; a live source loses its oldest.
    """

    def __init__(self, pad: Gst.Pad, index: int, changed: threading.Condition, depth: int) -> None:
        self.pad = pad
        self.index = index
        self.frames: deque[MuxFrame] = deque()
        self.early: deque[MuxFrame] = deque()
        self.ended = False
        self.end_told = False
        self.added_told = self.segment_told = False
        self.reset = False
        self.closed = False
        self.live = False
        self.dropped = 0
        self.framerate = (0, 1)
        self._changed = changed
        self._depth = depth
        self.size = (0, 0)
        self._kind, self._bytes = "RGBA", 0
        self._source_id = index
        self.segment = Gst.Segment()
        self.frame_num = self.batched = 0
        self._next_pts_ns = 0

    @property
    def finished(self) -> bool:
        """No frame waits and none will come."""
        return self.ended and not self.frames and not self.early

    def caps(self, caps: Gst.Caps) -> None:
        """Take note of a size and format, which can change in mid-stream."""
        structure = caps.get_structure(0)
        self.size = (structure.get_value("width"), structure.get_value("height"))
        self._kind = structure.get_value("format") or "RGBA"
        self._bytes = frame_bytes(self._kind, *self.size)
        found, numerator, denominator = structure.get_fraction("framerate")
        if found and numerator:
            self.framerate = (numerator, denominator)
        query = Gst.Query.new_latency()
        self.live = bool(self.pad.peer_query(query) and query.parse_latency()[0])

    def event(self, event: Gst.Event) -> None:
        """Take note of an event of the source."""
        if event.type == Gst.EventType.CAPS:
            self.caps(event.parse_caps())
        elif event.type == Gst.EventType.SEGMENT:
            self.segment = event.parse_segment().copy()
            self.segment_told = False
        elif event.type == Gst.EventType.FLUSH_START:
            self.closed = True
        elif event.type == Gst.EventType.FLUSH_STOP:
            self.frames.clear()
            self.early.clear()
            self.closed = False
            self.ended = self.end_told = False
        elif event.type == Gst.EventType.STREAM_START:
            self.ended = self.end_told = False
        elif event.type == Gst.EventType.EOS:
            self.ended = True
        elif event.has_name(SOURCE_EVENT):
            self._source_id = event.get_structure().get_int("source-id").value

    def wait_for_room(self, stopped: threading.Event) -> bool:
        """Make room for one frame; False where the mux stops or the pad closes meanwhile.

        A pad is closed while it is flushed, and when it goes away.
        """
        while self._is_full() and not stopped.is_set() and not self.closed:
            if self.live:
                (self.frames or self.early).popleft()
                self.dropped += 1
            else:
                self._changed.wait()
        return not stopped.is_set() and not self.closed

    def _is_full(self) -> bool:
        return len(self.frames) + len(self.early) >= self._depth

    def accept(self, buffer: Gst.Buffer, scaling: Scaling, ntp_ns: int) -> MuxFrame:
        """Make a frame of a source's buffer: not copied where its size and format are the batch's.

        Raises ValueError where the buffer is smaller than its caps say.
        """
        width, height = self.size
        size, is_rgba = self._bytes, self._kind == "RGBA"
        if buffer.get_size() < size or not size:
            raise ValueError(
                f"pad sink_{self.index}: wanted {width}x{height} {self._kind}, {size} bytes; "
                f"got {buffer.get_size()} bytes"
            )
        fits = (width, height) == (scaling.width, scaling.height) and buffer.get_size() == size
        if fits and is_rgba:
            return self._frame(buffer, buffer, scaling, ntp_ns)
        with (
            mapped(hash(buffer), 0, size) as data,
            new_frame(scaling.width, scaling.height) as (pixels, target),
        ):
            if is_rgba:
                source = data.reshape(height, width, BYTES_PER_PIXEL)
            else:
                source = to_rgba(data, self._kind, width, height)
            scaling.draw(source, target)
        return self._frame(buffer, pixels, scaling, ntp_ns)

    def _frame(
        self, buffer: Gst.Buffer, pixels: Gst.Buffer, scaling: Scaling, ntp_ns: int
    ) -> MuxFrame:
        duration_ns = buffer.duration if buffer.duration != Gst.CLOCK_TIME_NONE else 0
        if not duration_ns and self.framerate[0]:
            duration_ns = Gst.SECOND * self.framerate[1] // self.framerate[0]
        pts_ns = buffer.pts if buffer.pts != Gst.CLOCK_TIME_NONE else self._next_pts_ns
        self._next_pts_ns = pts_ns + duration_ns
        running_ns = pts_ns
        if self.segment.format == Gst.Format.TIME:
            inside_ns = self.segment.to_running_time(Gst.Format.TIME, pts_ns)
            running_ns = inside_ns if inside_ns != Gst.CLOCK_TIME_NONE else pts_ns
        meta = NvDsFrameMeta()
        meta.pad_index, meta.source_id = self.index, self._source_id
        meta.frame_num, meta.buf_pts, meta.ntp_timestamp = self.frame_num, pts_ns, ntp_ns
        meta.source_frame_width, meta.source_frame_height = self.size
        meta.pipeline_width, meta.pipeline_height = scaling.width, scaling.height
        self.frame_num += 1
        return MuxFrame(
            pixels=pixels,
            meta=meta,
            running_ns=running_ns,
            duration_ns=duration_ns,
            arrived_s=meta.arrived_s,
        )
