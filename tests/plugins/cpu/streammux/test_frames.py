"""Time fields and sizes, the legacy mux: what becomes of a frame."""

from __future__ import annotations

import time

import pytest
from gi.repository import Gst

from tests.plugins.cpu.graphs import Feed, Graph, picture, pull
from tests.plugins.cpu.streammux.heard import frames

pytestmark = pytest.mark.gst


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


def test_an_unknown_property_is_refused() -> None:
    with Graph() as graph:
        mux = graph.add("nvstreammux")
        with pytest.raises(TypeError, match="frames-per-batch"):
            mux.set_property("frames-per-batch", 4)


@pytest.mark.parametrize("kind", ["NV12", "I420"])
@pytest.mark.parametrize("size", [(64, 48), (33, 17)])
def test_frames_in_the_decoders_formats_become_rgba(kind: str, size: tuple[int, int]) -> None:
    with Graph() as graph:
        source = graph.add("videotestsrc", num_buffers=1, pattern="smpte")
        convert = graph.add("nvvideoconvert")
        caps = f"format={kind}, width={size[0]}, height={size[1]}"
        asked = graph.caps(f"video/x-raw(memory:NVMM), {caps}")
        mux = graph.add("nvstreammux", width=64, height=48)
        graph.chain(source, convert, asked)
        assert asked.get_static_pad("src").link(mux.request_pad_simple("sink_0")) == 0
        sink = graph.sink(mux)
        graph.play()
        buffer = pull(sink)
    assert buffer is not None
    pixels = picture(buffer)
    white, yellow, black = pixels[5, 4, :3], pixels[5, 13, :3], pixels[40, 34, :3]
    assert white.min() > 150
    assert yellow[:2].min() > 150
    assert yellow[2] < 60
    assert black.max() < 60
    assert (pixels[..., 3] == 255).all()
