"""Legacy vs new mux: frames keep their size, sources take turns, time is the mux's."""

from __future__ import annotations

from pathlib import Path

import pytest
from gi.repository import Gst

from plugins.cpu.metadata.carrier import batch_of
from plugins.cpu.streammux.legacy import LegacyStreamMux
from plugins.cpu.streammux.new import NewStreamMux
from plugins.cpu.streammux.nvstreammux import chosen
from tests.plugins.cpu.graphs import Feed, Graph, picture, pull

pytestmark = pytest.mark.gst


class NewGraph(Graph):
    """Feeds into a new mux, with an appsink behind it."""

    def __init__(
        self, sources: int = 2, size: tuple[int, int] = (8, 6), **settings: object
    ) -> None:
        super().__init__()
        self.mux = NewStreamMux()
        for name, value in {"batch_size": 2, **settings}.items():
            self.mux.set_property(name.replace("_", "-"), value)
        self.pipeline.add(self.mux)
        self.feeds = [Feed(self, self.mux, size) for _ in range(sources)]
        self.out = self.sink(self.mux)


def members(buffer: Gst.Buffer | None) -> list[tuple[int, int]]:
    """Give (pad_index, buf_pts in ms) of each frame."""
    assert buffer is not None, "no batch came"
    batch = batch_of(buffer)
    assert batch is not None
    return [(frame.pad_index, frame.buf_pts // Gst.MSECOND) for frame in batch.frame_items]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (None, LegacyStreamMux),
        ("yes", NewStreamMux),
        ("YES", LegacyStreamMux),
        ("1", LegacyStreamMux),
        ("true", LegacyStreamMux),
    ],
)
def test_only_the_exact_word_yes_chooses_the_new_kind(
    text: str | None, kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("USE_NEW_NVSTREAMMUX", raising=False)
    if text is not None:
        monkeypatch.setenv("USE_NEW_NVSTREAMMUX", text)
    assert chosen() is kind


@pytest.mark.parametrize("name", ["width", "height", "live-source", "nvbuf-memory-type"])
def test_properties_of_the_legacy_kind_are_unknown(name: str) -> None:
    with pytest.raises(TypeError, match=name):
        NewStreamMux().set_property(name, 1)


def test_without_a_batch_size_it_does_not_get_ready() -> None:
    mux = NewStreamMux()
    assert mux.get_property("batched-push-timeout") == 33000
    assert mux.set_state(Gst.State.READY) == Gst.StateChangeReturn.FAILURE
    mux.set_state(Gst.State.NULL)


def test_every_frame_keeps_its_size() -> None:
    with NewGraph() as graph:
        graph.feeds[1].resize(4, 2)
        graph.play()
        graph.feeds[0].frame(10)
        graph.feeds[1].frame(20)
        buffer = pull(graph.out)
        assert members(buffer) == [(0, 0), (1, 0)]
        assert buffer is not None
        assert [picture(buffer, n).shape for n in (0, 1)] == [(6, 8, 4), (2, 4, 4)]
        assert [int(picture(buffer, n).mean()) for n in (0, 1)] == [10, 20]


def test_the_batch_has_the_clock_of_the_mux_and_frames_their_sources_time() -> None:
    with NewGraph(1) as graph:
        graph.play()
        graph.feeds[0].frame(1, 500_000)
        buffer = pull(graph.out)
        assert members(buffer) == [(0, 500_000)]
        assert buffer is not None
        assert buffer.pts < 60 * Gst.SECOND


def test_a_batch_goes_partly_filled_after_the_timeout() -> None:
    with NewGraph(2, batched_push_timeout=100_000) as graph:
        graph.play()
        graph.feeds[1].frame(1)
        assert members(pull(graph.out)) == [(1, 0)]


def test_a_source_is_once_in_a_batch_unless_the_file_allows_more(tmp_path: Path) -> None:
    path = tmp_path / "mux.txt"
    path.write_text(
        "[property]\nadaptive-batching=0\nbatch-size=3\nmax-same-source-frames=2\n"
        "[source-config-1]\nmax-num-frames-per-batch=2\n"
    )
    for settings, wanted in (
        ({"batched_push_timeout": 300_000}, [(0, 0), (1, 0)]),
        ({"config_file_path": str(path)}, [(0, 0), (1, 0), (1, 40)]),
    ):
        with NewGraph(2, batch_size=3, **settings) as graph:
            for pts_ms in (0, 40):
                for feed in graph.feeds:
                    feed.frame(1, pts_ms)
            graph.play()
            assert members(pull(graph.out)) == wanted


def test_a_source_of_a_lower_priority_number_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "mux.yml"
    path.write_text("property: {algorithm-type: 1}\nsource-config-0: {priority: 5}\n")
    with NewGraph(2, config_file_path=str(path)) as graph:
        graph.play()
        for feed in graph.feeds:
            feed.frame(1)
        assert members(pull(graph.out)) == [(1, 0), (0, 0)]


def test_a_batch_shrinks_when_a_source_ends() -> None:
    with NewGraph(2, batched_push_timeout=-1) as graph:
        graph.play()
        graph.feeds[0].frame(1)
        graph.feeds[1].frame(1)
        graph.feeds[0].end()
        graph.feeds[1].frame(1, 40)
        assert members(pull(graph.out)) == [(0, 0), (1, 0)]
        assert members(pull(graph.out)) == [(1, 40)]


def test_a_file_with_a_wrong_value_says_which(tmp_path: Path) -> None:
    path = tmp_path / "mux.txt"
    path.write_text("[property]\nbatch-size=two\n")
    mux = NewStreamMux()
    mux.set_property("config-file-path", str(path))
    with pytest.raises(ValueError, match=r"\[property\] batch-size=two: wanted a whole number"):
        mux.batching()
