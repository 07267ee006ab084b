"""The one thread that owns windows, engine and events, fed by a bounded queue."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from plugins.metadata import RawFrame
from plugins.pose_decoding import PoseSettings, appearances, decode_poses
from plugins.recognizer import Recognizer
from plugins.sound_tap import SoundTap
from recognition.events import ActionEvent
from recognition.frames import Frame, Person, SoundFrame
from recognition.hysteresis import EndReason

TASKS = 100
"""What may wait to be done between two batches."""

_SOUND_WAIT_S = 2.0  # a file's sound is waited for this long, once


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """How the worker works.

    size: width and height of the muxed frame, px.
    live: drop the oldest batch when the queue is full; otherwise the probe waits, so that a file
        loses nothing.
    capacity: batches that the queue holds.
    """

    pose: PoseSettings
    size: tuple[int, int]
    live: bool
    capacity: int = 4


@dataclass(slots=True)
class SourceCount:
    """Frames worked on and events begun of one source."""

    frames: int = 0
    events: int = 0


class Worker(threading.Thread):
    """Takes batches from the probe and gives events to ``emit``.

    taps: each source's sound, by source id.
    emit: called on this thread with the events of each batch, in order.
    done: called on this thread with each batch's frames when it has been worked on.
    heard, decoded: called on this thread with the sound and the frames that the recogniser gets.

    Attributes:
        counts: what each source gave.
        dropped: frames dropped because the worker was too slow for live sources.
        failure: what stopped the worker, None while it is well.
    """

    def __init__(
        self,
        recognizer: Recognizer,
        taps: Mapping[int, SoundTap],
        settings: WorkerSettings,
        *,
        emit: Callable[[Sequence[ActionEvent]], None],
        done: Callable[[Sequence[RawFrame]], None] | None = None,
        heard: Callable[[SoundFrame], None] | None = None,
        decoded: Callable[[Sequence[Frame]], None] | None = None,
    ) -> None:
        super().__init__(name="edgeact-worker", daemon=True)
        self._recognizer = recognizer
        self._taps = taps
        self._settings = settings
        self._emit = emit
        self._done = done
        self._heard = heard
        self._decoded = decoded
        self._batches: deque[tuple[int, list[RawFrame]]] = deque()
        self._endings: deque[tuple[int, int, EndReason]] = deque()  # after batch, source, reason
        self._tasks: deque[Callable[[], Sequence[ActionEvent]]] = deque()
        self._processed = 0
        self._stopping: EndReason | None = None
        self._changed = threading.Condition()
        self._labels: dict[int, dict[int, str]] = {}
        self.counts: dict[int, SourceCount] = {}
        self.dropped = 0
        self.failure: Exception | None = None

    def offer(self, number: int, frames: list[RawFrame]) -> None:
        """Hand over batch ``number``; called on the streaming thread."""
        with self._changed:
            if self._settings.live:
                while len(self._batches) >= self._settings.capacity:
                    self.dropped += len(self._batches.popleft()[1])
            else:
                self._changed.wait_for(
                    lambda: len(self._batches) < self._settings.capacity or self._is_over()
                )
            self._batches.append((number, frames))
            self._changed.notify_all()

    def end_source(self, source_id: int, *, after_batch: int, reason: EndReason) -> None:
        """A source ended with batch ``after_batch``: close it once that batch is done."""
        with self._changed:
            self._endings.append((after_batch, source_id, reason))
            self._changed.notify_all()

    def do(self, task: Callable[[], Sequence[ActionEvent]]) -> bool:
        """Have a task done on this thread before the next batch; events that it gives are emitted.

        False where the work is over or ``TASKS`` wait: it will not be done. Any thread may call.
        """
        with self._changed:
            if self._is_over() or len(self._tasks) >= TASKS:
                return False
            self._tasks.append(task)
            self._changed.notify_all()
        return True

    def stop(self, reason: EndReason, *, timeout_s: float) -> None:
        """End all events with ``reason`` and wait for the thread.

        What is queued is worked on first, unless the reason is ``shutdown``: somebody is waiting.
        """
        with self._changed:
            self._stopping = reason
            if reason == "shutdown":
                self._batches.clear()
            self._changed.notify_all()
        for tap in self._taps.values() if reason == "shutdown" else ():
            tap.stop()
        if self.ident is not None:
            self.join(timeout_s)

    def label_of(self, source_id: int, track_id: int) -> str:
        """Text for the overlay: the open actions of a track; empty when there is none."""
        return self._labels.get(source_id, {}).get(track_id, "")

    def run(self) -> None:
        """The thread: a failure is kept for the runner, and nobody waits for a dead worker."""
        try:
            while self._step():
                pass
        except Exception as error:  # noqa: BLE001 - reported by the runner as the run's failure
            with self._changed:
                self.failure = error
                self._changed.notify_all()

    def _is_over(self) -> bool:
        return self._stopping is not None or self.failure is not None

    def _step(self) -> bool:
        """Work on one batch; False when the work is over."""
        with self._changed:
            self._changed.wait_for(
                lambda: (
                    self._batches
                    or self._tasks
                    or self._due_endings()
                    or self._stopping is not None
                )
            )
            tasks = list(self._tasks)
            self._tasks.clear()
            batch = self._batches.popleft() if self._batches and not self._due_endings() else None
            self._changed.notify_all()
        for task in tasks:
            self._publish(task())
        self._close_sources()
        if batch is not None:
            self._work(*batch)
            return True
        with self._changed:
            finished = self._stopping is not None and not self._batches
        if finished:
            self._close_sources(at_end=True)
            self._publish(self._recognizer.end_all(self._stopping or "shutdown"))
        return not finished

    def _due_endings(self) -> bool:
        return any(after <= self._processed for after, _, _ in self._endings)

    def _close_sources(self, *, at_end: bool = False) -> None:
        """End the sources whose last batch is done; all of them ``at_end`` of the work."""
        with self._changed:
            due = [item for item in self._endings if at_end or item[0] <= self._processed]
            for ending in due:
                self._endings.remove(ending)
        for _, source_id, reason in due:
            self._publish(self._recognizer.end_source(source_id, reason))
            self._labels.pop(source_id, None)

    def _work(self, number: int, raw: list[RawFrame]) -> None:
        wait_s = 0.0 if self._settings.live else _SOUND_WAIT_S
        for frame in raw:
            tap = self._taps.get(frame.source_id)
            for sound in tap.take_until(frame.pts_ns, timeout_s=wait_s) if tap else ():
                self._recognizer.hear(sound)
                if self._heard:
                    self._heard(sound)
        frames = [self._decode(frame) for frame in raw]
        if self._decoded:
            self._decoded(frames)
        self._publish(self._recognizer.step(frames))
        for frame in raw:
            self._count_of(frame.source_id).frames += 1
            self._labels[frame.source_id] = self._labels_of(frame)
        self._processed = number
        if self._done:
            self._done(raw)

    def _decode(self, raw: RawFrame) -> Frame:
        keypoints = decode_poses(raw, self._settings.size, self._settings.pose)
        looks = appearances(raw)
        persons = tuple(
            Person(
                track_id=track_id,
                box=raw.boxes[row],
                confidence=raw.confidences[row],
                keypoints=keypoints[row] if raw.has_tensors[row] else None,
                appearance=looks[row] if looks is not None and raw.has_tensors[row] else None,
            )
            for row, track_id in enumerate(raw.track_ids)
        )
        return Frame(
            source_id=raw.source_id,
            pts_ns=raw.pts_ns,
            ntp_ns=raw.ntp_ns,
            width=self._settings.size[0],
            height=self._settings.size[1],
            persons=persons,
            objects=raw.objects,
        )

    def _publish(self, events: Sequence[ActionEvent]) -> None:
        for event in events:
            self._count_of(event.source_id).events += event.phase == "start"
        if events:
            self._emit(events)

    def _labels_of(self, raw: RawFrame) -> dict[int, str]:
        """Open actions of the people in a frame; replaced as a whole, so that none outlives it."""
        labels = {}
        for track_id in raw.track_ids:
            if shown := self._recognizer.actions_of(raw.source_id, track_id):
                labels[track_id] = " ".join(f"{action} {score:.2f}" for action, score in shown)
        return labels

    def _count_of(self, source_id: int) -> SourceCount:
        return self.counts.setdefault(source_id, SourceCount())
