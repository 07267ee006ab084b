"""The action probe: reads a batch on the streaming thread, hands it over, returns."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from plugins.gst import GLib, Gst
from plugins.metadata import MetadataReader, RawFrame, count_persons


class ActionProbe:
    """A pad probe after the pose stage.

    offer: takes the number of the batch and its frames; must not wait for inference or network.

    Attributes:
        batches: batches seen so far.
        timings: seconds and persons of the last batches that held any person, for ``bench``.
    """

    def __init__(
        self, reader: MetadataReader, offer: Callable[[int, list[RawFrame]], None]
    ) -> None:
        self._reader = reader
        self._offer = offer
        self.batches = 0
        self.timings: deque[tuple[float, int]] = deque(maxlen=20_000)

    def on_buffer(self, pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        """Read one batch. An exception leaving a probe would drop the buffer without a word."""
        try:
            started = time.perf_counter()
            frames = self._reader.read(hash(info.get_buffer()))
            elapsed = time.perf_counter() - started
            self.batches += 1
            if persons := count_persons(frames):
                self.timings.append((elapsed, persons))
            self._offer(self.batches, frames)
        except Exception as error:  # noqa: BLE001 - the one place that must catch everything
            fail(pad.get_parent_element(), error)
        return Gst.PadProbeReturn.OK


def fail(element: Gst.Element, error: Exception) -> None:
    """Post ``error`` on the bus in the name of ``element``."""
    text = f"{type(error).__name__}: {error}"
    problem = GLib.Error.new_literal(Gst.StreamError.quark(), text, Gst.StreamError.FAILED)
    element.post_message(Gst.Message.new_error(element, problem, text))
