"""Tracks that are lost and begun again, drawn: a letter is a track, one character 200 ms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognition.frames import PREDICTED, Frame
from recognition.stitching import Stitcher
from tests.recognition.people import frame, person

STEP_S = 0.2
Box = tuple[float, float, float, float]
PLACE: Box = (100, 100, 200, 400)


def moved(box: Box, x_px: float) -> Box:
    return (box[0] + x_px, box[1], box[2] + x_px, box[3])


def draw(*tracks: str, places: Mapping[str, Box] | None = None, within_s: float = 1.0) -> list[str]:
    """Each line with the letter of the person in place of that of the track."""
    stitcher, told = Stitcher(within_s), [[" "] * len(tracks[0]) for _ in tracks]
    for step in range(len(tracks[0])):
        rows = {ord(line[step]): row for row, line in enumerate(tracks) if line[step] != "."}
        people = [
            person((places or {}).get(chr(track_id), PLACE), track_id=track_id) for track_id in rows
        ]
        seen = stitcher.step(frame(step * STEP_S, *people)).persons
        for track_id, one in zip(rows, seen, strict=True):
            told[rows[track_id]][step] = chr(one.track_id)
    return ["".join(line).replace(" ", ".") for line in told]


@pytest.mark.parametrize(
    ("tracks", "people"),
    [
        ("AAAABBBB", "AAAAAAAA"),  # the tracker merely changed the id
        ("AAA..BBB", "AAA..AAA"),
        ("AA..BB..CC", "AA..AA..AA"),
        ("AAA.....BBB", "AAA.....BBB"),  # more than a second later
        ("AAA..AAA", "AAA..AAA"),
    ],
)
def test_a_new_track_goes_on_with_the_one_that_was_lost_there(tracks: str, people: str) -> None:
    assert draw(tracks) == [people]


@pytest.mark.parametrize(
    ("place", "together"),
    [
        (moved(PLACE, 80), True),  # a third of a body height
        (moved(PLACE, 290), False),  # farther than anybody gets in 0.6 s
        ((100, 0, 230, 400), True),  # a third taller
        ((100, 250, 150, 400), False),  # half as tall: farther away, or a child
    ],
)
def test_it_begins_near_that_place_and_in_like_size(place: Box, *, together: bool) -> None:
    (people,) = draw("AAA..BBB", places={"B": place})
    assert people == ("AAA..AAA" if together else "AAA..BBB")


def test_where_two_may_be_meant_nobody_is_taken_for_anybody() -> None:
    near = {"B": moved(PLACE, 60), "C": moved(PLACE, 30)}
    assert draw("AAA.....", "BBB.....", "....CCCC", places=near)[2] == "....CCCC"
    assert draw("AAA.....", "....BBBB", "....CCCC", places=near)[1:] == ["....BBBB", "....CCCC"]


def test_who_is_still_in_sight_is_nobody_else() -> None:
    assert draw("AAAAAAAA", "....BBBB") == ["AAAAAAAA", "....BBBB"]


def test_a_track_that_the_tracker_finds_again_is_its_own_person_again() -> None:
    assert draw("AAA...AAA", "....BBBBB") == ["AAA...AAA", "....AABBB"]


def test_nothing_is_stitched_unless_wanted() -> None:
    assert draw("AAA..BBB", within_s=0) == ["AAA..BBB"]


def test_a_track_that_is_only_foretold_has_not_begun() -> None:
    stitcher = Stitcher(1.0)
    stitcher.step(frame(0.0, person(track_id=1)))
    stitcher.step(frame(0.2))
    (guess,) = stitcher.step(frame(0.4, person(track_id=2, confidence=PREDICTED))).persons
    (seen,) = stitcher.step(frame(0.6, person(track_id=2))).persons
    assert (guess.track_id, seen.track_id) == (2, 1)


def test_a_source_that_begins_again_knows_nobody() -> None:
    stitcher = Stitcher(1.0)
    stitcher.step(frame(0.0, person(track_id=1)))
    stitcher.forget_source(0)
    (one,) = stitcher.step(frame(0.2, person(track_id=2))).persons
    assert one.track_id == 2


SIGHTINGS = st.lists(st.dictionaries(st.integers(0, 5), st.integers(0, 4), max_size=4), max_size=40)
"""For each step: where each track is seen, in steps of a third of a body height."""


def frames(sightings: Iterable[dict[int, int]], source_id: int = 0) -> list[Frame]:
    return [
        frame(
            step * STEP_S,
            *(person(moved(PLACE, 100 * x), track_id=one) for one, x in sorted(seen.items())),
            source_id=source_id,
        )
        for step, seen in enumerate(sightings)
    ]


def people(stitcher: Stitcher, shots: Iterable[Frame]) -> list[list[int]]:
    return [[one.track_id for one in stitcher.step(shot).persons] for shot in shots]


@given(SIGHTINGS)
def test_two_people_of_one_picture_are_never_the_same(sightings: list[dict[int, int]]) -> None:
    for told in people(Stitcher(1.0), frames(sightings)):
        assert len(set(told)) == len(told)


@given(SIGHTINGS)
def test_every_person_is_called_as_a_track_that_there_was(sightings: list[dict[int, int]]) -> None:
    known: set[int] = set()
    for seen, told in zip(sightings, people(Stitcher(1.0), frames(sightings)), strict=True):
        known |= seen.keys()
        assert set(told) <= known


@given(SIGHTINGS, st.randoms(use_true_random=False))
def test_the_order_of_people_in_a_picture_never_matters(
    sightings: list[dict[int, int]], random: Random
) -> None:
    one, other = Stitcher(1.0), Stitcher(1.0)
    for shot in frames(sightings):
        order = list(range(len(shot.persons)))
        random.shuffle(order)
        mixed = frame(shot.pts_ns / 1e9, *(shot.persons[index] for index in order))
        straight, shuffled = one.step(shot).persons, other.step(mixed).persons
        assert [straight[index].track_id for index in order] == [p.track_id for p in shuffled]


@given(SIGHTINGS, SIGHTINGS)
def test_how_sources_interleave_changes_nobody(
    first: list[dict[int, int]], second: list[dict[int, int]]
) -> None:
    both = Stitcher(1.0)
    shots = sorted(frames(first) + frames(second, 1), key=lambda shot: shot.pts_ns)
    told: dict[int, list[list[int]]] = {0: [], 1: []}
    for shot in shots:
        told[shot.source_id] += people(both, [shot])
    assert told == {
        0: people(Stitcher(1.0), frames(first)),
        1: people(Stitcher(1.0), frames(second)),
    }
