"""Events of two people, drawn: one line each of what either says, 200 ms a step."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognition.events import ActionEvent, EventLogic, Evidence
from recognition.pairs import Decision, PairLogic
from recognition.rules import EventConfig

STEP_NS = 200_000_000
LABELS = ("background", "hug", "handshake")
SCORE = {".": 0.05, "=": 0.5, "#": 0.9}
MARK = {"start": "+", "end": "-"}
RULE = {"enter": 0.6, "exit": 0.4, "min_on_s": 0, "min_off_s": 0, "smoothing_s": 0, "lag_s": 0}


def pairs() -> PairLogic:
    return PairLogic(EventLogic(EventConfig.model_validate({"default": RULE}), LABELS))


def decision(
    track_id: int, step: int, shake: float, *near: int, source_id: int = 0, late_ns: int = 0
) -> Decision:
    return Decision(
        source_id=source_id,
        track_id=track_id,
        pts_ns=step * STEP_NS + late_ns,
        scores=np.array([1 - shake, 0, shake], np.float32),
        near=near,
        evidence={"pose": Evidence(present=True)},
        box=np.array([10 * track_id, 0, 10 * track_id + 50, 100], np.float32),
        frame_size=(640, 360),
    )


def play(
    logic: PairLogic, drawings: Mapping[int, str], near: Mapping[int, tuple[int, ...]]
) -> list[ActionEvent]:
    """What everybody says over time; a space is no answer."""
    events = []
    for step in range(max(map(len, drawings.values()))):
        said = [
            decision(track_id, step, value, *near[track_id])
            for track_id, drawing in drawings.items()
            if step < len(drawing) and (value := SCORE.get(drawing[step])) is not None
        ]
        events += logic.step(said)
    return events


def draw(one: str, other: str) -> str:
    marks = [" "] * max(len(one), len(other))
    for event in play(pairs(), {1: one, 2: other}, {1: (2,), 2: (1,)}):
        marks[event.pts_ns // STEP_NS] = MARK[event.phase]
    return "".join(marks)


@pytest.mark.parametrize(
    ("one", "other", "messages"),
    [
        ("..####....", "..####....", "  +   -   "),
        ("..####....", "..........", "          "),  # only one of them says so
        ("..####....", "....####..", "    + -   "),
        ("..####....", "..======..", "  +   -   "),  # together 0.67
    ],
)
def test_a_pair_does_what_both_of_them_seem_to_do(one: str, other: str, messages: str) -> None:
    assert draw(one, other) == messages


def test_somebody_hidden_leaves_the_word_to_the_other_after_a_second() -> None:
    assert draw(".########..", ".          ") == "      +  - "


def test_one_event_names_both_and_the_smaller_track_first() -> None:
    start, end = play(pairs(), {9: ".##.", 4: ".##."}, {9: (4,), 4: (9,)})
    assert (start.track_id, start.co_tracks, start.action) == (4, (9,), "handshake")
    assert (start.box, start.co_boxes) == ((40, 0, 90, 100), ((90, 0, 140, 100),))
    assert (end.phase, end.rev, end.co_tracks) == ("end", 1, (9,))


def test_who_only_stands_by_takes_no_part() -> None:
    near = {1: (2, 3), 2: (1, 3), 3: (1, 2)}
    events = play(pairs(), {1: ".###.", 2: ".###.", 3: "....."}, near)
    assert {(event.track_id, *event.co_tracks) for event in events} == {(1, 2)}


def test_two_pairs_shake_hands_beside_each_other() -> None:
    near = {1: (2,), 2: (1,), 3: (4,), 4: (3,)}
    events = play(pairs(), dict.fromkeys(near, ".##."), near)
    told = [(event.track_id, *event.co_tracks, event.phase) for event in events]
    assert told == [(1, 2, "start"), (3, 4, "start"), (1, 2, "end"), (3, 4, "end")]


def test_a_pair_that_parts_ends_and_is_forgotten() -> None:
    logic = pairs()
    play(logic, {1: ".##", 2: ".##"}, {1: (2,), 2: (1,)})
    ((action, score),) = logic.open_actions(0, 2)
    assert (action, round(score, 3)) == ("handshake", 0.9)
    apart = [decision(1, 3, 0.9), decision(2, 3, 0.9)]
    assert [event.phase for event in logic.step(apart)] == ["end"]
    assert len(logic) == 0


def test_a_pair_that_meets_again_goes_on_with_another_event_that_names_the_last() -> None:
    late = EventConfig.model_validate({"default": {**RULE, "lag_s": 0.9}})
    logic = PairLogic(EventLogic(late, LABELS))
    events = []
    for step, near in enumerate((True, True, False, True, True)):
        near_ids = ((2,), (1,)) if near else ((), ())
        events += logic.step([decision(n, step, 0.9, *near_ids[n - 1]) for n in (1, 2)])
        if not near:
            assert len(logic) == 0
    first, end, second = events
    assert [event.phase for event in events] == ["start", "end", "start"]
    assert second.continues == first.name != second.name
    assert second.onset_ns > (end.end_ns or 0)


def test_a_person_who_is_lost_ends_what_it_did_with_others() -> None:
    logic = pairs()
    play(logic, {1: ".##", 2: ".##"}, {1: (2,), 2: (1,)})
    (end,) = logic.lost(0, 2, 5 * STEP_NS)
    assert (end.end_reason, end.track_id, end.co_tracks) == ("track_lost", 1, (2,))
    assert len(logic) == 0
    assert logic.lost(0, 1, 5 * STEP_NS) == []


def test_the_end_of_a_source_leaves_the_pairs_of_others() -> None:
    logic = pairs()
    for source_id in (0, 1):
        logic.step([decision(n, 1, 0.9, 3 - n, source_id=source_id) for n in (1, 2)])
    (end,) = logic.end_source(0, 9 * STEP_NS, "stream_ended")
    assert (end.source_id, end.end_reason) == (0, "stream_ended")
    assert [event.source_id for event in logic.end_all("shutdown")] == [1]


people = st.lists(
    st.tuples(st.integers(1, 4), st.floats(0, 1), st.sets(st.integers(1, 4), max_size=2)),
    max_size=60,
)


@given(people, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_every_start_has_one_end_and_the_order_within_a_frame_changes_nothing(
    said: list[tuple[int, float, set[int]]], chance: Random
) -> None:
    frames = [said[first : first + 3] for first in range(0, len(said), 3)]

    def run(*, shuffled: bool) -> list[ActionEvent]:
        logic, events = pairs(), []
        for step, frame in enumerate(frames):
            unique = {who: (score, near) for who, score, near in frame}
            made = [
                decision(who, step, score, *sorted(near - {who}))
                for who, (score, near) in unique.items()
            ]
            if shuffled:
                chance.shuffle(made)
            events += logic.step(made)
        return [*events, *logic.end_all("shutdown")]

    events = run(shuffled=False)
    assert run(shuffled=True) == events
    open_pairs: set[tuple[int, ...]] = set()
    for event in events:
        pair = (event.track_id, *event.co_tracks)
        assert pair[0] < pair[1]
        assert (event.phase == "start") == (pair not in open_pairs)
        open_pairs ^= {pair}
    assert not open_pairs
