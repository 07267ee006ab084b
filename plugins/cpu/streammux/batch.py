"""When nvstreammux pushes a batch, and what is in it: the rules of the legacy and the new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from plugins.cpu.metadata.carrier import attach
from plugins.cpu.metadata.meta import NvDsBatchMeta
from plugins.cpu.streammux.input import MuxFrame, MuxInput
from plugins.gst import Gst

STEP_NS = Gst.MSECOND
"""How far a batch is put after the one before it when its own time would not grow."""

Taken = tuple[list[MuxFrame], float | None]
"""Frames that are due; where there are none, how long to wait for the next change at most, s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyBatching:
    """live: push what has come; else one frame of each input.

    A batch is due when it is full, or timeout_s after its first frame; None waits for ever.
    """

    live: bool
    batch_size: int
    timeout_s: float | None

    def take(self, inputs: Sequence[MuxInput], now_s: float) -> Taken:
        """Take the frames that are due out of their inputs, at most a batch of them for live."""
        active = [entry for entry in inputs if not entry.finished]
        waiting = [entry for entry in active if entry.frames]
        if not waiting:
            return [], None
        if self.live:
            full = min(self.batch_size or len(inputs), len(active))
            is_full = sum(len(entry.frames) for entry in waiting) >= full
        else:
            is_full = len(waiting) == len(active)
        wait_s = None if is_full else _patience_s(waiting, self.timeout_s, now_s)
        if not is_full and (wait_s is None or wait_s > 0):
            return [], wait_s
        if not self.live:
            return [entry.frames.popleft() for entry in waiting], None
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


@dataclass(slots=True, kw_only=True)
class NewBatching:
    """Round robin over the inputs, those of a lower priority number first.

    adaptive: a batch has room for one frame of each input that has not ended, else batch_size.
    same_source: frames of one input in a batch; most: the same by pad_index. priorities: by
    pad_index. timeout_s: after the first frame, None waits for ever. pause_s: between batches.
    """

    batch_size: int
    adaptive: bool = True
    timeout_s: float | None = None
    pause_s: float = 0.0
    same_source: int = 1
    most: Mapping[int, int] = field(default_factory=dict)
    priorities: Mapping[int, int] = field(default_factory=dict)
    _last_s: float = float("-inf")
    _next: int = 0

    def take(self, inputs: Sequence[MuxInput], now_s: float) -> Taken:
        """Take the frames that are due out of their inputs."""
        active = [entry for entry in inputs if not entry.finished]
        waiting = [entry for entry in active if entry.frames]
        if not waiting:
            return [], None
        if now_s < self._last_s + self.pause_s:
            return [], self._last_s + self.pause_s - now_s
        room = len(active) if self.adaptive else self.batch_size
        plan = self._plan(waiting, room)
        if sum(count for _, count in plan) < room:
            wait_s = _patience_s(waiting, self.timeout_s, now_s)
            if wait_s is None or wait_s > 0:
                return [], wait_s
        self._last_s = now_s
        for entry, count in plan:
            for frame in list(entry.frames)[:count]:  # only what is batched is counted
                frame.meta.frame_num = entry.batched
                entry.batched += 1
        self._next = plan[-1][0].index + 1
        return [entry.frames.popleft() for entry, count in plan for _ in range(count)], None

    def _plan(self, waiting: Sequence[MuxInput], room: int) -> list[tuple[MuxInput, int]]:
        """Which inputs give how many frames, in the order of the batch."""
        turn = sorted(
            waiting,
            key=lambda entry: (
                self.priorities.get(entry.index, 0),
                entry.index < self._next,
                entry.index,
            ),
        )
        plan = []
        for entry in turn:
            allowed = min(self.same_source, self.most.get(entry.index, 1))
            count = min(len(entry.frames), max(1, allowed), room)
            if count:
                plan.append((entry, count))
                room -= count
        return plan


Batching = LegacyBatching | NewBatching


def _patience_s(waiting: Sequence[MuxInput], timeout_s: float | None, now_s: float) -> float | None:
    """How long a batch that is not full may still wait; None for ever."""
    if timeout_s is None:
        return None
    return min(entry.frames[0].arrived_s for entry in waiting) + timeout_s - now_s


def batch_buffer(
    frames: Sequence[MuxFrame], pts_ns: int, last_ns: int, max_frames: int
) -> Gst.Buffer:
    """Make one buffer of frames: a memory for each, no copy, and the batch metadata.

    Its PTS is pts_ns, but always after last_ns.
    """
    buffer = Gst.Buffer.new()
    batch = NvDsBatchMeta(max(max_frames, len(frames)))
    for batch_id, frame in enumerate(frames):
        buffer.append_memory(frame.pixels.get_all_memory())
        frame.meta.batch_id = batch_id
        batch.frame_items.append(frame.meta)
    buffer.pts = pts_ns if pts_ns > last_ns else last_ns + STEP_NS
    buffer.duration = max(frame.duration_ns for frame in frames) or Gst.CLOCK_TIME_NONE
    attach(buffer, batch)
    return buffer
