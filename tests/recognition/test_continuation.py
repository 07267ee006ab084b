"""What is remembered of events that ended: as long as it matters, and no longer."""

from __future__ import annotations

from recognition.continuation import Continuation, EventName

S = 1_000_000_000


def name(track_id: int, onset_s: int) -> EventName:
    return EventName((track_id,), "walk", onset_s * S)


def test_the_end_of_an_event_is_known_for_as_long_as_scores_may_lag_behind() -> None:
    memory = Continuation(gap_ns=0)
    memory.link(0, name(7, 0), None)
    memory.link(0, name(7, 0), 4 * S)
    for track_id in range(100, 110):
        memory.link(0, name(track_id, track_id - 91), (track_id - 91) * S)
    assert memory.free_from(0, (7,), "walk") == 0  # 18 s: nothing reaches back to 4 s any more
    assert memory.free_from(0, (100,), "walk") == 9 * S + 1
    assert memory.free_from(1, (100,), "walk") == 0


def test_memory_does_not_grow_with_the_events_that_were() -> None:
    memory = Continuation(gap_ns=5 * S)
    for track_id in range(1000):
        memory.link(0, name(track_id, track_id), None)
        memory.link(0, name(track_id, track_id), track_id * S)
    assert len(memory) == 11
