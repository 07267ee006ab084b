"""The last element of nvurisrcbin's video: frames leave as NVMM, thinned and shifted in time."""

from __future__ import annotations

import time
from collections.abc import Callable

from plugins.cpu.elements.element import NVMM_RGBA, template
from plugins.cpu.elements.nv_events import STREAM_RESET, source_event
from plugins.cpu.elements.pad_functions import PadTwin
from plugins.cpu.streammux.input import SOURCE_EVENT
from plugins.gst import Gst


class SourceGate(PadTwin):
    """What happens to each decoded frame before it leaves the source.

    every: 1 lets all frames pass, N every Nth. source_id: told to the mux; below 0 it is not.
    on_end: called instead of passing the end of the stream on, None to pass it on.
    endless: streams follow each other without a gap, see ``next_stream``.
    begins_anew: the source was opened again after a loss; the next segment tells the mux so.
    """

    __gstmetadata__ = ("Source gate", "Filter/Video", "End of nvurisrcbin's video", "edgeact")
    __gsttemplates__ = (
        template("sink", Gst.PadDirection.SINK, "video/x-raw, format=(string)RGBA"),
        template("src", Gst.PadDirection.SRC, NVMM_RGBA),
    )

    def __init__(self) -> None:
        super().__init__()
        self.every = 1
        self.source_id = -1
        self.endless = False
        self.on_end: Callable[[], None] | None = None
        self.last_frame_s = time.monotonic()
        self.frames_since_start = 0
        self.begins_anew = False
        self._count = 0
        self._offset_ns = 0
        self._newest_ns = self._end_ns = 0
        self._continues = False

    def next_stream(self) -> None:
        """Let the times of what comes now continue where the last stream ended."""
        self._continues = True

    def on_buffer(self, buffer: Gst.Buffer) -> Gst.Buffer | None:
        """Count, thin and shift."""
        self.last_frame_s = time.monotonic()
        self.frames_since_start += 1
        if self.endless and buffer.pts != Gst.CLOCK_TIME_NONE:
            pts_ns = buffer.pts + self._offset_ns
            known = buffer.duration != Gst.CLOCK_TIME_NONE
            length_ns = buffer.duration if known else max(0, pts_ns - self._newest_ns)
            self._newest_ns = max(self._newest_ns, pts_ns)
            self._end_ns = max(self._end_ns, pts_ns + length_ns)
            buffer = buffer.copy()
            buffer.pts = pts_ns
        self._count += 1
        return buffer if (self._count - 1) % self.every == 0 else None

    def on_event(self, event: Gst.Event) -> Gst.Event | None:
        """Rename the memory, open the segment of a stream that has no end, hold back its end."""
        if event.type == Gst.EventType.CAPS:
            caps = event.parse_caps().copy()
            caps.set_features(0, Gst.CapsFeatures.from_string("memory:NVMM"))
            return Gst.Event.new_caps(caps)
        if event.type == Gst.EventType.SEGMENT:
            if self._continues:  # pictures that are reordered do not begin at 0
                self._continues = False
                self._offset_ns = self._end_ns - event.parse_segment().start
                self._newest_ns = self._end_ns
            self.src.push_event(_open_segment() if self.endless else event)
            if self.begins_anew:
                self.begins_anew = False
                self.src.push_event(source_event(STREAM_RESET, max(self.source_id, 0)))
            return self._source_event()
        if event.type == Gst.EventType.EOS and self.on_end:
            self.on_end()
            return None
        return event

    def _source_event(self) -> Gst.Event | None:
        if self.source_id < 0:
            return None
        text = f"{SOURCE_EVENT}, source-id=(int){self.source_id}"
        structure = Gst.Structure.new_from_string(text)
        return Gst.Event.new_custom(Gst.EventType.CUSTOM_DOWNSTREAM_STICKY, structure)


def _open_segment() -> Gst.Event:
    segment = Gst.Segment()
    segment.init(Gst.Format.TIME)
    return Gst.Event.new_segment(segment)
