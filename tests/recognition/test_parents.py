"""Which group's event a single person's event belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from recognition.continuation import EventName
from recognition.events import ActionEvent
from recognition.hysteresis import Phase
from recognition.parents import Parents

GATHERING = EventName((3, 7, 9), "gathering", 10**9)


def event(phase: Phase, *, track_id: int = 7, action: str = "wave") -> ActionEvent:
    return ActionEvent(
        source_id=0, track_id=track_id, action=action, rev=0, phase=phase, onset_ns=2 * 10**9,
        detected_ns=0, pts_ns=0, end_ns=None, end_reason=None, score=1, peak=1, mean=1, enter=0.5,
        exit=0.3, topk=(), evidence={}, box=(0, 0, 1, 1), frame_size=(640, 360),
    )  # fmt: skip


def test_an_event_keeps_the_parent_that_it_began_with() -> None:
    open_now = [GATHERING]

    def find(source_id: int, track_ids: Sequence[int]) -> EventName | None:
        return open_now[0] if open_now and {*track_ids} <= {*GATHERING.tracks} else None

    parents = Parents(find)
    (start,) = parents.named([event("start")])
    assert start.parent == GATHERING
    open_now.clear()
    (end,) = parents.named([event("end")])
    assert end.parent == GATHERING
    again = [event("start"), event("end")]
    assert [one.parent for one in parents.named(again)] == [None, None]


def test_who_is_not_in_the_group_has_no_parent_nor_a_pair_with_one_outside() -> None:
    parents = Parents(lambda _, tracks: GATHERING if {*tracks} <= {*GATHERING.tracks} else None)
    alone = event("start", track_id=8)
    mixed = replace(event("start", track_id=3, action="hug"), co_tracks=(8,))
    inside = replace(event("start", track_id=3, action="hug"), co_tracks=(7,))
    assert [one.parent for one in parents.named([alone, mixed, inside])] == [None, None, GATHERING]
