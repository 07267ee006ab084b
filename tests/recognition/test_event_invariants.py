"""What holds for events whatever the scores are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recognition.events import ActionEvent
from recognition.hysteresis import ActionRule
from tests.recognition.event_drawings import LASTING, STEP_NS, feed, logic, walk_events

RULES = st.builds(
    lambda enter, gap, on, off, tau, cooldown, lag, longest, least: ActionRule(
        enter=enter,
        exit=enter - gap,
        min_on_s=on,
        min_off_s=off,
        smoothing_s=tau,
        cooldown_s=cooldown,
        lag_s=lag,
        max_duration_s=longest,
        retract_under_s=least,
    ),
    st.floats(0.3, 0.9),
    st.floats(0, 0.3),
    st.sampled_from([0.0, 0.2, 0.5]),
    st.sampled_from([0.0, 0.2, 0.5]),
    st.sampled_from([0.0, 0.15]),
    st.sampled_from([0.0, 0.4]),
    st.sampled_from([0.0, 0.15, 0.9]),
    st.sampled_from([0.0, 0.3]),
    st.sampled_from([0.0, 0.5]),
)
Step = tuple[int, int, float | None, float]
SCORES = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 1))
RUNS = st.tuples(
    st.tuples(st.integers(0, 2), st.integers(0, 1), st.none() | SCORES, SCORES), st.integers(1, 8)
)
"""A step and how often it comes: what holds for a while, as people do things."""
STEPS = st.lists(RUNS, max_size=14).map(
    lambda runs: [step for step, many in runs for _ in range(many)]
)


def play(rule: ActionRule, steps: Sequence[Step]) -> list[ActionEvent]:
    """Each step: source, track, two scores; every source has its own clock.

    None in the place of the first score: the tracker loses the person.
    """
    machine = logic(rule, update_interval_s=0.3)
    clocks = dict.fromkeys(range(3), 0)
    events = []
    for source_id, track_id, walk, wave in steps:
        clocks[source_id] += STEP_NS
        if walk is None:
            events += machine.lost(source_id, track_id, clocks[source_id])
            continue
        values = np.array([0, walk, wave], np.float32)
        events += feed(machine, values, clocks[source_id], source_id, track_id)
    return events + machine.end_all()


@given(RULES, STEPS)
def test_starts_and_ends_alternate_and_nothing_stays_open(
    rule: ActionRule, steps: list[Step]
) -> None:
    told: dict[tuple[int, int, str], list[ActionEvent]] = {}
    for event in play(rule, steps):
        told.setdefault(event.key, []).append(event)
        assert event.onset_ns <= event.detected_ns <= event.pts_ns
        assert (event.end_ns is not None) == (event.phase == "end")
        if event.end_ns is not None:
            assert event.onset_ns <= event.end_ns <= event.pts_ns
    for events in told.values():
        marks = {"start": "+", "update": "", "end": "-", "retract": "-"}
        seen = "".join(marks[event.phase] for event in events)
        assert seen == "+-" * (len(seen) // 2)
        for before, event in pairwise(events):
            assert event.rev == (0 if event.phase == "start" else before.rev + 1)
            assert (event.name == before.name) == (event.phase != "start")


@given(RULES, STEPS)
def test_events_of_one_track_and_action_never_overlap(rule: ActionRule, steps: list[Step]) -> None:
    ended: dict[tuple[int, int, str], int] = {}
    for event in play(rule, steps):
        if event.phase == "start":
            assert event.onset_ns >= ended.get(event.key, 0)
        elif event.end_ns is not None:
            ended[event.key] = event.end_ns


@given(RULES, STEPS)
def test_no_two_events_of_a_source_have_one_name(rule: ActionRule, steps: list[Step]) -> None:
    starts = [event for event in play(rule, steps) if event.phase == "start"]
    assert len({(event.source_id, event.name) for event in starts}) == len(starts)


@given(RULES, STEPS)
def test_how_sources_interleave_never_changes_a_sources_events(
    rule: ActionRule, steps: list[Step]
) -> None:
    together = play(rule, steps)
    for source_id in range(3):
        alone = play(rule, [step for step in steps if step[0] == source_id])
        assert alone == [event for event in together if event.source_id == source_id]


@given(RULES, STEPS)
def test_a_replay_gives_the_same_events(rule: ActionRule, steps: list[Step]) -> None:
    assert play(rule, steps) == play(rule, steps)


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 5)), max_size=12))
def test_bursts_shorter_than_min_on_never_make_an_event(bursts: list[tuple[int, int]]) -> None:
    drawing = "".join("#" * on + "." * off for on, off in bursts)
    assert walk_events(logic(LASTING), drawing) == []


@given(RULES, STEPS)
def test_an_event_continues_an_earlier_one_of_its_track_and_action(
    rule: ActionRule, steps: list[Step]
) -> None:
    ended = set()
    for event in play(rule, steps):
        if event.continues is not None:
            assert (event.source_id, event.continues) in ended
            assert event.continues.tracks == (event.track_id,)
            assert event.continues.action == event.action
        if event.phase == "end":
            ended.add((event.source_id, event.name))
