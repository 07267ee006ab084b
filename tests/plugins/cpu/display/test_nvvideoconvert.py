"""nvvideoconvert: between frames of the graph and GStreamer's own raw pictures."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from gi.repository import Gst

from plugins.cpu import pyds
from plugins.cpu.metadata.carrier import batch_of
from tests.plugins.cpu.clips import clip
from tests.plugins.cpu.graphs import Feed, Graph, pull, pull_all

pytestmark = pytest.mark.gst


def test_raw_pictures_become_frames_of_the_graph_and_back() -> None:
    with Graph() as graph:
        parts = (
            graph.add("videotestsrc", num_buffers=3, pattern=4),  # red
            graph.caps("video/x-raw, format=I420, width=32, height=16"),
            graph.add("nvvideoconvert"),
            graph.caps("video/x-raw(memory:NVMM), format=RGBA"),
            graph.add("nvvideoconvert"),
            graph.caps("video/x-raw, format=GRAY8"),
        )
        graph.chain(*parts)
        sink = graph.sink(parts[-1])
        graph.play()
        assert [buffer.get_size() for buffer in pull_all(sink)] == [32 * 16] * 3


def test_a_whole_batch_passes_untouched_with_its_metadata() -> None:
    with Graph() as graph:
        mux = graph.add("nvstreammux", width=8, height=6)
        convert = graph.add("nvvideoconvert")
        feeds = [Feed(graph, mux) for _ in range(3)]
        graph.chain(mux, convert)
        sink = graph.sink(convert)
        graph.play()
        for feed in feeds:
            feed.frame(5)
        buffer = pull(sink)
        assert buffer is not None
        batch = batch_of(buffer)
        assert batch is not None
        assert batch.num_frames_in_batch == buffer.n_memory() == 3


def test_two_files_are_tiled_drawn_and_written_to_a_file_that_plays(tmp_path: Path) -> None:
    uris = [clip(tmp_path / f"{name}.mp4", 20) for name in ("left", "right")]
    written = tmp_path / "tiled.mp4"
    with Graph() as graph:
        mux = graph.add("nvstreammux", width=64, height=48, batch_size=2)
        graph.chain(
            mux,
            graph.add("nvmultistreamtiler", rows=1, columns=2, width=320, height=120),
            graph.add("nvdsosd", process_mode=0),
            graph.add("nvvideoconvert"),
            graph.add("x264enc", speed_preset=1),
            graph.add("h264parse"),
            graph.add("mp4mux"),
            graph.add("filesink", location=str(written)),
        )
        for index, uri in enumerate(uris):
            source = graph.add("nvurisrcbin", uri=uri)
            sink = mux.request_pad_simple(f"sink_{index}")
            source.connect("pad-added", lambda _, pad, sink: pad.link(sink), sink)
        graph.play()
        assert sorted(graph.ended_streams()) == [0, 1]
    video = cv2.VideoCapture(str(written))
    frames = 0
    while (read := video.read())[0]:
        frames += 1
        assert read[1].shape == (120, 320, 3)
        difference = cv2.absdiff(read[1][:, :160], read[1][:, 160:]).mean()
        assert difference < 8
        assert read[1].mean() > 40
    assert frames == 20
    assert video.get(cv2.CAP_PROP_FPS) == pytest.approx(25, abs=0.5)


def test_a_crop_warns_that_it_has_no_effect_here() -> None:
    with Graph() as graph:
        convert = graph.add("nvvideoconvert", dest_crop="0:0:8:8")
        graph.chain(graph.add("videotestsrc", num_buffers=1), convert)
        graph.sink(convert)
        graph.play()
        message = graph.message(Gst.MessageType.WARNING)
        assert message is not None
        assert "dest-crop has no effect" in message.parse_warning().gerror.message


def test_metadata_stays_when_the_picture_becomes_another() -> None:
    with Graph() as graph:
        mux = graph.add("nvstreammux", width=32, height=16)
        feed = Feed(graph, mux)
        convert, caps = graph.add("nvvideoconvert"), graph.caps("video/x-raw, format=BGR, width=48")
        graph.chain(mux, convert, caps)
        sink = graph.sink(caps)
        graph.play()
        for number in range(3):
            feed.frame(number, pts_ms=40 * number)
        for number in range(3):
            buffer = pull(sink)
            assert buffer is not None
            assert buffer.get_size() == 48 * 16 * 3
            batch = batch_of(buffer)
            assert batch is not None
            (frame,) = batch.frame_items
            assert frame.frame_num == number
            assert (frame.pipeline_width, frame.pipeline_height) == (48, 16)


def test_a_batch_of_several_frames_is_not_cut_to_its_first() -> None:
    with Graph() as graph:
        mux = graph.add("nvstreammux", width=32, height=16)
        feeds = [Feed(graph, mux) for _ in range(2)]
        caps = graph.caps("video/x-raw(memory:NVMM), format=NV12")
        graph.chain(mux, graph.add("nvvideoconvert"), caps)
        graph.sink(caps)
        graph.play()
        for feed in feeds:
            feed.frame(5)
        wanted = "a batch of 2 frames cannot be brought to another size or format"
        assert wanted in graph.error()


def test_pixels_that_are_not_rgba_are_refused_as_by_pyds() -> None:
    with Graph() as graph:
        mux = graph.add("nvstreammux", width=32, height=16)
        feed = Feed(graph, mux)
        caps = graph.caps("video/x-raw(memory:NVMM), format=NV12")
        graph.chain(mux, graph.add("nvvideoconvert"), caps)
        sink = graph.sink(caps)
        graph.play()
        feed.frame(5)
        buffer = pull(sink)
        assert buffer is not None
        with pytest.raises(RuntimeError, match=r"only RGBA.*format=RGBA"):
            pyds.get_nvds_buf_surface(hash(buffer), 0)


def corners(flip: int = 0, crop: str | None = None) -> list[int]:
    """Red values at the four corners of a frame, from the upper left clockwise."""
    with Graph() as graph:
        source = graph.add("appsrc", format=Gst.Format.TIME)
        caps = "video/x-raw, format=RGBA, width=8, height=4, framerate=25/1"
        source.set_property("caps", Gst.Caps.from_string(caps))
        convert = graph.add("nvvideoconvert", flip_method=flip, src_crop=crop)
        graph.chain(source, convert, last := graph.caps("video/x-raw, format=RGBA"))
        sink = graph.sink(last)
        graph.play()
        pixels = np.zeros((4, 8, 4), np.uint8)
        pixels[:2, :4], pixels[:2, 4:], pixels[2:, 4:], pixels[2:, :4] = 10, 20, 30, 40
        source.emit("push-buffer", Gst.Buffer.new_wrapped(pixels.tobytes()))
        sample = sink.emit("try-pull-sample", 20 * Gst.SECOND)
        structure = sample.get_caps().get_structure(0)
        width, height = structure.get_value("width"), structure.get_value("height")
        buffer = sample.get_buffer()
        data = buffer.extract_dup(0, buffer.get_size())
        turned = np.frombuffer(data, np.uint8).reshape(height, width, 4)[..., 0]
        assert {width, height} == {4, 8}
        assert (width == 4) == (flip in (1, 3, 5, 7))
        return [int(turned[y, x]) for y, x in ((0, 0), (0, -1), (-1, -1), (-1, 0))]


@pytest.mark.parametrize(
    ("flip", "wanted"),
    [
        (0, [10, 20, 30, 40]),
        (1, [20, 30, 40, 10]),  # counterclockwise
        (2, [30, 40, 10, 20]),
        (3, [40, 10, 20, 30]),  # clockwise
        (4, [20, 10, 40, 30]),  # left and right
        (5, [30, 20, 10, 40]),  # upper right diagonal
        (6, [40, 30, 20, 10]),  # top and bottom
        (7, [10, 40, 30, 20]),  # upper left diagonal
    ],
)
def test_frames_are_turned_as_flip_method_says(flip: int, wanted: list[int]) -> None:
    assert corners(flip) == wanted


def test_a_part_of_the_frame_fills_it() -> None:
    assert corners(crop="4:0:4:2") == [20] * 4


def test_a_crop_that_is_none_stops_the_start() -> None:
    with Graph() as graph:
        convert = graph.add("nvvideoconvert", src_crop="4:0:four")
        graph.chain(graph.add("videotestsrc", num_buffers=1), convert)
        graph.sink(convert)
        graph.play()
        assert "src-crop=4:0:four: wanted left:top:width:height, px" in graph.error()
