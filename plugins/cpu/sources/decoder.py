"""Opens and decodes one address: the part of nvurisrcbin that is made anew after a loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from plugins.cpu.elements.element import sink_and_src
from plugins.cpu.elements.pad_functions import PadTwin, weakly
from plugins.gst import Gst

TRANSPORTS = {1: "udp", 2: "udp-mcast", 4: "tcp"}
"""Bits of select-rtp-protocol, as rtspsrc names them."""

NOT_PICTURES = ("audio/", "text/", "subpicture/", "closedcaption/")


@dataclass(frozen=True, slots=True, kw_only=True)
class RtspSettings:
    """How an RTSP camera is asked. latency_ms: jitter buffer; protocols: see TRANSPORTS."""

    latency_ms: int
    drop_on_latency: bool
    protocols: int
    udp_buffer_size: int

    def apply(self, rtspsrc: Gst.Element) -> None:
        """Set the properties of an rtspsrc."""
        names = [name for bit, name in TRANSPORTS.items() if self.protocols & bit]
        rtspsrc.set_property("latency", self.latency_ms)
        rtspsrc.set_property("drop-on-latency", self.drop_on_latency)
        rtspsrc.set_property("udp-buffer-size", self.udp_buffer_size)
        if names:
            Gst.util_set_object_arg(rtspsrc, "protocols", "+".join(names))


class SoundGuard(PadTwin):
    """Passes encoded sound on and lets no failure back: the demuxer would stop the pictures."""

    __gstmetadata__ = ("Sound guard", "Filter/Audio", "Before nvurisrcbin's sound", "edgeact")
    __gsttemplates__ = sink_and_src("ANY")

    def on_buffer(self, buffer: Gst.Buffer) -> None:
        """Push, whatever comes of it."""
        self.src.push(buffer)


class SourceDecoder(Gst.Bin):  # type: ignore[misc]
    """uridecodebin for pictures, with the sound decoded beside it where it can do no harm.

    Only the first picture and, if wanted, the first sound stream get a ghost pad, ``video`` and
    ``audio``; whatever else there is runs into a fakesink. on_pad and on_complete (there will be
    no more streams) are called from streaming threads.

    """

    __gstmetadata__ = ("Source decoder", "Source/Video", "Inside of nvurisrcbin", "edgeact")
    __gsttemplates__ = (
        Gst.PadTemplate.new(
            "video", Gst.PadDirection.SRC, Gst.PadPresence.SOMETIMES, Gst.Caps.new_any()
        ),
        Gst.PadTemplate.new(
            "audio", Gst.PadDirection.SRC, Gst.PadPresence.SOMETIMES, Gst.Caps.new_any()
        ),
    )

    def __init__(self, uri: str, *, with_audio: bool, rtsp: RtspSettings) -> None:
        super().__init__()
        self._rtsp = rtsp
        self._wanted = {"video", "audio"} if with_audio else {"video"}
        self._audio_part: Gst.Element | None = None
        self.audio_failed = False
        self.undecodable: list[str] = []
        self.on_pad: Callable[[Gst.Pad], None] | None = None
        self.on_complete: Callable[[], None] | None = None
        decoder = Gst.ElementFactory.make("uridecodebin")
        decoder.set_property("uri", uri)
        # The twin of nvv4l2decoder, where it is registered, counts as hardware.
        decoder.set_property("force-sw-decoders", True)
        decoder.connect("source-setup", weakly(self._source_setup))
        decoder.connect("autoplug-continue", weakly(self._autoplug_continue))
        decoder.connect("unknown-type", weakly(self._unknown_type))
        decoder.connect("pad-added", weakly(self._pad_added))
        decoder.connect("no-more-pads", weakly(self._no_more_pads))
        self.add(decoder)

    @property
    def streams(self) -> set[str]:
        """The kinds of stream that deliver."""
        kinds = {pad.get_name() for pad in self.pads}
        return kinds - {"audio"} if self.audio_failed else kinds

    def is_idle(self) -> bool:
        """Tell whether no thread inside reads or decodes."""
        elements = self.iterate_recurse()
        while True:
            result, element = elements.next()
            if result != Gst.IteratorResult.OK:
                return bool(result == Gst.IteratorResult.DONE)  # else it is being built
            if _is_busy(element):
                return False

    def is_sound(self, part: Gst.Object) -> bool:
        """Tell whether an element belongs to the decoder of the sound."""
        return bool(self._audio_part and part.has_as_ancestor(self._audio_part))

    def _source_setup(self, decoder: Gst.Element, source: Gst.Element) -> None:
        factory = source.get_factory()
        if factory and factory.get_name() == "rtspsrc":
            self._rtsp.apply(source)

    def _autoplug_continue(self, decoder: Gst.Element, pad: Gst.Pad, caps: Gst.Caps) -> bool:
        """Leave alone what is no picture: a decoder of sound that fails must not stop pictures."""
        return not caps.get_size() or _may_hold_pictures(caps.get_structure(0))

    def _unknown_type(self, decoder: Gst.Element, pad: Gst.Pad, caps: Gst.Caps) -> None:
        self.undecodable.append(caps.get_structure(0).get_name())

    def _pad_added(self, decoder: Gst.Element, pad: Gst.Pad) -> None:
        caps = pad.get_current_caps() or pad.query_caps(None)
        structure = caps.get_structure(0)
        kind = structure.get_string("media") or structure.get_name().partition("/")[0]
        if kind not in self._wanted:
            self._discard(pad)
            return
        self._wanted.discard(kind)
        self._expose(kind, self._decoded_audio(pad) if kind == "audio" else pad)

    def _no_more_pads(self, decoder: Gst.Element) -> None:
        if self.on_complete:
            self.on_complete()

    def _expose(self, kind: str, pad: Gst.Pad) -> None:
        ghost = Gst.GhostPad.new_from_template(kind, pad, self.get_pad_template(kind))
        ghost.set_active(True)
        self.add_pad(ghost)
        if self.on_pad:
            self.on_pad(ghost)

    def _discard(self, pad: Gst.Pad) -> None:
        sink = Gst.ElementFactory.make("fakesink")
        sink.set_property("sync", False)
        sink.set_property("async", False)
        self.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))

    def _decoded_audio(self, pad: Gst.Pad) -> Gst.Pad:
        """Decode sound behind a guard that hides its failures from the demuxer."""
        part = Gst.parse_bin_from_description(
            "decodebin name=decoder  identity name=end silent=true", False
        )
        guard, end = SoundGuard(), part.get_by_name("end")
        part.add(guard)
        guard.link(part.get_by_name("decoder"))
        part.add_pad(Gst.GhostPad.new("sink", guard.sink))
        part.add_pad(Gst.GhostPad.new("src", end.get_static_pad("src")))
        into = end.get_static_pad("sink")
        part.get_by_name("decoder").connect(
            "pad-added", lambda _, decoded: None if into.is_linked() else decoded.link(into)
        )
        self._audio_part = part
        self.add(part)
        part.sync_state_with_parent()
        pad.link(part.get_static_pad("sink"))
        return part.get_static_pad("src")


def _is_busy(element: Gst.Element) -> bool:
    pads = element.iterate_pads()
    while True:
        result, pad = pads.next()
        if result != Gst.IteratorResult.OK:
            return bool(result != Gst.IteratorResult.DONE)
        if pad.get_task_state() == Gst.TaskState.STARTED:
            return True


def _may_hold_pictures(structure: Gst.Structure) -> bool:
    media = structure.get_string("media")
    if structure.get_name() == "application/x-rtp" and media:
        return bool(media == "video")
    return not structure.get_name().startswith(NOT_PICTURES)
