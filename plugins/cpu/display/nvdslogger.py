"""nvdslogger: prints how many frames per second each source has."""

from __future__ import annotations

import sys
import time
from typing import ClassVar

from plugins.cpu.elements.element import BatchTwin, uint
from plugins.cpu.metadata.meta import NvDsBatchMeta
from plugins.gst import Gst


class NvDsLogger(BatchTwin):
    """Every ``fps-measurement-interval-sec``, and at the end: the rate since then and since start.

    One line on standard output, ``**PERF:  FPS 0 (Avg)  FPS 1 (Avg) ...``, by pad_index.
    """

    __gstmetadata__ = ("nvdslogger", "Filter/Video", "CPU twin", "edgeact")
    __gproperties__: ClassVar = {"fps-measurement-interval-sec": uint(5), "gpu-id": uint(0)}

    def on_start(self) -> None:
        """Forget earlier counts."""
        self._since_start: dict[int, int] = {}
        self._since_line: dict[int, int] = {}
        self._first_s: float | None = None
        self._line_s = 0.0

    def on_event(self, event: Gst.Event) -> None:
        """Print the last line at the end of the stream."""
        if event.type == Gst.EventType.EOS:
            self._print(time.monotonic())

    def on_batch(self, buffer: Gst.Buffer, batch_meta: NvDsBatchMeta) -> None:
        """Count the frames of one batch."""
        now_s = time.monotonic()
        if self._first_s is None:
            self._first_s = self._line_s = now_s
        for frame in batch_meta.frame_items:
            for counts in (self._since_start, self._since_line):
                counts[frame.pad_index] = counts.get(frame.pad_index, 0) + 1
        if now_s - self._line_s >= self.setting("fps-measurement-interval-sec"):
            self._print(now_s)

    def _print(self, now_s: float) -> None:
        if self._first_s is None or now_s <= self._line_s:
            return
        rates = []
        for index, total in sorted(self._since_start.items()):
            recent = self._since_line.get(index, 0) / (now_s - self._line_s)
            rates.append(f"FPS {index} {recent:.2f} ({total / (now_s - self._first_s):.2f})")
        sys.stdout.write("**PERF:  " + "\t".join(rates) + "\n")
        self._since_line.clear()
        self._line_s = now_s
