"""nvjpegenc and nvjpegdec: pictures of the graph as JPEG and back."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from gi.repository import Gst

from tests.plugins.cpu.graphs import Graph, picture, pull

pytestmark = pytest.mark.gst


@pytest.mark.parametrize("kind", ["RGBA", "I420"])
def test_a_frame_becomes_a_jpeg_picture(kind: str) -> None:
    with Graph() as graph:
        source = graph.add("videotestsrc", num_buffers=1, pattern="red")
        caps = graph.caps(f"video/x-raw(memory:NVMM), format={kind}, width=64, height=48")
        encoder = graph.add("nvjpegenc", quality=95)
        graph.chain(source, graph.add("nvvideoconvert"), caps, encoder)
        sink = graph.sink(encoder)
        graph.play()
        buffer = pull(sink)
    assert buffer is not None
    coded = np.frombuffer(buffer.extract_dup(0, buffer.get_size()), np.uint8)
    decoded = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    assert decoded is not None
    assert decoded.shape == (48, 64, 3)
    blue, green, red = decoded[24, 32]
    assert red > 230
    assert max(blue, green) < 30


@pytest.mark.parametrize("factory", ["nvjpegdec", "nvv4l2decoder"])
def test_a_jpeg_picture_becomes_a_frame(factory: str) -> None:
    with Graph() as graph:
        source = graph.add("videotestsrc", num_buffers=1, pattern="red")
        decoder = graph.add(factory)
        graph.chain(source, graph.add("jpegenc"), graph.add("jpegparse"), decoder)
        mux = graph.add("nvstreammux", width=64, height=48)
        linked = decoder.get_static_pad("src").link(mux.request_pad_simple("sink_0"))
        assert linked == Gst.PadLinkReturn.OK
        sink = graph.sink(mux)
        graph.play()
        buffer = pull(sink)
    assert buffer is not None
    red, green, blue, _ = picture(buffer)[24, 32]
    assert red > 230
    assert max(green, blue) < 30
