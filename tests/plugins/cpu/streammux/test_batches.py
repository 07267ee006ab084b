"""Batching, the legacy mux: which frames come together, and when."""

from __future__ import annotations

import pytest
from gi.repository import Gst

from tests.plugins.cpu.graphs import Feed, Graph, pull, pull_all
from tests.plugins.cpu.streammux.heard import frames, members

pytestmark = pytest.mark.gst


def test_a_file_batch_has_one_frame_of_every_source_in_the_order_of_the_pads() -> None:
    with Graph() as graph:
        mux = graph.add("nvstreammux", width=8, height=6, batch_size=3)
        feeds = [Feed(graph, mux) for _ in range(3)]
        sink = graph.sink(mux)
        graph.play()
        for feed in reversed(feeds):
            for pts_ms in (0, 40, 80):
                feed.frame(pts_ms, pts_ms)
            feed.end()
        batches = [members(buffer) for buffer in pull_all(sink)]
    assert batches == [[(pad, pts) for pad in range(3)] for pts in (0, 40, 80)]


def test_batches_go_on_without_a_source_that_ended_and_each_end_is_told() -> None:
    with Graph() as graph:
        mux = graph.add("nvstreammux", width=8, height=6)
        short, long = Feed(graph, mux), Feed(graph, mux)
        sink = graph.sink(mux)
        graph.play()
        short.frame(1, 0)
        short.end()
        for pts_ms in (0, 40, 80):
            long.frame(2, pts_ms)
        long.end()
        batches = [members(buffer) for buffer in pull_all(sink)]
        assert graph.ended_streams() == [0, 1]
    assert batches == [[(0, 0), (1, 0)], [(1, 40)], [(1, 80)]]


def test_a_file_batch_waits_for_a_slow_source() -> None:
    with Graph() as graph:
        mux = graph.add("nvstreammux", width=8, height=6, batch_size=2)
        fast, slow = Feed(graph, mux), Feed(graph, mux)
        sink = graph.sink(mux)
        graph.play()
        fast.frame(1)
        assert pull(sink, 0.2) is None
        slow.frame(2)
        assert members(pull(sink)) == [(0, 0), (1, 0)]


def test_with_a_timeout_a_file_batch_goes_without_the_slow_source() -> None:
    with Graph() as graph:
        mux = graph.add(
            "nvstreammux", width=8, height=6, batch_size=2, batched_push_timeout=100_000
        )
        fast, slow = Feed(graph, mux), Feed(graph, mux)
        sink = graph.sink(mux)
        graph.play()
        fast.frame(1)
        assert members(pull(sink)) == [(0, 0)]
        slow.frame(2)
        assert members(pull(sink)) == [(1, 0)]


def test_a_live_batch_is_pushed_partly_when_a_camera_stalls() -> None:
    with Graph() as graph:
        mux = graph.add(
            "nvstreammux",
            width=8,
            height=6,
            batch_size=2,
            live_source=True,
            batched_push_timeout=300_000,
        )
        stalled, alive = Feed(graph, mux), Feed(graph, mux)
        sink = graph.sink(mux)
        graph.play()
        alive.frame(1, 0)
        assert members(pull(sink)) == [(1, 0)]
        alive.frame(1, 40)
        stalled.frame(2, 7)
        assert sorted(members(pull(sink))) == [(0, 7), (1, 40)]


def test_without_a_timeout_a_live_batch_waits_until_it_is_full() -> None:
    with Graph() as graph:
        mux = graph.add("nvstreammux", width=8, height=6, batch_size=2, live_source=True)
        Feed(graph, mux)
        alive = Feed(graph, mux)
        sink = graph.sink(mux)
        graph.play()
        alive.frame(1, 0)
        assert pull(sink, 0.2) is None
        alive.frame(1, 40)
        assert members(pull(sink)) == [(1, 0), (1, 40)]


def test_a_batch_larger_than_batch_size_is_split() -> None:
    with Graph() as graph:
        mux = graph.add("nvstreammux", width=8, height=6, batch_size=2)
        feeds = [Feed(graph, mux) for _ in range(3)]
        sink = graph.sink(mux)
        graph.play()
        for feed in feeds:
            feed.frame(1)
        assert members(pull(sink)) == [(0, 0), (1, 0)]
        assert members(pull(sink)) == [(2, 0)]


def test_batches_are_in_time_order_even_where_a_source_goes_back() -> None:
    with Graph() as graph:
        mux = graph.add("nvstreammux", width=8, height=6)
        feed = Feed(graph, mux)
        sink = graph.sink(mux)
        graph.play()
        for pts_ms in (0, 40, 40, 20, 60):
            feed.frame(1, pts_ms)
        feed.end()
        buffers = list(pull_all(sink))
    assert [buffer.pts // Gst.MSECOND for buffer in buffers] == [0, 40, 41, 42, 60]
    assert [members(buffer)[0][1] for buffer in buffers] == [0, 40, 40, 20, 60]


def test_a_camera_loses_its_oldest_frames_when_the_graph_is_slower() -> None:
    with Graph() as graph:
        mux = graph.add(
            "nvstreammux", width=8, height=6, live_source=True, batch_size=1, buffer_pool_size=2
        )
        camera = Feed(graph, mux)
        camera.source.set_property("is-live", True)
        sink = graph.sink(mux)
        sink.set_property("max-buffers", 1)
        graph.play()
        for pts_ms in range(20):
            camera.frame(1, pts_ms)
        camera.end()
        kept = [members(buffer)[0][1] for buffer in pull_all(sink)]
        assert mux.dropped_frames == {0: 20 - len(kept)}
    assert len(kept) < 20
    assert kept[-2:] == [18, 19]


def test_one_source_can_be_several_times_in_a_live_batch_when_the_others_are_slow() -> None:
    with Graph() as graph:
        mux = graph.add("nvstreammux", width=8, height=6, batch_size=3, live_source=True)
        feeds = [Feed(graph, mux) for _ in range(3)]
        sink = graph.sink(mux)
        graph.play()
        for pts_ms in (0, 40, 80):
            feeds[1].frame(1, pts_ms)
        buffer = pull(sink)
        assert members(buffer) == [(1, 0), (1, 40), (1, 80)]
        assert [frame.batch_id for frame in frames(buffer)] == [0, 1, 2]
        assert [frame.frame_num for frame in frames(buffer)] == [0, 1, 2]
