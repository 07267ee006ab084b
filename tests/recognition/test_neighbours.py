"""Neighbours: whoever is near, told the same way wherever the camera hangs and whoever is first."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognition.frames import PREDICTED, Float, Person
from recognition.layouts import LAYOUTS, SINGLE, SOCIAL
from recognition.neighbours import (
    MIRROR_SIGN,
    NEIGHBOUR_SLOTS,
    PeopleStore,
    nearest,
    neighbour_features,
)
from recognition.skeleton import LEFT, RIGHT
from recognition.windows import Window, WindowConfig
from tests.recognition.people import frame, person, standing

EGO = (100.0, 100.0, 200.0, 400.0)


def beside(gap: float, *, height: float = 300) -> tuple[float, float, float, float]:
    """A box so many px to the right of ``EGO``, feet on one level."""
    return (200 + gap, 400 - height, 300 + gap, 400)


def window(box: tuple[float, float, float, float], steps: int = 6) -> Window:
    return Window(
        source_id=0,
        track_id=1,
        end_ns=0,
        keypoints=np.repeat(standing(box)[None], steps, axis=0),
        boxes=np.repeat(np.array(box, np.float32)[None], steps, axis=0),
        seen=np.ones(steps, np.float32),
        size=(1280, 720),
    )


def features(own: Window, *others: Window) -> Float:
    values: Float = neighbour_features([own], [others], rate_hz=15)[0][0]
    return values


def play(*people: Person, seconds: float = 2.0) -> tuple[PeopleStore, Window]:
    """A store that saw these people stand, and the newest window of the first."""
    store = PeopleStore(WindowConfig())
    due = [
        one
        for index in range(round(seconds * 30))
        for one in store.push(frame(index / 30, *people))[0]
        if one.track_id == people[0].track_id
    ]
    return store, due[-1]


def ids(store: PeopleStore, own: Window) -> list[int]:
    return [one.track_id for one in store.near(own)]


def test_the_two_nearest_people_are_told_of_nearest_first() -> None:
    others = [person(beside(gap), track_id=n) for n, gap in ((2, 300), (3, 50), (4, 150))]
    assert ids(*play(person(EGO), *others)) == [3, 4]


def test_nobody_is_near_who_is_two_body_heights_away_or_on_another_camera() -> None:
    store, own = play(person(EGO), person(beside(900), track_id=2))
    store.push(frame(2.0, person(beside(20), track_id=3), source_id=1))
    assert ids(store, own) == []
    nei, mask = neighbour_features([own], [store.near(own)], rate_hz=15)
    assert not nei.any()
    assert not mask.any()


@given(st.permutations([1, 2, 3, 4]))
@settings(max_examples=8, deadline=None)
def test_who_comes_first_in_a_frame_changes_nothing(order: list[int]) -> None:
    boxes = {1: EGO, 2: beside(40), 3: beside(90, height=260), 4: (0.0, 130.0, 80.0, 400.0)}

    def told(people: list[int]) -> dict[tuple[int, int], Float]:
        store = PeopleStore(WindowConfig(hop_steps=1, min_seen_steps=2))
        shots = [
            frame(index / 30, *(person(boxes[n], track_id=n) for n in people)) for index in range(8)
        ]
        return {
            (one.track_id, one.end_ns): features(one, *store.near(one))
            for shot in shots
            for one in store.push(shot)[0]
        }

    usual = told(sorted(boxes))
    assert len(usual) > len(boxes)
    for key, values in told(order).items():
        np.testing.assert_array_equal(values, usual[key])


@given(
    scale=st.floats(0.3, 3),
    shift=st.tuples(st.floats(-100, 900), st.floats(-100, 500)),
    gap=st.floats(-80, 500),
)
@settings(max_examples=40, deadline=None)
def test_two_people_mean_the_same_anywhere_in_the_picture_and_at_any_size(
    scale: float, shift: tuple[float, float], gap: float
) -> None:
    def moved(box: tuple[float, float, float, float]) -> Window:
        x1, y1, x2, y2 = (edge * scale for edge in box)
        return window((x1 + shift[0], y1 + shift[1], x2 + shift[0], y2 + shift[1]))

    other = beside(gap, height=280)
    here = features(window(EGO), window(other))
    np.testing.assert_allclose(features(moved(EGO), moved(other)), here, atol=5e-3)


@given(gap=st.floats(-80, 500), height=st.floats(150, 400))
@settings(max_examples=20, deadline=None)
def test_in_a_mirror_only_the_sides_change(gap: float, height: float) -> None:
    def mirrored(one: Window) -> Window:
        swapped = one.keypoints.copy()
        swapped[:, list(LEFT)] = one.keypoints[:, list(RIGHT)]
        swapped[:, list(RIGHT)] = one.keypoints[:, list(LEFT)]
        swapped[..., 0] = 1280 - swapped[..., 0]
        boxes = one.boxes[:, [2, 1, 0, 3]] * (-1, 1, -1, 1) + (1280, 0, 1280, 0)
        return Window(
            source_id=0, track_id=1, end_ns=0, keypoints=swapped, seen=one.seen, size=one.size,
            boxes=boxes.astype(np.float32),
        )  # fmt: skip

    own, other = window(EGO), window(beside(gap, height=height))
    there = features(mirrored(own), mirrored(other))
    np.testing.assert_allclose(there, features(own, other) * np.array(MIRROR_SIGN), atol=1e-4)


def test_only_steps_at_which_both_were_seen_are_told() -> None:
    own, other = window(EGO), window(beside(30))
    own.seen[0] = other.seen[2] = 0
    nei, mask = neighbour_features([own], [[other]], rate_hz=15)
    assert mask[0, :, 0].tolist() == [0, 1, 0, 1, 1, 1]
    assert not mask[0, :, 1].any()
    assert (nei[mask == 0] == 0).all()
    assert (nei[0, [1, 3, 4, 5], 0] != 0).any(axis=1).all()
    assert not nei[0, 3, 0, 5:7].any()  # no velocity over a gap


def test_a_neighbour_whom_only_the_tracker_predicts_is_not_seen_at_those_steps() -> None:
    store = PeopleStore(WindowConfig(hop_steps=1))
    due: list[Window] = []
    for index in range(60):
        sure = 0.9 if index < 30 else PREDICTED
        other = person(beside(30), track_id=2, confidence=sure)
        due += store.push(frame(index / 30, person(EGO), other))[0]
    own = due[-1]
    (gone,) = store.near(own)
    assert (own.seen > 0).sum() - (gone.seen > 0).sum() == 15
    assert not gone.seen[-15:].any()
    assert not gone.keypoints[gone.seen == 0].any()


def test_hands_that_meet_are_near_and_hands_that_are_not_seen_are_far() -> None:
    own, other = window(EGO), window(beside(30))
    assert features(own, other)[0, 0, 12] < 0.4
    other.keypoints[:, 9] = own.keypoints[:, 10]
    assert features(own, other)[0, 0, 12] == pytest.approx(1)
    other.keypoints[:, [9, 10], 2] = 0
    assert features(own, other)[0, 0, 12] == 0
    assert features(own, other)[0, 0, 10] > 0


def test_somebody_without_any_joint_is_finite_and_still_there() -> None:
    own, other = window(EGO), window(beside(30))
    other.keypoints[...] = own.keypoints[...] = 0
    nei, mask = neighbour_features([own], [[other]], rate_hz=15)
    assert np.isfinite(nei).all()
    assert mask[0, :, 0].all()
    assert nei[0, 0, 0, 0] == pytest.approx(130 / 300)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 900), st.integers(0, 400)), min_size=1, max_size=4, unique=True
    )
)
def test_the_nearest_boxes_are_the_same_in_any_order(corners: list[tuple[int, int]]) -> None:
    boxes = np.array([(x, y, x + 80, y + 240) for x, y in corners], np.float32)
    own = np.array(EGO, np.float32)
    for order in permutations(range(len(boxes))):
        chosen = nearest(own, 300, boxes[list(order)])
        apart = [tuple(boxes[list(order)][i]) for i in chosen]
        assert len(apart) <= NEIGHBOUR_SLOTS
        first = [tuple(boxes[i]) for i in nearest(own, 300, boxes)]
        middles = [np.hypot(b[0] + b[2] - 300, b[1] + b[3] - 500) for b in (*apart, *first)]
        assert middles[: len(apart)] == pytest.approx(middles[len(apart) :])


def test_only_a_model_that_asks_for_neighbours_gets_them() -> None:
    store, own = play(person(EGO), person(beside(30), track_id=2))
    near = [store.near(own)]
    for layout in LAYOUTS.values():
        arrays = layout.inputs([own], [None], near, rate_hz=15)
        shapes = {name: (None, *array.shape[1:]) for name, array in arrays.items()}
        assert shapes == layout.input_shapes(48)
        assert all(array.dtype == np.float32 for array in arrays.values())
    assert SINGLE.inputs([own], [None], near, rate_hz=15)["mod"].tolist() == [[1, 1, 0, 0]]
    assert SOCIAL.inputs([own], [None], [()], rate_hz=15)["mod"].tolist() == [[1, 1, 0, 0, 1]]


def test_the_classes_of_a_layout_begin_with_those_of_a_single_person() -> None:
    assert SOCIAL.classes == (*SINGLE.classes, "handshake", "hug", "push")
