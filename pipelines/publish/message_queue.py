"""What waits for the broker: bounded, oldest dropped first, every message accounted for."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

from pipelines.publish.sinks import Counters, OutMessage


@dataclass(slots=True)
class Item:
    """A message that waits; sent: a connection has had it before."""

    message: OutMessage
    sent: bool = False


class MessageQueue:
    """Filled by the worker thread, emptied by the network thread; no call ever waits."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._items: deque[Item] = deque()
        self._counters = Counters()
        self._lock = threading.Lock()
        self._closed = False

    def put(self, message: OutMessage) -> bool:
        """Take a message; False where an older one, or this one, had to be dropped for it."""
        with self._lock:
            if self._closed:
                self._counters.dropped += 1
                return False
            full = len(self._items) >= self._size
            if full:
                self._items.popleft()
                self._counters.dropped += 1
            self._items.append(Item(message))
            return not full

    def take(self) -> Item | None:
        """The oldest message, or None."""
        with self._lock:
            return self._items.popleft() if self._items else None

    def put_back(self, items: Iterable[Item]) -> None:
        """Messages that a broken connection left without an answer, oldest first."""
        kept = list(items)
        with self._lock:
            if self._closed:
                self._counters.dropped += len(kept)
            else:
                self._items.extendleft(reversed(kept))

    def sent(self, item: Item) -> None:
        """A message was handed to the network; counted the first time only."""
        with self._lock:
            self._counters.published += not item.sent
            item.sent = True

    def answered(self, *, refused: bool) -> None:
        """The broker took a message, or refused it."""
        with self._lock:
            self._counters.acknowledged += not refused
            self._counters.dropped += refused

    def close(self) -> int:
        """Drop what is left and take no more; how many messages that were."""
        with self._lock:
            self._closed = True
            left = len(self._items)
            self._counters.dropped += left
            self._items.clear()
            return left

    def counters(self) -> Counters:
        """What became of the messages so far."""
        with self._lock:
            return replace(self._counters)

    def __len__(self) -> int:
        return len(self._items)
