"""Small graphs for the tests of the twins: sources fed by hand, batches pulled one by one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from types import TracebackType
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from gi.repository import Gst

from plugins.cpu.metadata.carrier import frame_pixels, new_frame
from plugins.cpu.registry import make_element

Own = TypeVar("Own", bound="Graph")


class Graph:
    """A pipeline that is torn down at the end of the ``with`` block."""

    def __init__(self) -> None:
        self.pipeline = Gst.Pipeline()

    def __enter__(self: Own) -> Own:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.pipeline.set_state(Gst.State.NULL)

    def add(self, factory: str, **properties: Any) -> Gst.Element:
        """Add an element; in property names _ stands for -."""
        element = make_element(factory)
        for name, value in properties.items():
            element.set_property(name.replace("_", "-"), value)
        self.pipeline.add(element)
        return element

    def caps(self, caps: str) -> Gst.Element:
        return self.add("capsfilter", caps=Gst.Caps.from_string(caps))

    def chain(self, *elements: Gst.Element) -> None:
        for before, after in itertools.pairwise(elements):
            assert before.link(after), f"{before.get_name()} does not link to {after.get_name()}"

    def sink(self, after: Gst.Element) -> Gst.Element:
        sink = self.add("appsink", sync=False, max_buffers=4)
        self.chain(after, sink)
        return sink

    def play(self) -> None:
        self.pipeline.set_state(Gst.State.PLAYING)

    def message(self, *kinds: Gst.MessageType, seconds: float = 20) -> Gst.Message | None:
        """Wait for a message of one of the kinds, None where none came."""
        wanted = kinds[0]
        for kind in kinds[1:]:
            wanted |= kind
        return self.pipeline.get_bus().timed_pop_filtered(int(seconds * Gst.SECOND), wanted)

    def error(self) -> str:
        """Wait for an error; give its text."""
        message = self.message(Gst.MessageType.ERROR)
        assert message is not None, "no error came"
        return str(message.parse_error().gerror.message)

    def ended_streams(self) -> list[int]:
        """Wait for the end of the pipeline; give the stream-ids of the stream-eos messages."""
        found: list[int] = []
        while True:
            message = self.message(
                Gst.MessageType.EOS | Gst.MessageType.ELEMENT | Gst.MessageType.ERROR
            )
            assert message is not None, "the pipeline did not end"
            assert message.type != Gst.MessageType.ERROR, message.parse_error()
            if message.type == Gst.MessageType.EOS:
                return found
            structure = message.get_structure()
            if structure.get_name() == "stream-eos":
                found.append(structure.get_uint("stream-id").value)


class Feed:
    """A source of a mux whose frames the test makes itself, each filled with one value."""

    def __init__(self, graph: Graph, mux: Gst.Element, size: tuple[int, int] = (8, 6)) -> None:
        self.source = graph.add("appsrc", format=Gst.Format.TIME)
        self.resize(*size)
        self.pad = mux.request_pad_simple("sink_%u")
        assert self.source.get_static_pad("src").link(self.pad) == Gst.PadLinkReturn.OK

    def resize(self, width: int, height: int) -> None:
        self.size = width, height
        caps = f"video/x-raw(memory:NVMM), format=RGBA, framerate=25/1, width={width}"
        self.source.set_property("caps", Gst.Caps.from_string(f"{caps}, height={height}"))

    def frame(self, value: int, pts_ms: float = 0) -> None:
        with new_frame(*self.size) as (buffer, pixels):
            pixels[:] = value
        buffer.pts = int(pts_ms * Gst.MSECOND)
        assert self.source.emit("push-buffer", buffer) == Gst.FlowReturn.OK

    def end(self) -> None:
        self.source.emit("end-of-stream")


def pull(sink: Gst.Element, seconds: float = 20) -> Gst.Buffer | None:
    """Wait for the next buffer, None at the end or when none came."""
    sample = sink.emit("try-pull-sample", int(seconds * Gst.SECOND))
    return sample.get_buffer() if sample else None


def pull_all(sink: Gst.Element) -> Iterator[Gst.Buffer]:
    while (buffer := pull(sink)) is not None:
        yield buffer


def picture(buffer: Gst.Buffer, batch_id: int = 0) -> npt.NDArray[np.uint8]:
    """Copy the pixels of one frame of a batch."""
    with frame_pixels(buffer, batch_id) as pixels:
        return np.array(pixels)


class SourceGraph(Graph):
    """One nvurisrcbin into a mux, playing; ``batches`` and ``sound`` are appsinks."""

    def __init__(self, uri: str, *, hear: bool = False, **properties: Any) -> None:
        super().__init__()
        self.mux = self.add("nvstreammux", width=64, height=48)
        self.batches = self.sink(self.mux)
        self.sound: Gst.Element | None = None
        if hear:
            self.sound = self.add("appsink", sync=False, max_buffers=4)
            self.sound.set_property("async", False)
        self.source = self.add("nvurisrcbin", uri=uri, **properties)
        self.source.connect("pad-added", self._link)

    def __enter__(self) -> SourceGraph:
        self.play()
        return self

    def watch_only_sound(self) -> None:
        """Let the batches go by."""
        self.batches.set_property("drop", True)

    def _link(self, source: Gst.Element, pad: Gst.Pad) -> None:
        if pad.get_name() == "vsrc_0":
            pad.link(self.mux.request_pad_simple("sink_%u"))
        elif self.sound:
            pad.link(self.sound.get_static_pad("sink"))
