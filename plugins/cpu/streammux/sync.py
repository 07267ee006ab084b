"""sync-inputs of nvstreammux: which frames are old enough for a batch, and which too old."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from plugins.cpu.elements.element import Settings
from plugins.cpu.streammux.input import MuxInput


def input_sync(mux: Settings) -> InputSync | None:
    """Read the window off a mux's properties; None where it does not want one."""
    if not mux.setting("sync-inputs"):
        return None
    period_us = max(0, mux.setting("batched-push-timeout"))
    return InputSync(period_us * 1000, mux.setting("max-latency"))


@dataclass(frozen=True, slots=True)
class InputSync:
    """A window of ages, as in NvTimeSync::get_synch_info (gstnvtimesynch.cpp).

    A frame waits until its running time lies period_ns (batched-push-timeout) in the past; one
    that lies more than latency_ns (max-latency) further back is dropped.
    """

    period_ns: int
    latency_ns: int

    def admit(self, inputs: Sequence[MuxInput], now_ns: int) -> float | None:
        """Let the frames in whose time has come.

        now_ns: running time of the mux. Returns the seconds until the next one is due, None where
        none waits.
        """
        waits = []
        for entry in inputs:
            while entry.early:
                age_ns = now_ns - entry.early[0].running_ns
                if age_ns < self.period_ns:
                    waits.append((self.period_ns - age_ns) / 1e9)
                    break
                frame = entry.early.popleft()
                if age_ns > self.period_ns + self.latency_ns:
                    entry.dropped += 1
                    continue
                frame.arrived_s = time.monotonic()  # a batch's patience counts from here
                entry.frames.append(frame)
        return min(waits, default=None)
