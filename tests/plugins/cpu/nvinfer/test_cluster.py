"""Detection post-processing order, steps 2 to 5: thresholds, NMS, DBSCAN, topk."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from plugins.cpu.nvinfer.cluster import cluster, dense_groups, suppress
from plugins.cpu.nvinfer.config import ClassAttrs, InferConfig
from plugins.cpu.nvinfer.parsers import Detections

Float = npt.NDArray[np.float32]


def config(attrs: ClassAttrs | None = None, *, classes: int = 2, mode: int = 2) -> InferConfig:
    return InferConfig(
        num_detected_classes=classes,
        cluster_mode=mode,
        class_attrs=(attrs or ClassAttrs(),) * classes,
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


@settings(deadline=None)
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


def test_mode_4_without_topk_keeps_the_parsers_order_within_a_class() -> None:
    rows = [(0, 0, 9, 9, 1, 0.4), (0, 0, 9, 9, 0, 0.3), (0, 0, 9, 9, 1, 0.6)]
    kept = cluster(found(*rows), config(mode=4))
    np.testing.assert_allclose(kept.scores, [0.3, 0.4, 0.6])


def test_equal_scores_keep_their_order() -> None:
    rows = [(20.0 * i, 0, 9, 9, 0, 0.5) for i in range(4)]
    kept = cluster(found(*rows), config(ClassAttrs(topk=3)))
    assert kept.boxes[:, 0].tolist() == [0, 20, 40]


boxes_of = hnp.arrays(
    np.float32, st.tuples(st.integers(0, 25), st.just(4)), elements=st.integers(1, 40)
)


@settings(deadline=None)
@given(boxes=boxes_of, data=st.data())
def test_nms_keeps_the_best_box_and_no_two_that_overlap_too_much(
    boxes: Float, data: st.DataObject
) -> None:
    scores = data.draw(hnp.arrays(np.float32, len(boxes), elements=st.floats(0.25, 1, width=32)))
    one_class = config(ClassAttrs(nms_iou_threshold=0.4), classes=1)
    everything = Detections(boxes, np.zeros(len(boxes), np.intp), scores)
    kept = cluster(everything, one_class)
    assert (np.diff(kept.scores) <= 0).all()
    for index, box in enumerate(kept.boxes):
        assert all(iou(other, box) <= np.float32(0.4) for other in kept.boxes[:index])
    if len(boxes):
        assert kept.scores[0] == scores.max()
    again = cluster(kept, one_class)
    np.testing.assert_array_equal(again.boxes, kept.boxes)


NEAR = [(0, 0, 10, 10, 0, 0.25), (0, 0, 10, 8, 0, 0.75), (50, 0, 10, 10, 0, 0.9)]


def test_dbscan_gives_the_mean_of_a_group_with_its_best_score() -> None:
    attrs = ClassAttrs(eps=0.5, min_boxes=2)
    kept = cluster(found(*NEAR), config(attrs, mode=1))
    np.testing.assert_allclose(kept.boxes, [[0, 0, 10, 8.5]])  # 10 * 0.25 + 8 * 0.75
    np.testing.assert_allclose(kept.scores, [0.75])


def test_a_distance_of_exactly_eps_is_no_neighbourhood() -> None:
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 5]], np.float32)  # IoU 0.5
    assert dense_groups(boxes, 0.5, 2).tolist() == [-1, -1]
    assert dense_groups(boxes, 0.51, 2).tolist() == [0, 0]


def test_a_sparse_box_at_the_rim_of_a_group_belongs_to_none() -> None:
    row = np.array([[x, 0, 10, 10] for x in (0, 2, 4, 8)], np.float32)
    # Neighbours below 0.6: 0-2, 0-4, 2-4, 4-8. Only the last has but one.
    assert dense_groups(row, 0.6, 3).tolist() == [0, 0, 0, -1]


def test_min_score_is_a_sum_over_the_group_and_a_sum_of_exactly_it_stays() -> None:
    for min_score, left in ((1.0, 1), (1.01, 0)):
        attrs = ClassAttrs(eps=0.5, min_boxes=2, dbscan_min_score=min_score)
        assert len(cluster(found(*NEAR), config(attrs, mode=1))) == left


def test_a_large_group_of_few_boxes_is_dropped_by_its_area_per_hit() -> None:
    attrs = ClassAttrs(eps=0.5, min_boxes=2)
    for side, left in ((179.0, 1), (181.0, 0)):  # 60 px times one more than the two boxes
        rows = [(0, 0, side, side, 0, 0.5)] * 2
        assert len(cluster(found(*rows), config(attrs, mode=1))) == left


def test_after_dbscan_a_score_of_exactly_the_post_cluster_threshold_stays() -> None:
    attrs = ClassAttrs(eps=0.5, min_boxes=1, post_cluster_threshold=0.75)
    kept = cluster(found(*NEAR), config(attrs, mode=1))
    np.testing.assert_allclose(kept.scores, [0.75, 0.9])


def test_without_min_boxes_dbscan_leaves_all_boxes() -> None:
    assert len(cluster(found(*NEAR), config(ClassAttrs(eps=0.5), mode=1))) == 3


def test_the_hybrid_drops_what_is_in_no_group_and_suppresses_the_rest() -> None:
    attrs = ClassAttrs(eps=0.5, min_boxes=2, nms_iou_threshold=0.5)
    kept = cluster(found(*NEAR), config(attrs, mode=3))
    np.testing.assert_allclose(kept.boxes, [[0, 0, 10, 8]])
    np.testing.assert_allclose(kept.scores, [0.75])


@pytest.mark.parametrize("mode", [1, 2, 3, 4])
def test_no_boxes_give_no_boxes_in_every_mode(mode: int) -> None:
    assert len(cluster(found(), config(ClassAttrs(eps=0.5, min_boxes=2), mode=mode))) == 0
