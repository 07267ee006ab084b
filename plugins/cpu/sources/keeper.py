"""Keeps a source going: plays a file again at its end, calls a camera again when it is silent."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from plugins.cpu.elements.element import post_error
from plugins.gst import Gst

if TYPE_CHECKING:
    from plugins.cpu.sources.nvurisrcbin import NvUriSrcBin

LOOK_S = 0.25
"""How often a source is looked after that may fall silent or has not delivered yet."""
IDLE_LOOKS = 2
"""After how many looks in a row at a file without streams and without work it is given up."""
ATTEMPTS_EXCEEDED = "rtsp-reconnect-attempts-exceeded"

HEARD = (
    Gst.MessageType.ERROR
    | Gst.MessageType.WARNING
    | Gst.MessageType.ELEMENT
    | Gst.MessageType.LATENCY
    | Gst.MessageType.APPLICATION
)


class SourceKeeper:
    """The thread of one nvurisrcbin that opens its address anew, or closes it after an error.

    It reads ``bus``, on which the decoder's messages come. Streaming threads only tell it what
    happened: they cannot take down the decoder they run in.
    reconnect_s: open again after so many seconds without a frame, 0 never.
    attempts: how often in a row, below 1 without limit.
    is_file: opening works without a pause, so a pause without streams is a failure.
    """

    def __init__(
        self,
        source: NvUriSrcBin,
        *,
        loops: bool,
        reconnect_s: float,
        attempts: int,
        is_file: bool,
    ) -> None:
        self.bus = Gst.Bus()
        self.reconnects = reconnect_s > 0
        self._source = source
        self._loops = loops
        self._reconnect_s = reconnect_s
        self._is_file = is_file
        self._idle_looks = 0
        self._attempts_left = self._attempts = attempts
        self._stopping = self._lost = self._told = False
        self._ended: set[str] = set()
        self._opened_s = time.monotonic()
        self._thread = threading.Thread(target=self._run, name=source.get_name(), daemon=True)
        source.gate.endless = loops
        source.gate.on_end = self._video_ended if loops or self.reconnects else None

    def start(self) -> None:
        """Begin to look after the source."""
        self._thread.start()

    def stop(self) -> None:
        """Leave the source alone."""
        self._stopping = True
        self._look_now()
        if self._thread.ident:
            self._thread.join()
        self._source.gate.on_end = None

    def lost(self) -> None:
        """Take note of an error that the application was told of; called on any thread."""
        self._lost = self._told = True
        self._look_now()

    def audio_ended(self) -> Gst.PadProbeReturn:
        """Take note of the end of the sound; decides whether it is passed on."""
        if not self._loops and not self.reconnects:
            return Gst.PadProbeReturn.OK
        self._ended.add("audio")
        self._look_now()
        return Gst.PadProbeReturn.DROP

    def _video_ended(self) -> None:
        self._ended.add("video")
        self._lost = self._lost or self.reconnects
        self._look_now()

    def _look_now(self) -> None:
        self.bus.post(Gst.Message.new_application(None, Gst.Structure.new_empty("look")))

    def _run(self) -> None:
        try:
            while not self._stopping:
                waits = self.reconnects or self._is_searching()
                timeout_ns = int(LOOK_S * Gst.SECOND) if waits else Gst.CLOCK_TIME_NONE
                message = self.bus.timed_pop_filtered(timeout_ns, HEARD)
                if message is not None and message.type != Gst.MessageType.APPLICATION:
                    self._hear(message)
                if not self._stopping:
                    self._look()
        except Exception as error:  # noqa: BLE001 - the thread's end would go unseen
            post_error(self._source, error)

    def _hear(self, message: Gst.Message) -> None:
        """Handle a message of the decoder."""
        if message.type != Gst.MessageType.ERROR:
            self._source.post_message(message)
            return
        parsed, decoder = message.parse_error(), self._source.decoder
        if decoder and decoder.is_sound(message.src):
            decoder.audio_failed = True
            self._source.warn(f"sound left out: {parsed.gerror.message}", parsed.debug)
        elif not self._lost:
            self._source.fail(parsed.gerror.message, parsed.debug)

    def _look(self) -> None:
        """Do what is due."""
        if self.reconnects:
            if self._is_silent():
                self._call_again()
        elif self._lost:
            self._lost = False
            self._source.drop_decoder()
            self._source.end_streams()
        elif self._loops and self._ended >= self._streams():
            self._source.gate.next_stream()
            self._open_again()
        elif self._is_searching():
            self._search()

    def _is_searching(self) -> bool:
        decoder = self._source.decoder
        return bool(self._is_file and decoder and not decoder.streams)

    def _search(self) -> None:
        # decodebin swallows the error of a demuxer that fails while it is being started.
        decoder = self._source.decoder
        self._idle_looks = self._idle_looks + 1 if decoder and decoder.is_idle() else 0
        if self._idle_looks >= IDLE_LOOKS:
            self._source.fail("no playable streams found")

    def _streams(self) -> set[str]:
        decoder = self._source.decoder
        return (decoder.streams if decoder else set()) or {"video"}

    def _is_silent(self) -> bool:
        gate, now_s = self._source.gate, time.monotonic()
        if not self._source.is_playing:
            return False
        newest_s = self._opened_s if self._lost else max(gate.last_frame_s, self._opened_s)
        return now_s - newest_s >= self._reconnect_s

    def _call_again(self) -> None:
        gate = self._source.gate
        if gate.frames_since_start:
            self._attempts_left = self._attempts
        if self._attempts > 0 and self._attempts_left == 0:
            self.reconnects = False
            text = f"{ATTEMPTS_EXCEEDED}, source-id=(int){gate.source_id}"
            structure = Gst.Structure.new_from_string(text)
            self._source.post_message(Gst.Message.new_element(self._source, structure))
            self._source.fail(f"gave up after {self._attempts} attempts to reconnect")
            return
        if not self._told:
            self._source.warn("no picture comes, opening it again")
        self._attempts_left -= 1
        gate.frames_since_start = 0
        gate.begins_anew = True
        self._open_again()

    def _open_again(self) -> None:
        self._source.drop_decoder()
        self.bus.set_flushing(True)  # what the old decoder said concerns no one any more
        self.bus.set_flushing(False)
        self._ended.clear()
        self._lost = self._told = False
        self._opened_s = time.monotonic()
        self._source.renew()
