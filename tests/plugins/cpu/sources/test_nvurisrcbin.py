"""nvurisrcbin: what comes out of good, odd and broken files."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from gi.repository import Gst

from plugins.cpu.metadata.carrier import batch_of
from plugins.cpu.registry import make_element
from tests.assets import ASSETS, needs_assets
from tests.plugins.cpu.clips import H264, clip, run, video
from tests.plugins.cpu.graphs import Feed, Graph, SourceGraph, pull, pull_all

pytestmark = pytest.mark.gst


def times_ms(buffers: Iterator[Gst.Buffer]) -> list[int]:
    """Give buf_pts of the only frame of each batch, from 0."""
    batches = [batch_of(buffer) for buffer in buffers]
    pts = [batch.frame_items[0].buf_pts // Gst.MSECOND for batch in batches if batch]
    return [value - pts[0] for value in pts]


def test_every_frame_of_a_file_comes_out_with_its_time(tmp_path: Path) -> None:
    with SourceGraph(clip(tmp_path / "walk.mp4", 10)) as graph:
        assert times_ms(pull_all(graph.batches)) == list(range(0, 400, 40))
        assert graph.ended_streams() == [0]


def test_the_source_id_reaches_the_metadata(tmp_path: Path) -> None:
    with SourceGraph(clip(tmp_path / "walk.mp4"), source_id=7) as graph:
        buffer = pull(graph.batches)
        assert buffer is not None
        batch = batch_of(buffer)
        assert batch is not None
        assert (batch.frame_items[0].source_id, batch.frame_items[0].pad_index) == (7, 0)


def test_sound_is_left_out_unless_it_is_asked_for(tmp_path: Path) -> None:
    uri = clip(tmp_path / "talk.mp4", sound=True)
    for disable_audio, pads in ((True, {"vsrc_0"}), (False, {"vsrc_0", "asrc_0"})):
        with SourceGraph(uri, disable_audio=disable_audio) as graph:
            assert len(list(pull_all(graph.batches))) == 25
            assert {pad.get_name() for pad in graph.source.pads} == pads


def test_sound_comes_out_decoded(tmp_path: Path) -> None:
    uri = clip(tmp_path / "talk.mp4", sound=True)
    with SourceGraph(uri, disable_audio=False, hear=True) as graph:
        assert graph.sound is not None
        heard = graph.sound.emit("try-pull-sample", 20 * Gst.SECOND)
        assert heard.get_caps().get_structure(0).get_name() == "audio/x-raw"
        assert len(list(pull_all(graph.batches))) == 25


def test_only_every_nth_frame_is_delivered(tmp_path: Path) -> None:
    with SourceGraph(clip(tmp_path / "walk.mp4", 10), drop_frame_interval=3) as graph:
        assert times_ms(pull_all(graph.batches)) == [0, 120, 240, 360]


def test_a_looped_file_goes_on_in_time(tmp_path: Path) -> None:
    uri = clip(tmp_path / "walk.mp4", 5, sound=True)
    with SourceGraph(uri, file_loop=True, disable_audio=False) as graph:
        looped = times_ms(buffer for _ in range(23) if (buffer := pull(graph.batches)))
    assert len(looped) == 23
    steps = [after - before for before, after in itertools.pairwise(looped)]
    assert min(steps) > 0
    assert steps.count(40) >= 16
    assert max(steps) <= 160


def test_a_looped_file_whose_pictures_begin_later_goes_on_without_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "reordered.mp4"  # its pictures are reordered, so the first time is not 0
    run(
        f"{video(8)} ! x264enc bframes=2 b-adapt=false ! h264parse ! mp4mux ! "
        f'filesink location="{path}"'
    )
    with SourceGraph(path.as_uri(), file_loop=True) as graph:
        looped = times_ms(buffer for _ in range(23) if (buffer := pull(graph.batches)))
    assert {after - before for before, after in itertools.pairwise(looped)} == {40}


def test_the_sound_of_a_looped_file_starts_again(tmp_path: Path) -> None:
    uri = clip(tmp_path / "talk.mp4", 10, sound=True)
    with SourceGraph(uri, file_loop=True, disable_audio=False, hear=True) as graph:
        assert graph.sound is not None
        graph.watch_only_sound()
        starts = 0
        for _ in range(60):
            sample = graph.sound.emit("try-pull-sample", 20 * Gst.SECOND)
            assert sample is not None
            starts += sample.get_buffer().pts < 30 * Gst.MSECOND
    assert starts >= 2


def test_thirty_loops_leave_no_memory_behind(tmp_path: Path) -> None:
    def resident_mb() -> float:
        gc.collect()
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

    uri = clip(tmp_path / "walk.mp4", 25, sound=True)
    with SourceGraph(uri, file_loop=True, disable_audio=False) as graph:
        for _ in range(10 * 25):
            assert pull(graph.batches)
        before_mb = resident_mb()
        for _ in range(20 * 25):
            assert pull(graph.batches)
        assert resident_mb() - before_mb < 10


def broken(tmp_path: Path, kind: str) -> str:
    """Make a file of a kind that does not play; give its address."""
    path = tmp_path / f"{kind}.mp4"
    if kind == "empty":
        path.touch()
    elif kind == "cut short":
        clip(tmp_path / "whole.mp4")
        path.write_bytes((tmp_path / "whole.mp4").read_bytes()[:2000])
    elif kind == "noise":
        path.write_bytes(bytes(range(256)) * 40)
    elif kind == "sound only":
        clip(path, pictures=False, sound=True)
    elif kind == "folder":
        path.mkdir()
    return path.as_uri()


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("missing", "no such file"),
        ("folder", "no such file"),
        ("empty", "the file is empty"),
        ("cut short", "no playable streams"),
        ("noise", "."),
        ("sound only", "no video stream"),
    ],
)
def test_a_broken_file_is_one_error_and_the_others_go_on(
    tmp_path: Path, kind: str, text: str
) -> None:
    uri = broken(tmp_path, kind)
    with SourceGraph(clip(tmp_path / "good.mp4")) as graph:
        bad = graph.add("nvurisrcbin", uri=uri)
        graph.play()
        error = graph.message(Gst.MessageType.ERROR)
        assert error is not None
        assert error.src == bad
        assert error.parse_error().gerror.message.startswith(f"{uri}: ")
        assert text in error.parse_error().gerror.message
        assert len(list(pull_all(graph.batches))) == 25
        assert graph.message(Gst.MessageType.ERROR, seconds=0.1) is None


def test_a_file_whose_end_is_missing_plays_as_far_as_it_goes(tmp_path: Path) -> None:
    clip(tmp_path / "whole.mkv", 50, muxer="matroska")
    whole = (tmp_path / "whole.mkv").read_bytes()
    (tmp_path / "part.mkv").write_bytes(whole[: len(whole) * 6 // 10])
    with SourceGraph((tmp_path / "part.mkv").as_uri()) as graph:
        assert 10 < len(list(pull_all(graph.batches))) < 50


def test_pictures_go_on_when_the_sound_cannot_be_decoded(tmp_path: Path) -> None:
    path = tmp_path / "talk.mkv"
    clip(path, sound=True, muxer="matroska")
    assert path.read_bytes().count(b"A_AAC") == 1
    path.write_bytes(path.read_bytes().replace(b"A_AAC", b"A_XXX"))
    with SourceGraph(path.as_uri(), disable_audio=False) as graph:
        assert len(list(pull_all(graph.batches))) == 25
        assert graph.message(Gst.MessageType.ERROR, seconds=0.1) is None


def test_sound_that_breaks_in_mid_stream_does_not_stop_the_pictures(tmp_path: Path) -> None:
    with SourceGraph(
        clip(tmp_path / "talk.mp4", sound=True), disable_audio=False, hear=True
    ) as graph:
        assert graph.sound is not None
        graph.sound.set_state(Gst.State.NULL)  # whoever listens has gone
        assert len(list(pull_all(graph.batches))) == 25


@pytest.mark.parametrize(
    "parts",
    [
        f"{video(8, (1, 48))} ! jpegenc ! matroskamux",
        f"{video(8, (3840, 2160))} ! jpegenc ! avimux",
        f"{video(8, (63, 47), '30000/1001')} ! {H264} ! mpegtsmux",
        f"{video(8, (64, 48), '5/1')} ! theoraenc ! oggmux",
    ],
)
def test_odd_sizes_rates_and_containers_play(tmp_path: Path, parts: str) -> None:
    run(f"{parts} ! filesink location={tmp_path / 'clip'}")
    with SourceGraph((tmp_path / "clip").as_uri()) as graph:
        assert len(list(pull_all(graph.batches))) == 8


def test_frames_at_uneven_times_keep_them(tmp_path: Path) -> None:
    path = tmp_path / "uneven.mkv"
    run(
        f"{video(24)} ! identity drop-probability=0.5 ! {H264} ! matroskamux"
        f" ! filesink location={path}"
    )
    with SourceGraph(path.as_uri()) as graph:
        pts = times_ms(pull_all(graph.batches))
    assert 2 < len(pts) < 24
    assert all(after - before >= 40 for before, after in itertools.pairwise(pts))


@pytest.mark.parametrize("uri", ["testbin://video,pattern=ball", "testbin://video+audio"])
def test_the_test_pattern_plays_without_a_camera(uri: str) -> None:
    with SourceGraph(uri, disable_audio=False) as graph:
        assert all(pull(graph.batches) for _ in range(10))


@pytest.mark.parametrize("uri", ["", "walk.mp4", "v4l2:///dev/video97", "http://127.0.0.1:9/x.mp4"])
def test_an_address_that_leads_nowhere_is_an_error(uri: str) -> None:
    with Graph() as graph:
        graph.add("nvurisrcbin", uri=uri)
        graph.play()
        assert graph.error()


@needs_assets
@pytest.mark.assets
def test_of_two_video_two_sound_and_two_subtitle_streams_the_first_are_used() -> None:
    uri = (ASSETS / "video" / "nasa_13013.mp4").as_uri()
    with SourceGraph(uri, disable_audio=False) as graph:
        assert len(list(pull_all(graph.batches))) == 325
        assert graph.ended_streams() == [0]


def test_an_unknown_property_is_refused() -> None:
    with Graph() as graph, pytest.raises(TypeError, match="rtsp-reconect"):
        graph.add("nvurisrcbin", rtsp_reconect_interval=10)


def test_a_source_can_be_taken_out_while_it_waits_for_others(tmp_path: Path) -> None:
    with SourceGraph(clip(tmp_path / "walk.mp4", 50)) as graph:
        stalled = Feed(graph, graph.mux)
        stalled.source.sync_state_with_parent()
        while graph.source.get_static_pad("vsrc_0") is None:
            assert graph.message(Gst.MessageType.ERROR, seconds=0.1) is None
        graph.message(Gst.MessageType.ERROR, seconds=0.3)  # by then the mux has no room for more
        graph.source.set_state(Gst.State.NULL)
        graph.pipeline.remove(graph.source)
        released = next(pad for pad in graph.mux.sinkpads if pad != stalled.pad)
        graph.mux.release_request_pad(released)
        stalled.frame(9)
        assert pull(graph.batches)


def test_the_defaults_of_the_properties_are_those_of_nvidia() -> None:
    wanted = {
        "rtsp-reconnect-interval": 0,  # off
        "rtsp-reconnect-attempts": -1,
        "init-rtsp-reconnect-interval": 0,
        "disable-audio": True,
        "latency": 100,
        "drop-on-latency": True,
        "select-rtp-protocol": 7,
        "udp-buffer-size": 524288,
        "buffer-mode": 3,
        "max-size-buffers": 200,
        "drop-frame-interval": 0,
        "num-extra-surfaces": 1,
        "cudadec-memtype": 0,
        "file-loop": False,
        "source-id": -1,
        "smart-record": 0,
        "smart-rec-default-duration": 20,
    }
    source = make_element("nvurisrcbin")
    assert {name: source.get_property(name) for name in wanted} == wanted
