"""``edgeact record --folder`` records many videos, goes on where it stopped, skips what is bad."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from pipelines import record_folder
from recognition.recording import read_recording
from tests.pipelines.toy_site import EDGEACT, make_clip, make_site, run_edgeact

pytestmark = pytest.mark.gst


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_site(tmp_path_factory.mktemp("site"), {"any": "none.mp4"})


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three that play, one with sound and one with spaces; one that is none; a text beside them."""
    folder = tmp_path_factory.mktemp("videos")
    (folder / "wave").mkdir()
    make_clip(folder / "wave" / "v_wave g01.avi", seconds=0.4)
    make_clip(folder / "wave" / "v_wave_g02.mp4", seconds=0.6, sound=True)
    make_clip(folder / "b.mkv", seconds=0.4)
    (folder / "wave" / "bad.mp4").write_bytes(b"no video at all" * 50)
    (folder / "notes.txt").write_text("wave")
    return folder


def record(site: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return run_edgeact("record", site, *words)


def test_every_video_is_recorded_and_a_bad_one_skipped_listed_and_counted(
    site: Path, videos: Path, tmp_path: Path
) -> None:
    to = tmp_path / "recorded"
    run = record(site, "--folder", videos, "--to", to)
    assert run.returncode == 0, run.stderr
    made = sorted(path.relative_to(to).as_posix() for path in to.rglob("*.npz"))
    assert made == ["b.npz", "wave/v_wave g01.npz", "wave/v_wave_g02.npz"]
    heard = read_recording(to / "wave" / "v_wave_g02.npz")
    assert len(heard.frames) == 9
    assert heard.sounds
    assert "3 of 4 videos are recorded" in run.stderr
    assert "1 skipped; they and why:" in run.stderr
    path, _, reason = (to / "skipped.csv").read_text().splitlines()[1].partition(",")
    assert (path, bool(reason)) == ("wave/bad.mp4", True)


def test_it_goes_on_where_it_stopped(site: Path, videos: Path, tmp_path: Path) -> None:
    to = tmp_path / "recorded"
    command: list[str | Path] = [EDGEACT, "record", site, "--folder", videos, "--to", to]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as first:
        while not list(to.rglob("*.npz")) and first.poll() is None:
            time.sleep(0.02)
        os.kill(first.pid, signal.SIGKILL)
    done = {path: path.stat().st_mtime_ns for path in to.rglob("*.npz")}
    assert done
    again = record(site, "--folder", videos, "--to", to)
    assert again.returncode == 0, again.stderr
    assert f"{len(done)} of 4 are done; going on with the others" in again.stderr
    assert len(list(to.rglob("*.npz"))) == 3
    assert {path: path.stat().st_mtime_ns for path in done} == done
    last = record(site, "--folder", videos, "--to", to)
    assert "4 of 4 are done" in last.stderr


def test_a_video_that_crashes_the_program_is_skipped_and_the_rest_goes_on(
    videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_folder, "_record_one", crash_on_b)
    with record_folder._Child(None, videos) as child:  # type: ignore[arg-type]
        told = [child.record(record_folder.Job(path, tmp_path)) for path in ("a", "b", "c")]
    assert told == ["", "the program crashed on it", ""]


def crash_on_b(_config: object, _folder: Path, job: record_folder.Job) -> str:
    if job.path == "b":
        os.kill(os.getpid(), signal.SIGSEGV)
    return ""


def test_only_the_listed_videos_are_recorded_each_once(
    site: Path, videos: Path, tmp_path: Path
) -> None:
    listed = tmp_path / "clips.csv"
    listed.write_text("path,label\nb.mkv,walk\nb.mkv,wave\ngone.mp4,walk\n")
    run = record(site, "--folder", videos, "--listed", listed, "--to", tmp_path / "out")
    assert "1 of 2 videos are recorded" in run.stderr
    assert (
        tmp_path / "out" / "skipped.csv"
    ).read_text() == "path,reason\ngone.mp4,does not exist\n"


def test_recordings_of_another_configuration_are_not_mixed(
    site: Path, videos: Path, tmp_path: Path
) -> None:
    listed = tmp_path / "clips.csv"
    listed.write_text("path\nb.mkv\n")
    record(site, "--folder", videos, "--listed", listed, "--to", tmp_path / "out")
    (tmp_path / "site").mkdir()
    other = make_site(tmp_path / "site", {"any": "none.mp4"})
    same = record(other, "--folder", videos, "--listed", listed, "--to", tmp_path / "out")
    assert same.returncode == 0, same.stderr
    (tmp_path / "site" / "pose.txt").write_text(
        "# other\n" + (site.parent / "pose.txt").read_text()
    )
    mixed = record(other, "--folder", videos, "--to", tmp_path / "out")
    assert mixed.returncode == 2
    assert "the recordings there were made with another pose" in mixed.stderr


def test_what_cannot_be_recorded_is_said_before_anything_is(
    site: Path, videos: Path, tmp_path: Path
) -> None:
    twice = tmp_path / "twice"
    twice.mkdir()
    for name in ("a.mp4", "a.avi"):
        (twice / name).write_bytes(b"")
    for words, told in (
        (("--folder", tmp_path / "none"), "no such folder"),
        (("--folder", site.parent), "no video in it; wanted files that end in .3gp"),
        (("--folder", twice), "a.avi and a.mp4: both would be recorded as"),
        (("--listed", "x.csv"), "--listed: says which videos of a folder; give --folder, too"),
    ):
        run = record(site, *words, "--to", tmp_path / "out")
        assert run.returncode == 2
        assert told in run.stderr
        assert "Traceback" not in run.stderr
