"""Looks at who is together once a second, whatever the pace at which looks at people come."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass

from recognition.groups import Cluster, Member, clusters

TICK_NS = 1_000_000_000
"""Clusters are of full seconds of the source's PTS, by the looks of the second before."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Everybody who is together before one source at a full second."""

    source_id: int
    at_ns: int
    clusters: list[Cluster]


class GroupClock:
    """Keeps the newest look at everybody. rate_hz: steps per second of the windows."""

    def __init__(self, *, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._newest: dict[int, dict[int, Member]] = {}
        self._second: dict[int, int] = {}

    def step(self, looks: Iterable[Member]) -> list[Tick]:
        """Take the looks of one batch; the seconds that they show to be full.

        What comes before a second makes it, so that how frames are batched changes nothing. A
        second in which nobody was seen is left out.
        """
        ticks = []
        for look in sorted(looks, key=lambda one: (one.source_id, one.pts_ns, one.track_id)):
            source_id, second = look.source_id, look.pts_ns // TICK_NS
            if second > self._second.setdefault(source_id, second):
                ticks.append(self._tick(source_id, (self._second[source_id] + 1) * TICK_NS))
                self._second[source_id] = second
            self._newest.setdefault(source_id, {})[look.track_id] = look
        return ticks

    def known(self, source_id: int) -> Set[int]:
        """Track ids of the people of a source that are not lost."""
        return self._newest.get(source_id, {}).keys()

    def lost(self, source_id: int, track_id: int) -> None:
        """Forget a person."""
        self._newest.get(source_id, {}).pop(track_id, None)

    def forget_source(self, source_id: int) -> None:
        """Forget everybody of a source."""
        self._newest.pop(source_id, None)
        self._second.pop(source_id, None)

    def _tick(self, source_id: int, at_ns: int) -> Tick:
        fresh = [one for one in self._newest[source_id].values() if at_ns - one.pts_ns <= TICK_NS]
        return Tick(source_id, at_ns, clusters(fresh, at_ns, rate_hz=self._rate_hz))
