"""The last event of the same action and people: a new one may take it up, never overlap it."""

from __future__ import annotations

from dataclasses import dataclass

from recognition.hysteresis import MAX_LAG_S, nanoseconds

Key = tuple[int, tuple[int, ...], str]
"""(source_id, tracks, action)."""


@dataclass(frozen=True, slots=True)
class EventName:
    """What tells an event from all others of its source: who began it, what it is, and when."""

    tracks: tuple[int, ...]
    action: str
    onset_ns: int


class Continuation:
    """Remembers events that ended not long ago, each source by its own clock.

    gap_ns: one that ended less than this before may be continued.
    """

    def __init__(self, gap_ns: int) -> None:
        self._gap_ns = gap_ns
        self._keep_ns = max(gap_ns, nanoseconds(MAX_LAG_S))
        self._ended: dict[Key, tuple[int, EventName | None]] = {}
        self._open: dict[Key, EventName | None] = {}

    def link(
        self, source_id: int, name: EventName, end_ns: int | None, *, true: bool = True
    ) -> EventName | None:
        """The event that this one continues; called with each message, the start first.

        end_ns: PTS of the end, None while it is open. true: False for one that is taken back.
        """
        key = source_id, name.tracks, name.action
        if key not in self._open:
            self._open[key] = self._before(key, name.onset_ns)
        if end_ns is None:
            return self._open[key]
        self._forget_old(source_id, end_ns)
        self._ended[key] = end_ns, name if true else None
        return self._open.pop(key)

    def free_from(self, source_id: int, tracks: tuple[int, ...], action: str) -> int:
        """PTS before which no event of these may begin: the last one lasted until then."""
        found = self._ended.get((source_id, tracks, action))
        return 0 if found is None else found[0] + 1

    def forget_source(self, source_id: int) -> None:
        """A source is over: the next time it may begin at another PTS."""
        self._ended = {key: end for key, end in self._ended.items() if key[0] != source_id}

    def __len__(self) -> int:
        """How many events are remembered."""
        return len(self._ended) + len(self._open)

    def _before(self, key: Key, onset_ns: int) -> EventName | None:
        end_ns, name = self._ended.get(key, (0, None))
        return name if onset_ns - end_ns <= self._gap_ns else None

    def _forget_old(self, source_id: int, now_ns: int) -> None:
        """Forget those that nothing can continue any more."""
        old = [
            key
            for key, (end_ns, _) in self._ended.items()
            if key[0] == source_id and now_ns - end_ns > self._keep_ns
        ]
        for key in old:
            del self._ended[key]
