"""The shipped pose network finds the joints of rendered people, through nvinfer's preprocessing."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import yaml

from engines.ort import OrtEngine
from engines.registry import BUNDLED, ROOT
from plugins.cpu.nvinfer.config import load_config
from tests.acceptance.pose_on_boxes import PoseStage
from training.pictures import Order, rendered

CONFIG = ROOT / "configs" / "nvinfer" / "pose_nano.txt"


def test_the_joints_of_rendered_people_are_found() -> None:
    stage = PoseStage(CONFIG, "simcc")
    off: list[float] = []
    for picture in rendered(Order(count=6, seed=5, side="test", size=(640, 360))):
        people = [
            person for person in picture.people
            if person.visible > 0.8 and person.box[3] - person.box[1] > 60
        ]  # fmt: skip
        for person in people:
            given = stage.keypoints(picture.image, person.box[None])[0]
            seen = person.keypoints[:, 2] == 2
            apart = np.linalg.norm(given[seen, :2] - person.keypoints[seen, :2], axis=1)
            off.extend(apart / np.ptp(person.box[[1, 3]]))
    assert len(off) > 30
    assert np.median(off) < 0.03


def test_a_crop_without_a_person_scores_less_than_half_of_one_with_a_person() -> None:
    stage = PoseStage(CONFIG, "simcc")
    noise = np.random.default_rng(0).integers(60, 190, (360, 640, 3), np.uint8)
    nobody = stage.keypoints(noise, np.array([[200, 60, 300, 300]], np.float32))[0, :, 2].mean()
    picture = next(
        picture
        for picture in rendered(Order(count=6, seed=5, side="test", size=(640, 360)))
        if any(person.visible > 0.95 for person in picture.people)
    )
    person = max(picture.people, key=lambda one: one.visible)
    somebody = stage.keypoints(picture.image, person.box[None])[0, :, 2].mean()
    assert nobody < somebody / 2


def test_the_file_is_the_listed_one_small_and_takes_any_number_of_people() -> None:
    path = load_config(CONFIG).onnx_file
    assert path is not None
    assert Path(path).resolve() == (BUNDLED / "nano_pose.onnx").resolve()
    content = path.read_bytes()
    listed = yaml.safe_load((BUNDLED / "manifest.yaml").read_text(encoding="utf-8"))
    (entry,) = (line for line in listed if line["name"] == "nano_pose")
    assert entry["sha256"] == hashlib.sha256(content).hexdigest()
    assert entry["bytes"] == len(content) < 2_500_000
    assert (BUNDLED / "nano_pose.md").is_file()
    engine = OrtEngine(path, threads=1)
    for people in (1, 5):
        answer = engine.run({"image": np.zeros((people, 3, 128, 96), np.float32)})
        assert answer["simcc_x"].shape == (people, 17, 96)
        assert answer["simcc_y"].shape == (people, 17, 128)
