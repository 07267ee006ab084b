"""nvvideoconvert: between frames of the graph and GStreamer's own raw pictures."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest
from gi.repository import Gst

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
        convert = graph.add("nvvideoconvert", src_crop="0:0:8:8")
        graph.chain(graph.add("videotestsrc", num_buffers=1), convert)
        graph.sink(convert)
        graph.play()
        message = graph.message(Gst.MessageType.WARNING)
        assert message is not None
        assert "src-crop has no effect" in message.parse_warning().gerror.message
