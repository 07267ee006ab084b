"""When a camera's PTS 0 was: seconds of PTS and of the machine's clock."""

from __future__ import annotations

import pytest

from pipelines.live_clock import LiveClock

S = 1_000_000_000


@pytest.mark.parametrize(
    ("pictures", "bases"),
    [
        ([(5, 1000), (6, 1001), (7, 1012)], [995, None, None]),  # the first one counts, late or not
        ([(5, 1000), (6, 1001), (0, 1002)], [995, None, 1002]),  # the camera began anew
        ([(5, 1000), (4.5, 1001), (5.5, 1002)], [995, None, None]),  # no more than out of order
        ([(5, 1000), (6, 90_000), (7, 90_001)], [995, 89_994, None]),  # the clock was set
        ([(5, 1000), (6, 1090), (7, 1091)], [995, 1084, None]),  # the camera stood still
    ],
)
def test_the_clock_is_set_anew_only_where_nothing_else_explains_it(
    pictures: list[tuple[float, float]], bases: list[float | None]
) -> None:
    clock = LiveClock()
    found = [clock.set_by(round(pts * S), round(now * S)) for pts, now in pictures]
    assert found == [None if base is None else round(base * S) for base in bases]
