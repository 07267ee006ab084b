"""EOS and stream life cycle, the legacy mux: sources that come, go, end and begin anew."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from gi.repository import Gst

from plugins.cpu.elements.nv_events import STREAM_RESET, source_event
from tests.plugins.cpu.clips import clip
from tests.plugins.cpu.graphs import Feed, Graph, pull, pull_all
from tests.plugins.cpu.streammux.heard import frames, listening, members

pytestmark = pytest.mark.gst


def test_the_elements_behind_hear_that_a_source_ended_after_its_last_batch() -> None:
    with Graph() as graph:
        mux = graph.add("nvstreammux", width=8, height=6)
        short, long = Feed(graph, mux), Feed(graph, mux)
        sink = graph.sink(mux)
        heard = listening(mux)
        graph.play()
        short.frame(1, 0)
        short.end()
        for pts_ms in (0, 40):
            long.frame(2, pts_ms)
        long.end()
        list(pull_all(sink))
    assert heard == [
        ("nv-pad-added", 0),
        ("nv-pad-added", 1),
        ("batch", 2),
        ("nv-stream-eos", 0),
        ("batch", 1),
        ("nv-stream-eos", 1),
    ]


def test_the_elements_behind_hear_of_pads_that_come_and_go() -> None:
    with Graph() as graph:
        mux = graph.add("nvstreammux", width=8, height=6)
        first = Feed(graph, mux)
        sink = graph.sink(mux)
        heard = listening(mux)
        graph.play()
        first.frame(1, 0)
        pull(sink)
        late = Feed(graph, mux)
        late.source.sync_state_with_parent()
        late.frame(2, 5)
        first.frame(1, 40)
        pull(sink)
        late.source.set_state(Gst.State.NULL)
        mux.release_request_pad(late.pad)
        first.frame(1, 80)
        pull(sink)
    assert heard == [
        ("nv-pad-added", 0),
        ("batch", 1),
        ("nv-pad-added", 1),
        ("batch", 2),
        ("nv-pad-deleted", 1),
        ("batch", 1),
    ]


def test_a_source_can_come_and_go_while_the_graph_runs() -> None:
    with Graph() as graph:
        mux = graph.add("nvstreammux", width=8, height=6)
        first = Feed(graph, mux)
        sink = graph.sink(mux)
        graph.play()
        first.frame(1, 0)
        assert members(pull(sink)) == [(0, 0)]
        late = Feed(graph, mux)
        late.source.sync_state_with_parent()
        late.frame(2, 5)
        first.frame(1, 40)
        assert members(pull(sink)) == [(0, 40), (1, 5)]
        late.source.set_state(Gst.State.NULL)
        mux.release_request_pad(late.pad)
        first.frame(1, 80)
        assert members(pull(sink)) == [(0, 80)]
        assert Feed(graph, mux).pad.get_name() == "sink_1"


def test_releasing_the_last_source_that_runs_ends_the_pipeline() -> None:
    with Graph() as graph:
        mux = graph.add("nvstreammux", width=8, height=6)
        ended, stalled = Feed(graph, mux), Feed(graph, mux)
        sink = graph.sink(mux)
        graph.play()
        ended.frame(1)
        stalled.frame(1)
        assert members(pull(sink)) == [(0, 0), (1, 0)]
        ended.end()
        stalled.source.set_state(Gst.State.NULL)
        mux.release_request_pad(stalled.pad)
        assert graph.ended_streams() == [0]


def test_the_end_of_all_sources_can_be_kept_from_the_pipeline() -> None:
    with Graph() as graph:
        mux = graph.add("nvstreammux", width=8, height=6, drop_pipeline_eos=True)
        feed = Feed(graph, mux)
        sink = graph.sink(mux)
        graph.play()
        feed.frame(1)
        feed.end()
        assert pull(sink) is not None
        assert pull(sink, 0.3) is None
        assert not sink.get_property("eos")


@pytest.mark.parametrize(("resets", "numbers"), [(True, [0, 0]), (False, [0, 1])])
def test_a_stream_that_begins_anew_counts_anew_where_asked_for_and_is_told(
    resets: bool, numbers: list[int]
) -> None:
    with Graph() as graph:
        mux = graph.add("nvstreammux", width=8, height=6, frame_num_reset_on_stream_reset=resets)
        feed = Feed(graph, mux)
        sink = graph.sink(mux)
        heard = listening(mux)
        graph.play()
        feed.frame(1, 0)
        found = [frames(pull(sink))[0].frame_num]
        feed.pad.send_event(source_event(STREAM_RESET, 0))
        feed.frame(1, 0)
        found.append(frames(pull(sink))[0].frame_num)
    assert found == numbers
    assert heard.count(("nv-stream-reset", 0)) == 1


def test_a_graph_stops_while_sources_wait_for_room() -> None:
    with Graph() as graph:
        mux = graph.add("nvstreammux", width=8, height=6)
        full, _ = Feed(graph, mux), Feed(graph, mux)
        graph.sink(mux)
        graph.play()
        for pts_ms in range(20):
            full.frame(1, pts_ms)
    assert graph.pipeline.get_state(0).state == Gst.State.NULL


def test_a_stop_between_two_steps_is_not_overslept() -> None:
    with Graph() as graph:
        mux = graph.add("nvstreammux", width=8, height=6)
        Feed(graph, mux)
        mux._batching = mux.batching()
        mux._stop(Gst.FlowReturn.FLUSHING)
        step = threading.Thread(target=mux._step, daemon=True)
        step.start()
        step.join(10)
        assert not step.is_alive()


def test_after_the_end_the_application_can_seek_back_to_the_start(tmp_path: Path) -> None:
    uris = [clip(tmp_path / f"{number}.mp4", 10) for number in range(2)]
    with Graph() as graph:
        mux = graph.add("nvstreammux", width=16, height=16)
        sink = graph.sink(mux)
        for index, uri in enumerate(uris):
            source = graph.add("nvurisrcbin", uri=uri)
            pad = mux.request_pad_simple(f"sink_{index}")
            source.connect("pad-added", lambda _, made, pad: made.link(pad), pad)
        graph.play()
        for _ in range(3):
            times = [buffer.pts for buffer in pull_all(sink)]
            assert len(times) == 10
            assert times[0] == 0
            assert times == sorted(times)
            flags = Gst.SeekFlags.FLUSH | Gst.SeekFlags.KEY_UNIT
            assert graph.pipeline.seek_simple(Gst.Format.TIME, flags, 0)
