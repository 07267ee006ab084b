"""Detection post-processing order, step 1: this project's parsers, inside the picture."""

from __future__ import annotations

import numpy as np
import pytest

from plugins.cpu.nvinfer.parser_names import parser_named
from plugins.cpu.nvinfer.parsers import (
    ParseInput,
    parse_detr,
    parse_end_to_end,
    parse_rtmdet,
    parse_yolox,
)

TOLD = ParseInput(width=416, height=416, image=(0, 0, 416, 234), lowest=0.3)
CELLS = 52 * 52 + 26 * 26 + 13 * 13


def yolox_layer() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.zeros((CELLS, 85), np.float32)


def test_yolox_cells_decode_to_boxes_of_their_stride() -> None:
    rows = yolox_layer()
    cell = 52 * 52 + 26 * 3 + 5  # stride 16, row 3, column 5
    rows[cell, :5] = 0.5, 0.25, np.log(4), np.log(2), 0.9
    rows[cell, 5 + 16] = 0.5
    found = parse_yolox({"output": rows}, TOLD)
    np.testing.assert_allclose(found.boxes, [[88 - 32, 52 - 16, 64, 32]], rtol=1e-6)
    assert found.classes.tolist() == [16]
    np.testing.assert_allclose(found.scores, [0.45])


def test_boxes_end_at_the_picture_not_in_the_black_bars() -> None:
    rows = yolox_layer()
    rows[52 * 28 + 10, :5] = 0, 0, np.log(10), np.log(10), 0.9  # centre 80, 224, 80 x 80
    found = parse_yolox({"output": rows}, TOLD)
    np.testing.assert_allclose(found.boxes, [[40, 184, 80, 50]])
    rtmdet = np.array([[-5, 200, 60, 300, 0.9]], np.float32)
    np.testing.assert_allclose(parse_rtmdet({"output": rtmdet}, TOLD).boxes, [[0, 200, 60, 34]])


def test_a_box_wholly_in_the_black_bars_is_no_box() -> None:
    rtmdet = np.array([[10, 300, 60, 340, 0.9]], np.float32)
    assert len(parse_rtmdet({"output": rtmdet}, TOLD)) == 0


def test_every_class_of_a_detr_query_over_the_threshold_is_a_box() -> None:
    logits = np.full((2, 3), -9, np.float32)
    logits[1] = np.log([0.8 / 0.2, 0.1 / 0.9, 0.5 / 0.5])
    boxes = np.array([[0.1, 0.1, 0.1, 0.1], [0.5, 0.25, 0.25, 0.125]], np.float32)
    found = parse_detr({"pred_logits": logits, "pred_boxes": boxes}, TOLD)
    np.testing.assert_allclose(found.boxes, [[156, 78, 104, 52]] * 2, rtol=1e-5)
    assert found.classes.tolist() == [0, 2]
    np.testing.assert_allclose(found.scores, [0.8, 0.5], rtol=1e-5)
    with pytest.raises(ValueError, match="got 1 boxes, 2 queries"):
        parse_detr({"logits": logits, "pred_boxes": boxes[:1]}, TOLD)


def test_a_network_that_suppresses_doubles_itself_gives_its_boxes_in_either_form() -> None:
    rows = np.array([[10, 20, 30, 60, 0.9], [0, 0, 9, 9, 0.1], [0, 0, 9, 9, 0.8]], np.float32)
    labels = np.array([7, 1, -1])
    found = parse_end_to_end({"dets": rows, "labels": labels}, TOLD)
    assert (found.boxes.tolist(), found.classes.tolist()) == ([[10, 20, 20, 40]], [7])
    efficient = {
        "num_dets": np.array([1], np.int32),
        "det_boxes": rows[:, :4],
        "det_scores": rows[:, 4],
        "det_classes": np.array([7, 1, 1], np.int32),
    }
    again = parse_end_to_end(efficient, TOLD)
    assert (again.boxes.tolist(), again.classes.tolist()) == ([[10, 20, 20, 40]], [7])
    with pytest.raises(ValueError, match="wanted an output layer 'labels'; got dets"):
        parse_end_to_end({"dets": rows}, TOLD)


def test_nothing_above_the_threshold_gives_no_boxes() -> None:
    assert len(parse_yolox({"output": yolox_layer()}, TOLD)) == 0
    assert len(parse_rtmdet({"output": np.zeros((9, 5), np.float32)}, TOLD)) == 0


def test_an_absurd_exponent_is_clamped_without_a_warning() -> None:
    rows = yolox_layer()
    rows[0, :5] = 0, 0, 1000, 1000, 0.9
    assert np.isfinite(parse_yolox({"output": rows}, TOLD).boxes).all()


def test_layers_of_another_network_are_refused_with_what_came() -> None:
    with pytest.raises(ValueError, match="wanted an output layer 'output'; got dets, labels"):
        parse_yolox({"dets": np.zeros((1, 5)), "labels": np.zeros(1)}, TOLD)
    with pytest.raises(ValueError, match="wanted 3549 cells for 416x416; got 10"):
        parse_yolox({"output": np.zeros((10, 85), np.float32)}, TOLD)
    with pytest.raises(ValueError, match=r"wanted \(candidates, 5\); got \(3, 6\)"):
        parse_rtmdet({"output": np.zeros((3, 6), np.float32)}, TOLD)


def test_an_unknown_parser_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="platform cpu has NvDsInferParseYoloX, Nv"):
        parser_named("NvDsInferParseCustom")
