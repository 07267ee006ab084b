"""The worker: in order, without loss for files, without waiting for live cameras."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np

from plugins.metadata import RawFrame
from plugins.pose_decoding import PoseSettings
from plugins.recognizer import Recognizer
from plugins.sound_tap import SoundTap
from plugins.worker import TASKS, Worker, WorkerSettings
from recognition.events import ActionEvent
from recognition.rules import EventConfig
from recognition.windows import WindowConfig
from tests.broker import wait_until
from tests.recognition.fusion import LABELS, ScriptedFusion, walks_when_moving
from tests.recognition.people import STANDING

POSE = PoseSettings(decoder="movenet", keep_aspect=False, symmetric=False)


def shot(index: int, *, source_id: int = 0, left: float = 100) -> RawFrame:
    """Frame ``index`` at 30 frames per second, with one person."""
    tensor = np.concatenate([STANDING[:, ::-1], np.full((17, 1), 0.8)], axis=1)
    return RawFrame(
        source_id=source_id,
        pts_ns=index * 33_333_333,
        ntp_ns=None,
        track_ids=[1],
        confidences=[0.9],
        boxes=np.array([[left, 100, left + 100, 400]], np.float32),
        crops=np.array([[left, 100, 100, 300]], np.float32),
        has_tensors=np.array([True]),
        tensors={"out": tensor[None].astype(np.float32)},
        network=(192, 192),
    )


class Site:
    """A worker with all that it needs; ``gate`` holds up its engine."""

    def __init__(self, *, live: bool, sources: int = 1) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.events: list[ActionEvent] = []
        self.done: list[int] = []
        self.recognizer = Recognizer(
            ScriptedFusion(walks_when_moving),
            LABELS,
            windows=WindowConfig(),
            events=EventConfig(),
            sources=range(sources),
        )
        self.taps: dict[int, SoundTap] = {}
        self.worker = Worker(
            self.recognizer,
            self.taps,
            WorkerSettings(pose=POSE, size=(1280, 720), live=live, capacity=4),
            emit=self.events.extend,
            done=self._done,
        )

    def _done(self, frames: Sequence[RawFrame]) -> None:
        self.gate.wait()
        self.done += [frame.pts_ns for frame in frames]

    def told(self) -> list[tuple[int, str, str]]:
        return [(event.source_id, event.action, event.phase) for event in self.events]


def test_a_file_loses_nothing_however_slow_the_worker_is() -> None:
    site = Site(live=False)
    site.gate.clear()

    def offer() -> None:
        for number in range(1, 40):
            site.worker.offer(number, [shot(number)])

    offering = threading.Thread(target=offer)
    offering.start()
    site.worker.start()
    site.gate.set()
    offering.join(10)
    site.worker.stop("stream_ended", timeout_s=10)
    assert len(site.done) == 39
    assert site.worker.dropped == 0


def test_a_live_camera_never_waits_and_loses_the_oldest_counted() -> None:
    site = Site(live=True)
    for number in range(1, 21):
        site.worker.offer(number, [shot(number)])
    site.worker.start()
    site.worker.stop("stream_ended", timeout_s=10)
    assert site.worker.dropped == 16
    assert site.done == [shot(n).pts_ns for n in (17, 18, 19, 20)]


def test_a_source_ends_exactly_after_its_last_batch() -> None:
    site = Site(live=False, sources=2)
    site.worker.start()
    for number in range(1, 151):
        frames = [shot(number, left=100 + 4 * number)]
        if number <= 100:
            frames.append(shot(number, source_id=1, left=100 + 4 * number))
        if number == 101:
            site.worker.end_source(1, after_batch=100, reason="stream_ended")
        site.worker.offer(number, frames)
    site.worker.stop("stream_ended", timeout_s=10)
    assert site.told() == [
        (0, "walk", "start"),
        (1, "walk", "start"),
        (1, "walk", "end"),
        (0, "walk", "end"),
    ]
    assert site.worker.counts[1].frames == 100


def test_a_source_is_not_closed_before_its_last_frame_when_the_run_ends_with_it() -> None:
    site = Site(live=False)
    for number in range(1, 5):
        site.worker.offer(number, [shot(number)])
    site.worker.end_source(0, after_batch=4, reason="stream_ended")
    site.worker.start()
    site.worker.stop("stream_ended", timeout_s=10)
    assert site.recognizer.tracks_started == {0: 1}


def test_a_stop_by_the_user_closes_events_without_working_off_the_queue() -> None:
    site = Site(live=False)
    site.worker.start()
    for number in range(1, 101):
        site.worker.offer(number, [shot(number, left=100 + 4 * number)])
    wait_until(lambda: site.events, "the walk")
    site.worker.stop("shutdown", timeout_s=10)
    assert not site.worker.is_alive()
    assert site.told()[-1] == (0, "walk", "end")
    assert site.events[-1].end_reason == "shutdown"


def test_a_failure_is_kept_and_nobody_waits_for_the_dead_worker() -> None:
    site = Site(live=False)
    site.worker.start()
    broken = shot(1)
    broken.tensors = {"heatmaps": np.zeros((1, 17, 48, 48), np.float32)}
    site.worker.offer(1, [broken])
    wait_until(lambda: site.worker.failure, "the failure")
    for number in range(2, 30):
        site.worker.offer(number, [shot(number)])
    assert "the decoder 'movenet' wants" in str(site.worker.failure)


def test_the_overlay_shows_what_is_open_and_nothing_afterwards() -> None:
    site = Site(live=False)
    site.worker.start()
    for number in range(1, 101):
        site.worker.offer(number, [shot(number, left=100 + 4 * number)])
    wait_until(lambda: site.worker.label_of(0, 1).startswith("walk "), "the label")
    site.worker.end_source(0, after_batch=100, reason="stream_ended")
    wait_until(lambda: not site.worker.label_of(0, 1), "the label's end")
    site.worker.stop("stream_ended", timeout_s=10)


def test_a_task_is_done_between_two_batches_and_its_events_are_told() -> None:
    site = Site(live=True)
    site.worker.start()
    threads: list[str] = []

    def task() -> list[ActionEvent]:
        threads.append(threading.current_thread().name)
        return []

    assert site.worker.do(task)
    wait_until(lambda: threads, "the task")
    site.worker.stop("shutdown", timeout_s=60)
    assert threads == ["edgeact-worker"]
    assert not site.worker.do(task)


def test_tasks_that_nobody_gets_to_are_refused_at_a_bound() -> None:
    site = Site(live=True)
    assert [site.worker.do(list) for _ in range(TASKS + 1)] == [True] * TASKS + [False]
