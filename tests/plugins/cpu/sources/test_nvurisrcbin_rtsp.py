"""nvurisrcbin with a camera that comes, goes and comes back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gi.repository import Gst

from tests.plugins.cpu.graphs import Graph, SourceGraph, pull
from tests.rtsp import RtspServer

pytestmark = pytest.mark.gst


@pytest.fixture
def camera() -> Iterator[RtspServer]:
    camera = RtspServer()
    yield camera
    camera.stop()


def secret(camera: RtspServer) -> str:
    """Give the camera's address with a user and a password."""
    return camera.url.replace("rtsp://", "rtsp://viewer:secret@")


def pull_through(graph: SourceGraph, count: int, seconds: float = 20) -> int:
    """Pull up to ``count`` batches; give how many came without a pause of ``seconds``."""
    for number in range(count):
        if pull(graph.batches, seconds) is None:
            return number
    return count


def test_a_camera_delivers(camera: RtspServer) -> None:
    camera.start()
    with SourceGraph(secret(camera), latency=50, select_rtp_protocol=4) as graph:
        assert pull_through(graph, 10) == 10


def test_a_camera_that_comes_back_delivers_again(camera: RtspServer) -> None:
    camera.start()
    with SourceGraph(secret(camera), select_rtp_protocol=4, rtsp_reconnect_interval=1) as graph:
        assert pull_through(graph, 5) == 5
        camera.stop()
        while pull(graph.batches, 1) is not None:
            continue
        camera.start()
        assert pull_through(graph, 5) == 5
        told = graph.message(Gst.MessageType.WARNING, Gst.MessageType.ERROR)
        assert told is not None
        assert told.type == Gst.MessageType.WARNING
        assert "secret" not in str(told.parse_warning())


def test_a_camera_that_is_off_at_the_start_is_waited_for(camera: RtspServer) -> None:
    with SourceGraph(secret(camera), select_rtp_protocol=4, rtsp_reconnect_interval=1) as graph:
        assert graph.message(Gst.MessageType.WARNING)
        camera.start()
        assert pull_through(graph, 5) == 5


def test_without_reconnection_a_camera_that_is_off_is_an_error(camera: RtspServer) -> None:
    with Graph() as graph:
        graph.add("nvurisrcbin", uri=secret(camera), select_rtp_protocol=4)
        graph.play()
        assert graph.error().startswith(f"rtsp://***@127.0.0.1:{camera.port}/main: ")


def test_after_the_last_attempt_the_source_gives_up_and_says_so(camera: RtspServer) -> None:
    with Graph() as graph:
        graph.add(
            "nvurisrcbin",
            uri=secret(camera),
            source_id=3,
            select_rtp_protocol=4,
            rtsp_reconnect_interval=1,
            rtsp_reconnect_attempts=2,
        )
        graph.play()
        told = graph.message(Gst.MessageType.ELEMENT)
        assert told is not None
        structure = told.get_structure()
        assert structure.get_name() == "rtsp-reconnect-attempts-exceeded"
        assert structure.get_int("source-id").value == 3
        assert "gave up after 2 attempts" in graph.error()
