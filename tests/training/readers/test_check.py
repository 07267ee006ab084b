"""What is wrong with a data set is said before anything is trained on it."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipelines.cli import main
from recognition.recording import read_recording, write_recording
from tests.pipelines.toy_site import make_clip
from tests.training.readers.recordings import recording_of, same
from tests.training.readers.test_lists import CVAT, ucf_folder
from tests.training.readers.test_skeletons import pyskl_file, walker
from training.readers.check import check_clips
from training.readers.clips import LabelledClip, read_clips, write_clips
from training.readers.skeletons import read_skeletons
from training.readers.tracks import read_tracks

LABELS = ("walk", "wave")


def clip(path: str, label: str, split: str = "", group: str = "", **more: float) -> LabelledClip:
    return LabelledClip(
        path=path, label=label, split=split, group=group, where=f"x.csv:{path}", **more
    )


FINE = (
    clip("a", "walk", "train", "ann"),
    clip("b", "wave", "train", "ann"),
    clip("c", "walk", "test", "bob"),
    clip("d", "wave", "test", "bob"),
)


def errors(*more: LabelledClip, labels: Sequence[str] = LABELS) -> list[str]:
    return list(check_clips([*FINE, *more], labels, all_wanted=True).errors)


def test_a_sound_list_has_no_errors() -> None:
    assert check_clips(FINE, LABELS, all_wanted=True).errors == ()


def test_a_label_outside_the_taxonomy_is_one_error_however_often_it_comes() -> None:
    (error,) = errors(clip("e", "wavee", "train"), clip("f", "wavee", "train"))
    assert error == "x.csv:e: label 'wavee' (2 clips) is none of the 2 known; did you mean 'wave'?"


def test_a_clip_in_two_splits_is_an_error() -> None:
    (error,) = errors(clip("a", "walk", "test"))
    assert error.startswith("a: in train (x.csv:a) and test (x.csv:a); a clip belongs to one split")


def test_a_person_in_two_splits_is_an_error() -> None:
    (error,) = errors(clip("e", "walk", "validation", "ann"))
    assert error.startswith("ann: in train (x.csv:a) and validation (x.csv:e); a group")


def test_a_label_without_clips_is_an_error_where_it_is_wanted() -> None:
    (error,) = errors(labels=[*LABELS, "jump"])
    assert "no clip of 1 of 3 labels: jump" in error
    findings = check_clips(FINE, [*LABELS, "jump"])
    assert findings.errors == ()
    assert "jump" in findings.notes[0]


def test_a_label_that_is_only_tested_is_an_error_and_one_only_trained_a_note() -> None:
    (error,) = errors(clip("e", "jump", "test"), labels=[*LABELS, "jump"])
    assert error == "label 'jump': no clip to train on; all its clips are in other splits"
    findings = check_clips([*FINE, clip("e", "jump", "train")], [*LABELS, "jump"])
    assert (findings.errors, findings.notes) == ((), ("no clip in test of: jump",))


def test_times_that_cannot_be_and_clips_given_twice_are_errors() -> None:
    found = errors(
        clip("e", "walk", start_s=3, end_s=2), clip("f", "walk", start_s=-1), clip("g", "walk"),
        clip("g", "walk"),
    )  # fmt: skip
    assert [line.partition(";")[0] for line in found] == [
        "x.csv:e: e: from 3 to 2 s",
        "x.csv:f: f: starts at -1 s",
        "x.csv:g: g: the same as at x.csv:g",
    ]


def test_nothing_at_all_is_an_error() -> None:
    assert "there is no clip at all" in check_clips([], LABELS).errors


def dataset(*words: str | Path) -> int:
    return main(["dataset", *map(str, words)])


@pytest.fixture(scope="module")
def ucf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """UCF-101's shape: three clips that play, one that is no video."""
    folder = ucf_folder(
        tmp_path_factory.mktemp("data") / "UCF-101",
        train="ApplyLipstick/v_ApplyLipstick_g08_c01.avi 1\nBiking/v_Biking_g09_c02.avi 2\n"
        "Biking/v_Biking_g10_c01.avi 2\n",
    )
    for label, name in (("ApplyLipstick", "g08_c01"), ("ApplyLipstick", "g01_c01"),
                        ("Biking", "g09_c02"), ("Biking", "g01_c01")):  # fmt: skip
        (folder / label).mkdir(exist_ok=True)
        seconds = 0.2 + 0.1 * len(list(folder.rglob("*.avi")))
        make_clip(folder / label / f"v_{label}_{name}.avi", seconds=seconds, fps=10)
    (folder / "Biking" / "v_Biking_g10_c01.avi").write_bytes(b"RIFF, but no video")
    return folder


