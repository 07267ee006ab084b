"""Who stands where, drawn: one character is a tenth of a second, and how far right the feet are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from recognition.frames import PREDICTED
from recognition.zones import Zones, area
from tests.recognition.people import frame, person

LEFT, RIGHT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)), ((0.5, 0), (1, 0), (1, 1), (0.5, 1))
SCORES = {"l": 200.0, "r": 1000.0}


def walk(zones: Zones, drawing: str, *, confidence: float = 0.9) -> list[str]:
    """Which zones somebody is in after each step; l and r are where they stand."""
    found = []
    for index, mark in enumerate(drawing):
        box = (SCORES[mark] - 50, 100.0, SCORES[mark] + 50, 400.0)
        zones.step(frame(index / 10, person(box, confidence=confidence)))
        stays = zones.of(0, 1)
        assert stays is not None
        found.append("".join(stays.current) or ".")
    return found


def two() -> Zones:
    return Zones({0: {"L": LEFT, "R": RIGHT}, 1: {}})


@pytest.mark.parametrize(
    ("steps", "zones"),
    [
        ("llllll", "...LLL"),
        ("llllrlll", "...LLLLL"),  # a box that flickers is no crossing
        ("lllllrrrrr", "...LLLLLRR"),
        ("lrlrlrlr", "........"),
    ],
)
def test_an_edge_counts_once_somebody_has_stayed_behind_it(steps: str, zones: str) -> None:
    assert "".join(walk(two(), steps)) == zones


def test_stays_are_counted_from_the_first_step_behind_the_edge() -> None:
    zones = two()
    walk(zones, "lllllrrrrrrr")
    stays = zones.of(0, 1)
    assert stays is not None
    assert (stays.current, stays.entered) == (("R",), ("L", "R"))
    assert stays.dwell_s == {"R": pytest.approx(0.6)}


def test_whom_the_tracker_only_foretells_has_not_moved() -> None:
    zones = two()
    walk(zones, "llll")
    for index in range(4, 12):
        zones.step(frame(index / 10, person((950, 100, 1050, 400), confidence=PREDICTED)))
    stays = zones.of(0, 1)
    assert stays is not None
    assert stays.current == ("L",)
    assert stays.dwell_s == {"L": pytest.approx(1.1)}


def test_a_source_without_zones_says_nothing_and_who_is_gone_is_forgotten() -> None:
    zones = two()
    walk(zones, "llll")
    zones.step(frame(0.0, person(), source_id=1))
    assert zones.of(1, 1) is None
    zones.forget(0, 1)
    gone = zones.of(0, 1)
    assert gone is not None
    assert (gone.current, gone.entered) == ((), ())


SHARES = st.floats(0.01, 0.99)
POINT = st.tuples(SHARES, SHARES)


@given(st.tuples(POINT, POINT, POINT), POINT)
def test_feet_are_in_a_triangle_where_they_are_on_one_side_of_all_its_edges(
    corners: tuple[tuple[float, float], ...], feet: tuple[float, float]
) -> None:
    edges = zip(corners, (*corners[1:], corners[0]), strict=True)
    sides = [
        (x1 - x0) * (feet[1] - y0) - (y1 - y0) * (feet[0] - x0) for (x0, y0), (x1, y1) in edges
    ]
    assume(area(np.array(corners)) > 0.01 and min(map(abs, sides)) > 1e-4)
    zones = Zones({0: {"Z": corners}})
    x, y = feet[0] * 1280, feet[1] * 720
    for index in range(5):
        zones.step(frame(index / 10, person((x - 5, y - 50, x + 5, y))))
    stays = zones.of(0, 1)
    assert stays is not None
    assert bool(stays.current) == (min(sides) > 0 or max(sides) < 0)


def test_the_area_of_a_half_picture_is_a_half() -> None:
    assert area(np.array(LEFT)) == pytest.approx(0.5)
    assert area(np.array([(0, 0), (0.5, 0.5), (1, 1)])) == pytest.approx(0.0)
