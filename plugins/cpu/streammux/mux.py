"""What both kinds of nvstreammux share: pads that come and go, the thread that pushes batches."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from plugins.cpu.elements.element import NVMM_RGBA, Settings, post_error, template
from plugins.cpu.elements.nv_events import (
    PAD_DELETED,
    STREAM_EOS,
    STREAM_RESET,
    about_source,
    source_event,
)
from plugins.cpu.elements.pad_functions import guarded, serve
from plugins.cpu.streammux.batch import Batching, batch_buffer
from plugins.cpu.streammux.input import MuxFrame, MuxInput, Scaling
from plugins.cpu.streammux.opening import news_of, opening_events
from plugins.cpu.streammux.sync import InputSync, input_sync
from plugins.gst import Gst

PAD_NAME = "sink_%u"
NVMM_YUV = "video/x-raw(memory:NVMM), format=(string){ NV12, I420 }"
"""What applications ask nvvideoconvert for before the mux; it becomes RGBA here."""


class MuxElement(Settings, Gst.Element):  # type: ignore[misc]
    """Frames of many sources become batches, each with its metadata.

    Subclasses give the properties, ``problem``, ``depth``, ``scaling`` and ``batching``.
    """

    __gstmetadata__ = ("Stream mux", "Generic/Muxer", "Base of the nvstreammux twins", "edgeact")
    __gsttemplates__ = (
        Gst.PadTemplate.new(
            PAD_NAME,
            Gst.PadDirection.SINK,
            Gst.PadPresence.REQUEST,
            Gst.Caps.from_string(f"{NVMM_RGBA}; {NVMM_YUV}"),
        ),
        template("src", Gst.PadDirection.SRC),
    )

    CHECKED_AT = Gst.StateChange.READY_TO_PAUSED
    """The change of state that fails where there is a problem."""

    def __init__(self) -> None:
        super().__init__()
        self._src = Gst.Pad.new_from_template(self.get_pad_template("src"), "src")
        self._src.set_event_function_full(guarded(self._on_upstream_event, False))
        self.add_pad(self._src)
        self._changed = threading.Condition()
        self._pushing = threading.Lock()
        self._inputs: dict[int, MuxInput] = {}
        self._gone: list[int] = []
        self._stopped = threading.Event()
        self._stopped.set()
        self._flow = Gst.FlowReturn.FLUSHING
        self._worker: threading.Thread | None = None
        self._announced = self._at_end = self._flushing = self._plays = False
        self._last_ns = -1
        self._flushes = 0
        self._sync: InputSync | None = None

    def problem(self) -> str | None:
        """What keeps the mux from starting; None for nothing."""
        return None

    def depth(self) -> int:
        """How many frames of a source wait at most."""
        raise NotImplementedError

    def scaling(self, entry: MuxInput) -> Scaling:
        """Which size a source's frames get."""
        raise NotImplementedError

    def batching(self) -> Batching:
        """When a batch is pushed; asked for at the start. Raises ValueError for a wrong file."""
        raise NotImplementedError

    def ntp_ns(self) -> int:
        """Wall clock for a frame that comes now, ns; 0 where it has none."""
        return time.time_ns() if self.setting("attach-sys-ts") else 0

    def batch_pts_ns(self, frames: Sequence[MuxFrame]) -> int:
        """The time of a batch: the smallest running time of its frames."""
        return min(frame.running_ns for frame in frames)

    @property
    def dropped_frames(self) -> dict[int, int]:
        """Frames that live sources lost here because the graph was slower, by pad index."""
        with self._changed:
            return {index: entry.dropped for index, entry in self._inputs.items()}

    def do_request_new_pad(
        self, pad_template: Gst.PadTemplate, name: str | None, caps: Gst.Caps | None
    ) -> Gst.Pad | None:
        """GstElement: a source wants to be linked, at any time."""
        with self._changed:
            free = next(n for n in range(len(self._inputs) + 1) if n not in self._inputs)
            index = int(name.removeprefix("sink_")) if name else free
            if index in self._inputs:
                return None
            pad = Gst.Pad.new_from_template(pad_template, f"sink_{index}")
            self._inputs[index] = MuxInput(pad, index, self._changed, self.depth())
        serve(pad, self._on_buffer, self._on_event)
        pad.set_active(True)
        self.add_pad(pad)
        return pad

    def do_release_pad(self, pad: Gst.Pad) -> None:
        """GstElement: a source goes away, at any time."""
        if "_inputs" not in self.__dict__:  # the last reference went: Python's half is gone
            self.remove_pad(pad)
            return
        entry = self._entry(pad)
        with self._changed:
            entry.closed = True
            self._changed.notify_all()
        pad.set_active(False)
        with self._changed:
            del self._inputs[entry.index]
            if entry.added_told:
                self._gone.append(entry.index)
            self._changed.notify_all()
        self.remove_pad(pad)

    def do_change_state(self, transition: Gst.StateChange) -> Gst.StateChangeReturn:
        """GstElement: start and stop the thread that pushes batches."""
        try:
            if transition == self.CHECKED_AT and (problem := self.problem()):
                raise ValueError(problem)
            if transition == Gst.StateChange.READY_TO_PAUSED:
                self._batching = self.batching()
        except ValueError as error:
            post_error(self, error)
            return Gst.StateChangeReturn.FAILURE
        if transition in (Gst.StateChange.PAUSED_TO_PLAYING, Gst.StateChange.PLAYING_TO_PAUSED):
            # Not before: the clock comes a moment before the time from which it counts.
            self._plays = transition == Gst.StateChange.PAUSED_TO_PLAYING
        if transition == Gst.StateChange.PAUSED_TO_READY:
            self._stop(Gst.FlowReturn.FLUSHING)
        result = Gst.Element.do_change_state(self, transition)
        if transition == Gst.StateChange.READY_TO_PAUSED:
            self._start()
        if transition == Gst.StateChange.PAUSED_TO_READY and self._worker:
            self._worker.join()
            self._worker = None
        return result

    def _start(self) -> None:
        self._announced = self._at_end = self._flushing = False
        self._gone.clear()
        for entry in self._inputs.values():
            entry.added_told = entry.segment_told = False
        self._last_ns = -1
        self._flow = Gst.FlowReturn.OK
        self._sync = input_sync(self)
        self._stopped.clear()
        self._worker = threading.Thread(target=self._run, name=self.get_name(), daemon=True)
        self._worker.start()

    def _stop(self, flow: Gst.FlowReturn) -> None:
        with self._changed:
            self._flow = flow
            self._stopped.set()
            self._changed.notify_all()

    def _entry(self, pad: Gst.Pad) -> MuxInput:
        return self._inputs[int(pad.get_name().removeprefix("sink_"))]

    def _on_event(self, pad: Gst.Pad, event: Gst.Event) -> bool:
        entry = self._entry(pad)
        if event.type == Gst.EventType.CAPS:
            entry.caps(event.parse_caps())  # asks upstream, so without holding the lock
            return True
        about = about_source(event)
        with self._changed:
            if about is not None and about[0] == STREAM_RESET:
                entry.reset = True
            else:
                entry.event(event)
            ended = event.type == Gst.EventType.EOS and self.setting("frame-num-reset-on-eos")
            if ended or (entry.reset and self.setting("frame-num-reset-on-stream-reset")):
                entry.frame_num = entry.batched = 0
            self._changed.notify_all()
        return True

    def _on_upstream_event(self, pad: Gst.Pad, event: Gst.Event) -> bool:
        """A flushing seek of the whole graph: the elements behind are flushed once, not by each."""
        flushes = event.type == Gst.EventType.SEEK and event.parse_seek()[2] & Gst.SeekFlags.FLUSH
        if not flushes:
            return bool(pad.event_default(self, event))
        with self._changed:
            self._flushing = True
        pad.push_event(Gst.Event.new_flush_start())
        sought = bool(pad.event_default(self, event))
        with self._pushing:  # no batch from before is on its way any more
            pad.push_event(Gst.Event.new_flush_stop(True))
            with self._changed:
                self._flushing = self._announced = self._at_end = False
                self._last_ns = -1
                self._flushes += 1
                self._changed.notify_all()
        return sought

    def _on_buffer(self, pad: Gst.Pad, buffer: Gst.Buffer) -> Gst.FlowReturn:
        entry = self._entry(pad)
        frame = entry.accept(buffer, self.scaling(entry), self.ntp_ns())
        with self._changed:
            if not entry.wait_for_room(self._stopped):
                return Gst.FlowReturn.FLUSHING if entry.closed else self._flow
            (entry.early if self._sync else entry.frames).append(frame)
            self._changed.notify_all()
        return Gst.FlowReturn.OK

    def _running_ns(self) -> int:
        """Running time of the mux; 0 until the pipeline plays."""
        clock = self.get_clock() if self._plays else None
        return int(clock.get_time() - self.get_base_time()) if clock is not None else 0

    def _run(self) -> None:
        try:
            while not self._stopped.is_set():
                self._step()
        except Exception as error:  # noqa: BLE001 - the thread's end would go unseen
            post_error(self, error)
            self._stop(Gst.FlowReturn.ERROR)

    def _step(self) -> None:
        """Push what is due, or wait until something changes."""
        with self._changed:
            if self._stopped.is_set():  # told before the lock was ours: nobody would wake us again
                return
            inputs = list(self._inputs.values())
            due_s = self._sync.admit(inputs, self._running_ns()) if self._sync else None
            ended = [entry for entry in inputs if entry.finished and not entry.end_told]
            at_end = bool(inputs) and all(entry.finished for entry in inputs)
            gone, self._gone = self._gone, []
            frames, wait_s = self._batching.take(inputs, time.monotonic())
            if frames:
                self._changed.notify_all()
            elif not ended and not gone and at_end == self._at_end:
                waits = [wait for wait in (wait_s, due_s) if wait is not None]
                self._changed.wait(min(waits, default=None))
                return
            flushes = self._flushes
        with self._pushing:
            if flushes == self._flushes and not self._flushing:  # else it is from before a seek
                self._send(frames, inputs, ended, gone)
                if at_end and not self._at_end and not self.setting("drop-pipeline-eos"):
                    self._src.push_event(Gst.Event.new_eos())
                self._at_end = at_end

    def _send(
        self,
        frames: list[MuxFrame],
        inputs: list[MuxInput],
        ended: list[MuxInput],
        gone: list[int],
    ) -> None:
        """Push a batch, and what there is to tell of sources that ended or went."""
        for index in gone:
            self._src.push_event(source_event(PAD_DELETED, index))
        for entry in ended:
            entry.end_told = True
            text = f"stream-eos, stream-id=(uint){entry.index}"
            structure = Gst.Structure.new_from_string(text)
            self.post_message(Gst.Message.new_element(self, structure))
            if self._announced:  # the elements behind free what they keep of the source
                self._src.push_event(source_event(STREAM_EOS, entry.index))
        if frames:
            self._push(frames, inputs)

    def _push(self, frames: list[MuxFrame], inputs: list[MuxInput]) -> None:
        if not self._announced:
            known = [entry for entry in inputs if entry.size != (0, 0)]
            for event in opening_events(self.get_name(), known, self.scaling(known[0])):
                self._src.push_event(event)
            self._announced = True
        for event in news_of(inputs):
            self._src.push_event(event)
        size = self.setting("batch-size") or len(frames)
        for start in range(0, len(frames), size):
            part = frames[start : start + size]
            buffer = batch_buffer(part, self.batch_pts_ns(part), self._last_ns, size)
            self._last_ns = buffer.pts
            flow = self._src.push(buffer)
            if flow != Gst.FlowReturn.OK:
                self._end(flow)
                return

    def _end(self, flow: Gst.FlowReturn) -> None:
        if flow == Gst.FlowReturn.FLUSHING and self._flushing:
            return  # the frames before a seek are of no use any more
        if flow not in (Gst.FlowReturn.FLUSHING, Gst.FlowReturn.EOS):
            post_error(self, ValueError(f"the next element took no batch: {flow.value_nick}"))
        self._stop(flow)
