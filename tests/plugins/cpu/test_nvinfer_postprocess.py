"""Boxes are filtered, suppressed and attached with gst-nvinfer's comparisons."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from plugins.cpu.meta import NvDsFrameMeta
from plugins.cpu.nvinfer_config import ClassAttrs, InferConfig
from plugins.cpu.nvinfer_postprocess import attach_objects, cluster, suppress
from plugins.cpu.object_meta import UNTRACKED_OBJECT_ID, NvDsObjectMeta
from plugins.cpu.parsers import Detections
from plugins.placement import Placement

Float = npt.NDArray[np.float32]

# A 1280x720 frame in a 416x416 input: 234 rows are filled, the rest is black.
WHOLE = Placement(0, 0, 1280, 720, 416, 234, 0, 0)


def config(attrs: ClassAttrs | None = None, *, classes: int = 2, mode: int = 2) -> InferConfig:
    return InferConfig(
        gie_unique_id=3,
        num_detected_classes=classes,
        cluster_mode=mode,
        class_attrs=(attrs or ClassAttrs(),) * classes,
        labels=("person", "bag"),
    )


def found(*rows: tuple[float, float, float, float, int, float]) -> Detections:
    """Rows of left, top, width, height, class, score."""
    table = np.array(rows, np.float32).reshape(-1, 6)
    return Detections(table[:, :4], table[:, 4].astype(np.intp), table[:, 5])


def iou(a: Float, b: Float) -> float:
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[:2] + a[2:], b[:2] + b[2:])
    shared = np.prod(np.maximum(high - low, np.float32(0)))
    union = a[2] * a[3] + b[2] * b[3] - shared
    return float(np.float32(shared / union)) if union > 0 else 0.0


def slow_suppress(boxes: Float, threshold: float) -> list[int]:
    kept: list[int] = []
    for index, box in enumerate(boxes):
        if all(iou(boxes[other], box) <= threshold for other in kept):
            kept.append(index)
    return kept


@given(
    boxes=hnp.arrays(
        np.float32, st.tuples(st.integers(0, 30), st.just(4)), elements=st.integers(0, 40)
    ),
    threshold=st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]),
)
def test_suppression_keeps_what_a_slow_reference_keeps(boxes: Float, threshold: float) -> None:
    assert suppress(boxes, threshold).tolist() == slow_suppress(boxes, threshold)


def test_an_overlap_of_exactly_the_threshold_is_kept() -> None:
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 5]], np.float32)
    assert suppress(boxes, 0.5).tolist() == [0, 1]
    assert suppress(boxes, 0.49).tolist() == [0]


def test_a_score_of_exactly_the_pre_cluster_threshold_stays_and_below_goes() -> None:
    attrs = ClassAttrs(pre_cluster_threshold=0.5)
    kept = cluster(found((0, 0, 9, 9, 0, 0.5), (50, 0, 9, 9, 0, 0.49)), config(attrs))
    assert kept.scores.tolist() == [0.5]


def test_a_score_of_exactly_the_post_cluster_threshold_goes() -> None:
    attrs = ClassAttrs(post_cluster_threshold=0.5)
    kept = cluster(found((0, 0, 9, 9, 0, 0.5), (50, 0, 9, 9, 0, 0.75)), config(attrs))
    assert kept.scores.tolist() == [0.75]


def test_classes_do_not_suppress_each_other_and_unknown_classes_go() -> None:
    rows = [(0, 0, 9, 9, 0, 0.8), (0, 0, 9, 9, 1, 0.9), (0, 0, 9, 9, 2, 0.95)]
    assert cluster(found(*rows), config()).classes.tolist() == [0, 1]


def test_topk_keeps_the_best_of_each_class() -> None:
    rows = [(20.0 * i, 0, 9, 9, i % 2, 0.3 + 0.1 * i) for i in range(6)]
    kept = cluster(found(*rows), config(ClassAttrs(topk=1)))
    np.testing.assert_allclose(kept.scores, [0.7, 0.8])


def test_mode_4_neither_suppresses_nor_applies_the_post_threshold() -> None:
    attrs = ClassAttrs(post_cluster_threshold=0.9, pre_cluster_threshold=0.3, topk=2)
    rows = [(0, 0, 9, 9, 0, 0.2), (0, 0, 9, 9, 0, 0.4), (0, 0, 9, 9, 0, 0.6), (0, 0, 9, 9, 0, 0.5)]
    np.testing.assert_allclose(cluster(found(*rows), config(attrs, mode=4)).scores, [0.6, 0.5])


def attached(boxes: Detections, settings: InferConfig) -> list[NvDsObjectMeta]:
    frame = NvDsFrameMeta()
    frame.pipeline_width, frame.pipeline_height = 1280, 720
    attach_objects(frame, boxes, WHOLE, settings)
    return frame.object_items


def test_an_object_carries_what_deepstream_sets() -> None:
    (item,) = attached(found((26, 52, 13, 26, 1, 0.7)), config())
    rect, original = item.rect_params, item.detector_bbox_info.org_bbox_coords
    wanted = (80, 160, 40, 80)
    assert (rect.left, rect.top, rect.width, rect.height) == pytest.approx(wanted, abs=1e-3)
    assert (original.left, original.height) == (rect.left, rect.height)
    assert (item.unique_component_id, item.class_id, item.obj_label) == (3, 1, "bag")
    assert item.confidence == pytest.approx(0.7)
    assert item.object_id == UNTRACKED_OBJECT_ID
    assert item.text_params.text == "bag"
    assert rect.border_width == 3


def test_a_negative_corner_becomes_zero_without_shortening_the_box() -> None:
    (item,) = attached(found((-13, -13, 26, 26, 0, 0.9)), config())
    rect = item.rect_params
    assert (rect.left, rect.top) == (0, 0)
    assert (rect.width, rect.height) == pytest.approx((80, 80), abs=1e-3)


LOW = found((100, 200, 20, 34.1, 0, 0.9))  # ends at row 234.1 of 234


def test_a_box_that_ends_below_the_frame_is_dropped() -> None:
    assert attached(LOW, config()) == []


def test_a_box_that_ends_right_of_the_frame_is_kept_as_it_is() -> None:
    (item,) = attached(found((400, 100, 26, 26, 0, 0.9)), config())
    assert item.rect_params.left + item.rect_params.width > 1280


def test_with_cropping_to_the_border_it_is_cut_instead() -> None:
    settings = replace(config(), crop_objects_to_roi_boundary=True)
    (item,) = attached(LOW, settings)
    assert item.rect_params.top + item.rect_params.height == pytest.approx(720)
    (item,) = attached(found((400, 100, 26, 26, 0, 0.9)), settings)
    assert item.rect_params.left + item.rect_params.width == pytest.approx(1280)


@pytest.mark.parametrize(
    "attrs",
    [
        ClassAttrs(detected_min_w=41),
        ClassAttrs(detected_min_h=81),
        ClassAttrs(detected_max_w=39),
        ClassAttrs(detected_max_h=79),
        ClassAttrs(roi_top_offset=161),
        ClassAttrs(roi_bottom_offset=481),
    ],
)
def test_sizes_and_offsets_are_limits_in_pixels_of_the_frame(attrs: ClassAttrs) -> None:
    box = found((26, 52, 13, 26, 0, 0.9))  # 80, 160, 40 x 80 px
    assert len(attached(box, config())) == 1
    assert attached(box, config(attrs)) == []


def test_filtered_classes_are_not_attached() -> None:
    settings = replace(config(), filter_out_class_ids=frozenset({1}))
    items = attached(found((9, 9, 9, 9, 0, 0.9), (9, 9, 9, 9, 1, 0.9)), settings)
    assert [item.class_id for item in items] == [0]


def test_a_box_found_inside_an_object_is_moved_by_the_objects_corner() -> None:
    parent = NvDsObjectMeta()
    parent.rect_params.left, parent.rect_params.top = 300.0, 200.0
    frame = NvDsFrameMeta()
    crop = Placement(300, 200, 100, 100, 50, 50, 0, 0)
    attach_objects(frame, found((5, 10, 20, 20, 0, 0.9)), crop, config(), parent)
    (item,) = frame.object_items
    assert (item.rect_params.left, item.rect_params.top) == (310, 220)
    assert item.parent is parent
