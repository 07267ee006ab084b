"""Points, lines and regions as nvds_analytics.cpp computes with them: whole px, never rounded."""

from __future__ import annotations

import math
from collections.abc import Sequence

Point = tuple[int, int]
Line = tuple[float, float, float]
"""a, b, c of ax + by + c = 0, with a and b of length 1."""


def inside(polygon: Sequence[Point], x: int, y: int) -> bool:
    """Tell whether a point is in a region: an odd number of edges lies to its left."""
    crossed = 0
    for (x1, y1), (x2, y2) in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
        if not (y1 <= y < y2 or y2 <= y < y1):
            continue
        at = cut(-((x2 - x1) * y + y2 * x1 - y1 * x2), y1 - y2)
        crossed += 0 <= at <= x
    return crossed % 2 == 1


def cut(numerator: int, denominator: int) -> int:
    """Divide whole numbers as C does, towards zero."""
    quotient = abs(numerator) // abs(denominator)
    return quotient if (numerator < 0) == (denominator < 0) else -quotient


def line_through(first: Point, second: Point) -> Line:
    """The line through two points; NaN where they are one."""
    (x1, y1), (x2, y2) = first, second
    a, b = float(y1 - y2), float(x2 - x1)
    length = math.hypot(a, b)
    if length == 0:
        return math.nan, math.nan, math.nan
    return a / length, b / length, (x1 * y2 - x2 * y1) / length


def side(line: Line, x: float, y: float) -> float:
    """Signed distance of a point from a line, px."""
    return line[0] * x + line[1] * y + line[2]


def direction(x1: float, y1: float, x2: float, y2: float) -> tuple[float, float]:
    """Unit vector from the first point to the second; zero where they are one."""
    length = math.hypot(x2 - x1, y2 - y1)
    return ((x2 - x1) / length, (y2 - y1) / length) if length >= 1e-9 else (0.0, 0.0)


def meeting_point(one: Line, other: Line) -> tuple[float, float] | None:
    """Where two lines meet; None where they are parallel."""
    det = one[0] * other[1] - one[1] * other[0]
    if not abs(det) >= 1e-5:
        return None
    x = (-one[2] * other[1] + one[1] * other[2]) / det
    y = (-one[0] * other[2] + one[2] * other[0]) / det
    return x, y


def goes_along(arrow: tuple[float, float], move: Point, least_cosine: float) -> bool:
    """Tell whether a move, px, has at least this cosine with a direction."""
    length = math.hypot(*move)
    return length > 0 and (arrow[0] * move[0] + arrow[1] * move[1]) / length >= least_cosine


def meets_segment(
    before: tuple[float, float], after: tuple[float, float], line: Line, ends: Sequence[Point]
) -> bool:
    """Tell whether the straight way from before to after meets a line between its two ends.

    The way is taken as a line without ends, as NVIDIA's code does.
    """
    (x1, y1), (x2, y2) = before, after
    a, b = y1 - y2, x2 - x1
    length = math.hypot(a, b)
    if length == 0:
        return False
    met = meeting_point((a / length, b / length, (x1 * y2 - x2 * y1) / length), line)
    if met is None:
        return False
    to_met = met[0] - ends[0][0], met[1] - ends[0][1]
    whole = ends[1][0] - ends[0][0], ends[1][1] - ends[0][1]
    ahead = to_met[0] * whole[0] + to_met[1] * whole[1] > 0
    return ahead and math.hypot(*whole) > math.hypot(*to_met)
