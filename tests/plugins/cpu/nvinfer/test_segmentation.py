"""Segmentation networks (network-type 2): a class for each pixel, and what nvsegvisual shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from plugins.cpu import pyds
from plugins.cpu.display.nvsegvisual import NvSegVisual, palette
from plugins.cpu.metadata.carrier import batch_of
from plugins.cpu.metadata.meta import NvDsFrameMeta
from plugins.cpu.metadata.tensor_meta import NvDsInferSegmentationMeta
from plugins.cpu.nvinfer.segmentation import Segmentation
from tests.plugins.cpu.batches import batch_with, person
from tests.plugins.cpu.graphs import picture
from tests.plugins.cpu.nvinfer.inference import grey, started

pytestmark = pytest.mark.gst

SEGMENTS = (
    "[property]\ngie-unique-id=1\nnetwork-type=2\nonnx-file=net.onnx\nnet-scale-factor=0.005\n"
)


def thresholds_net(path: Path, *, last: bool = False) -> None:
    """Scores of two classes, "dark" 0.45 everywhere and "bright" the red channel of each pixel."""
    nodes = [
        helper.make_node("Slice", ["input", "from", "to", "axis"], ["red"]),
        helper.make_node("Mul", ["red", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "level"], ["dark"]),
        helper.make_node("Concat", ["dark", "red"], ["first"], axis=1),
        helper.make_node("Transpose", ["first"], ["last"], perm=[0, 2, 3, 1]),
    ]
    constants: dict[str, NDArray[Any]] = {
        "from": np.array([0], np.int64),
        "to": np.array([1], np.int64),
        "axis": np.array([1], np.int64),
        "zero": np.zeros(1, np.float32),
        "level": np.full(1, 0.45, np.float32),
    }
    shape: list[int | str] = ["batch", 8, 8, 2] if last else ["batch", 2, 8, 8]
    graph = helper.make_graph(
        nodes if last else nodes[:-1],
        "net",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 3, 8, 8])],
        [helper.make_tensor_value_info("last" if last else "first", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    opset = [helper.make_opsetid("", 13)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)


def segmentation_of(frame: NvDsFrameMeta) -> NvDsInferSegmentationMeta:
    """Found as deepstream-segmentation finds it."""
    node = frame.frame_user_meta_list
    assert node is not None
    meta = pyds.NvDsUserMeta.cast(node.data)
    assert meta.base_meta.meta_type == pyds.NVDSINFER_SEGMENTATION_META
    return pyds.NvDsInferSegmentationMeta.cast(meta.user_meta_data)


def half_bright() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    pixels = grey(20)
    pixels[:, 32:] = 200
    return pixels


@pytest.mark.parametrize("last", [False, True])
def test_each_pixel_gets_its_best_class_above_the_threshold(tmp_path: Path, last: bool) -> None:
    thresholds_net(tmp_path / "net.onnx", last=last)
    order = f"segmentation-output-order={int(last)}\n"
    element = started(tmp_path, SEGMENTS + order)
    buffer, batch = batch_with([half_bright()])
    element.on_batch(buffer, batch)
    made = segmentation_of(batch.frame_items[0])
    assert (made.classes, made.width, made.height) == (2, 8, 8)
    masks = pyds.get_segmentation_masks(made)
    assert masks.dtype == np.int32
    assert (masks[:, :4] == -1).all()  # 0.45 is the best there, and not above 0.5
    assert (masks[:, 4:] == 1).all()
    assert batch.frame_items[0].bInferDone == 0

    low = started(tmp_path, SEGMENTS + order + "segmentation-threshold=0.0\n")
    buffer, batch = batch_with([half_bright()])
    low.on_batch(buffer, batch)
    assert (pyds.get_segmentation_masks(segmentation_of(batch.frame_items[0]))[:, :4] == 0).all()


def test_objects_get_their_own_in_secondary_mode(tmp_path: Path) -> None:
    thresholds_net(tmp_path / "net.onnx")
    element = started(tmp_path, SEGMENTS + "process-mode=2\n")
    buffer, batch = batch_with([half_bright()])
    item = person(36, 0, 20, 40)
    batch.frame_items[0].object_items.append(item)
    element._histories.add_source(0)
    element.on_batch(buffer, batch)
    made = pyds.NvDsInferSegmentationMeta.cast(item.user_items[0].user_meta_data)
    assert (pyds.get_segmentation_masks(made) == 1).all()


def test_a_layer_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    thresholds_net(tmp_path / "net.onnx")
    segmentation = Segmentation(started(tmp_path, SEGMENTS)._config)
    with pytest.raises(ValueError, match=r"layer out: wanted classes x height x width .*got 3x4"):
        segmentation.meta({"out": np.zeros((3, 4), np.float32)})


@pytest.mark.parametrize("background", [False, True])
def test_classes_are_shown_in_colours(tmp_path: Path, background: bool) -> None:
    thresholds_net(tmp_path / "net.onnx")
    element = started(tmp_path, SEGMENTS)
    buffer, batch = batch_with([half_bright(), grey(200)])
    element.on_batch(buffer, batch)
    visual = NvSegVisual()
    visual.set_property("width", 16)
    visual.set_property("height", 12)
    visual.set_property("original-background", background)
    shown = visual.on_buffer(buffer)
    assert shown is not None
    first, second = picture(shown, 0), picture(shown, 1)
    assert first.shape == second.shape == (12, 16, 4)
    colour, dark = palette()[2].astype(int), np.array([0, 0, 0, 255])
    if background:
        colour, dark = (colour + 200) // 2, (dark + 20) // 2
    assert np.abs(first[6, 12, :3] - colour[:3]).max() <= 1
    assert np.abs(second[6, 2, :3] - colour[:3]).max() <= 1
    assert np.abs(first[6, 2, :3] - dark[:3]).max() <= 1
    meta = batch_of(shown)
    assert meta is not None
    assert [frame.pipeline_width for frame in meta.frame_items] == [16, 16]
    assert batch.frame_items[0].pipeline_width == 64  # other branches keep theirs
