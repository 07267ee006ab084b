"""Where people are: areas of a picture, who stands in them, and for how long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from recognition.frames import Frame, Person

Corners = Sequence[tuple[float, float]]
"""Of an area: x, y as shares of the picture, in the order of its edge."""

SETTLE_NS = 300_000_000
"""So long somebody must be on the other side of an edge before that counts."""


@dataclass(frozen=True, slots=True)
class Stays:
    """Where somebody is. current: zones of now. entered: all so far, in that order.

    dwell_s: how long they have been in each zone of now.
    """

    current: tuple[str, ...]
    entered: tuple[str, ...]
    dwell_s: Mapping[str, float]


@dataclass(slots=True)
class _Stay:
    """One person and one zone. since_ns: of the stay; turned_ns: first seen on the other side."""

    inside: bool = False
    since_ns: int = 0
    turned_ns: int | None = None

    def step(self, inside: bool, pts_ns: int) -> bool:
        """Take whether the person stands inside; whether they have entered by that."""
        if inside == self.inside:
            self.turned_ns = None
            return False
        if self.turned_ns is None:
            self.turned_ns = pts_ns
        if pts_ns - self.turned_ns < SETTLE_NS:
            return False
        self.inside, self.since_ns, self.turned_ns = inside, self.turned_ns, None
        return inside


@dataclass(slots=True)
class _Person:
    pts_ns: int = 0
    stays: dict[str, _Stay] = field(default_factory=dict)
    entered: list[str] = field(default_factory=list)


class Zones:
    """Follows everybody through the zones of each source; one thread owns it.

    Somebody is where the middle of the lower edge of their box is: their feet. Who was not seen,
    but only foretold by the tracker, is where they were.
    zones: by source id, the corners of each zone by its name.
    """

    def __init__(self, zones: Mapping[int, Mapping[str, Corners]]) -> None:
        self._zones = {
            source_id: {name: np.array(corners, np.float64) for name, corners in of_source.items()}
            for source_id, of_source in zones.items()
        }
        self._people: dict[tuple[int, int], _Person] = {}

    def step(self, frame: Frame) -> None:
        """Take in who is where in a frame."""
        zones = self._zones.get(frame.source_id)
        if not zones:
            return
        for one in frame.persons:
            person = self._people.setdefault((frame.source_id, one.track_id), _Person())
            person.pts_ns = frame.pts_ns
            if one.confidence < 0:
                continue
            feet = _feet(one, frame)
            for name, corners in zones.items():
                stay = person.stays.setdefault(name, _Stay())
                if stay.step(_within(feet, corners), frame.pts_ns) and name not in person.entered:
                    person.entered.append(name)

    def of(self, source_id: int, track_id: int) -> Stays | None:
        """Where somebody is; None where the source has no zones."""
        if not self._zones.get(source_id):
            return None
        person = self._people.get((source_id, track_id), _Person())
        dwell_s = {
            name: (person.pts_ns - stay.since_ns) / 1e9
            for name, stay in person.stays.items()
            if stay.inside
        }
        return Stays(tuple(dwell_s), tuple(person.entered), dwell_s)

    def forget(self, source_id: int, track_id: int) -> None:
        """Somebody is gone."""
        self._people.pop((source_id, track_id), None)

    def forget_source(self, source_id: int) -> None:
        """A source is over."""
        for key in [key for key in self._people if key[0] == source_id]:
            del self._people[key]


def _feet(person: Person, frame: Frame) -> tuple[float, float]:
    """Shares of the picture; boxes may reach beyond its edge."""
    left, _, right, bottom = (float(edge) for edge in person.box)
    across, down = (left + right) / 2 / frame.width, bottom / frame.height
    return min(max(across, 0.0), 1.0), min(max(down, 0.0), 1.0)


def area(corners: npt.NDArray[np.float64]) -> float:
    """Of a polygon (N, 2), by the shoelace formula."""
    x, y = corners.T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def _within(point: tuple[float, float], corners: npt.NDArray[np.float64]) -> bool:
    """Whether a line from the point to the right crosses the edge an odd number of times."""
    x, y = point
    (x0, y0), (x1, y1) = corners.T, np.roll(corners, -1, axis=0).T
    crosses = (y0 > y) != (y1 > y)
    slope = np.divide(x1 - x0, y1 - y0, out=np.zeros_like(x0), where=crosses)
    return bool(np.count_nonzero(crosses & (x < x0 + (y - y0) * slope)) % 2)
