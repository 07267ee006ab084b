"""The truth beside a video reads back as what was seen and done."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from pycocotools.coco import COCO

from training.scenario.render.truth import PersonTruth, Picture, PropTruth
from training.scenario.truth_files import (
    CameraFile,
    CameraTruth,
    truth_paths,
    write_events,
)
from training.scenario.world import ActionTruth, Room, World

DOOR = CameraFile(name="door", video="door.mp4", fps=25, size_px=(320, 180))


def person(actor: int, left: float, *, visible: float = 1.0) -> PersonTruth:
    box = np.array([left, 20, left + 40, 140], np.float32)
    keypoints = np.zeros((17, 3), np.float32)
    keypoints[:5] = (left + 20, 30, 2)
    seen = box if visible else np.zeros(4, np.float32)
    return PersonTruth(actor=actor, box=box, visible_box=seen, visible=visible, keypoints=keypoints)


def picture(*people: PersonTruth) -> Picture:
    cup = PropTruth(prop=0, kind="cup", box=np.array([9, 9, 15, 19], np.float32), visible=0.5)
    image = np.zeros((180, 320, 3), np.uint8)
    return Picture(image=image, people=people, props=(cup,))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    truth = CameraTruth(DOOR)
    truth.add(picture(person(0, 10), person(1, 100, visible=0.0)))
    truth.add(picture(person(0, 12)))
    truth.write(tmp_path)
    return tmp_path


def test_keypoints_are_coco_with_the_frame_number_as_image(folder: Path) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(truth_paths(folder, "door")[0]))
    assert coco.getImgIds() == [1, 2]
    first = coco.loadAnns(coco.getAnnIds(imgIds=[1], catIds=[1]))
    assert len(first) == 1, "nothing is marked of somebody who is not seen"
    assert first[0]["bbox"] == [10, 20, 40, 120]
    assert first[0]["num_keypoints"] == 5
    assert len(first[0]["keypoints"]) == 51
    things = coco.loadAnns(coco.getAnnIds(catIds=coco.getCatIds(catNms=["cup"])))
    assert [thing["bbox"] for thing in things] == [[9, 9, 6, 10]] * 2


def test_tracks_are_mot_and_go_on_behind_things(folder: Path) -> None:
    rows = np.loadtxt(truth_paths(folder, "door")[1], delimiter=",", ndmin=2)
    assert rows.tolist() == [
        [1, 1, 10, 20, 40, 120, 1, 1, 1],
        [1, 2, 100, 20, 40, 120, 1, 1, 0],
        [2, 1, 12, 20, 40, 120, 1, 1, 1],
    ]


def test_events_say_who_does_what_when_with_what_and_how_it_sounds(tmp_path: Path) -> None:
    done = ActionTruth(
        action="hammer", level="human_object", actors=("ann",), onset_s=1.25, end_s=3.5,
        objects=("hammer",), sounds=("hammer",),
    )  # fmt: skip
    world = World(
        duration_s=4, room=Room(width_m=5, depth_m=5), truth=(done,), notes={"motion": "drawn"}
    )
    path = write_events(tmp_path, world, scene="shop", seed=4, cameras=[DOOR])
    scene = json.loads(path.read_text())
    (event,) = scene["events"]
    assert event == {**asdict(done), "actors": ["ann"], "objects": ["hammer"], "sounds": ["hammer"]}
    assert scene["cameras"] == [{**asdict(DOOR), "size_px": [320, 180]}]
    assert (scene["scene"], scene["seed"], scene["duration_s"]) == ("shop", 4, 4)
    assert scene["notes"] == {"motion": "drawn"}
