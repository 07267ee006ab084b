"""nvmultiurisrcbin: a list of addresses becomes batches."""

from __future__ import annotations

from pathlib import Path

import pytest
from gi.repository import Gst

from tests.plugins.cpu.clips import clip
from tests.plugins.cpu.graphs import Graph, pull_all
from tests.plugins.cpu.streammux.heard import frames

pytestmark = pytest.mark.gst


def test_every_address_of_the_list_is_a_source_of_the_batches(tmp_path: Path) -> None:
    uris = [clip(tmp_path / f"{number}.mp4", count) for number, count in enumerate((4, 8))]
    with Graph() as graph:
        source = graph.add(
            "nvmultiurisrcbin",
            uri_list=",".join(uris),
            max_batch_size=2,
            width=32,
            height=24,
            drop_frame_interval=2,
            port="0",
        )
        sink = graph.sink(source)
        graph.play()
        seen = [frame for buffer in pull_all(sink) for frame in frames(buffer)]
        assert sorted(graph.ended_streams()) == [0, 1]
    assert [frame.source_id for frame in seen].count(0) == 2
    assert [frame.source_id for frame in seen].count(1) == 4
    assert {(frame.pipeline_width, frame.pipeline_height) for frame in seen} == {(32, 24)}


def test_a_rest_port_is_told_to_have_no_effect(tmp_path: Path) -> None:
    uri = clip(tmp_path / "clip.mp4", 2)
    with Graph() as graph:
        graph.sink(graph.add("nvmultiurisrcbin", uri_list=uri, width=32, height=24))
        graph.play()
        message = graph.message(Gst.MessageType.WARNING)
    assert message is not None
    assert "port=9000 has no effect" in message.parse_warning().gerror.message


def test_an_address_that_is_not_there_is_an_error_that_names_it(tmp_path: Path) -> None:
    uri = (tmp_path / "absent.mp4").as_uri()
    with Graph() as graph:
        graph.sink(graph.add("nvmultiurisrcbin", uri_list=uri, width=32, height=24, port="0"))
        graph.play()
        assert graph.error() == f"{uri}: no such file"
