"""Batching with live sources: sync-inputs drops late frames, holds early ones, by max-latency."""

from __future__ import annotations

import threading
import time

import pytest
from gi.repository import Gst

from plugins.cpu.metadata.meta import NvDsFrameMeta
from plugins.cpu.streammux.input import MuxFrame, MuxInput
from plugins.cpu.streammux.sync import InputSync
from tests.plugins.cpu.graphs import Feed, Graph, pull
from tests.plugins.cpu.streammux.heard import members

pytestmark = pytest.mark.gst

MS = 1_000_000


def waiting(*times_ms: int) -> MuxInput:
    """A source whose frames have these running times."""
    entry = MuxInput(Gst.Pad.new("sink_0", Gst.PadDirection.SINK), 0, threading.Condition(), 9)
    for at_ms in times_ms:
        entry.early.append(
            MuxFrame(
                pixels=Gst.Buffer.new(),
                meta=NvDsFrameMeta(),
                running_ns=at_ms * MS,
                duration_ns=0,
                arrived_s=0.0,
            )
        )
    return entry


@pytest.mark.parametrize(
    ("age_ms", "fate"),
    [
        (32, "early"),
        (33, "in time"),  # as old as the period between two batches
        (83, "in time"),  # and max-latency more
        (84, "late"),
    ],
)
def test_a_frame_is_batched_from_one_period_to_max_latency_after_its_time(
    age_ms: int, fate: str
) -> None:
    entry = waiting(1000)
    wait_s = InputSync(33 * MS, 50 * MS).admit([entry], (1000 + age_ms) * MS)
    assert len(entry.early) == (fate == "early")
    assert len(entry.frames) == (fate == "in time")
    assert entry.dropped == (fate == "late")
    assert (wait_s is None) == (fate != "early")


def test_the_mux_sleeps_until_the_next_frame_is_due() -> None:
    sources = [waiting(1000, 1040), waiting(1010)]
    wait_s = InputSync(40 * MS, 0).admit(sources, 1030 * MS)
    assert wait_s == pytest.approx(0.010)
    assert InputSync(40 * MS, 0).admit([waiting()], 0) is None


@pytest.mark.parametrize("live", [False, True])
def test_frames_of_all_sources_leave_at_their_time(live: bool) -> None:
    with Graph() as graph:
        mux = graph.add(
            "nvstreammux",
            width=8,
            height=6,
            batch_size=2,
            live_source=live,
            sync_inputs=True,
            max_latency=4 * Gst.SECOND,
            batched_push_timeout=50_000,
        )
        feeds = [Feed(graph, mux) for _ in range(2)]
        sink = graph.sink(mux)
        sink.set_property("async", False)
        for feed in feeds:
            feed.frame(1, 0)
            feed.frame(2, 400)
        started_s = time.monotonic()
        graph.play()
        assert sorted(members(pull(sink))) == [(0, 0), (1, 0)]
        assert sorted(members(pull(sink))) == [(0, 400), (1, 400)]
        assert time.monotonic() - started_s > 0.4
        assert mux.dropped_frames == {0: 0, 1: 0}


def test_a_frame_that_comes_too_late_is_dropped_and_counted() -> None:
    with Graph() as graph:
        mux = graph.add(
            "nvstreammux", width=8, height=6, sync_inputs=True, batched_push_timeout=1000
        )
        feed = Feed(graph, mux)
        sink = graph.sink(mux)
        sink.set_property("async", False)
        graph.play()
        assert graph.pipeline.get_state(20 * Gst.SECOND)[1] == Gst.State.PLAYING
        time.sleep(0.2)
        feed.frame(1, 0)
        feed.frame(2, 10_000)
        feed.end()
        assert pull(sink, 0.3) is None
        assert mux.dropped_frames == {0: 1}
