"""When nvstreammux pushes a batch, and what is in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plugins.cpu.carrier import attach
from plugins.cpu.meta import NvDsBatchMeta
from plugins.cpu.mux_input import MuxFrame, MuxInput
from plugins.gst import Gst

STEP_NS = Gst.MSECOND
"""How far a batch is put after the one before it when its own time would not grow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batching:
    """live: push what has come; else one frame of each input. timeout_s: None waits for ever."""

    live: bool
    batch_size: int
    timeout_s: float | None

    def take(self, inputs: Sequence[MuxInput], now_s: float) -> tuple[list[MuxFrame], float | None]:
        """Take the frames that are due out of their inputs, at most a batch of them for live.

        Returns them, and where there are none how long to wait for the next change at most.
        """
        active = [entry for entry in inputs if not entry.finished]
        waiting = [entry for entry in active if entry.frames]
        if not waiting:
            return [], None
        if not self.live:
            if len(waiting) < len(active):
                return [], None
            return [entry.frames.popleft() for entry in active], None
        full = min(self.batch_size or len(inputs), len(active))
        oldest_s = min(entry.frames[0].arrived_s for entry in waiting)
        if sum(len(entry.frames) for entry in waiting) < full:
            if self.timeout_s is None:
                return [], None
            if now_s < oldest_s + self.timeout_s:
                return [], oldest_s + self.timeout_s - now_s
        return self._oldest(waiting, self.batch_size or len(inputs)), None

    @staticmethod
    def _oldest(waiting: Sequence[MuxInput], count: int) -> list[MuxFrame]:
        taken = []
        for _ in range(min(count, sum(len(entry.frames) for entry in waiting))):
            first = min(
                (entry for entry in waiting if entry.frames),
                key=lambda entry: entry.frames[0].arrived_s,
            )
            taken.append(first.frames.popleft())
        return taken


def batch_buffer(frames: Sequence[MuxFrame], last_ns: int, max_frames: int) -> Gst.Buffer:
    """Make one buffer of frames: a memory for each, no copy, and the batch metadata.

    Its PTS is the smallest running time of its frames, but always after last_ns.
    """
    buffer = Gst.Buffer.new()
    batch = NvDsBatchMeta(max(max_frames, len(frames)))
    for batch_id, frame in enumerate(frames):
        buffer.append_memory(frame.pixels.get_all_memory())
        frame.meta.batch_id = batch_id
        batch.frame_items.append(frame.meta)
    running_ns = min(frame.running_ns for frame in frames)
    buffer.pts = running_ns if running_ns > last_ns else last_ns + STEP_NS
    buffer.duration = max(frame.duration_ns for frame in frames) or Gst.CLOCK_TIME_NONE
    attach(buffer, batch)
    return buffer
