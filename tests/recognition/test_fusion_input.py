"""The fusion input: the same person gives the same numbers wherever the camera hangs."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recognition.frames import Float
from recognition.fusion_input import SLOTS, fusion_input, input_shapes
from recognition.skeleton import normalize_pose
from recognition.sound import TOKEN_SIZE
from recognition.windows import Window, WindowConfig, WindowStore
from tests.recognition.people import clip, standing


def window(*, step_px: float = 0, seconds: float = 5) -> Window:
    store = WindowStore(WindowConfig())
    return [w for shot in clip(seconds, step_px=step_px) for w in store.push(shot)[0]][-1]


def still(keypoints: Float, box: tuple[float, float, float, float], steps: int = 4) -> Float:
    boxes = np.tile(np.array(box, np.float32), (1, steps, 1))
    rows = np.tile(keypoints, (1, steps, 1, 1))
    return normalize_pose(rows, boxes, np.ones((1, steps), np.float32))


def test_the_arrays_have_the_shapes_that_the_model_is_told() -> None:
    inputs = fusion_input([window(), window()], [None, None], rate_hz=15)
    shapes = {name: (None, *array.shape[1:]) for name, array in inputs.items()}
    assert shapes == input_shapes(48)
    assert all(array.dtype == np.float32 for array in inputs.values())


@given(st.floats(0, 1000), st.floats(0, 500), st.floats(0.3, 3))
def test_a_pose_means_the_same_anywhere_and_at_any_size(x: float, y: float, scale: float) -> None:
    here = (0.0, 0.0, 100.0, 300.0)
    there = (x, y, x + 100 * scale, y + 300 * scale)
    np.testing.assert_allclose(
        still(standing(here), here), still(standing(there), there), atol=2e-3
    )


def test_a_walk_to_the_right_is_a_velocity_in_body_heights_per_second() -> None:
    traj = fusion_input([window(step_px=150)], [None], rate_hz=15)["traj"][0]
    np.testing.assert_allclose(traj[5:, 0], 150 / 300, atol=1e-2)
    np.testing.assert_allclose(traj[5:, 1], 0, atol=1e-3)
    np.testing.assert_allclose(traj[5:, 2], 100 / 300, atol=1e-2)


def test_presence_says_which_modalities_the_model_may_use() -> None:
    tokens = np.ones((SLOTS, TOKEN_SIZE), np.float32)
    inputs = fusion_input([window(), window()], [None, tokens], rate_hz=15)
    assert inputs["mod"].tolist() == [[1, 1, 0, 0], [1, 1, 0, 1]]
    assert (inputs["aud"][0] == 0).all()


def test_a_track_that_has_just_begun_has_a_pose() -> None:
    store = WindowStore(WindowConfig(hop_steps=1))
    first = next(w for shot in clip(1.2) for w in store.push(shot)[0])
    assert np.count_nonzero(first.seen) < 12
    assert fusion_input([first], [None], rate_hz=15)["mod"].tolist() == [[1, 1, 0, 0]]


def test_a_window_without_any_joint_is_finite_and_has_no_pose() -> None:
    blind = window()
    blind.keypoints[...] = 0
    inputs = fusion_input([blind], [None], rate_hz=15)
    assert inputs["mod"][0, 0] == 0
    assert all(np.isfinite(array).all() for array in inputs.values())


def test_the_body_is_centred_on_the_shoulders_when_the_hips_are_hidden() -> None:
    box = (0.0, 0.0, 100.0, 300.0)
    hidden = standing(box)
    hidden[11:] = 0
    pose = still(hidden, box)
    np.testing.assert_allclose(pose[0, 0, [5, 6], :2].mean(axis=0), 0, atol=1e-5)
    assert (pose[0, 0, 11:] == 0).all()
