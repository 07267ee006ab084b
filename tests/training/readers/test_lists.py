"""Each data set's own form becomes the same list of clips."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from recognition.taxonomy import load_taxonomy
from training.readers.clips import (
    DatasetError,
    LabelledClip,
    read_clips,
    relabelled,
    side_of,
    write_clips,
)
from training.readers.cvat import read_cvat
from training.readers.kinetics import read_kinetics
from training.readers.label_studio import media_path, read_label_studio
from training.readers.ucf101 import audio_classes, read_ucf101

CVAT = """<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta><task><id>7</id><size>100</size><source>shop.mp4</source><subset>Train</subset></task></meta>
  <track id="0" label="wave" source="manual">
    <box frame="10" keyframe="1" outside="0" occluded="0" xtl="1" ytl="1" xbr="9" ybr="9"/>
    <box frame="11" keyframe="0" outside="0" occluded="0" xtl="1" ytl="1" xbr="9" ybr="9"/>
    <box frame="30" keyframe="1" outside="1" occluded="0" xtl="1" ytl="1" xbr="9" ybr="9"/>
    <box frame="50" keyframe="1" outside="0" occluded="0" xtl="1" ytl="1" xbr="9" ybr="9"/>
  </track>
  <track id="1" label="person" source="manual">
    <box frame="0" outside="0"><attribute name="action">walk</attribute></box>
    <box frame="20" outside="0"><attribute name="action">sit_down</attribute></box>
    <box frame="40" outside="1"><attribute name="action">sit_down</attribute></box>
  </track>
