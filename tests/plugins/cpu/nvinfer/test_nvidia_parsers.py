"""Detection post-processing order, step 1: parsers of DeepStream's own and of DeepStream-Yolo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from plugins.cpu.nvinfer.parser_names import (
    BOX_PARSERS,
    INSTANCE_PARSERS,
    instance_parser_named,
    parser_named,
)
from plugins.cpu.nvinfer.parsers import Detections, ParseInput
from tests.plugins.cpu.batches import batch_with
from tests.plugins.cpu.networks import SIZE, grid_of_one_cell
from tests.plugins.cpu.nvinfer.inference import grey, started

Float = npt.NDArray[np.float32]

TOLD = ParseInput(width=64, height=32, image=(0, 0, 64, 32), lowest=0.3, first=0.5)
COUNT = np.array([3], np.int32)
CORNERS = np.array([[8, 4, 40, 20], [60, 2, 90, 40], [8, 4, 40, 20], [1, 1, 2, 2]], np.float32)
SCORES = np.array([0.9, 0.8, 0.4, 0.9], np.float32)
CLASSES = np.array([2, 1, 1, 1], np.float32)
UNIT = CORNERS / np.array([64, 32, 64, 32], np.float32)


def detectnet(stride: int = 16) -> tuple[Float, Float]:
    """Two classes on a grid of 4 x 2 cells; a box 10, 3, 50, 30 in class 1, cell (2, 1)."""
    cover, edges = np.zeros((2, 2, 4), np.float32), np.zeros((8, 2, 4), np.float32)
    x, y = 2 * stride + 0.5, 1 * stride + 0.5
    cover[1, 1, 2] = 0.7
    edges[4:, 1, 2] = np.array([x - 10, y - 3, 50 - x, 30 - y]) / 35
    return cover, edges


def found_as(found: Detections) -> list[tuple[list[float], int, float]]:
    return [
        (box.astype(np.float64).round(3).tolist(), int(number), round(float(score), 3))
        for box, number, score in zip(found.boxes, found.classes, found.scores, strict=True)
    ]


def test_without_a_function_a_network_is_detectnet() -> None:
    cover, edges = detectnet()
    found = parser_named(None)({"output_bbox": edges, "output_cov": cover}, TOLD)
    assert found_as(found) == [([10, 3, 40, 27], 1, 0.7)]


def test_detectnets_boxes_are_cut_at_the_last_pixel() -> None:
    cover, edges = detectnet()
    edges[4:, 1, 2] += 10
    found = parser_named(None)({"cov": cover, "bbox": edges}, TOLD)
    assert found_as(found) == [([0, 0, 63, 31], 1, 0.7)]
    edges[4:, 1, 2] = -10  # the left edge is right of the right one
    assert len(parser_named(None)({"cov": cover, "bbox": edges}, TOLD)) == 0


def test_the_custom_parser_of_resnet_measures_a_pixel_more() -> None:
    cover, edges = detectnet()
    layers = {"output_cov/Sigmoid:0": cover, "output_bbox/BiasAdd:0": edges}
    found = parser_named("NvDsInferParseCustomResnet")(layers, TOLD)
    assert found_as(found) == [([10, 3, 41, 28], 1, 0.7)]


def test_a_network_that_is_no_detectnet_is_told_to_name_its_parser() -> None:
    with pytest.raises(ValueError, match=r"'cov' in its name.*got output; .* parse-bbox"):
        parser_named(None)({"output": np.zeros((9, 5), np.float32)}, TOLD)


def test_detectnet_runs_in_nvinfer_as_in_nvidias_samples(tmp_path: Path) -> None:
    grid_of_one_cell(tmp_path / "net.onnx", box=(8.0, 4.0, 24.0, 20.0), score=0.8)
    element = started(
        tmp_path,
        "[property]\ngie-unique-id=1\nonnx-file=net.onnx\nnum-detected-classes=2\ncluster-mode=2\n"
        "[class-attrs-all]\npre-cluster-threshold=0.5\ntopk=20\nnms-iou-threshold=0.5\n",
    )
    buffer, batch = batch_with([grey(10, 2 * SIZE, 2 * SIZE)])
    element.on_batch(buffer, batch)
    (item,) = batch.frame_items[0].object_items
    rect = item.rect_params
    assert (rect.left, rect.top, rect.width, rect.height) == pytest.approx(
        (16, 8, 32, 32), abs=1e-3
    )
    assert item.class_id == 0
    assert item.confidence == pytest.approx(0.8)


def test_tensorflows_ssd_has_unit_boxes_with_y_first() -> None:
    layers: dict[str, npt.NDArray[Any]] = {
        "num_detections": COUNT.astype(np.float32),
        "detection_scores": SCORES,
        "detection_classes": CLASSES,
        "detection_boxes": UNIT[:, [1, 0, 3, 2]],
    }
    found = parser_named("NvDsInferParseCustomTfSSD")(layers, TOLD)
    assert found_as(found) == [
        ([8, 4, 32, 16], 2, 0.9),
        ([60, 2, 3, 29], 1, 0.8),
        ([8, 4, 32, 16], 1, 0.4),
    ]


def test_taos_nms_layer_has_rows_of_seven() -> None:
    rows = np.concatenate([np.zeros((4, 1)), CLASSES[:, None], SCORES[:, None], UNIT], axis=1)
    layers = {"NMS": rows.astype(np.float32)[None], "NMS_1": COUNT}
    found = parser_named("NvDsInferParseCustomNMSTLT")(layers, TOLD)
    # The second box's size is cut at the network's, not where it leaves it.
    assert found_as(found) == [([8, 4, 32, 16], 2, 0.9), ([60, 2, 30, 31], 1, 0.8)]


@pytest.mark.parametrize(
    ("name", "boxes"),
    [
        ("NvDsInferParseCustomBatchedNMSTLT", UNIT),
        ("NvDsInferParseYoloV5CustomBatchedNMSTLT", CORNERS),
    ],
)
def test_batched_nms_holds_all_classes_against_the_first_threshold(name: str, boxes: Float) -> None:
    layers = {"count": COUNT, "boxes": boxes, "scores": SCORES, "classes": CLASSES}
    found = parser_named(name)(layers, TOLD)
    assert found_as(found) == [([8, 4, 32, 16], 2, 0.9), ([60, 2, 3, 29], 1, 0.8)]


def test_efficientdet_has_pixel_boxes_with_y_first() -> None:
    boxes = CORNERS[:, [1, 0, 3, 2]]
    layers = {"count": COUNT, "boxes": boxes, "scores": SCORES, "classes": CLASSES}
    found = parser_named("NvDsInferParseCustomEfficientDetTAO")(layers, TOLD)
    assert found_as(found) == [([8, 4, 32, 16], 2, 0.9), ([60, 2, 30, 31], 1, 0.8)]


def detr_layers() -> dict[str, Float]:
    chances = np.array([[0.1, 0.8, 0.6], [0.9, 0.2, 0.1], [0.1, 0.1, 0.85]])
    boxes = [[0.375, 0.375, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5], [0.9, 0.5, 0.4, 0.5]]
    logits = np.log(chances / (1 - chances)).astype(np.float32)
    return {"pred_logits": logits, "pred_boxes": np.array(boxes, np.float32)}


def test_taos_dino_takes_one_class_a_query_and_none_for_the_background() -> None:
    found = parser_named("NvDsInferParseCustomDDETRTAO")(detr_layers(), TOLD)
    assert found_as(found) == [([44.8, 8, 18.2, 16], 2, 0.85), ([8, 4, 32, 16], 1, 0.8)]


def test_taos_rt_detr_takes_the_best_pairs_and_has_no_background() -> None:
    found = parser_named("NvDsInferParseCustomRTDETRTAO")(detr_layers(), TOLD)
    assert [(number, score) for _, number, score in found_as(found)] == [
        (0, 0.9),
        (2, 0.85),
        (1, 0.8),
        (2, 0.6),
    ]


def test_deepstream_yolo_gives_corners_in_rows_or_centres_in_layers() -> None:
    rows = np.concatenate([CORNERS, SCORES[:, None], CLASSES[:, None]], axis=1)
    wanted = [
        ([8, 4, 32, 16], 2, 0.9),
        ([60, 2, 4, 30], 1, 0.8),
        ([8, 4, 32, 16], 1, 0.4),
        ([1, 1, 1, 1], 1, 0.9),
    ]
    assert found_as(parser_named("NvDsInferParseYolo")({"output": rows}, TOLD)) == wanted
    centres = np.concatenate(
        [(CORNERS[:, :2] + CORNERS[:, 2:]) / 2, CORNERS[:, 2:] - CORNERS[:, :2]], axis=1
    )
    layers = {"boxes": centres, "scores": SCORES[:, None], "classes": CLASSES[:, None]}
    assert found_as(parser_named("NvDsInferParseYolo")(layers, TOLD)) == wanted
    layers["boxes"] = CORNERS
    assert found_as(parser_named("NvDsInferParseYoloE")(layers, TOLD)) == wanted


def test_yolos_masks_come_with_their_size() -> None:
    masks = np.arange(4 * 6, dtype=np.float32).reshape(4, 2, 3)
    layers = {"boxes": CORNERS, "scores": SCORES, "classes": CLASSES, "masks": masks}
    found = instance_parser_named("NvDsInferParseYoloSeg")(layers, TOLD)
    assert found.mask_size == (3, 2)
    assert found.masks is not None
    np.testing.assert_array_equal(found.masks, masks.reshape(4, 6))


@pytest.mark.parametrize("values", [2, 3])
def test_a_face_has_five_marks(values: int) -> None:
    boxes = np.array([[24, 12, 32, 16]], np.float32)
    marks = np.arange(5 * values, dtype=np.float32)[None] / 100
    score = np.array([[0.9]], np.float32)
    layers: dict[str, npt.NDArray[Any]] = {"boxes": boxes, "scores": score, "landmarks": marks}
    found = instance_parser_named("NvDsInferParseYoloFace")(layers, TOLD)
    assert found_as(found) == [([8, 4, 32, 16], 0, 0.9)]
    assert found.masks is not None
    told = found.masks.reshape(5, 3)
    np.testing.assert_allclose(told[:, :2], marks.reshape(5, values)[:, :2])
    assert (told[:, 2] == 1).all() == (values == 2)


def test_mask_rcnn_gives_the_mask_of_the_class() -> None:
    rows = np.array([[4, 8, 20, 40, 1, 0.9], [4, 8, 20, 40, 0, 0.2]], np.float32)
    masks = np.arange(2 * 2 * 4, dtype=np.float32).reshape(2, 2, 2, 2)
    layers = {"generate_detections": rows, "mask_fcn_logits/BiasAdd": masks}
    found = instance_parser_named("NvDsInferParseCustomMrcnnTLTV2")(layers, TOLD)
    assert found_as(found) == [([8, 4, 32, 16], 1, 0.9)]
    assert found.masks is not None
    np.testing.assert_array_equal(found.masks, masks[0, 1].reshape(1, 4))
    assert found.mask_size == (2, 2)


@pytest.mark.parametrize("name", [*BOX_PARSERS, *INSTANCE_PARSERS])
def test_layers_of_another_network_are_an_error_that_names_them(name: str) -> None:
    parser = BOX_PARSERS.get(name) or INSTANCE_PARSERS[name]
    with pytest.raises(ValueError, match=r"strange.*(wanted|got)|(wanted|got).*strange"):
        parser({"strange": np.zeros((3, 2, 2, 4), np.float32), "strange_too": COUNT}, TOLD)
