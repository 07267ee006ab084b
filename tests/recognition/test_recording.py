"""A recording gives back what was seen and heard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recognition.frames import Frame, Object, Person
from recognition.recording import Recording, read_recording, write_recording
from recognition.sound import LogMelStream
from tests.recognition.people import frame, person


def made() -> Recording:
    blind = Person(track_id=2**63, box=np.array([1, 2, 3, 4], np.float32), confidence=-0.1)
    cup = Object(label="cup", track_id=9, box=np.array([5, 6, 7, 8], np.float32), confidence=0.5)
    seen = frame(0.04, person(), blind)
    shot = Frame(
        source_id=1, pts_ns=seen.pts_ns, width=640, height=360, persons=seen.persons, objects=(cup,)
    )
    sound = LogMelStream(1).push(np.ones(16_000, np.float32) * 0.1, 0)
    assert sound is not None
    return Recording(("door", "desk"), True, (frame(0.0), shot, frame(0.08, person())), (sound,))


def test_a_recording_comes_back_as_it_was(tmp_path: Path) -> None:
    wanted, path = made(), tmp_path / "scene.npz"
    write_recording(wanted, path)
    again = read_recording(path)
    assert (again.sources, again.knows_objects) == (wanted.sources, wanted.knows_objects)
    for old, new in zip(wanted.frames, again.frames, strict=True):
        assert (old.source_id, old.pts_ns, old.width) == (new.source_id, new.pts_ns, new.width)
        for one, other in zip(old.persons, new.persons, strict=True):
            np.testing.assert_allclose(one.box, other.box)
            assert one.confidence == pytest.approx(other.confidence)
            assert one.track_id == other.track_id
        for thing, same in zip(old.objects, new.objects, strict=True):
            np.testing.assert_allclose(thing.box, same.box)
            assert (thing.label, thing.track_id) == (same.label, same.track_id)
    assert again.frames[1].persons[1].keypoints is None
    np.testing.assert_allclose(again.sounds[0].log_mel, wanted.sounds[0].log_mel, atol=5e-3)


def test_what_people_look_like_comes_back_and_older_recordings_have_none(tmp_path: Path) -> None:
    frames = (frame(0.0, person(look=0.25), person(track_id=2)), frame(0.1, person(look=1 / 3)))
    write_recording(Recording(("a",), False, frames, ()), tmp_path / "new.npz")
    again = read_recording(tmp_path / "new.npz")
    first, second = again.frames[0].persons
    np.testing.assert_array_equal(first.appearance, frames[0].persons[0].appearance)
    assert second.appearance is None
    (third,) = again.frames[1].persons
    assert third.appearance is not None
    np.testing.assert_allclose(third.appearance, 1 / 3, atol=1e-4)
    write_recording(made(), tmp_path / "old.npz")
    with np.load(tmp_path / "old.npz") as file:
        assert "person_appearance" not in file.files  # the file of a program that knew of none
    people = [p for f in read_recording(tmp_path / "old.npz").frames for p in f.persons]
    assert all(p.appearance is None for p in people)


def test_a_recording_without_anybody_comes_back_empty(tmp_path: Path) -> None:
    write_recording(Recording(("a",), False, (frame(0.0),), ()), tmp_path / "empty.npz")
    assert read_recording(tmp_path / "empty.npz").frames == (frame(0.0),)


def test_another_file_is_no_recording(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", a=np.ones(3))
    with pytest.raises(ValueError, match="version none; this program reads 1"):
        read_recording(tmp_path / "other.npz")
    (tmp_path / "text.npz").write_text("no", encoding="utf-8")
    with pytest.raises(ValueError, match="cannot be read as a recording"):
        read_recording(tmp_path / "text.npz")
