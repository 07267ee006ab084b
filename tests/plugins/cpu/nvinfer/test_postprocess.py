"""Detection post-processing order, steps 6 and 7: boxes that become objects, what they carry."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.cpu.metadata.meta import NvDsFrameMeta
from plugins.cpu.metadata.object_meta import UNTRACKED_OBJECT_ID, NvDsObjectMeta
from plugins.cpu.nvinfer.config import ClassAttrs, InferConfig
from plugins.cpu.nvinfer.parsers import Detections
from plugins.cpu.nvinfer.postprocess import attach_objects
from plugins.placement import NetworkInput, Placement, place

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


def attached(boxes: Detections, settled: InferConfig) -> list[NvDsObjectMeta]:
    frame = NvDsFrameMeta()
    frame.pipeline_width, frame.pipeline_height = 1280, 720
    attach_objects(frame, boxes, WHOLE, settled)
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
    settled = replace(config(), crop_objects_to_roi_boundary=True)
    (item,) = attached(LOW, settled)
    assert item.rect_params.top + item.rect_params.height == pytest.approx(720)
    (item,) = attached(found((400, 100, 26, 26, 0, 0.9)), settled)
    assert item.rect_params.left + item.rect_params.width == pytest.approx(1280)


def test_with_cropping_a_box_above_the_top_offset_is_pushed_down_not_cut() -> None:
    settled = replace(config(ClassAttrs(roi_top_offset=200)), crop_objects_to_roi_boundary=True)
    (item,) = attached(found((26, 52, 13, 26, 0, 0.9)), settled)  # 80, 160, 40 x 80 px
    assert (item.rect_params.top, item.rect_params.height) == pytest.approx((200, 80), abs=1e-3)


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
    settled = replace(config(), filter_out_class_ids=frozenset({1}))
    items = attached(found((9, 9, 9, 9, 0, 0.9), (9, 9, 9, 9, 1, 0.9)), settled)
    assert [item.class_id for item in items] == [0]


def test_a_box_found_inside_an_object_is_moved_by_the_objects_corner() -> None:
    parent = NvDsObjectMeta()
    parent.rect_params.left, parent.rect_params.top = 300.0, 200.0
    frame = NvDsFrameMeta()
    frame.pipeline_width, frame.pipeline_height = 1280, 720
    crop = Placement(300, 200, 100, 100, 50, 50, 0, 0)
    attach_objects(frame, found((5, 10, 20, 20, 0, 0.9)), crop, config(), parent)
    (item,) = frame.object_items
    assert (item.rect_params.left, item.rect_params.top) == (310, 220)
    assert item.parent is parent


def test_the_border_is_that_of_the_whole_frame_for_boxes_in_a_crop_too() -> None:
    parent = NvDsObjectMeta()
    frame = NvDsFrameMeta()
    frame.pipeline_width, frame.pipeline_height = 1280, 720
    crop = Placement(300, 200, 100, 100, 50, 50, 0, 0)
    attach_objects(frame, found((5, 10, 20, 60, 0, 0.9)), crop, config(), parent)
    assert frame.num_obj_meta == 1  # it ends 40 px below the crop, but inside the frame


def test_a_label_is_cut_to_127_bytes_and_the_shown_text_is_not() -> None:
    settled = replace(config(), labels=("x" * 200,))
    (item,) = attached(found((9, 9, 9, 9, 0, 0.9)), settled)
    assert item.obj_label == "x" * 127
    assert item.text_params.text == "x" * 200


def test_a_class_without_a_label_shows_no_text() -> None:
    (item,) = attached(found((9, 9, 9, 9, 1, 0.9)), replace(config(), labels=("person",)))
    assert item.obj_label == ""
    assert item.text_params.display_text == 0


@settings(deadline=None)
@given(
    left=st.integers(0, 500),
    top=st.integers(0, 250),
    width=st.integers(16, 140),
    height=st.integers(16, 110),
    keep_aspect=st.booleans(),
    symmetric=st.booleans(),
)
def test_a_box_survives_the_way_into_a_letterbox_and_back_to_one_pixel(
    left: int, top: int, width: int, height: int, keep_aspect: bool, symmetric: bool
) -> None:
    network = NetworkInput(416, 416, keep_aspect, symmetric)
    p = place((0, 0, 640, 360), (640, 360), network)
    assert p is not None
    inside = found(
        (
            left * p.scale_x + p.offset_left,
            top * p.scale_y + p.offset_top,
            width * p.scale_x,
            height * p.scale_y,
            0,
            0.9,
        )
    )
    frame = NvDsFrameMeta()
    frame.pipeline_width, frame.pipeline_height = 640, 360
    attach_objects(frame, inside, p, config())
    if not frame.object_items:  # rounding can lift the lower edge over the frame's
        assert top + height == 360
        return
    rect = frame.object_items[0].rect_params
    got = (rect.left, rect.top, rect.width, rect.height)
    assert got == pytest.approx((left, top, width, height), abs=1)


@settings(deadline=None)
@given(
    crop=st.tuples(st.floats(0, 400), st.floats(0, 200), st.floats(40, 240), st.floats(40, 160)),
    x=st.floats(0, 0.5),
    y=st.floats(0, 0.5),
    symmetric=st.booleans(),
)
def test_a_box_found_in_a_crop_lies_in_the_frame_to_the_rounding_of_the_crop(
    crop: tuple[float, float, float, float], x: float, y: float, symmetric: bool
) -> None:
    network = NetworkInput(192, 256, keep_aspect=True, symmetric=symmetric)
    p = place(crop, (640, 360), network)
    assert p is not None
    box = (x * p.filled_width + p.offset_left, y * p.filled_height + p.offset_top, 20, 20)
    parent, frame = NvDsObjectMeta(), NvDsFrameMeta()
    parent.rect_params.left, parent.rect_params.top = crop[0], crop[1]
    frame.pipeline_width, frame.pipeline_height = 640, 360
    attach_objects(frame, found((*box, 0, 0.9)), p, config(), parent)
    (item,) = frame.object_items
    # The crop began at an even pixel; nvinfer adds the object's own corner.
    assert item.rect_params.left == pytest.approx(crop[0] + x * p.width, abs=1e-2)
    assert item.rect_params.top == pytest.approx(crop[1] + y * p.height, abs=1e-2)
    assert abs(item.rect_params.left - (p.left + x * p.width)) <= 2
