"""nvrtspoutsinkbin: what a real RTSP client gets."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from gi.repository import GLib, Gst

from tests.broker import free_port
from tests.plugins.cpu.graphs import Graph, pull

pytestmark = pytest.mark.gst

pytest.importorskip("gi.repository.GstRtspServer", reason="needs gir1.2-gst-rtsp-server-1.0")


@pytest.fixture
def main_loop() -> Iterator[None]:
    """The application's main loop, in which the server answers."""
    loop = GLib.MainLoop()
    thread = threading.Thread(target=loop.run)
    thread.start()
    yield
    loop.quit()
    thread.join()


@pytest.mark.parametrize("codec", [1, 2])
@pytest.mark.usefixtures("main_loop")
def test_a_client_sees_the_frames(codec: int) -> None:
    port = free_port()
    with Graph() as graph, Graph() as client:
        source = graph.add("videotestsrc", is_live=True, pattern=4)  # red
        graph.chain(
            source,
            graph.caps("video/x-raw, width=64, height=48, framerate=25/1"),
            graph.add("nvvideoconvert"),
            graph.caps("video/x-raw(memory:NVMM), format=RGBA"),
            graph.add(
                "nvrtspoutsinkbin",
                rtsp_port=port,
                udp_port=free_port(),
                codec=codec,
                bitrate=500000,
            ),
        )
        graph.play()
        url = f"rtsp://127.0.0.1:{port}/ds-test"
        camera = client.add("uridecodebin", uri=url)
        convert = client.add("videoconvert")
        client.chain(convert, caps := client.caps("video/x-raw, format=RGB"))
        sink = client.sink(caps)
        camera.connect("pad-added", lambda _, pad: pad.link(convert.get_static_pad("sink")))
        client.play()
        buffer = pull(sink, 60)
        assert buffer is not None
        red, green, blue = buffer.extract_dup(3 * (64 * 24 + 32), 3)
        assert red > 200
        assert max(green, blue) < 60


def test_a_port_that_is_taken_is_one_line_on_the_bus() -> None:
    port = free_port()
    with Graph() as first, Graph() as second:
        for graph in (first, second):
            sink = graph.add("nvrtspoutsinkbin", rtsp_port=port, udp_port=free_port())
            graph.chain(graph.add("videotestsrc", num_buffers=1), sink)
            graph.pipeline.set_state(Gst.State.READY)
        assert f"rtsp-port={port} is taken" in second.error()
