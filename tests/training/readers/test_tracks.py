"""Recordings in Parquet are the recordings that were put in."""

from __future__ import annotations

from pathlib import Path

import pytest

from recognition.frames import Frame
from recognition.recording import Recording, read_recording, write_recording
from tests.recognition.people import frame, person
from tests.training.readers.recordings import recording_of, same
from training.readers.clips import DatasetError
from training.readers.tracks import append_recording, by_source, read_tracks, together


def test_a_folder_gives_back_every_recording_that_was_added(tmp_path: Path) -> None:
    folder = tmp_path / "all.hactrack"
    wanted = [recording_of("door", "desk"), recording_of("yard", objects=False)]
    for recording in wanted:
        append_recording(folder, recording)
    assert all(map(same, read_tracks(folder), wanted))
    assert len(list(read_tracks(folder))) == 2


def test_a_recording_goes_from_the_device_to_parquet_and_back_without_a_change(
    tmp_path: Path,
) -> None:
    write_recording(recording_of("door"), tmp_path / "one.npz")
    recorded = read_recording(tmp_path / "one.npz")
    append_recording(tmp_path / "all.hactrack", recorded)
    (again,) = read_tracks(tmp_path / "all.hactrack")
    assert same(again, recorded)


def test_what_people_look_like_goes_to_parquet_and_back(tmp_path: Path) -> None:
    frames = (frame(0.0, person(look=0.25), person(track_id=2)), frame(0.1, person(look=0.75)))
    wanted = Recording(("door",), False, frames, ())
    append_recording(tmp_path / "x.hactrack", wanted)
    append_recording(tmp_path / "x.hactrack", recording_of("yard"))
    looked, older = read_tracks(tmp_path / "x.hactrack")
    assert same(looked, wanted)
    assert [p.appearance is None for f in looked.frames for p in f.persons] == [False, True, False]
    assert all(p.appearance is None for f in older.frames for p in f.persons)


def test_nobody_and_nothing_is_a_recording_too(tmp_path: Path) -> None:
    empty = Recording(("a",), False, (Frame(source_id=0, pts_ns=5, width=64, height=48),), ())
    append_recording(tmp_path / "x.hactrack", empty)
    append_recording(tmp_path / "x.hactrack", Recording(("b",), False, (), ()))
    first, second = read_tracks(tmp_path / "x.hactrack")
    assert first == empty
    assert second.frames == ()


def test_sources_part_and_come_together_again() -> None:
    whole = recording_of("door", "desk", "yard")
    parts = list(by_source(whole))
    assert [part.sources for part in parts] == [("door",), ("desk",), ("yard",)]
    assert same(together(parts), whole)


def test_a_crash_while_a_part_is_written_loses_only_that_part(tmp_path: Path) -> None:
    folder = tmp_path / "x.hactrack"
    append_recording(folder, recording_of("door"))
    (folder / "frames-001.parquet").write_bytes(b"half a fi")
    append_recording(folder, recording_of("desk"))
    assert [recording.sources for recording in read_tracks(folder)] == [("door",), ("desk",)]


def test_a_source_is_added_once(tmp_path: Path) -> None:
    append_recording(tmp_path / "x.hactrack", recording_of("door"))
    with pytest.raises(DatasetError, match="has 'door' already"):
        append_recording(tmp_path / "x.hactrack", recording_of("desk", "door"))


def test_a_file_that_was_cut_off_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "x.hactrack"
    append_recording(folder, recording_of("door"))
    cut = folder / "persons-000.parquet"
    cut.write_bytes(cut.read_bytes()[:-20])
    with pytest.raises(DatasetError, match=r"persons-000.parquet: is not the file that was writ"):
        list(read_tracks(folder))


def test_another_folder_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"manifest.json: cannot be read"):
        list(read_tracks(tmp_path))
    (tmp_path / "manifest.json").write_text('{"format": 7, "parts": []}')
    with pytest.raises(DatasetError, match="is of format 7; this program reads 1"):
        list(read_tracks(tmp_path))
