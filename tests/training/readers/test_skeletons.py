"""Skeleton pickles come back as they were, and one with code in it is refused, not run."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.training.readers.recordings import recording_of
from training.readers.clips import DatasetError, LabelledClip
from training.readers.plain_pickle import read_pickle, write_pickle
from training.readers.skeleton_tracks import to_recording, to_skeletons
from training.readers.skeletons import (
    Skeletons,
    SkeletonSet,
    clips_of,
    nan_keypoints,
    read_skeletons,
    write_skeletons,
)
from training.readers.tracks import by_source


def walker(name: str, label: int = 0, *, people: int = 1, frames: int = 4) -> dict[str, Any]:
    """One annotation as PYSKL writes it: half-precision keypoints of people side by side."""
    rng = np.random.default_rng(len(name))
    return {
        "frame_dir": name,
        "label": label,
        "img_shape": (240, 320),
        "original_shape": (240, 320),
        "total_frames": frames,
        "keypoint": rng.uniform(20, 200, (people, frames, 17, 2)).astype(np.float16),
        "keypoint_score": rng.uniform(0.2, 1, (people, frames, 17)).astype(np.float16),
    }


def pyskl_file(path: Path, *, protocol: int = 4, **changes: Any) -> Path:
    """A pickle with the official splits of two protocols."""
    content = {
        "split": {"xsub_train": ["a", "b"], "xsub_val": ["c"], "xset_train": ["c"], "xset_val": []},
        "annotations": [walker("a"), walker("b", 1, people=2), walker("c", np.int64(1))],
        **changes,
    }
    path.write_bytes(pickle.dumps(content, protocol=protocol))
    return path


def same(one: SkeletonSet, other: SkeletonSet) -> bool:
    def text(clip: Skeletons) -> tuple[Any, ...]:
        arrays = [a for a in (clip.keypoint, clip.score) if a is not None]
        data = [(a.dtype.str, a.shape, a.tobytes()) for a in arrays]
        shape = (clip.frame_dir, clip.label, clip.total_frames, clip.img_shape)
        return (*shape, *data, sorted(clip.other), str(clip.other))

    mine, its = list(map(text, one.clips)), list(map(text, other.clips))
    splits = dict(one.splits) == dict(other.splits)
    return mine == its and splits and list(one.classes) == list(other.classes)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickles_of_every_protocol_are_read(tmp_path: Path, protocol: int) -> None:
    skeletons = read_skeletons(pyskl_file(tmp_path / "ntu.pkl", protocol=protocol))
    assert [(clip.frame_dir, clip.label) for clip in skeletons.clips] == [
        ("a", 0), ("b", 1), ("c", 1),
    ]  # fmt: skip
    assert skeletons.clips[1].keypoint.shape == (2, 4, 17, 2)
    np.testing.assert_array_equal(skeletons.clips[0].keypoint, walker("a")["keypoint"])


def test_what_is_written_reads_back_identical(tmp_path: Path) -> None:
    first = read_skeletons(pyskl_file(tmp_path / "ntu.pkl"))
    write_skeletons(tmp_path / "ours.pkl", first)
    again = read_skeletons(tmp_path / "ours.pkl")
    assert same(first, again)
    write_skeletons(tmp_path / "twice.pkl", again)
    assert (tmp_path / "twice.pkl").read_bytes() == (tmp_path / "ours.pkl").read_bytes()


def test_what_is_written_is_a_plain_pickle_that_an_older_numpy_knows(tmp_path: Path) -> None:
    write_skeletons(tmp_path / "ours.pkl", read_skeletons(pyskl_file(tmp_path / "ntu.pkl")))
    assert b"numpy._core" not in (tmp_path / "ours.pkl").read_bytes()
    with (tmp_path / "ours.pkl").open("rb") as file:
        content = pickle.load(file)  # as MMAction2 does
    assert set(content) == {"split", "annotations"}
    np.testing.assert_array_equal(
        content["annotations"][0]["keypoint_score"], walker("a")["keypoint_score"]
    )


SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text())
ARRAYS = st.builds(
    lambda shape, kind: np.arange(np.prod(shape)).astype(kind).reshape(shape),
    st.lists(st.integers(0, 3), min_size=1, max_size=4),
    st.sampled_from(["f2", "f4", "f8", "i4", "u1", "?"]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.dictionaries(st.text(), st.lists(st.one_of(SCALARS, ARRAYS, st.tuples(SCALARS, ARRAYS)))))
def test_numbers_texts_and_arrays_come_back_as_they_were(tmp_path: Path, content: Any) -> None:
    write_pickle(tmp_path / "x.pkl", content)
    assert repr(read_pickle(tmp_path / "x.pkl")) == repr(content)


def test_bytes_that_look_like_a_name_of_numpy_stay_as_they_are(tmp_path: Path) -> None:
    content = {"note": "cnumpy._core.multiarray\n_reconstruct\n", "array": np.arange(3)}
    write_pickle(tmp_path / "x.pkl", content)
    assert read_pickle(tmp_path / "x.pkl")["note"] == content["note"]


class Evil:
    """Makes a file when it is unpickled in the usual way."""

    def __init__(self, function: Any, *words: Any) -> None:
        self.call = (function, words)

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self.call


@pytest.mark.parametrize("function", [os.system, eval, exec, getattr, __import__])
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_pickle_with_code_in_it_is_refused_and_not_run(
    tmp_path: Path, function: Any, protocol: int
) -> None:
    mark = tmp_path / "was_run"
    entry = {**walker("a"), "note": Evil(function, f"open({str(mark)!r}, 'w')")}
    path = tmp_path / "evil.pkl"
    path.write_bytes(pickle.dumps({"split": {}, "annotations": [entry]}, protocol=protocol))
    with pytest.raises(DatasetError) as error:
        read_skeletons(path)
    assert function.__name__ in str(error.value)
    assert "Nothing of it was run" in str(error.value)
    assert not mark.exists()


def test_a_harmless_class_of_another_library_is_refused_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "path.pkl"
    path.write_bytes(pickle.dumps({"split": {}, "annotations": [Path("x")]}))
    with pytest.raises(DatasetError, match=r"evil|pathlib.*would run code"):
        read_skeletons(path)


@pytest.mark.parametrize(
    "data", [b"", b"not a pickle", pickle.dumps(walker("a"))[:-30], b"\x80\x04."]
)
def test_a_damaged_pickle_is_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "cut.pkl").write_bytes(data)
    with pytest.raises(DatasetError, match=r"cut.pkl: (not a whole|a damaged) pickle"):
        read_skeletons(tmp_path / "cut.pkl")


def test_every_annotation_that_does_not_fit_is_named(tmp_path: Path) -> None:
    short = {**walker("b"), "total_frames": 9}
    far = {key: value for key, value in walker("c").items() if key != "keypoint"}
    path = pyskl_file(
        tmp_path / "x.pkl", annotations=[walker("a"), short, {**far, "raw_file": "kp/c.pkl"}]
    )
    with pytest.raises(DatasetError) as error:
        read_skeletons(path)
    assert error.value.lines == [
        f"{path}: annotations[1] (b): keypoint: is of 4 frames, total_frames says 9",
        f"{path}: annotations[2] (c): has no keypoint; its keypoints lie in other files "
        "(raw_file); wanted frame_dir, label, total_frames, img_shape, keypoint",
    ]


def test_an_official_split_is_chosen_by_its_name(tmp_path: Path) -> None:
    path = pyskl_file(tmp_path / "ntu.pkl")
    clips = clips_of(path, read_skeletons(path), split="xsub", classes=["walk", "wave"])
    assert [(clip.path, clip.label, clip.split) for clip in clips] == [
        ("a", "walk", "train"), ("b", "wave", "train"), ("c", "wave", "validation"),
    ]  # fmt: skip
    with pytest.raises(DatasetError, match=r"choose one by --split xset\|xsub, got ''"):
        clips_of(path, read_skeletons(path))
    with pytest.raises(DatasetError, match="has label 1, but only 1 names"):
        clips_of(path, read_skeletons(path), split="xsub", classes=["walk"])


def test_keypoints_that_are_no_numbers_are_found(tmp_path: Path) -> None:
    bad = walker("b", people=2)
    bad["keypoint"][1, 2, 5] = np.nan
    clips = read_skeletons(pyskl_file(tmp_path / "x.pkl", annotations=[walker("a"), bad])).clips
    assert nan_keypoints(clips[0]) == ""
    assert "b: 1 keypoints are no finite numbers, the first of person 1, frame 2, joint 5" in (
        nan_keypoints(clips[1])
    )
    with pytest.raises(ValueError, match="no finite numbers"):
        to_recording(clips[1])


def test_a_clip_becomes_a_recording_with_a_track_for_each_person(tmp_path: Path) -> None:
    entry = walker("b", people=2)
    entry["keypoint_score"][1, 0] = 0
    (clip,) = read_skeletons(pyskl_file(tmp_path / "x.pkl", annotations=[entry])).clips
    recording = to_recording(clip, fps=10)
    assert [frame.pts_ns for frame in recording.frames] == [0, 10**8, 2 * 10**8, 3 * 10**8]
    assert [[p.track_id for p in frame.persons] for frame in recording.frames[:2]] == [[1], [1, 2]]
    assert (recording.frames[0].width, recording.frames[0].height) == (320, 240)
    person = recording.frames[1].persons[1]
    assert person.keypoints is not None
    assert (person.box[:2] < person.keypoints[:, :2].min(axis=0)).all()


def test_recorded_clips_become_skeletons_and_are_the_same_again_as_a_recording(
    tmp_path: Path,
) -> None:
    desk = list(by_source(recording_of("door", "desk")))[1]
    clip = LabelledClip(path="desk", label="stand", group="ann", split="train")
    write_skeletons(tmp_path / "x.pkl", to_skeletons({"desk": desk}, [clip]))
    made = read_skeletons(tmp_path / "x.pkl")
    assert made.classes == ["stand"]
    assert clips_of(tmp_path / "x.pkl", made) == [clip]
    again = to_recording(made.clips[0])
    assert len(again.frames) == len(desk.frames)
    for old, new in zip(desk.frames, again.frames, strict=True):
        assert abs(old.pts_ns - new.pts_ns) < 1000
        np.testing.assert_array_equal(old.persons[0].keypoints, new.persons[0].keypoints)
