"""Takes one source's sound from its appsink and keeps it until the picture asks for it."""

from __future__ import annotations

import threading
from collections import deque

import numpy as np

from plugins.gst import Gst
from recognition.frames import SoundFrame
from recognition.sound import LogMelStream

_AHEAD_NS = 120_000_000_000  # how far a file's sound may run ahead of its picture
_LIVE_FRAMES = 3_000  # buffers kept of a live source whose picture stands still


class SoundTap:
    """Sound of one source between the streaming thread that brings it and the worker.

    live: a live source drops its oldest sound; a file waits instead.

    Attributes:
        state: ``waiting`` for a pad, ``present``, ``ended``, or ``missing``: no track, a codec
            that nothing decodes, or switched off.
        late: times that the picture went on without the sound it needed.
        dropped: sound frames dropped because nobody took them.
    """

    def __init__(self, source_id: int, *, live: bool) -> None:
        self.source_id = source_id
        self.state = "waiting"
        self.late = 0
        self.dropped = 0
        self._live = live
        self._stream = LogMelStream(source_id)
        self._frames: deque[SoundFrame] = deque()
        self._newest_ns = -1
        self._taken_ns = 0
        self._stalled = False
        self._stopped = False
        self._changed = threading.Condition()

    def connect(self, appsink: Gst.Element) -> None:
        """Listen to ``appsink``."""
        appsink.connect("new-sample", self._on_sample)
        appsink.connect("eos", lambda _sink: self.close("ended"))

    def linked(self) -> None:
        """The source has a sound pad."""
        with self._changed:
            if self.state in ("waiting", "missing"):
                self.state = "present"

    def close(self, state: str) -> None:
        """No more sound will come; ``state`` is ``ended`` or ``missing``."""
        with self._changed:
            if self.state != "missing":
                self.state = state
            self._changed.notify_all()

    def stop(self) -> None:
        """Let go of every thread that waits here."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def take_until(self, pts_ns: int, *, timeout_s: float) -> list[SoundFrame]:
        """Sound up to ``pts_ns``, waiting for it at most ``timeout_s``.

        Called when a frame of the source has come: a source that has no sound pad by then has no
        sound. After one wait in vain nothing is waited for until sound comes again.
        """
        with self._changed:
            if self.state == "waiting":
                self.state = "missing"
            self._taken_ns = max(self._taken_ns, pts_ns)
            self._changed.notify_all()
            if timeout_s and self.state == "present" and not self._stalled:
                came = self._changed.wait_for(
                    lambda: self._newest_ns >= pts_ns or self.state != "present" or self._stopped,
                    timeout_s,
                )
                if not came:
                    self.late += 1
                    self._stalled = True
            taken = []
            while self._frames and self._frames[0].pts_ns <= pts_ns:
                taken.append(self._frames.popleft())
            return taken

    def _on_sample(self, appsink: Gst.Element) -> Gst.FlowReturn:
        sample = appsink.emit("pull-sample")
        buffer = sample.get_buffer()
        ok, view = buffer.map(Gst.MapFlags.READ)
        if not ok:
            return Gst.FlowReturn.OK
        samples = np.frombuffer(view.data, np.float32).copy()
        buffer.unmap(view)
        frame = self._stream.push(samples, buffer.pts)
        if frame is not None:
            self._keep(frame)
        return Gst.FlowReturn.OK

    def _keep(self, frame: SoundFrame) -> None:
        with self._changed:
            if not self._live:
                self._changed.wait_for(
                    lambda: self._stopped or frame.pts_ns < self._taken_ns + _AHEAD_NS
                )
            self._frames.append(frame)
            if self._live and len(self._frames) > _LIVE_FRAMES:
                self._frames.popleft()
                self.dropped += 1
            self._newest_ns = frame.pts_ns + (len(frame.log_mel) - 1) * 10_000_000
            self._stalled = False
            self._changed.notify_all()
