"""Two ways to carry pose, A: network-type 3 hands keypoints on as the mask of each box."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from plugins.cpu.metadata.meta import NvDsFrameMeta
from plugins.cpu.nvinfer.instance_parsers import parse_yolo_pose
from plugins.cpu.nvinfer.nvinfer import NvInfer
from plugins.cpu.nvinfer.parser_names import instance_parser_named
from plugins.cpu.nvinfer.parsers import ParseInput
from tests.plugins.cpu.batches import batch_with
from tests.plugins.cpu.networks import SIZE, fixed_rows
from tests.plugins.cpu.nvinfer.inference import grey, started

pytestmark = pytest.mark.gst

POSE = """
[property]
gie-unique-id=4
network-type=3
cluster-mode=4
onnx-file=net.onnx
num-detected-classes=1
parse-bbox-instance-mask-func-name=NvDsInferParseYoloPose
segmentation-threshold=0.25
output-instance-mask={mask}
"""
JOINTS = [6.0, 7.0, 0.9, 40.0, -2.0, 0.1]  # the second one lies outside the input
ROWS = [(10, 12, 8, 12, 0.8, *JOINTS), (10, 12, 8, 11, 0.7, *JOINTS), (24, 12, 6, 8, 0.6, *JOINTS)]


def inferred(element: NvInfer, side: int = 2 * SIZE) -> NvDsFrameMeta:
    buffer, batch = batch_with([grey(10, side, side)])
    element.on_batch(buffer, batch)
    return batch.frame_items[0]


def test_boxes_are_objects_and_keypoints_stay_in_network_coordinates(tmp_path: Path) -> None:
    fixed_rows(tmp_path / "net.onnx", ROWS)
    frame = inferred(started(tmp_path, POSE.format(mask=1)))
    first, second = frame.object_items
    rect, mask = first.rect_params, first.mask_params
    assert (rect.left, rect.top, rect.width, rect.height) == (12, 12, 16, 24)
    np.testing.assert_allclose(mask.get_mask_array(), [6, 7, 0.9, 32, 0, 0.1])
    assert (mask.size, mask.width, mask.height, mask.threshold) == (24, 32, 32, 0.25)
    assert second.confidence == pytest.approx(0.6)
    assert frame.bInferDone == 1


def test_without_output_instance_mask_only_the_boxes_come(tmp_path: Path) -> None:
    fixed_rows(tmp_path / "net.onnx", ROWS)
    element = started(tmp_path, POSE.format(mask=0))
    assert [item.mask_params.size for item in inferred(element).object_items] == [0, 0]
    element.set_property("output-instance-mask", True)
    assert [item.mask_params.size for item in inferred(element).object_items] == [24, 24]


def test_borders_have_the_same_random_colours_in_every_frame(tmp_path: Path) -> None:
    fixed_rows(tmp_path / "net.onnx", ROWS)
    element = started(tmp_path, POSE.format(mask=1))
    frames = [inferred(element), inferred(element)]
    colours = [[item.rect_params.border_color.red for item in f.object_items] for f in frames]
    assert colours[0] == colours[1]
    # The first number that std::mt19937(0) gives is 2357136044.
    assert colours[0][0] == pytest.approx(2357136044 / 2**32)


def test_the_parser_suppresses_at_an_iou_of_its_own_and_drops_slivers() -> None:
    rows = np.array([*ROWS, (5, 5, 0.5, 9, 0.9, *JOINTS)], np.float32)
    told = ParseInput(width=SIZE, height=SIZE, image=(0, 0, SIZE, SIZE), lowest=0.5)
    found = parse_yolo_pose({"output": rows}, told)
    np.testing.assert_allclose(found.scores, [0.8, 0.6])


def test_an_unknown_instance_parser_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="platform cpu has NvDsInferParseYoloPose, "):
        instance_parser_named("NvDsInferParseCustom")
