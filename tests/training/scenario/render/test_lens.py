"""The lens: like a camera, and the same each time."""

from __future__ import annotations

import numpy as np
import pytest

from training.scenario.render.lens import Lens, Pixels


@pytest.fixture
def image() -> Pixels:
    y, x = np.mgrid[:120, :160]
    return np.stack([x, y + 40, (x + y) // 2 + 20], axis=-1).astype(np.uint8)


def test_the_same_seed_and_frame_give_the_same_picture(image: Pixels) -> None:
    assert (Lens(4).apply(image, 9) == Lens(4).apply(image, 9)).all()


def test_noise_changes_from_frame_to_frame_and_nothing_else_does(image: Pixels) -> None:
    lens = Lens(4)
    one, other = (lens.apply(image, index).astype(int) for index in (0, 1))
    assert (one != other).any()
    assert abs((one - other).mean()) < 0.5


def test_another_camera_sees_another_picture(image: Pixels) -> None:
    means = [Lens(seed).apply(image).mean() for seed in range(8)]
    assert np.ptp(means) > 5


@pytest.mark.parametrize("seed", range(20))
def test_no_picture_is_lost(image: Pixels, seed: int) -> None:
    seen = Lens(seed).apply(image)
    assert seen.shape == image.shape
    assert seen.dtype == np.uint8
    assert np.corrcoef(seen.ravel(), image.ravel())[0, 1] > 0.9


def test_without_strength_nothing_changes(image: Pixels) -> None:
    assert (Lens(1, strength=0.0).apply(image) == image).all()
