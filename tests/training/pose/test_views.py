"""Views of stored crops: what the network sees in training is what nvinfer cuts out."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from plugins.cpu.nvinfer.config import load_config
from plugins.cpu.nvinfer.preprocess import Preprocessor
from plugins.placement import NetworkInput, place
from recognition.skeleton import LEFT, RIGHT
from tests.training.pose.people import crops, picture
from training.pose.batches import to_input
from training.pose.crops import cut
from training.pose.loss import ABSENT, HIDDEN, SEEN
from training.pose.network import INPUT
from training.pose.spoil import occlude
from training.pose.views import letterbox, mirror, plain_view, random_view

CONFIG = Path(__file__).resolve().parents[3] / "configs" / "nvinfer" / "pose_nano.txt"


def test_training_sees_a_person_as_nvinfer_shows_one(tmp_path: Path) -> None:
    import torch

    image, (person,) = picture(3)
    pixels, _, _ = plain_view(crops(tmp_path, 4), 3)
    trained = to_input(torch.from_numpy(pixels)[None])[0].numpy()

    x1, y1, x2, y2 = (float(edge) for edge in person.boxes[0])
    network = NetworkInput(*INPUT, keep_aspect=True, symmetric=True)
    placement = place((x1, y1, x2 - x1, y2 - y1), (image.shape[1], image.shape[0]), network)
    assert placement is not None
    served = Preprocessor(load_config(CONFIG), network)
    rgba = np.dstack([image, np.full(image.shape[:2], 255, np.uint8)])
    served.fill(0, rgba, placement)

    assert np.abs(cv2.blur(trained[0] - served.batch(1)[0, 0], (9, 9))).mean() < 0.06


def test_a_joint_is_where_its_blob_is(tmp_path: Path) -> None:
    stored = crops(tmp_path, 8)
    for index in range(8):
        pixels, joints, size = plain_view(stored, index)
        x, y, visibility = joints[16]  # the right ankle's blob: strong in all three channels
        patch = pixels[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2]
        assert visibility == SEEN
        assert patch.mean() > 90
        assert 40 < size < 128


def test_the_letterbox_keeps_the_aspect_and_stays_in_the_middle() -> None:
    for box in ([10, 20, 40, 140], [0, 0, 200, 50], [5, 5, 80, 105]):
        matrix, (left, top, right, bottom) = letterbox(np.array(box, np.float32))
        placed = place(
            (box[0], box[1], box[2] - box[0], box[3] - box[1]), (640, 480),
            NetworkInput(*INPUT, keep_aspect=True, symmetric=True),
        )  # fmt: skip
        assert placed is not None
        assert abs(left - placed.offset_left) <= 1
        assert abs(bottom - top - placed.filled_height) <= 2
        corner = matrix @ [box[2], box[3], 1]
        np.testing.assert_allclose(corner, (right, bottom), atol=1e-3)


def test_a_mirrored_person_has_left_and_right_exchanged(tmp_path: Path) -> None:
    pixels, joints, _ = plain_view(crops(tmp_path, 1), 0)
    turned, mirrored = mirror(pixels, joints)
    np.testing.assert_allclose(mirrored[list(LEFT), 0], INPUT[0] - joints[list(RIGHT), 0])
    again, back = mirror(turned, mirrored)
    assert (again == pixels).all()
    np.testing.assert_allclose(back, joints, atol=1e-4)


def test_joints_outside_the_box_are_absent_and_those_behind_things_hidden(tmp_path: Path) -> None:
    stored = crops(tmp_path, 6)
    rng = np.random.default_rng(0)
    kinds = set()
    for _ in range(200):
        pixels, joints, _ = random_view(stored, int(rng.integers(6)), rng)
        assert pixels.shape == (128, 96, 3)
        present = joints[joints[:, 2] > ABSENT]
        assert (present[:, :2] > -4).all()
        assert (present[:, :2] < np.array(INPUT) + 4).all()
        kinds |= set(joints[:, 2].tolist())
    assert kinds == {ABSENT, HIDDEN, SEEN}


def test_a_thing_in_the_way_hides_the_joints_behind_it(tmp_path: Path) -> None:
    pixels, joints, _ = plain_view(crops(tmp_path, 1), 0)
    covered, hidden = occlude(pixels, joints, np.random.default_rng(5))
    changed = np.abs(covered.astype(int) - pixels).max(axis=2) > 0
    for joint, before in zip(hidden, joints, strict=True):
        assert (joint[:2] == before[:2]).all()
        if joint[2] == HIDDEN:
            assert changed[int(joint[1]), int(joint[0])]


def test_a_crop_at_the_edge_of_the_picture_stays_inside_it() -> None:
    image, (person,) = picture(0)
    canvas, moved, limits = cut(image[:, :90], person, smooth=True)
    assert canvas.shape == (192, 160, 3)
    assert limits[2] < 160
    assert (moved.keypoints[:, 0] > limits[2]).any()
