"""Pose tensors become keypoints in pixels of the frame."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.errors import GraphError
from plugins.metadata import RawFrame
from plugins.placement import NetworkInput
from plugins.pose_decoding import PoseSettings, appearances, crop_to_frame, decode_poses
from recognition.frames import Float

SIZE = (1920, 1080)


def raw(crop: tuple[float, ...], network: tuple[int, int], **tensors: Float) -> RawFrame:
    """A frame with one person whose pose network saw ``crop`` (left, top, width, height)."""
    left, top, width, height = crop
    return RawFrame(
        source_id=0,
        pts_ns=0,
        ntp_ns=None,
        track_ids=[1],
        confidences=[0.9],
        boxes=np.array([[left, top, left + width, top + height]], np.float32),
        crops=np.array([crop], np.float32),
        has_tensors=np.array([True]),
        tensors={name: values[None] for name, values in tensors.items()},
        network=network,
    )


def letterboxed(decoder: str) -> PoseSettings:
    return PoseSettings(decoder=decoder, keep_aspect=True, symmetric=True)


def test_movenet_gives_y_before_x_and_the_padding_is_undone() -> None:
    yxs = np.full((1, 1, 17, 3), 0.5, np.float32)
    yxs[0, 0, 0] = (0.0, 0.25, 0.9)  # top edge, left edge of the picture inside the padding
    keypoints = decode_poses(
        raw((100, 50, 100, 200), (192, 192), out=yxs), SIZE, letterboxed("movenet")
    )
    assert keypoints.shape == (1, 17, 3)
    np.testing.assert_allclose(keypoints[0, 0], (100, 50, 0.9), atol=0.01)
    np.testing.assert_allclose(keypoints[0, 1], (150, 150, 0.5), atol=0.01)


def test_blazepose_picks_the_seventeen_of_its_landmarks() -> None:
    marks = np.zeros((39, 5), np.float32)
    marks[:, 3:] = 10
    marks[15] = (128, 128, 0, 10, -10)  # left wrist, not present
    frame = raw((0, 0, 256, 256), (256, 256), ld=marks.reshape(-1), poseflag=np.ones(1, np.float32))
    keypoints = decode_poses(frame, SIZE, letterboxed("blazepose"))[0]
    np.testing.assert_allclose(keypoints[9], (128, 128, 0), atol=1e-3)
    assert keypoints[0, 2] == pytest.approx(1, abs=1e-3)


def test_simcc_reads_the_bins_of_both_axes() -> None:
    along_x, along_y = np.zeros((17, 384), np.float32), np.zeros((17, 512), np.float32)
    along_x[:, 100], along_y[:, 300] = 0.9, 0.7
    frame = raw((0, 0, 192, 256), (192, 256), simcc_x=along_x, simcc_y=along_y)
    keypoints = decode_poses(frame, SIZE, letterboxed("simcc"))[0]
    np.testing.assert_allclose(keypoints[0], (50, 150, 0.7), atol=1e-3)


def test_simcc_finds_a_place_between_two_bins() -> None:
    bins = np.arange(96, dtype=np.float32)
    along_x = np.tile(0.8 * np.exp(-0.5 * ((bins - 40.3) / 2) ** 2), (17, 1))
    along_y = np.tile(0.8 * np.exp(-0.5 * ((np.arange(128) - 100.6) / 2) ** 2), (17, 1))
    along_x[1], along_y[1] = np.eye(96)[0], np.eye(128)[127]  # at the very edge
    frame = raw(
        (0, 0, 96, 128), (96, 128), simcc_x=along_x.astype(np.float32),
        simcc_y=along_y.astype(np.float32),
    )  # fmt: skip
    keypoints = decode_poses(frame, SIZE, letterboxed("simcc"))[0]
    np.testing.assert_allclose(keypoints[0, :2], (40.3, 100.6), atol=0.05)
    np.testing.assert_allclose(keypoints[1], (0, 127, 1), atol=1e-6)


def test_a_network_of_another_layout_is_told_with_what_came() -> None:
    frame = raw((0, 0, 192, 192), (192, 192), heatmaps=np.zeros((17, 48, 48), np.float32))
    with pytest.raises(GraphError, match=r"wants a layer of 51 values; the network gives heatmaps"):
        decode_poses(frame, SIZE, letterboxed("movenet"))


def test_a_person_on_whom_no_pose_ran_has_no_keypoints() -> None:
    frame = raw((0, 0, 192, 192), (192, 192), out=np.ones((1, 17, 3), np.float32))
    frame.has_tensors[0] = False
    assert (decode_poses(frame, SIZE, letterboxed("movenet")) == 0).all()


@given(
    st.floats(0, 1000, width=32), st.floats(0, 300, width=32),
    st.floats(8, 500, width=32), st.floats(8, 700, width=32),
    st.sampled_from([(192, 192), (192, 256), (256, 256)]), st.booleans(), st.booleans(),
)  # fmt: skip
def test_a_point_of_the_frame_comes_back_within_a_pixel(
    left: float, top: float, width: float, height: float,
    network: tuple[int, int], keep: bool, symmetric: bool,
) -> None:  # fmt: skip
    # What nvinfer does on the way in, written out once more.
    x0, y0 = (int(edge) + int(edge) % 2 for edge in (left, top))
    w, h = (int(edge) - int(edge) % 2 for edge in (width, height))
    wide, high = network
    if keep:
        wide, high = min(wide, int(high * w / h)), min(high, int(wide * h / w))
    pad_x = (network[0] - wide) // 2 if symmetric else 0
    pad_y = (network[1] - high) // 2 if symmetric else 0
    point = np.array([[0.3 * wide + pad_x, 0.8 * high + pad_y]], np.float32)
    crop = np.array([left, top, width, height], np.float32)
    back = crop_to_frame(point, crop, SIZE, NetworkInput(*network, keep, symmetric))
    np.testing.assert_allclose(back[0], (x0 + 0.3 * w, y0 + 0.8 * h), atol=1)


def test_what_people_look_like_is_read_by_its_layer_and_its_size() -> None:
    crop = (100, 50, 100, 200)
    look = np.linspace(0, 1, 96, dtype=np.float32)
    given = appearances(raw(crop, (96, 128), features=look))
    assert given is not None
    np.testing.assert_array_equal(given, [look])
    assert appearances(raw(crop, (96, 128), features=look[:64])) is None
    assert appearances(raw(crop, (96, 128), simcc_x=look)) is None
