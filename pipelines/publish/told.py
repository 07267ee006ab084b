"""What was told last of each event, so that somebody may still take it back."""

from __future__ import annotations

from pipelines.publish.contract import ActionMessage

REMEMBERED = 1000
"""Events that are over and may still be taken back; the oldest is forgotten first."""


class Told:
    """The last payload of every event that goes on, and of the newest that are over."""

    def __init__(self) -> None:
        self._open: dict[str, bytes] = {}
        self._over: dict[str, bytes] = {}
        self._taken_back: set[str] = set()

    def hushes(self, message: ActionMessage) -> bool:
        """Whether a message is of an event that was taken back while it went on."""
        event = message.data.event
        found = event.id in self._taken_back
        if found and event.phase in ("end", "retract"):
            self._taken_back.discard(event.id)
        return found

    def note(self, message: ActionMessage, payload: bytes) -> None:
        """A message was told."""
        event = message.data.event
        if event.phase in ("start", "update"):
            self._open[event.id] = payload
            return
        self._open.pop(event.id, None)
        if event.phase == "end":
            self._over[event.id] = payload
            if len(self._over) > REMEMBERED:
                del self._over[next(iter(self._over))]

    def take_back(self, event_id: str) -> bytes:
        """The last payload of an event that is no more true; KeyError for one not known."""
        if event_id in self._over:
            return self._over.pop(event_id)
        payload = self._open.pop(event_id)
        self._taken_back.add(event_id)
        return payload
