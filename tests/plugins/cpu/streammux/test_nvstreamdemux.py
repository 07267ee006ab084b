"""nvstreamdemux: every frame leaves by the pad of its source, alone and at its own time."""

from __future__ import annotations

import pytest
from gi.repository import Gst

from plugins.cpu.metadata.carrier import batch_of
from plugins.cpu.metadata.meta import NvDsBatchMeta
from plugins.cpu.streammux.nvstreamdemux import alone
from tests.plugins.cpu.batches import batch_with, person
from tests.plugins.cpu.graphs import Feed, Graph, picture, pull, pull_all
from tests.plugins.cpu.nvinfer.inference import grey

pytestmark = pytest.mark.gst


class DemuxGraph(Graph):
    """mux ! demux, with one appsink at each pad that is wanted."""

    def __init__(self, sources: int, wanted: tuple[int, ...]) -> None:
        super().__init__()
        self.mux = self.add("nvstreammux", width=8, height=6)
        self.demux = self.add("nvstreamdemux")
        self.feeds = [Feed(self, self.mux) for _ in range(sources)]
        self.chain(self.mux, self.demux)
        self.sinks = {index: self.tap(index) for index in wanted}

    def tap(self, index: int) -> Gst.Element:
        pad = self.demux.request_pad_simple(f"src_{index}")
        sink = self.add("appsink", sync=False)
        queue = self.add("queue")
        self.chain(queue, sink)
        for element in (sink, queue):  # before the link: a pad that does not run stops the stream
            element.sync_state_with_parent()
        assert pad.link(queue.get_static_pad("sink")) == Gst.PadLinkReturn.OK
        return sink


def batch(buffer: Gst.Buffer | None) -> NvDsBatchMeta:
    assert buffer is not None, "no frame came"
    meta = batch_of(buffer)
    assert meta is not None
    return meta


def test_frames_leave_by_the_pad_of_their_source_as_batches_of_one() -> None:
    with DemuxGraph(2, (0, 1)) as graph:
        graph.play()
        for pts_ms in (0, 40):
            graph.feeds[0].frame(10, pts_ms)
            graph.feeds[1].frame(20, pts_ms + 7)
        for feed in graph.feeds:
            feed.end()
        for index, value in ((0, 10), (1, 20)):
            buffers = list(pull_all(graph.sinks[index]))
            metas = [batch(buffer) for buffer in buffers]
            assert [meta.num_frames_in_batch for meta in metas] == [1, 1]
            assert [meta.max_frames_in_batch for meta in metas] == [1, 1]
            assert {meta.frame_items[0].pad_index for meta in metas} == {index}
            assert {meta.frame_items[0].batch_id for meta in metas} == {0}
            assert all((picture(buffer) == value).all() for buffer in buffers)
            # The batch has the mux's time; here the source's own is back.
            own = [7 * index, 40 + 7 * index]
            assert [buffer.pts // Gst.MSECOND for buffer in buffers] == own


def test_all_pads_end_when_the_last_source_has_ended() -> None:
    with DemuxGraph(2, (0, 1)) as graph:
        graph.play()
        for number, feed in enumerate(graph.feeds):
            feed.frame(number, 0)
        graph.feeds[0].end()
        assert pull(graph.sinks[0]) is not None
        graph.feeds[1].frame(2, 40)
        for _ in range(2):
            assert pull(graph.sinks[1]) is not None
        assert not graph.sinks[0].get_property("eos")
        graph.feeds[1].end()
        for sink in graph.sinks.values():
            assert pull(sink) is None
            assert sink.get_property("eos")


def test_with_per_stream_eos_a_source_that_ends_ends_its_pad_while_the_others_go_on() -> None:
    with DemuxGraph(2, (0, 1)) as graph:
        graph.demux.set_property("per-stream-eos", True)
        graph.play()
        graph.feeds[0].frame(1, 0)
        graph.feeds[1].frame(2, 0)
        graph.feeds[0].end()
        assert len(list(pull_all(graph.sinks[0]))) == 1
        assert graph.sinks[0].get_property("eos")
        graph.feeds[1].frame(2, 40)
        assert pull(graph.sinks[1]) is not None
        assert pull(graph.sinks[1]) is not None
        assert not graph.sinks[1].get_property("eos")


def test_frames_of_a_source_nobody_asked_for_are_dropped() -> None:
    with DemuxGraph(2, (1,)) as graph:
        graph.play()
        for feed in graph.feeds:
            feed.frame(1, 0)
            feed.end()
        assert [batch(buffer).frame_items[0].pad_index for buffer in pull_all(graph.sinks[1])] == [
            1
        ]


def test_a_pad_must_be_asked_for_by_name_and_only_once() -> None:
    with DemuxGraph(1, (0,)) as graph:
        assert graph.demux.request_pad_simple("src_%u") is None
        assert graph.demux.request_pad_simple("src_0") is None


def test_a_pad_can_be_asked_for_and_given_back_while_the_graph_runs() -> None:
    with DemuxGraph(2, (0,)) as graph:
        graph.play()
        for feed in graph.feeds:
            feed.frame(1, 0)
        assert pull(graph.sinks[0]) is not None
        late = graph.tap(1)
        for feed in graph.feeds:
            feed.frame(1, 40)
        times = [pull(late)]
        if times[0] is not None and times[0].pts == 0:  # the first batch was still on its way
            times.append(pull(late))
        assert times[-1] is not None
        assert times[-1].pts == 40 * Gst.MSECOND
        graph.demux.release_request_pad(graph.demux.get_static_pad("src_1"))
        assert graph.demux.get_static_pad("src_1") is None
        for feed in graph.feeds:
            feed.frame(1, 80)
        assert pull(graph.sinks[0]) is not None


def test_what_is_changed_behind_the_demux_is_a_copy_and_pixels_are_not_copied() -> None:
    buffer, meta = batch_with([grey(1), grey(2)])
    item, part = person(10, 5, 20, 10), person(12, 6, 4, 4)
    part.parent = item
    meta.frame_items[1].object_items += [item, part]
    own = batch(alone(buffer, meta.frame_items[1], meta)).frame_items[0]
    moved, moved_part = own.object_items
    moved.rect_params.left = 99
    own.object_items.pop()
    assert item.rect_params.left == 10
    assert len(meta.frame_items[1].object_items) == 2
    assert moved_part.parent is moved
    assert alone(buffer, meta.frame_items[1], meta).peek_memory(0) == buffer.peek_memory(1)