def test_an_unreadable_video_is_skipped_listed_and_counted(
    ucf: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    skipped = tmp_path / "skipped.csv"
    assert dataset("check", ucf, "--skipped", skipped) == 0
    out, err = capfd.readouterr()
    assert "ucf101, 4 clips, 4 groups" in out
    assert out.splitlines()[1].split() == ["label", "train", "test"]
    assert "skipped: Biking/v_Biking_g10_c01.avi: no picture can be decoded" in err
    assert f"1 skipped, all listed in {skipped}" in err
    assert "no errors" in err
    assert "WARN" not in err
    assert skipped.read_text().splitlines()[1:] == [
        "Biking/v_Biking_g10_c01.avi,no picture can be decoded"
    ]


def test_a_data_set_becomes_a_list_of_what_can_be_used(
    ucf: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    names = tmp_path / "names.yaml"
    names.write_text("ApplyLipstick: background\nBiking: null\n")
    assert dataset("convert", ucf, "--to", tmp_path / "all.csv") == 0
    assert len(read_clips(tmp_path / "all.csv")) == 4
    assert dataset("convert", ucf, "--names", names, "--to", tmp_path / "ours.csv") == 0
    assert {clip.label for clip in read_clips(tmp_path / "ours.csv")} == {"background"}
    assert dataset("check", tmp_path / "ours.csv", "--media", ucf) == 0
    assert "note: no clip of" in capfd.readouterr().err


def test_one_file_under_two_names_in_two_splits_is_an_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    first = make_clip(tmp_path / "a.mp4", seconds=0.3, fps=10)
    (tmp_path / "b.mp4").write_bytes(first.read_bytes())
    write_clips(tmp_path / "x.csv", [clip("a.mp4", "walk", "train"), clip("b.mp4", "walk", "test")])
    assert dataset("check", tmp_path / "x.csv") == 2
    assert "a.mp4 and b.mp4: the same file under several names, in test and train" in (
        capfd.readouterr().err
    )


def test_a_clip_after_the_end_of_its_video_is_an_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    make_clip(tmp_path / "a.mp4", seconds=0.3, fps=10)
    write_clips(tmp_path / "x.csv", [clip("a.mp4", "walk", start_s=5)])
    assert dataset("check", tmp_path / "x.csv") == 2
    assert "x.csv:2: a.mp4: starts at 5 s, but the video has only 0.30 s" in capfd.readouterr().err


def test_annotated_frames_become_seconds_by_the_videos_own_rate(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.xml").write_text(CVAT)
    assert dataset("check", tmp_path / "x.xml") == 2
    assert "give --media FOLDER with the video, or --fps N" in capfd.readouterr().err
    make_clip(tmp_path / "shop.mp4", seconds=6, fps=10)
    assert dataset("check", tmp_path / "x.xml", "--media", tmp_path) == 0
    assert "cvat, 4 clips" in capfd.readouterr().out
    assert dataset("convert", tmp_path / "x.xml", "--fps", "20", "--to", tmp_path / "x.csv") == 0
    assert read_clips(tmp_path / "x.csv")[0].start_s == 0.5


def test_a_skeleton_set_with_a_bad_clip_becomes_tracks_without_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    bad = walker("b")
    bad["keypoint"][0, 0, 0] = np.nan
    split = {"train": ["a", "b"], "test": ["c"]}
    pyskl = pyskl_file(tmp_path / "x.pkl", split=split, annotations=[walker("a"), bad, walker("c")])
    labels = tmp_path / "labels.txt"
    labels.write_text("walk\n")
    assert dataset("check", pyskl, "--labels", labels) == 0
    assert "skipped: b: b: 1 keypoints are no finite numbers" in capfd.readouterr().err
    tracks = tmp_path / "x.hactrack"
    assert dataset("convert", pyskl, "--labels", labels, "--to", tracks) == 0
    assert dataset("check", tracks) == 0
    assert dataset("convert", tracks, "--to", tmp_path / "again.pkl") == 0
    again = read_skeletons(tmp_path / "again.pkl")
    assert dict(again.splits) == {"train": ["a"], "test": ["c"]}
    np.testing.assert_array_equal(again.clips[0].keypoint, walker("a")["keypoint"])


def test_recordings_go_to_parquet_with_their_clips_and_back(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ucf_folder(tmp_path)  # its lists lie beside the recordings, as after recording UCF-101
    folder = tmp_path / "recorded"
    (folder / "day1").mkdir(parents=True)
    wanted = recording_of("x")
    write_recording(wanted, folder / "day1" / "a.npz")
    (folder / "broken.npz").write_bytes(b"no")
    listed = tmp_path / "x.csv"
    write_clips(listed, [clip("day1/a.mp4", "walk", "train"), clip("broken.mp4", "walk", "train")])
    tracks = tmp_path / "all.hactrack"
    assert dataset("convert", folder, "--clips", listed, "--to", tracks) == 0
    err = capfd.readouterr().err
    assert "skipped: broken: cannot be read as a recording" in err
    assert "skipped: broken.mp4: is not among the recordings" in err
    assert [recording.sources for recording in read_tracks(tracks)] == [("day1/a",)]
    assert [clip.path for clip in read_clips(tracks / "clips.csv")] == ["day1/a"]
    assert dataset("convert", tracks, "--to", tmp_path / "back") == 0
    again = read_recording(tmp_path / "back" / "day1" / "a.npz")
    assert same(replace(again, sources=("x",)), wanted)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["check", "nowhere.csv"], "nowhere.csv: does not exist"),
        (["check", "x.txt"], "x.txt: no reader for '.txt'; see edgeact dataset check --help"),
        (["check", "empty"], "empty: a folder of no known form"),
        (["check", "x.csv", "--as", "ucf10"], "--as ucf10: no such form; did you mean 'ucf101'?"),
        (["check", "x.csv", "--fps", "0"], "--fps: wanted 1 to 1000, got 0"),
        (["check", "x.csv", "--media", "no"], "--media no: no such folder"),
        (["check", "x.csv", "--group", "("], "--group '(': not a regular expression"),
        (
            ["check", "x.csv", "--group", "q"],
            "x.csv:2: --group 'q' does not match the path 'a.mp4'",
        ),
        (["check", "x.csv", "--names", "bad.yaml"], "bad.yaml:2: walk: wanted a label of ours or"),
        (["convert", "x.csv", "--to", "x.pkl"], "x.pkl: clips cannot become this"),
        (["convert", "x.csv", "--to", "no/y.csv"], "no/y.csv: cannot be written: No such file"),
        (["check", "evil.pkl"], "evil.pkl: holds 'builtins.print'"),
    ],
)
def test_a_users_mistake_gets_one_line_and_no_traceback(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    words: list[str],
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.csv").write_text("path,label\na.mp4,walk\n")
    (tmp_path / "x.txt").write_text("?")
    (tmp_path / "bad.yaml").write_text("\nwalk: 3\n")
    (tmp_path / "empty").mkdir()
    (tmp_path / "evil.pkl").write_bytes(pickle.dumps(print))
    assert dataset(*words) == 2
    err = capfd.readouterr().err
    assert told in err
    assert "Traceback" not in err


def test_the_help_teaches_the_forms(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        dataset("check", "--help")
    out = capsys.readouterr().out
    assert "path,label[,start_s,end_s,group,split]" in out
    assert "edgeact dataset check UCF-101 --split 2 --audio" in out
