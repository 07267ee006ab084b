"""Which message leaves next: new ones first, old ones at a rate, each event's in their order.

No thread and no clock of its own: the outbox calls it under its lock and says what time it is.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipelines.publish.compose import with_delivery
from pipelines.publish.outbox_store import Stored

LIVE = 1000
"""New messages that are kept in memory beside the disk; more than these wait on disk."""

REPLAY = 200
"""Old messages that are read from the disk at once."""

LATE_MS = 5000
"""A message that waited for longer, or is sent again, says so in ``delivery``."""

BURST_S = 0.25
"""The rate of old messages is kept over times of this length."""


@dataclass(slots=True)
class Item:
    """A message on its way. attempt: of this run, from 1."""

    row: Stored
    attempt: int

    def waited_ms(self, now_ms: int) -> int:
        """How long ago it was made."""
        return now_ms - self.row.made_ms

    def is_late(self, now_ms: int) -> bool:
        """Whether it says that it did not leave at once."""
        return self.attempt > 1 or now_ms - self.row.made_ms > LATE_MS

    def payload(self, now_ms: int) -> bytes:
        """What leaves at this time, UTC since 1970."""
        if not self.is_late(now_ms):
            return self.row.payload
        waited_ms = self.waited_ms(now_ms)
        return with_delivery(self.row.payload, queued_ms=waited_ms, attempt=self.attempt)


class Lanes:
    """What is in memory of the messages on disk. All of it is forgotten with the connection.

    held: ids of messages that are here or on their way.
    """

    def __init__(self, replay_per_s: float) -> None:
        self.connected = False
        self.connection = 0
        self.held: set[int] = set()
        self.cursor = 0
        self.rate = replay_per_s
        self._live: deque[Item] = deque()
        self._replay: deque[Item] = deque()
        self._replayed_events: Counter[str] = Counter()
        self._flying: dict[int, Item] = {}
        self._attempts: dict[int, int] = {}
        self._tokens = 1.0
        self._filled_s = 0.0

    def connect(self) -> None:
        """The broker takes messages from now on."""
        self.connected = True
        self.connection += 1

    def disconnect(self) -> None:
        """What was not confirmed is read from the disk again, from the oldest on."""
        self.connected = False
        for number, item in self._flying.items():
            self._attempts[number] = item.attempt
        for waiting in (self.held, self._live, self._replay, self._replayed_events, self._flying):
            waiting.clear()
        self.cursor = 0

    def room(self) -> int:
        """How many new messages may still come."""
        return LIVE - len(self._live) if self.connected else 0

    def behind(self, event: str) -> bool:
        """Whether older messages of an event wait to be replayed, so that none may overtake."""
        return event in self._replayed_events

    @property
    def replaying(self) -> bool:
        """Whether old messages are here to be sent at their rate."""
        return bool(self._replay)

    def add_live(self, rows: Iterable[Stored]) -> None:
        """New messages, and before them what an event of theirs still had waiting."""
        for row in rows:
            self.held.add(row.id)
            self._live.append(self._item(row))

    def wants_replay(self) -> bool:
        """Whether old messages should be read from the disk."""
        return self.connected and len(self._replay) <= REPLAY // 2

    def add_replay(self, rows: Sequence[Stored]) -> None:
        """Old messages after the cursor, in their order; those that are held already are left."""
        for row in rows:
            self.cursor = row.id
            if row.id not in self.held:
                self.held.add(row.id)
                self._replay.append(self._item(row))
                self._replayed_events[row.event] += 1

    def take(self, now_s: float) -> Item | None:
        """The message to send now; None where none is there, or the rate does not allow it."""
        if self._live:
            item = self._live.popleft()
        elif self._replay and self._token(now_s):
            item = self._replay.popleft()
            self._replayed_events[item.row.event] -= 1
            if not self._replayed_events[item.row.event]:
                del self._replayed_events[item.row.event]
        else:
            return None
        self._flying[item.row.id] = item
        return item

    def pause_s(self, now_s: float) -> float | None:
        """Seconds until an old message may go; None where none waits here."""
        if not self._replay:
            return None
        lacking = 1.0 - self._tokens - (now_s - self._filled_s) * self.rate
        return max(lacking / self.rate, 0.0)

    def landed(self, number: int) -> Item | None:
        """The broker has answered for a message; None for one of an earlier connection."""
        return self._flying.pop(number, None)

    def forget(self, numbers: Iterable[int]) -> None:
        """Messages that are no more on disk."""
        for number in numbers:
            self.held.discard(number)
            self._attempts.pop(number, None)

    @property
    def not_to_drop(self) -> set[int]:
        """What is here, and what went out on a broken connection: it may have arrived."""
        return self.held | self._attempts.keys()

    @property
    def flying(self) -> int:
        """How many messages are on their way."""
        return len(self._flying)

    def _item(self, row: Stored) -> Item:
        return Item(row, self._attempts.get(row.id, 0) + 1)

    def _token(self, now_s: float) -> bool:
        """Take a token of a bucket that fills at the rate."""
        most = max(1.0, self.rate * BURST_S)
        self._tokens = min(most, self._tokens + (now_s - self._filled_s) * self.rate)
        self._filled_s = now_s
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
