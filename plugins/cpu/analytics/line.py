"""When an object crosses a line, by the rules of nvds_analytics.cpp."""

from __future__ import annotations

from dataclasses import dataclass

from plugins.cpu.analytics.config import LineRule
from plugins.cpu.analytics.geometry import (
    direction,
    goes_along,
    line_through,
    meeting_point,
    meets_segment,
    side,
)

_THRESHOLDS = {"loose": (1000, 0.1, 3), "balanced": (3000, 0.5, 10), "strict": (6000, 0.8, 20)}
"""By mode: px squared of the way, cosine with the arrow, frames; all to be exceeded or reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How an object got where it is. before, now: centre x and y, width, height, px."""

    before: tuple[int, int, int, int]
    now: tuple[int, int, int, int]
    mean_height: float
    moved_px2: int
    frames: int


class Crossing:
    """One line with its arrow, in px of the frame."""

    def __init__(self, rule: LineRule) -> None:
        self.rule = rule
        start, end, *self._ends = rule.points
        self._line = line_through(self._ends[0], self._ends[1])
        self._arrow = direction(*start, *end)
        self._sense = self._find_sense(start, end)

    def _find_sense(self, start: tuple[int, int], end: tuple[int, int]) -> int:
        """Give the sign that the distance from the line must have in the end; 0 where unclear."""
        met = meeting_point(line_through(start, end), self._line)
        if met is None:
            return 0
        for point, floor in ((start, 1e-5), (end, 0.0)):
            way = direction(*point, *met)
            along = way[0] * self._arrow[0] + way[1] * self._arrow[1]
            where = side(self._line, *point)
            above, below = where > floor, where < floor
            if (along > 0.99 and above) or (along < -0.99 and below):
                return -1
            if (along < -0.99 and above) or (along > 0.99 and below):
                return 1
        return 0

    def happened(self, way: Way) -> bool:
        """Tell whether an object that came this way is over the line now."""
        least_px2, cosine, least_frames = _THRESHOLDS[self.rule.mode]
        if way.moved_px2 <= least_px2 or way.frames <= least_frames:
            return False
        if self._sense == 0 or self.rule.mode != "loose":
            crossed = self._crossed_along(way, cosine)
        else:
            crossed = self._changed_sides(way)
        return crossed and (self.rule.extended or self._between_the_ends(way))

    def _crossed_along(self, way: Way, cosine: float) -> bool:
        half = int(way.mean_height) // 2
        before = way.before[0], way.before[1] + half
        now = way.now[0], way.now[1] + way.now[3] // 2
        move = now[0] - before[0], now[1] - before[1]
        # Less than a pixel from the line counts as on it, on either side.
        sides = int(side(self._line, *before)), int(side(self._line, *now))
        return goes_along(self._arrow, move, cosine) and sides[0] * sides[1] < 0

    def _changed_sides(self, way: Way) -> bool:
        now = side(self._line, way.now[0], way.now[1] + way.now[3] // 2)
        before = side(self._line, way.before[0], way.before[1] + way.mean_height / 2)
        return now * self._sense >= 0 and before * self._sense < 0

    def _between_the_ends(self, way: Way) -> bool:
        """The way of the foot's middle, right or left end meets the line between its ends."""
        (px, py, pw, _), (x, y, width, height) = way.before, way.now
        feet = py + way.mean_height / 2, y + height / 2
        return any(
            meets_segment(
                (px + a * (pw // 2), feet[0]),
                (x + a * (width // 2), feet[1]),
                self._line,
                self._ends,
            )
            for a in (0, 1, -1)
        )
