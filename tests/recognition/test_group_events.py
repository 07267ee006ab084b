"""Events of groups, drawn: who is where each second, and what is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from recognition.continuation import EventName
from recognition.events import ActionEvent, EventLogic
from recognition.frames import Float
from recognition.group_events import GroupLogic
from recognition.groups import Member
from recognition.rules import EventConfig
from tests.recognition.group_people import RATE_HZ, look

LABELS = ("gathering", "walking_together", "background")
RULE = {"enter": 0.6, "exit": 0.4, "min_on_s": 0, "min_off_s": 1.5, "smoothing_s": 0, "lag_s": 0}
FAR = 1000.0


def three_gather(_members: Float, mask: Float) -> tuple[Float, Float]:
    """A head that calls three or more a gathering, and two nothing."""
    gathers = np.where(mask.sum(axis=1) >= 3, 0.9, 0.1)
    rest = 1 - gathers
    scores = np.stack([gathers, 0 * rest, rest], axis=1).astype(np.float32)
    return scores, mask


def any_gather(members: Float, mask: Float) -> tuple[Float, Float]:
    return three_gather(members, np.ones((len(mask), 3), np.float32))[0], mask


def any_walk(members: Float, mask: Float) -> tuple[Float, Float]:
    scores, part = any_gather(members, mask)
    return scores[:, [1, 0, 2]], part


def all_but_the_first_gather(members: Float, mask: Float) -> tuple[Float, Float]:
    scores, part = three_gather(members, mask)
    return scores, part * (np.arange(part.shape[1]) > 0)


def logic(judge: object = three_gather) -> GroupLogic:
    assert callable(judge)
    events = EventLogic(EventConfig.model_validate({"default": RULE}), LABELS)
    return GroupLogic(events, judge, rate_hz=RATE_HZ)


def play(groups: GroupLogic, seconds: Sequence[Mapping[int, float]]) -> list[ActionEvent]:
    """Who stands where (track id to x px) in each second; the last one only closes the others."""
    events = []
    for number, places in enumerate([*seconds, {99: FAR}]):
        looks = [look(who, x, at_s=number + 0.5) for who, x in places.items()]
        events += groups.step(looks)
    return events


def told(events: Sequence[ActionEvent]) -> list[tuple[str, tuple[int, ...]]]:
    return [(event.phase, (event.track_id, *event.co_tracks)) for event in events]


def test_one_event_names_everybody_the_smallest_track_first() -> None:
    (start,) = play(logic(), [{7: 100, 3: 200, 5: 300, 9: FAR}])
    assert (start.action, start.phase, start.pts_ns) == ("gathering", "start", 10**9)
    assert (start.track_id, start.co_tracks) == (3, (5, 7))
    assert [box[0] for box in (start.box, *start.co_boxes)] == [175, 275, 75]
    assert start.evidence["pose"].weight is None


def test_an_action_takes_as_many_people_as_the_taxonomy_says_whatever_the_head_says() -> None:
    two = {1: 100.0, 2: 200.0}
    assert play(logic(any_gather), [two] * 3) == []
    assert told(play(logic(any_gather), [{**two, 3: 300}])) == [("start", (1, 2, 3))]
    assert told(play(logic(any_walk), [two])) == [("start", (1, 2))]
    assert play(logic(any_walk), [{1: 100, 2: FAR}] * 3) == []


def test_who_only_stands_by_is_not_named_and_does_not_count() -> None:
    four = {1: 100.0, 2: 200.0, 3: 300.0, 4: 400.0}
    assert told(play(logic(all_but_the_first_gather), [four])) == [("start", (2, 3, 4))]
    three = {1: 100.0, 2: 200.0, 3: 300.0}
    assert play(logic(all_but_the_first_gather), [three] * 3) == []


def test_the_end_names_who_took_part_last_not_who_is_left_by_chance() -> None:
    four = {1: 100.0, 2: 200.0, 3: 300.0, 4: 400.0}
    left = {1: 100.0, 2: 200.0}
    events = play(logic(all_but_the_first_gather), [four, left, left, left, left])
    assert told(events) == [("start", (2, 3, 4)), ("end", (2, 3, 4))]


def test_the_event_goes_on_while_half_of_its_members_remain_whoever_joins_or_leaves() -> None:
    at_first = {1: 100, 2: 200, 3: 300}
    joined = {**at_first, 4: 400}
    left = {2: 200, 3: 300, 4: 400}
    groups = logic()
    start, end = play(groups, [at_first, joined, left, {}, {3: 300}, {3: 300}, {3: 300}])
    assert told([start, end]) == [("start", (1, 2, 3)), ("end", (2, 3, 4))]
    assert start.name == end.name == EventName((1, 2, 3), "gathering", start.onset_ns)
    assert len(groups) == 0


def test_a_group_that_falls_apart_ends_after_min_off() -> None:
    apart = {1: 100, 2: FAR, 3: 2 * FAR}
    events = play(logic(), [{1: 100, 2: 200, 3: 300}, apart, apart, apart, apart])
    assert [(event.phase, event.pts_ns / 1e9) for event in events] == [("start", 1), ("end", 4)]
    assert events[1].end_ns == 2 * 10**9


def test_of_two_groups_that_meet_the_greater_one_goes_on() -> None:
    small, great = {1: 100, 2: 200, 3: 300}, {4: 900, 5: 1000, 6: 1100, 7: 1200}
    met = {who: 100.0 * who for who in range(1, 8)}
    events = play(logic(), [small | great, met, met, met])
    assert told(events) == [
        ("start", (1, 2, 3)), ("start", (4, 5, 6, 7)), ("end", (1, 2, 3))
    ]  # fmt: skip


def test_a_person_who_is_lost_ends_what_it_did_with_one_other_alone() -> None:
    groups = logic()
    play(groups, [{1: 100, 2: 200, 3: 300}])
    assert groups.lost(0, 1, 5 * 10**9) == []
    (end,) = groups.lost(0, 2, 6 * 10**9)
    assert (end.end_reason, end.pts_ns, len(groups)) == ("track_lost", 6 * 10**9, 0)


def test_what_a_member_does_with_its_group_can_be_asked() -> None:
    groups = logic()
    (start,) = play(groups, [{1: 100, 2: 200, 3: 300}])
    assert [action for action, _ in groups.open_actions(0, 2)] == ["gathering"]
    assert groups.open_actions(0, 99) == ()
    assert groups.open_event(0, (2, 3)) == start.name
    assert groups.open_event(0, (2, 99)) is None


def test_the_end_of_a_source_leaves_the_groups_of_others() -> None:
    groups = logic()
    for source_id in (0, 1):
        for at_s in (0.5, 1.5):
            groups.step([look(n, 100 * n, at_s=at_s, source_id=source_id) for n in range(1, 4)])
    (end,) = groups.end_source(0, 9 * 10**9, "camera_offline")
    assert (end.source_id, end.end_reason) == (0, "camera_offline")
    assert [event.source_id for event in groups.end_all("shutdown")] == [1]
    assert len(groups) == 0


scenes = st.lists(
    st.dictionaries(st.integers(1, 6), st.integers(0, 12), max_size=6), min_size=1, max_size=8
)


@given(scenes, scenes, st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_events_alternate_and_depend_neither_on_the_order_of_tracks_nor_on_other_sources(
    one: list[dict[int, int]], other: list[dict[int, int]], chance: Random
) -> None:
    def looks(source_id: int, seconds: list[dict[int, int]]) -> list[list[Member]]:
        return [
            [
                look(who, 100.0 * place, at_s=number + 0.5, source_id=source_id)
                for who, place in places.items()
            ]
            for number, places in enumerate(seconds)
        ]

    def run(batches: Sequence[Sequence[Member]]) -> dict[int, list[ActionEvent]]:
        groups = logic()
        events = [event for batch in batches for event in groups.step(batch)]
        events += [event for s in (0, 1) for event in groups.end_source(s, 10**11, "stream_ended")]
        return {s: [event for event in events if event.source_id == s] for s in (0, 1)}

    first, second = looks(0, one), looks(1, other)
    apart = run([*first, *second])
    longest = max(len(first), len(second))
    rows = [
        [*first[n : n + 1], *second[n : n + 1]] for n in range(longest)
    ]  # fmt: skip
    mixed = [[member for part in row for member in part] for row in rows]
    assert run([chance.sample(batch, len(batch)) for batch in mixed]) == apart
    for events in apart.values():
        open_events: set[EventName] = set()
        for event in events:
            assert event.track_id < min(event.co_tracks)
            assert len(event.co_boxes) == len(event.co_tracks)
            assert (event.phase == "start") == (event.name not in open_events)
            open_events ^= {event.name}
        assert not open_events
