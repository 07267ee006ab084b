"""Preprocessing: crops, letterboxes and numbers as the network gets them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.cpu.nvinfer.config import InferConfig
from plugins.cpu.nvinfer.preprocess import Float, Preprocessor
from plugins.placement import NetworkInput, Placement, place

RNG = np.random.default_rng(7)
FRAME = RNG.integers(0, 256, (36, 64, 4), dtype=np.uint8)
SIZE = (64, 36)


def prepared(config: InferConfig, network: NetworkInput, placement: Placement) -> Float:
    work = Preprocessor(config, network)
    work.fill(0, FRAME, placement)
    picture: Float = work.batch(1)[0].copy()
    return picture


def placed(rect: tuple[float, float, float, float], network: NetworkInput) -> Placement:
    placement = place(rect, SIZE, network)
    assert placement is not None
    return placement


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize(("colour", "order"), [(0, (0, 1, 2)), (1, (2, 1, 0))])
def test_every_pixel_follows_the_formula_in_the_networks_channel_order(
    colour: int, order: tuple[int, ...], symmetric: bool
) -> None:
    config = InferConfig(
        net_scale_factor=0.5,
        offsets=(10.0, 20.0, 30.0),
        model_color_format=colour,
        scaling_filter=1,
    )
    network = NetworkInput(width=32, height=32, keep_aspect=True, symmetric=symmetric)
    got = prepared(config, network, placed((0, 0, *SIZE), network))

    letterboxed = np.zeros((32, 32, 4), np.uint8)
    top = 7 if symmetric else 0
    letterboxed[top : top + 18] = cv2.resize(FRAME, (32, 18), interpolation=cv2.INTER_LINEAR)
    for plane, channel in enumerate(order):
        wanted = 0.5 * (letterboxed[..., channel].astype(np.float32) - config.offsets[plane])
        np.testing.assert_array_equal(got[plane], wanted)


def test_grey_networks_get_one_plane() -> None:
    config = InferConfig(model_color_format=2, offsets=(16.0,), scaling_filter=1)
    network = NetworkInput(width=64, height=36, channels=1)
    got = prepared(config, network, placed((0, 0, *SIZE), network))
    grey = cv2.cvtColor(FRAME, cv2.COLOR_RGBA2GRAY).astype(np.float32)
    np.testing.assert_array_equal(got, grey[None] - 16)


@pytest.mark.parametrize("colour", [0, 1, 2])
def test_a_network_that_wants_its_channels_last_gets_the_same_numbers(colour: int) -> None:
    channels = 1 if colour == 2 else 3
    config = InferConfig(model_color_format=colour, net_scale_factor=0.25, batch_size=2)
    planes = NetworkInput(width=32, height=32, keep_aspect=True, channels=channels)
    last = replace(planes, channels_last=True)
    wanted = prepared(config, planes, placed((0, 0, *SIZE), planes))
    got = prepared(config, last, placed((0, 0, *SIZE), last))
    np.testing.assert_array_equal(got, wanted.transpose(1, 2, 0))


@pytest.mark.parametrize("colour", [0, 1])
def test_a_mean_picture_is_subtracted_with_its_channels_as_they_come(
    tmp_path: Path, colour: int
) -> None:
    mean = RNG.integers(0, 256, (18, 32, 3), dtype=np.uint8)  # RGB, as PPM keeps it
    cv2.imwrite(str(tmp_path / "mean.ppm"), mean[..., ::-1])
    config = InferConfig(mean_file=tmp_path / "mean.ppm", model_color_format=colour)
    network = NetworkInput(width=32, height=18)
    got = prepared(config, network, placed((0, 0, *SIZE), network))
    plain = prepared(
        InferConfig(model_color_format=colour), network, placed((0, 0, *SIZE), network)
    )
    np.testing.assert_array_equal(got, plain - mean.transpose(2, 0, 1))
    with pytest.raises(ValueError, match="mean-file: wanted 20x20, got 32x18"):
        Preprocessor(config, NetworkInput(width=20, height=20))


def test_the_black_bars_are_black_before_the_mean_picture_is_subtracted(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "mean.ppm"), np.full((32, 32, 3), 7, np.uint8))
    config = InferConfig(mean_file=tmp_path / "mean.ppm", net_scale_factor=2)
    network = NetworkInput(width=32, height=32, keep_aspect=True)
    got = prepared(config, network, placed((0, 0, *SIZE), network))
    assert (got[:, 18:] == -14).all()


def test_without_keeping_the_aspect_the_whole_input_is_filled() -> None:
    network = NetworkInput(width=20, height=20)
    got = prepared(InferConfig(scaling_filter=1), network, placed((0, 0, *SIZE), network))
    wanted = cv2.resize(FRAME, (20, 20), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_array_equal(got, wanted[..., :3].transpose(2, 0, 1))


def test_a_second_smaller_picture_leaves_nothing_of_the_first_behind() -> None:
    network = NetworkInput(width=32, height=32, keep_aspect=True)
    work = Preprocessor(InferConfig(offsets=(1.0, 1.0, 1.0)), network)
    work.fill(0, FRAME, placed((0, 0, 36, 36), network))
    work.fill(0, FRAME, placed((0, 0, 64, 8), network))
    assert (work.batch(1)[0][:, 4:] == -1).all()


@pytest.mark.parametrize(
    ("rect", "wanted"),
    [
        ((3.9, 5.0, 21.9, 10.9), (4, 6, 20, 10)),  # fractions are cut first: 3 -> 4, 21 -> 20
        ((2.7, 4.0, 20.0, 10.0), (2, 4, 20, 10)),
        ((-8.0, -3.5, 20.0, 10.0), (0, 0, 20, 10)),
        ((50.0, 30.0, 40.0, 20.0), (50, 30, 14, 6)),  # cut at the frame
    ],
)
def test_crops_are_rounded_to_even_as_the_hardware_wants(
    rect: tuple[float, float, float, float], wanted: tuple[int, int, int, int]
) -> None:
    placement = placed(rect, NetworkInput(width=32, height=32))
    assert (placement.left, placement.top, placement.width, placement.height) == wanted


@pytest.mark.parametrize("rect", [(10, 10, 1.9, 20), (63, 10, 20, 20), (70, 5, 10, 10)])
def test_a_crop_with_nothing_inside_the_frame_is_not_inferred(
    rect: tuple[float, float, float, float],
) -> None:
    assert place(rect, SIZE, NetworkInput(width=32, height=32)) is None


def test_the_size_of_the_scaled_picture_is_cut_off_not_rounded() -> None:
    network = NetworkInput(width=416, height=416, keep_aspect=True)
    placement = place((0, 0, 1278, 958), (1278, 958), network)
    assert placement is not None
    assert (placement.filled_width, placement.filled_height) == (416, 311)  # 311.8
    assert placement.scale_y == 311 / 958


@given(
    left=st.floats(0, 600),
    top=st.floats(0, 300),
    width=st.floats(8, 640),
    height=st.floats(8, 360),
    symmetric=st.booleans(),
    keep_aspect=st.booleans(),
    x=st.floats(0, 1),
    y=st.floats(0, 1),
)
def test_a_point_of_the_crop_survives_the_way_there_and_back(
    left: float,
    top: float,
    width: float,
    height: float,
    symmetric: bool,
    keep_aspect: bool,
    x: float,
    y: float,
) -> None:
    network = NetworkInput(width=192, height=256, keep_aspect=keep_aspect, symmetric=symmetric)
    p = place((left, top, width, height), (640, 360), network)
    if p is None:
        return
    point = np.array([p.left + x * p.width, p.top + y * p.height])
    inside = (point - [p.left, p.top]) * [p.scale_x, p.scale_y] + [p.offset_left, p.offset_top]
    assert (inside >= -1e-6).all()
    assert (inside <= np.array([network.width, network.height]) + 1e-6).all()
    back = (inside - [p.offset_left, p.offset_top]) / [p.scale_x, p.scale_y] + [p.left, p.top]
    assert np.abs(back - point).max() < 1


def test_a_mark_in_the_frame_lies_where_the_placement_says() -> None:
    frame = np.zeros((720, 1280, 4), np.uint8)
    frame[500:540, 700:740] = 255
    network = NetworkInput(width=416, height=416, keep_aspect=True, symmetric=True)
    placement = place((600.5, 301.0, 400.0, 380.0), (1280, 720), network)
    assert placement is not None
    work = Preprocessor(InferConfig(scaling_filter=1), network)
    work.fill(0, frame, placement)
    ys, xs = np.nonzero(work.batch(1)[0, 0] > 127)
    p = placement
    centre_x = (xs.mean() + 0.5 - p.offset_left) / p.scale_x + p.left
    centre_y = (ys.mean() + 0.5 - p.offset_top) / p.scale_y + p.top
    assert abs(centre_x - 720) < 1
    assert abs(centre_y - 520) < 1
