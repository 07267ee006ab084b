"""The simulated detector and pose model err like real ones and keep the shapes."""

import numpy as np

from recognition.frames import Float
from training.cameras import Camera, look_at, random_camera
from training.figure import STANDING, animate
from training.pose_noise import hidden_joints, observe

BONES = np.full(26, 0.25, np.float32)


def standing(turn: float = 0.0) -> Float:
    keys = [(0.0, {**STANDING, "turn": turn}), (2.0, {})]
    return animate(keys, BONES, np.random.default_rng(0))


def camera_in_front(joints: Float) -> Camera:
    position = np.array([5, 0, 1], np.float32)
    axes = look_at(position, joints[:, 17].mean(axis=0), 0.0)
    return Camera(position=position, axes=axes, focal_px=(800.0, 800.0), size=(640, 480))


def test_an_observation_has_a_row_per_frame_and_scores_between_0_and_1() -> None:
    joints = standing()
    for seed in range(30):
        rng = np.random.default_rng(seed)
        seen = observe(joints, random_camera(joints, rng), rng)
        assert seen.keypoints.shape == (len(joints), 17, 3)
        assert seen.boxes.shape == (len(joints), 4)
        assert seen.found.shape == (len(joints),)
        assert np.isfinite(seen.keypoints).all()
        assert ((seen.keypoints[..., 2] >= 0) & (seen.keypoints[..., 2] <= 1)).all()
        lost = seen.keypoints[..., 2] == 0
        assert (seen.keypoints[lost] == 0).all()


def test_the_face_of_a_person_who_turns_away_is_hidden() -> None:
    for turn, hidden in ((0.0, False), (180.0, True)):
        joints = standing(turn)
        camera = camera_in_front(joints)
        points, depth = camera.project(joints)
        face = hidden_joints(points, depth, camera)[:, 0]
        assert face.mean() > 0.9 if hidden else face.mean() < 0.1


def test_most_errors_are_a_few_hundredths_of_a_person() -> None:
    joints = standing()
    camera = camera_in_front(joints)
    true, _ = camera.project(joints)
    tall = np.ptp(true[..., 1])
    errors = []
    for seed in range(40):
        seen = observe(joints, camera, np.random.default_rng(seed))
        found = seen.keypoints[..., 2] > 0.5
        errors.append(np.linalg.norm(seen.keypoints[..., :2] - true[:, :17], axis=2)[found])
    assert 0.003 < np.median(np.concatenate(errors)) / tall < 0.04
