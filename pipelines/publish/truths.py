"""What is true now, for topics that are retained; and reports for whoever listens just now."""

from __future__ import annotations

import threading
from collections import deque

from pipelines.publish.sinks import OutMessage

REPORTS = 100
"""Reports that are kept for a connection that is slow."""


class Truths:
    """The newest payload of each retained topic; after a connection all of them are told again.

    Any thread may set, the network thread takes. Old values are never sent. last: the topic that
    is told once all others have been.
    """

    def __init__(self, last: str = "") -> None:
        self._last = last
        self._values: dict[str, bytes] = {}
        self._untold: dict[str, None] = {}
        self._lock = threading.Lock()

    def set(self, topic: str, payload: bytes) -> None:
        """Say what is true of a topic from now on."""
        with self._lock:
            if self._values.get(topic) != payload:
                self._values[topic] = payload
                self._untold[topic] = None

    def get(self, topic: str) -> bytes | None:
        """What is true of a topic; None where this run says nothing of it."""
        return self._values.get(topic)

    def clear(self, topic: str) -> None:
        """Take away what the broker keeps of a topic."""
        self.set(topic, b"")

    def tell_all(self) -> None:
        """Tell everything again: the broker may have forgotten it."""
        with self._lock:
            self._untold = dict.fromkeys(self._values)

    def take(self) -> tuple[str, bytes] | None:
        """A topic and what is to be told of it now."""
        with self._lock:
            topic = next((one for one in self._untold if one != self._last), self._last)
            if topic not in self._untold:
                return None
            del self._untold[topic]
            payload = self._values[topic]
            if not payload:  # nothing is left of it that might be told again
                del self._values[topic]
            return topic, payload

    def __len__(self) -> int:
        """How many topics have something to be told."""
        return len(self._untold)


class Reports:
    """Messages that nobody misses: the newest few, and only while there is a connection."""

    def __init__(self) -> None:
        self._items: deque[OutMessage] = deque(maxlen=REPORTS)

    def add(self, message: OutMessage) -> None:
        """Take a report; the oldest goes where there are too many."""
        self._items.append(message)

    def take(self) -> OutMessage | None:
        """The oldest report."""
        try:
            return self._items.popleft()
        except IndexError:
            return None

    def clear(self) -> None:
        """Forget them: the connection is gone."""
        self._items.clear()
