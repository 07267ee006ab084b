"""Windows of recorded clips carry the clips' labels, of the people that a clip is about."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recognition.frames import Frame
from recognition.recording import Recording
from tests.recognition.people import clip as walking
from tests.recognition.people import frame, person
from training.clip_windows import (
    main_tracks,
    read_labelled,
    windows_of_folders,
    windows_of_tracks,
)
from training.dataset import Filming
from training.readers.clips import DatasetError, LabelledClip, write_clips
from training.readers.tracks import append_recording, together

FILMING = Filming(side="train", passes=1, seed=0)
CLASSES = ("Biking", "Rowing")


def recorded(folder: Path, *clips: LabelledClip) -> Path:
    """Two sources of four seconds each, with their list of clips."""
    shots = tuple(walking(4, fps=15, step_px=40))
    bad = person()
    assert bad.keypoints is not None
    nan = replace(shots[5], persons=(replace(bad, keypoints=bad.keypoints * np.nan),))
    parts = [Recording((name,), False, shots, ()) for name in ("a", "b")]
    parts.append(Recording(("nan",), False, (*shots[:5], nan), ()))
    append_recording(folder, together(parts))
    write_clips(folder / "clips.csv", clips)
    return folder


def of(
    path: str, label: str, split: str = "train", *, start_s: float = 0, end_s: float | None = None
) -> LabelledClip:
    return LabelledClip(
        path=path, label=label, split=split, group=f"g_{path}", start_s=start_s, end_s=end_s
    )


def test_windows_have_the_label_and_the_group_of_their_clip(tmp_path: Path) -> None:
    folder = recorded(
        tmp_path / "x.hactrack", of("a", "Rowing", start_s=0, end_s=2), of("b", "Biking", "test"),
        of("a", "Biking", start_s=2), of("nan", "Biking", "validation"),
    )  # fmt: skip
    train = windows_of_folders([folder], "train", FILMING)
    assert sorted(set(train.labels.tolist())) == [0, 1]
    assert set(train.subjects.tolist()) == {"g_a"}
    test = windows_of_folders([folder], "test", FILMING)
    assert set(test.labels.tolist()) == {0}
    assert set(test.subjects.tolist()) == {"g_b"}


def test_a_recording_with_keypoints_that_are_no_numbers_is_left_out(tmp_path: Path) -> None:
    clips = of("a", "Biking"), of("nan", "Rowing")
    folder = recorded(tmp_path / "x.hactrack", *clips)
    data = windows_of_tracks(folder, clips, CLASSES, FILMING)
    assert set(data.labels.tolist()) == {0}
    assert all(np.isfinite(array).all() for array in data.inputs.values())


def test_a_label_that_the_model_does_not_know_and_an_empty_split_are_errors(tmp_path: Path) -> None:
    folder = recorded(tmp_path / "x.hactrack", of("a", "Skiing"), of("b", "Skiing"))
    clips = read_labelled([folder])[folder]
    with pytest.raises(DatasetError, match=r"clips.csv:2: label 'Skiing' is none of the model's"):
        windows_of_tracks(folder, clips, CLASSES, FILMING)
    with pytest.raises(DatasetError, match="no clip of split 'test'"):
        windows_of_folders([folder], "test", FILMING)


def test_clips_of_videos_that_were_not_recorded_are_told_with_what_to_look_at(
    tmp_path: Path,
) -> None:
    folder = recorded(tmp_path / "x.hactrack")
    with pytest.raises(DatasetError, match=r"none of 1 clips gives a window; .* names in clips"):
        windows_of_tracks(folder, [of("elsewhere", "Rowing")], CLASSES, FILMING)


def test_a_clip_is_about_those_who_are_large_in_it() -> None:
    shots: list[Frame] = [
        frame(at, person((0, 0, 100, 300), track_id=1), person((0, 0, 90, 250), track_id=2),
              person((0, 0, 20, 60), track_id=3))
        for at in (0.0, 0.1)
    ]  # fmt: skip
    assert main_tracks(shots) == {1, 2}
    assert main_tracks([frame(0.0)]) == frozenset()
