"""Who is together, and what the group head is told of them."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from recognition.groups import EMBEDDING, MOST_MEMBERS, NEAR, Cluster, Member, clusters
from tests.recognition.group_people import BODY, HEIGHT, RATE_HZ, look

AT_NS = 1_000_000_000
NEAREST, WAY, OUTWARDS = EMBEDDING + 3, EMBEDDING + 10, EMBEDDING + 11


def found(*members: Member) -> list[Cluster]:
    return clusters(members, AT_NS, rate_hz=RATE_HZ)


def together(*members: Member) -> list[list[int]]:
    """Track ids of the people of each cluster."""
    return [[one.track_id for one in cluster.members] for cluster in found(*members)]


def test_people_near_each_other_are_a_group_and_one_far_away_is_in_none() -> None:
    assert together(look(1, 100), look(2, 250), look(3, 900)) == [[1, 2]]


def test_nearness_goes_from_one_to_the_next() -> None:
    row = [look(n, 100 + 200 * n) for n in range(5)]
    assert together(*row) == [[0, 1, 2, 3, 4]]
    assert together(*row[:2], *row[3:]) == [[0, 1], [3, 4]]


def test_who_looks_more_than_twice_as_tall_stands_in_front_and_not_beside() -> None:
    assert together(look(1, 100), look(2, 150, height=2.1 * HEIGHT)) == []


def test_of_a_throng_those_nearest_to_its_middle_make_the_group() -> None:
    (group,) = together(*(look(n, 50 * n) for n in range(20)))
    assert group == list(range(2, 18))
    assert len(group) == MOST_MEMBERS


def test_somebody_seen_a_moment_ago_has_gone_on_since() -> None:
    late, ahead = look(2, 100, at_s=0.5, pace=300), look(1, 350, at_s=1.0, pace=300)
    (cluster,) = found(late, ahead)
    assert cluster.features[0, NEAREST] == pytest.approx(100 / BODY, abs=0.01)


def test_two_who_walk_apart_and_two_who_walk_abreast_differ_in_what_the_head_is_told() -> None:
    values = {}
    for name, paces in {"apart": (-80, 80), "abreast": (80, 80)}.items():
        (cluster,) = found(*(look(n, 100 + 120 * n, pace=pace) for n, pace in enumerate(paces)))
        assert cluster.mask.sum() == 2
        values[name] = cluster.features[0]
    assert values["apart"][WAY] < -0.3 < 0.3 < values["abreast"][WAY]
    assert values["apart"][OUTWARDS] > 0.3
    assert values["abreast"][OUTWARDS] == pytest.approx(0, abs=0.01)


def test_a_step_that_was_not_seen_changes_nothing_whatever_it_holds() -> None:
    whole = [look(n, 100 + 120 * n, pace=80) for n in range(2)]
    gaps = np.ones(48, np.float32)
    gaps[[5, 40]] = 0
    told = []
    for filling in (0, 1e6):
        spoilt = []
        for one in whole:
            window = replace(one.window, seen=gaps, boxes=one.window.boxes.copy())
            window.boxes[gaps == 0] = filling
            spoilt.append(replace(one, window=window))
        (cluster,) = found(*spoilt)
        told.append(cluster.features)
    np.testing.assert_array_equal(told[0], told[1])


people = st.lists(
    st.tuples(st.integers(0, 9), st.floats(0, 1200), st.floats(0, 300), st.floats(-150, 150)),
    max_size=8, unique_by=lambda one: one[0],
)  # fmt: skip


@given(people, st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_groups_and_what_is_told_of_them_do_not_depend_on_the_order_of_tracks(
    drawn: list[tuple[int, float, float, float]], chance: Random
) -> None:
    members = [look(who, x, y=y, pace=pace) for who, x, y, pace in drawn]
    shuffled = chance.sample(members, len(members))
    assert together(*shuffled) == together(*members)
    assert all(len(group) > 1 for group in together(*members))
    for one, other in zip(found(*members), found(*shuffled), strict=True):
        np.testing.assert_array_equal(one.features, other.features)


@given(people, st.floats(0.3, 3))
@settings(max_examples=25, deadline=None)
def test_the_same_people_nearer_to_the_camera_are_the_same_group(
    drawn: list[tuple[int, float, float, float]], scale: float
) -> None:
    near = [look(who, x, y=y, pace=pace, at_s=1) for who, x, y, pace in drawn]
    far = [
        look(who, scale * x, y=scale * y, pace=scale * pace, height=scale * HEIGHT, at_s=1)
        for who, x, y, pace in drawn
    ]
    places = np.array([(x, y) for _, x, y, _ in drawn]).reshape(-1, 2)
    apart = np.linalg.norm(places[:, None] - places, axis=-1) / BODY
    assume(np.all(np.abs(apart - NEAR) > 0.02))  # else rounding decides whether these are together
    assert together(*near) == together(*far)
    for one, other in zip(found(*near), found(*far), strict=True):
        np.testing.assert_allclose(one.features, other.features, atol=2e-3)
