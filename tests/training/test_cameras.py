"""The simulated camera sees what a real one would."""

import numpy as np

from training.cameras import Camera, look_at, random_camera


def level_camera() -> Camera:
    """At the origin, 1 m high, looking along x; 500 px focal length, 640 x 480."""
    position = np.array([0, 0, 1], np.float32)
    axes = look_at(position, np.array([5, 0, 1], np.float32), 0.0)
    return Camera(position=position, axes=axes, focal_px=(500.0, 500.0), size=(640, 480))


def test_a_point_is_projected_where_the_pinhole_formula_puts_it() -> None:
    # 4 m ahead, 0.8 m to the left (y), 0.4 m above the camera: u = 320 - 500*0.8/4, v = 240 - 50.
    picture, depth = level_camera().project(np.array([[4.0, 0.8, 1.4]], np.float32))
    np.testing.assert_allclose(picture, [[220.0, 190.0]], atol=1e-3)
    np.testing.assert_allclose(depth, [4.0], atol=1e-6)


def test_a_camera_looking_down_sees_the_near_floor_lower_in_the_picture() -> None:
    position = np.array([0, 0, 3], np.float32)
    axes = look_at(position, np.array([3, 0, 0], np.float32), 0.0)
    camera = Camera(position=position, axes=axes, focal_px=(500.0, 500.0), size=(640, 480))
    picture, _ = camera.project(np.array([[2.0, 0, 0], [3.0, 0, 0], [5.0, 0, 0]], np.float32))
    np.testing.assert_allclose(picture[1], [320, 240], atol=1e-3)
    assert picture[0, 1] > 240 > picture[2, 1]


def test_random_cameras_look_at_the_person_from_allowed_places() -> None:
    rng = np.random.default_rng(3)
    joints = rng.normal([0, 0, 0.9], [0.2, 0.2, 0.4], (60, 26, 3)).astype(np.float32)
    for _ in range(200):
        camera = random_camera(joints, rng)
        picture, depth = camera.project(joints[:, 17])
        assert 0.5 <= camera.position[2] <= 6.1
        assert (depth > 0.3).all()
        assert np.median(np.abs(picture - np.array(camera.size) / 2)) < max(camera.size)
