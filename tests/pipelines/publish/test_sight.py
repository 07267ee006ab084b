"""Who is in sight, told now and then to whoever looks on."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipelines.publish.contract import MAX_BYTES
from pipelines.publish.sight import Pace, Seen, tracks_message
from tests.pipelines.publish.examples import LOBBY

STEP_NS = 40_000_000


def seen(track_id: int, box: tuple[float, ...] = (-10, 90, 310, 400)) -> Seen:
    return Seen(track_id=track_id, box=box, actions=[("walk", 0.8123456)])


def test_a_message_tells_of_each_person_where_they_are_and_what_they_do() -> None:
    told = tracks_message(LOBBY, 2_000_000_000, (640, 360), [seen(7)])
    assert told.model_dump(exclude_none=True) == {
        "time": "2023-11-14T22:13:22.000Z",
        "camera": "lobby_east",
        "width": 640,
        "height": 360,
        "media_pts_ns": 2_000_000_000,
        "tracks": (
            {
                "id": "7",
                "box": (0.0, 0.25, 0.4844, 0.75),
                "box_px": (0.0, 90.0, 310.0, 270.0),
                "actions": {"walk": 0.8123},
            },
        ),
    }


def test_a_crowd_that_does_not_fit_is_told_of_from_the_nearest_on() -> None:
    crowd = [seen(n, (0, 0, 50, 100 + n)) for n in range(200)]
    told = tracks_message(LOBBY, 0, (640, 360), crowd)
    assert len(told.model_dump_json(exclude_none=True)) < MAX_BYTES
    assert told.left_out == 200 - len(told.tracks)
    assert [one.id for one in told.tracks][:3] == ["199", "198", "197"]


def test_nobody_in_sight_is_told_as_well() -> None:
    assert tracks_message(LOBBY, 0, (640, 360), []).tracks == ()


def test_messages_leave_so_often_a_second_of_each_source_and_never_unless_asked_for() -> None:
    pace = Pace(5)
    due = [pace.due(source, n * STEP_NS) for n in range(25) for source in (0, 1)]
    assert due.count(True) == 2 * 5
    assert not Pace(0).due(0, 0)


def test_a_source_that_begins_again_is_told_of_at_once() -> None:
    pace = Pace(1)
    assert [pace.due(0, pts_ns) for pts_ns in (10**10, 10**10 + 1, 5)] == [True, False, True]


@given(st.floats(0.1, 10), st.lists(st.integers(0, 10**9), max_size=50))
def test_two_messages_are_never_closer_than_wanted(hz: float, steps_ns: list[int]) -> None:
    pace, now_ns, told_ns = Pace(hz), 0, []
    for step_ns in steps_ns:
        now_ns += step_ns
        if pace.due(0, now_ns):
            told_ns.append(now_ns)
    assert all(b - a >= round(1e9 / hz) for a, b in pairwise(told_ns))
