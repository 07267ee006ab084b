"""nvstreammux, the legacy kind: which frames come together, what their metadata says."""

from __future__ import annotations

import threading
import time

import pytest
from gi.repository import Gst

from plugins.cpu.elements.nv_events import STREAM_RESET, source_event
from plugins.cpu.metadata.carrier import batch_of
from plugins.cpu.metadata.meta import NvDsBatchMeta, NvDsFrameMeta
from tests.plugins.cpu.graphs import Feed, Graph, picture, pull, pull_all

pytestmark = pytest.mark.gst


def frames(buffer: Gst.Buffer | None) -> list[NvDsFrameMeta]:
    assert buffer is not None, "no batch came"
    batch = batch_of(buffer)
    assert isinstance(batch, NvDsBatchMeta)
    return batch.frame_items


def members(buffer: Gst.Buffer | None) -> list[tuple[int, int]]:
    """Give (pad_index, buf_pts in ms) of each frame."""
    return [(frame.pad_index, frame.buf_pts // Gst.MSECOND) for frame in frames(buffer)]


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


def listening(mux: Gst.Element) -> list[tuple[str, int]]:
    """What leaves the mux: ("batch", frames in it), or an event's name with its source."""
    heard: list[tuple[str, int]] = []

    def listen(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        if info.type & Gst.PadProbeType.BUFFER:
            heard.append(("batch", len(frames(info.get_buffer()))))
        elif info.get_event().type == Gst.EventType.CUSTOM_DOWNSTREAM:
            structure = info.get_event().get_structure()
            if structure.get_name() != "nv-stream-segment":
                heard.append((structure.get_name(), structure.get_uint("source-id")[1]))
        return Gst.PadProbeReturn.OK

    kinds = Gst.PadProbeType.BUFFER | Gst.PadProbeType.EVENT_DOWNSTREAM
    mux.get_static_pad("src").add_probe(kinds, listen)
    return heard


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


def test_the_metadata_tells_sizes_numbers_and_times() -> None:
    with Graph() as graph:
        mux = graph.add("nvstreammux", width=4, height=2, attach_sys_ts=False)
        feed = Feed(graph, mux, (8, 6))
        sink = graph.sink(mux)
        graph.play()
        feed.frame(1, 10)
        feed.frame(1, 50)
        first, second = frames(pull(sink))[0], frames(pull(sink))[0]
    assert (first.source_frame_width, first.source_frame_height) == (8, 6)
    assert (first.pipeline_width, first.pipeline_height) == (4, 2)
    assert (first.frame_num, second.frame_num) == (0, 1)
    assert (first.buf_pts, second.buf_pts) == (10_000_000, 50_000_000)
    assert (first.source_id, first.batch_id, first.ntp_timestamp) == (0, 0, 0)


@pytest.mark.parametrize("live", [True, False])
def test_frames_are_stamped_with_the_wall_clock_unless_told_not_to(live: bool) -> None:
    stamps = []
    for attach in (True, False):
        with Graph() as graph:
            mux = graph.add(
                "nvstreammux", width=8, height=6, live_source=live, attach_sys_ts=attach
            )
            feed = Feed(graph, mux)
            sink = graph.sink(mux)
            graph.play()
            feed.frame(1)
            stamps.append(frames(pull(sink))[0].ntp_timestamp)
    assert abs(stamps[0] - time.time_ns()) < 60e9
    assert stamps[1] == 0


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


def test_frames_of_the_right_size_are_not_copied() -> None:
    with Graph() as graph:
        mux = graph.add("nvstreammux", width=8, height=6)
        feed = Feed(graph, mux)
        sink = graph.sink(mux)
        graph.play()
        pushed = Gst.Buffer.new_wrapped(bytes(range(192)))
        feed.source.emit("push-buffer", pushed)
        pulled = pull(sink)
        assert pulled is not None
        assert pulled.peek_memory(0) == pushed.peek_memory(0)


@pytest.mark.parametrize("size", [(1, 1), (1, 480), (3840, 2160), (33, 17)])
def test_any_size_is_scaled_to_the_size_of_the_batch(size: tuple[int, int]) -> None:
    with Graph() as graph:
        mux = graph.add("nvstreammux", width=64, height=36)
        feed = Feed(graph, mux, size)
        sink = graph.sink(mux)
        graph.play()
        feed.frame(77)
        buffer = pull(sink)
        assert buffer is not None
        assert (picture(buffer) == 77).all()
        assert picture(buffer).shape == (36, 64, 4)


def test_a_size_can_change_in_mid_stream() -> None:
    with Graph() as graph:
        mux = graph.add("nvstreammux", width=8, height=6)
        feed = Feed(graph, mux)
        sink = graph.sink(mux)
        graph.play()
        sizes = []
        for value, size in enumerate([(8, 6), (16, 2), (8, 6)]):
            feed.resize(*size)
            feed.frame(value, 40 * value)
            buffer = pull(sink)
            assert buffer is not None
            assert (picture(buffer) == value).all()
            meta = frames(buffer)[0]
            sizes.append((meta.source_frame_width, meta.source_frame_height))
    assert sizes == [(8, 6), (16, 2), (8, 6)]


def test_padding_keeps_the_aspect_ratio_between_black_bars() -> None:
    with Graph() as graph:
        mux = graph.add("nvstreammux", width=16, height=16, enable_padding=True)
        feed = Feed(graph, mux, (16, 8))
        sink = graph.sink(mux)
        graph.play()
        feed.frame(200)
        buffer = pull(sink)
        assert buffer is not None
        shown = picture(buffer)[..., 0]
    assert (shown[4:12] == 200).all()
    assert not shown[:4].any()
    assert not shown[12:].any()


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


def test_a_mux_without_a_size_is_an_error_that_says_so() -> None:
    with Graph() as graph:
        mux = graph.add("nvstreammux", width=8)
        Feed(graph, mux)
        graph.sink(mux)
        graph.play()
        assert "width and height" in graph.error()


def test_a_buffer_smaller_than_its_caps_is_an_error_on_the_bus() -> None:
    with Graph() as graph:
        mux = graph.add("nvstreammux", width=8, height=6)
        feed = Feed(graph, mux)
        graph.sink(mux)
        graph.play()
        feed.source.emit("push-buffer", Gst.Buffer.new_wrapped(b"1234"))
        assert "wanted 8x6 RGBA, 192 bytes; got 4 bytes" in graph.error()


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


def test_an_unknown_property_is_refused() -> None:
    with Graph() as graph:
        mux = graph.add("nvstreammux")
        with pytest.raises(TypeError, match="frames-per-batch"):
            mux.set_property("frames-per-batch", 4)


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


def test_sync_inputs_warns_that_it_has_no_effect_here() -> None:
    with Graph() as graph:
        mux = graph.add("nvstreammux", width=8, height=6, sync_inputs=True)
        Feed(graph, mux)
        graph.sink(mux)
        graph.play()
        message = graph.message(Gst.MessageType.WARNING)
        assert message is not None
        assert "sync-inputs has no effect" in message.parse_warning().gerror.message
