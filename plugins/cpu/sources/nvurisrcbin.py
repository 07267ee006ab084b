"""nvurisrcbin: an address in, RGBA frames and sound out, again and again where asked for."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote, urlsplit

from plugins.cpu.elements.element import NVMM_RGBA, Settings, boolean, integer, string, uint
from plugins.cpu.elements.pad_functions import weakly
from plugins.cpu.sources.decoder import RtspSettings, SourceDecoder
from plugins.cpu.sources.gate import SourceGate
from plugins.cpu.sources.keeper import SourceKeeper
from plugins.gst import GLib, Gst
from plugins.redact import redact

NEXT_STATES = {
    Gst.StateChange.NULL_TO_READY: Gst.State.READY,
    Gst.StateChange.READY_TO_PAUSED: Gst.State.PAUSED,
    Gst.StateChange.PAUSED_TO_PLAYING: Gst.State.PLAYING,
    Gst.StateChange.PLAYING_TO_PAUSED: Gst.State.PAUSED,
    Gst.StateChange.PAUSED_TO_READY: Gst.State.READY,
    Gst.StateChange.READY_TO_NULL: Gst.State.NULL,
}


PROPERTIES = {
    "uri": string(),
    "type": uint(0),
    "source-id": integer(-1),
    "gpu-id": uint(0),
    "num-extra-surfaces": uint(1),
    "cudadec-memtype": uint(0),
    "nvbuf-memory-type": uint(0),
    "drop-frame-interval": uint(0),
    "dec-skip-frames": uint(0),
    "low-latency-mode": boolean(False),
    "disable-passthrough": boolean(False),
    "disable-audio": boolean(True),
    "file-loop": boolean(False),
    "latency": uint(100),
    "drop-on-latency": boolean(True),
    "select-rtp-protocol": uint(7),
    "udp-buffer-size": uint(524288),
    "buffer-mode": uint(3),
    "leaky": uint(0),
    "max-size-buffers": uint(200),
    "rtsp-reconnect-interval": uint(0),
    "init-rtsp-reconnect-interval": uint(0),
    "rtsp-reconnect-attempts": integer(-1),
    "smart-record": uint(0),
    "smart-rec-dir-path": string(),
    "smart-rec-file-prefix": string(),
    "smart-rec-cache": uint(20),
    "smart-rec-container": uint(0),
    "smart-rec-mode": uint(0),
    "smart-rec-default-duration": uint(20),
}
"""What can be set, and the defaults as they are in DeepStream 9.1."""


def _sometimes(name: str, caps: str) -> Gst.PadTemplate:
    presence = Gst.PadPresence.SOMETIMES
    return Gst.PadTemplate.new(name, Gst.PadDirection.SRC, presence, Gst.Caps.from_string(caps))


class NvUriSrcBin(Settings, Gst.Bin):  # type: ignore[misc]
    """A source of frames (``vsrc_0``) and sound (``asrc_0``) from one address.

    A source that cannot be opened or breaks posts one error with a text for people and then ends
    its streams; it never makes the graph's change of state fail, so other sources go on.
    """

    __gstmetadata__ = ("nvurisrcbin", "Source/Video/Audio", "CPU twin", "edgeact")
    __gsttemplates__ = (_sometimes("vsrc_%u", NVMM_RGBA), _sometimes("asrc_%u", "audio/x-raw"))
    __gproperties__: ClassVar = PROPERTIES

    def __init__(self) -> None:
        super().__init__()
        # The fakesinks of unwanted streams must not make the pipeline wait for their end.
        self.set_suppressed_flags(Gst.ElementFlags.SINK)
        self._converter = Gst.ElementFactory.make("videoconvert")
        self._converter.set_property("n-threads", max(1, min(4, (os.cpu_count() or 1) // 4)))
        self.gate = SourceGate()
        self.gate.set_name("frames")
        self._audio_end = Gst.ElementFactory.make("identity")
        self._audio_end.set_property("silent", True)
        for element in (self._converter, self.gate, self._audio_end):
            self.add(element)
        self._converter.link(self.gate)
        self._audio_end.get_static_pad("src").add_probe(
            Gst.PadProbeType.EVENT_DOWNSTREAM, weakly(self._audio_event)
        )
        self._swap = threading.RLock()
        self._target = Gst.State.NULL
        self._failed = False
        self.decoder: SourceDecoder | None = None
        self._keeper: SourceKeeper | None = None

    @property
    def address(self) -> str:
        """The address without user and password, for messages."""
        return redact(self.setting("uri") or "(no uri)")

    @property
    def is_playing(self) -> bool:
        """The bin was told to play."""
        return bool(self._target == Gst.State.PLAYING)

    def do_change_state(self, transition: Gst.StateChange) -> Gst.StateChangeReturn:
        """GstElement: open, run and close the decoder, whose failures are not the graph's."""
        if transition == Gst.StateChange.PAUSED_TO_READY:
            self._close()
        state = NEXT_STATES.get(transition)
        if state is not None:
            for part in (self._audio_end, self.gate, self._converter):
                part.set_state(state)
        # Not GstBin's own way: a decoder that is slow to find its streams, or never finds any,
        # would make this bin, and with it the whole graph, wait.
        result = Gst.Element.do_change_state(self, transition)
        if state not in (Gst.State.PAUSED, Gst.State.PLAYING):
            return result
        with self._swap:
            self._target = state
            if transition == Gst.StateChange.READY_TO_PAUSED:
                live = self._open()
            else:
                live = self._run_decoder(state)
        if live and state == Gst.State.PAUSED:
            return Gst.StateChangeReturn.NO_PREROLL
        return result

    def do_handle_message(self, message: Gst.Message) -> None:
        """GstBin: a part inside says something."""
        if message.type == Gst.MessageType.ERROR:
            parsed = message.parse_error()
            self.fail(parsed.gerror.message, parsed.debug)
        else:
            Gst.Bin.do_handle_message(self, message)

    def fail(self, text: str, debug: str | None = None) -> None:
        """Take note of a loss: an error on the bus, or a warning where it will be tried again."""
        if self._keeper and self._keeper.reconnects:
            self.warn(text, debug)
        elif not self._failed:
            self._failed = True
            self._bus().post(Gst.Message.new_error(self, *self._told(text, debug)))
        if self._keeper:
            self._keeper.lost()

    def _bus(self) -> Gst.Bus:
        """Give the bus of the application.

        An error that goes there by way of the bins aborts the change of state they are in, and
        the other sources would never play.
        """
        top = self
        while top.get_parent() is not None:
            top = top.get_parent()
        return top.get_bus() or self.get_bus()

    def warn(self, text: str, debug: str | None = None) -> None:
        """Tell the application of something it can live with."""
        self.post_message(Gst.Message.new_warning(self, *self._told(text, debug)))

    def _told(self, text: str, debug: str | None) -> tuple[GLib.Error, str]:
        domain, code = Gst.ResourceError.quark(), int(Gst.ResourceError.FAILED)
        text = f"{self.address}: {text}"
        return GLib.Error.new_literal(domain, text, code), redact(debug or text)

    def _open(self) -> bool:
        """Start decoding; True where the source is live."""
        self._failed = False
        self.gate.every = max(1, self.setting("drop-frame-interval"))
        self.gate.source_id = self.setting("source-id")
        problem = self._problem()
        if problem:
            self.fail(problem)
            return False
        if self.setting("smart-record"):
            self.warn("smart-record has no effect on platform cpu")
        uri = self.setting("uri")
        self._keeper = SourceKeeper(
            self,
            loops=self.setting("file-loop") and uri.startswith("file:/"),
            reconnect_s=self.setting("rtsp-reconnect-interval") * uri.startswith("rtsp://"),
            attempts=self.setting("rtsp-reconnect-attempts") or -1,
            is_file=uri.startswith("file:/"),
        )
        live = self.renew()
        self._keeper.start()
        return live

    def _problem(self) -> str | None:
        uri = self.setting("uri")
        if not uri:
            return "set the property uri"
        if not Gst.uri_is_valid(uri):
            return "not an address; a file is written file:///path"
        if uri.startswith("file:"):
            path = Path(unquote(urlsplit(uri).path))
            if not path.is_file():
                return "no such file"
            if not path.stat().st_size:
                return "the file is empty"
        return None

    def _close(self) -> None:
        # Whoever takes the frames may be waiting for room; a flush lets go of our thread there.
        pads = [self.gate.src, self._audio_end.get_static_pad("src")]
        for pad in pads:
            pad.push_event(Gst.Event.new_flush_start())
        if self._keeper:
            self._keeper.stop()
            self._keeper = None
        self.drop_decoder()
        for pad in pads:
            pad.push_event(Gst.Event.new_flush_stop(False))

    def renew(self) -> bool:
        """Open the address anew and run as far as the bin runs; True where it is live."""
        with self._swap:
            self.drop_decoder()
            decoder = SourceDecoder(
                self.setting("uri"),
                with_audio=not self.setting("disable-audio"),
                rtsp=RtspSettings(
                    latency_ms=self.setting("latency"),
                    drop_on_latency=self.setting("drop-on-latency"),
                    protocols=self.setting("select-rtp-protocol"),
                    udp_buffer_size=self.setting("udp-buffer-size"),
                ),
            )
            # NVIDIA's name; applications take a child with "source" in its name for a plain source.
            decoder.set_name("src_elem")
            decoder.on_pad = weakly(self._pad_added)
            decoder.on_complete = weakly(self._complete)
            self.decoder = decoder
            self.add(decoder)
            if self._keeper:
                decoder.set_bus(self._keeper.bus)
            # In two steps: a live source told to play at once stays in PAUSED, where it delivers
            # nothing.
            live = self._run_decoder(Gst.State.PAUSED)
            if self.is_playing:
                self._run_decoder(Gst.State.PLAYING)
            return live

    def drop_decoder(self) -> None:
        """Stop decoding and let go of everything that was open."""
        with self._swap:
            if self.decoder:
                self.decoder.set_state(Gst.State.NULL)
                self.remove(self.decoder)
                self.decoder = None

    def end_streams(self) -> None:
        """Tell those downstream that nothing more comes."""
        for element in (self.gate, self._audio_end):
            element.get_static_pad("sink").send_event(Gst.Event.new_eos())

    def _run_decoder(self, state: Gst.State) -> bool:
        if self.decoder is None:
            return False
        self.decoder.set_base_time(self.get_base_time())
        result = self.decoder.set_state(state)
        if result == Gst.StateChangeReturn.FAILURE:
            self.drop_decoder()
        return bool(result == Gst.StateChangeReturn.NO_PREROLL)

    def _pad_added(self, pad: Gst.Pad) -> None:
        video = pad.get_name() == "video"
        first = self._converter if video else self._audio_end
        pad.link(first.get_static_pad("sink"))
        name, last = ("vsrc", self.gate) if video else ("asrc", self._audio_end)
        if self.get_static_pad(f"{name}_0") is None:
            ghost = Gst.GhostPad.new_from_template(
                f"{name}_0", last.get_static_pad("src"), self.get_pad_template(f"{name}_%u")
            )
            ghost.set_active(True)
            self.add_pad(ghost)

    def _complete(self) -> None:
        decoder = self.decoder
        if decoder and decoder.get_static_pad("video") is None:
            kinds = ", ".join(decoder.undecodable)
            self.fail(f"no video stream{f'; no decoder for {kinds}' if kinds else ''}")
        else:
            self.no_more_pads()

    def _audio_event(self, pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        if info.get_event().type == Gst.EventType.EOS and self._keeper:
            return self._keeper.audio_ended()
        return Gst.PadProbeReturn.OK
