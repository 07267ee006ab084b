"""CPU twin of nvstreamdemux: a batch's frames go each to the pad of their source."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import ClassVar

from plugins.cpu.elements import nv_events
from plugins.cpu.elements.element import NVMM_RGBA, Settings, boolean, template
from plugins.cpu.elements.pad_functions import serve
from plugins.cpu.metadata.carrier import attach, batch_of, place_of
from plugins.cpu.metadata.meta import NvDsBatchMeta, NvDsFrameMeta
from plugins.cpu.metadata.meta_copies import copied
from plugins.gst import Gst

PAD_NAME = "src_%u"


@dataclass(slots=True)
class _Output:
    """One source pad: what it was told so far."""

    pad: Gst.Pad
    started: bool = False
    ended: bool = False


class NvStreamDemux(Settings, Gst.Element):  # type: ignore[misc]
    """Frames of pad ``sink_N`` of the mux leave by ``src_N`` as batches of one, at their own PTS.

    A pad must be asked for by name. Frames of sources without a linked pad are dropped. With
    per-stream-eos the end of a source is the end of its pad; else all pads end together. The
    metadata is copied: later elements change their own.
    """

    __gstmetadata__ = ("nvstreamdemux", "Generic/Demuxer", "CPU twin", "edgeact")
    __gsttemplates__ = (
        template("sink", Gst.PadDirection.SINK),
        Gst.PadTemplate.new(
            PAD_NAME,
            Gst.PadDirection.SRC,
            Gst.PadPresence.REQUEST,
            Gst.Caps.from_string(NVMM_RGBA),
        ),
    )
    __gproperties__: ClassVar = {"per-stream-eos": boolean(False)}

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._outputs: dict[int, _Output] = {}
        self._caps: Gst.Caps | None = None
        self._segments: dict[int, Gst.Segment] = {}
        sink = Gst.Pad.new_from_template(self.get_pad_template("sink"), "sink")
        serve(sink, self._on_buffer, self._on_event)
        self.add_pad(sink)

    def do_request_new_pad(
        self, pad_template: Gst.PadTemplate, name: str | None, caps: Gst.Caps | None
    ) -> Gst.Pad | None:
        """GstElement: somebody wants the frames of one source; None without a name, or twice."""
        number = (name or "").removeprefix("src_")
        if not number.isdecimal():
            return None
        with self._lock:
            if int(number) in self._outputs:
                return None
            pad = Gst.Pad.new_from_template(pad_template, name)
            self._outputs[int(number)] = _Output(pad)
        pad.set_active(True)
        self.add_pad(pad)
        return pad

    def do_release_pad(self, pad: Gst.Pad) -> None:
        """GstElement: nobody wants the frames of this source any more."""
        if "_outputs" in self.__dict__:  # else the last reference went: Python's half is gone
            with self._lock:
                self._outputs.pop(int(pad.get_name().removeprefix("src_")), None)
        pad.set_active(False)
        self.remove_pad(pad)

    def do_change_state(self, transition: Gst.StateChange) -> Gst.StateChangeReturn:
        """GstElement: a stream that begins anew is announced anew."""
        if transition == Gst.StateChange.READY_TO_PAUSED:
            for output in self._outputs.values():
                output.started = output.ended = False
        return Gst.Element.do_change_state(self, transition)

    def _on_buffer(self, pad: Gst.Pad, buffer: Gst.Buffer) -> Gst.FlowReturn:
        batch = batch_of(buffer)
        if batch is None:
            raise ValueError("wanted batches of nvstreammux, got a buffer without metadata")
        flow = Gst.FlowReturn.OK
        for frame in batch.frame_items:
            with self._lock:
                output = self._outputs.get(frame.pad_index)
            if output is None or not output.pad.is_linked():
                continue
            self._begin(frame.pad_index, output)
            result = output.pad.push(alone(buffer, frame, batch))
            if result not in (Gst.FlowReturn.OK, Gst.FlowReturn.NOT_LINKED):
                flow = result
        return flow

    def _begin(self, index: int, output: _Output) -> None:
        """Send what must come before the first frame of a pad."""
        if output.started or self._caps is None:
            return
        output.started = True
        start = Gst.Event.new_stream_start(f"{self.get_name()}/src_{index}")
        start.set_group_id(Gst.util_group_id_next())
        events = [start, Gst.Event.new_caps(self._caps)]
        segment = self._segments.get(index)
        if segment is None:
            segment = Gst.Segment()
            segment.init(Gst.Format.TIME)
        for event in (*events, Gst.Event.new_segment(segment)):
            output.pad.push_event(event)

    def _on_event(self, pad: Gst.Pad, event: Gst.Event) -> bool:
        if event.type == Gst.EventType.CAPS:
            self._caps = event.parse_caps()
            return True
        if event.type in (Gst.EventType.SEGMENT, Gst.EventType.STREAM_START):
            return True  # those of the mux; every pad has its own
        if event.type == Gst.EventType.EOS:
            for index, output in list(self._outputs.items()):
                self._end(index, output)
            return True
        found = nv_events.stream_segment(event)
        if found is not None:
            self._new_segment(*found)
            return True
        about = nv_events.about_source(event)
        if about is None:
            return bool(pad.event_default(self, event))
        ends = about[0] == nv_events.STREAM_EOS and self.setting("per-stream-eos")
        if ends and about[1] in self._outputs:
            self._end(about[1], self._outputs[about[1]])
        return True

    def _new_segment(self, index: int, segment: Gst.Segment) -> None:
        self._segments[index] = segment
        output = self._outputs.get(index)
        if output is not None and output.started:
            output.ended = False
            output.pad.push_event(Gst.Event.new_segment(segment))

    def _end(self, index: int, output: _Output) -> None:
        if output.ended:
            return
        self._begin(index, output)
        output.ended = True
        output.pad.push_event(Gst.Event.new_eos())


def alone(buffer: Gst.Buffer, frame: NvDsFrameMeta, batch: NvDsBatchMeta) -> Gst.Buffer:
    """Make a batch of one frame: its memory, not copied, and a copy of its metadata."""
    offset, size = place_of(frame, batch.frame_items)
    made = buffer.copy_region(Gst.BufferCopyFlags.MEMORY, offset, size)
    own = copied(frame)
    own.batch_id = 0
    alone_batch = NvDsBatchMeta(1)
    alone_batch.frame_items.append(own)
    attach(made, alone_batch)
    made.pts, made.duration = frame.buf_pts, buffer.duration
    return made