</annotations>
"""


def ucf_folder(folder: Path, *, train: str = "", test: str = "") -> Path:
    """The official lists of two classes, without a video."""
    lists = folder / "ucfTrainTestlist"
    lists.mkdir(parents=True)
    (lists / "classInd.txt").write_text("1 ApplyLipstick\n2 Biking\n")
    (lists / "trainlist01.txt").write_text(
        train or "ApplyLipstick/v_ApplyLipstick_g08_c01.avi 1\nBiking/v_Biking_g09_c02.avi 2\n"
    )
    (lists / "testlist01.txt").write_text(
        test or "ApplyLipstick/v_ApplyLipstick_g01_c01.avi\nBiking/v_Biking_g01_c01.avi\n\n"
    )
    return folder


def told(clips: list[LabelledClip]) -> list[tuple[object, ...]]:
    return [
        (clip.label, round(clip.start_s, 3), clip.end_s and round(clip.end_s, 3)) for clip in clips
    ]


def test_the_common_list_comes_back_as_it_was(tmp_path: Path) -> None:
    clips = [
        LabelledClip(path="a b/ü,1.mp4", label="wave", start_s=1 / 3, end_s=2.5, group="ann"),
        LabelledClip(path="c.mp4", label="walk", split="train"),
    ]
    write_clips(tmp_path / "clips.csv", clips)
    again = read_clips(tmp_path / "clips.csv")
    assert again[0].start_s == pytest.approx(1 / 3, abs=1e-6)
    assert [clip.where.rpartition(":")[2] for clip in again] == ["2", "3"]
    write_clips(tmp_path / "again.csv", again)
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "clips.csv").read_bytes()


def test_a_list_needs_only_a_path_and_a_label(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("\ufefflabel,path\nwave,a.mp4\n", encoding="utf-8")
    assert read_clips(tmp_path / "x.csv") == [LabelledClip(path="a.mp4", label="wave")]


def test_every_line_of_a_list_that_does_not_fit_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("path,label,start_s,split\n,wave,0,\na,wave,nan,\nb,wave,1,val\nc,wave,1,\n")
    with pytest.raises(DatasetError) as error:
        read_clips(path)
    assert error.value.lines == [
        f"{path}:2: path: is empty; every clip has one",
        f"{path}:3: start_s: wanted seconds as a number, got 'nan'",
        f"{path}:4: split: wanted train, validation, test or nothing, got 'val'",
    ]
    path.write_text("file,class\n")
    with pytest.raises(DatasetError, match=r"x.csv:1: has no column path, label; .* file,class"):
        read_clips(path)


def test_labels_get_our_names_or_are_left_out() -> None:
    clips = [LabelledClip(path=name, label=name) for name in ("Hammering", "Rafting", "walk")]
    kept, left_out = relabelled(clips, {"Hammering": "hammer", "Rafting": None})
    assert [clip.label for clip in kept] == ["hammer", "walk"]
    assert left_out == 1


def test_others_words_for_splits_are_known() -> None:
    words = ("train", "Train1", "xsub_train", "val", "validate", "xview_val", "test2", "mine")
    assert [side_of(word) for word in words] == [
        *["train"] * 3, *["validation"] * 3, "test", "",
    ]  # fmt: skip


def test_ucf101_gives_its_official_split_with_its_groups(tmp_path: Path) -> None:
    clips, classes = read_ucf101(ucf_folder(tmp_path / "UCF-101"))
    assert classes == ["ApplyLipstick", "Biking"]
    assert clips[1] == LabelledClip(
        path="Biking/v_Biking_g09_c02.avi", label="Biking", group="Biking_g09", split="train"
    )
    assert [clip.split for clip in clips] == ["train", "train", "test", "test"]


def test_the_lists_may_lie_beside_the_videos(tmp_path: Path) -> None:
    ucf_folder(tmp_path)
    (tmp_path / "UCF-101").mkdir()
    assert len(read_ucf101(tmp_path / "UCF-101")[0]) == 4


def test_the_audio_subset_has_51_classes_of_which_none_is_in_ucf50(tmp_path: Path) -> None:
    names = audio_classes()
    assert len(set(names)) == len(names) == 51
    assert names == sorted(names)
    assert not set(names) & {"BaseballPitch", "Biking", "JumpingJack", "YoYo", "Basketball"}
    clips, classes = read_ucf101(ucf_folder(tmp_path), audio=True)
    assert classes == ["ApplyLipstick"]
    assert {clip.label for clip in clips} == {"ApplyLipstick"}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("Biking/Biking.avi 2", r"wanted CLASS/v_CLASS_gNN_cMM.avi"),
        ("Skiing/v_Skiing_g01_c01.avi 3", r"class 'Skiing' is not in classInd.txt"),
        ("Biking/v_Biking_g01_c01.avi 1", r"says class 1, but Biking is number 2"),
    ],
)
def test_a_line_of_an_official_list_that_does_not_fit_is_named(
    tmp_path: Path, line: str, problem: str
) -> None:
    with pytest.raises(DatasetError, match=rf"trainlist01.txt:1: {problem}"):
        read_ucf101(ucf_folder(tmp_path, train=line))


def test_a_folder_without_the_official_lists_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"no ucfTrainTestlist/classInd.txt in it or beside"):
        read_ucf101(tmp_path)
    with pytest.raises(DatasetError, match="splits 1, 2 and 3; got --split 4"):
        read_ucf101(ucf_folder(tmp_path), split="4")


def kinetics_file(folder: Path) -> Path:
    path = folder / "k400_val.csv"
    path.write_text(
        "label,youtube_id,time_start,time_end,split,is_cc\n"
        '"air drumming",_dbcJuKJQNs,40,50,validate,0\nzumba,-3B32lodo2M,59,69,train,0\n'
    )
    return path


def test_kinetics_clips_are_their_own_files_and_whole_videos_are_cut(tmp_path: Path) -> None:
    cut, other = read_kinetics(kinetics_file(tmp_path))
    assert cut == LabelledClip(
        path="air drumming/_dbcJuKJQNs_000040_000050.mp4",
        label="air drumming",
        group="_dbcJuKJQNs",
        split="validation",
    )
    media = tmp_path / "media" / "val"
    media.mkdir(parents=True)
    (media / "-3B32lodo2M.mkv").write_bytes(b"whole")
    (media / "_dbcJuKJQNs_000040_000050.webm").write_bytes(b"cut")
    cut, other = read_kinetics(kinetics_file(tmp_path), tmp_path / "media")
    assert (cut.path, cut.start_s, cut.end_s) == ("val/_dbcJuKJQNs_000040_000050.webm", 0, None)
    assert (other.path, other.start_s, other.end_s) == ("val/-3B32lodo2M.mkv", 59, 69)


def test_a_kinetics_line_without_a_label_is_named(tmp_path: Path) -> None:
    path = tmp_path / "test.csv"
    path.write_text("label,youtube_id,time_start,time_end\n,abc,1,2\n")
    with pytest.raises(DatasetError, match=r"test.csv:2: has no label or no youtube_id"):
        read_kinetics(path)


def test_cvat_tracks_and_their_attributes_become_intervals(tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text(CVAT)
    clips = read_cvat(tmp_path / "x.xml", lambda _: 10.0)
    assert told(clips) == [
        ("wave", 1.0, 3.0),
        ("wave", 5.0, 5.1),
        ("walk", 0.0, 2.0),
        ("sit_down", 2.0, 4.0),
    ]
    assert {(clip.path, clip.group, clip.split) for clip in clips} == {
        ("shop.mp4", "shop.mp4", "train")
    }


def test_a_cvat_project_has_several_videos(tmp_path: Path) -> None:
    tasks = "".join(
        f"<task><id>{n}</id><source>{name}.mp4</source></task>" for n, name in ((1, "a"), (2, "b"))
    )
    box = '<box frame="0" outside="0"/>'
    (tmp_path / "x.xml").write_text(
        f"<annotations><meta><project><tasks>{tasks}</tasks></project></meta>"
        f'<track id="0" label="wave" task_id="2">{box}</track></annotations>'
    )
    assert [clip.path for clip in read_cvat(tmp_path / "x.xml", lambda _: 25.0)] == ["b.mp4"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("<annotations><meta>", r"x.xml:1: not XML"),
        ("<other/>", r"wanted CVAT's export 'CVAT for video 1.1'"),
        (CVAT.replace('frame="10"', ""), r"x.xml: track 0: a box without a frame number"),
    ],
)
def test_another_xml_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "x.xml").write_text(text)
    with pytest.raises(DatasetError, match=problem):
        read_cvat(tmp_path / "x.xml", lambda _: 10.0)


def studio_file(path: Path, *regions: Mapping[str, object], **changes: object) -> Path:
    annotation = {"was_cancelled": False, "result": list(regions)}
    cancelled = {"was_cancelled": True, "result": list(regions)}
    video = "/data/upload/3/0a1b2c3d-shop.mp4"
    task = {"id": 5, "data": {"video": video}, "annotations": [annotation, cancelled]}
    path.write_text(json.dumps([{**task, **changes}]))
    return path


def test_label_studio_regions_become_intervals(tmp_path: Path) -> None:
    timeline = {
        "type": "timelinelabels",
        "value": {"ranges": [{"start": 1, "end": 10}], "timelinelabels": ["wave", "walk"]},
    }
    spoken = {"type": "labels", "value": {"start": 1.5, "end": 2, "labels": ["clap"]}}
    keys = [{"frame": 11, "enabled": True}, {"frame": 20, "enabled": False}, {"frame": 31}]
    boxes = {
        "type": "videorectangle",
        "value": {"framesCount": 40, "sequence": keys, "labels": ["fall"]},
    }
    other = {"type": "choices", "value": {"choices": ["good"]}}
    clips = read_label_studio(
        studio_file(tmp_path / "x.json", timeline, spoken, boxes, other), lambda _: 10.0
    )
    assert told(clips) == [
        ("wave", 0.0, 1.0), ("walk", 0.0, 1.0), ("clap", 1.5, 2.0),
        ("fall", 1.0, 2.0), ("fall", 3.0, 4.0),
    ]  # fmt: skip
    assert {clip.path for clip in clips} == {"shop.mp4"}


def test_addresses_of_label_studio_mean_files() -> None:
    assert media_path("/data/local-files/?d=site/a%20b.mp4") == "site/a b.mp4"
    assert media_path("https://host/videos/a.mp4?x=1") == "a.mp4"
    assert media_path("s3://bucket/deep/a.mp4") == "a.mp4"


def test_another_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('[{"id": 1, "video": "a.mp4", "videoLabels": []}]')
    with pytest.raises(DatasetError, match="wanted Label Studio's export 'JSON', not JSON-MIN"):
        read_label_studio(path, lambda _: 10.0)
    studio_file(path, data={"text": "hello"})
    with pytest.raises(DatasetError, match=r"task 5: .*its data has none of video"):
        read_label_studio(path, lambda _: 10.0)
    path.write_text("[")
    with pytest.raises(DatasetError, match="not JSON"):
        read_label_studio(path, lambda _: 10.0)


def test_our_own_labels_are_the_taxonomys() -> None:
    assert {"wave", "walk", "sit_down", "handshake"} <= set(load_taxonomy().actions)
