"""What is lost, counted so that it can be told: runs, reasons, sequence numbers, events."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.publish.compose import numbered, rfc3339
from pipelines.publish.states import Gap, GapReason
from recognition.hysteresis import Phase


@dataclass(frozen=True, slots=True)
class Loss:
    """Messages of one run that were lost for one reason.

    boot: of the run. first, last: sequence numbers; None where nobody knows how far it goes.
    events: events that are missing as a whole; updates: updates among the messages.
    """

    boot: str
    reason: GapReason
    first: int
    last: int | None
    messages: int = 0
    events: int = 0
    updates: int = 0

    @property
    def counts(self) -> tuple[int, int, int]:
        """Messages, events, updates."""
        return self.messages, self.events, self.updates

    def with_(self, other: Loss) -> Loss:
        """Both together; of the same run and reason."""
        last = None if self.last is None or other.last is None else max(self.last, other.last)
        return Loss(
            self.boot,
            self.reason,
            min(self.first, other.first),
            last,
            self.messages + other.messages,
            self.events + other.events,
            self.updates + other.updates,
        )

    def payload(self, now_ms: int) -> bytes:
        """As a ``gap`` message."""
        gap = Gap(
            time=rfc3339(now_ms * 1_000_000),
            boot_id=self.boot,
            reason=self.reason,
            from_sequence=numbered(self.first),
            to_sequence=None if self.last is None else numbered(self.last),
            messages=self.messages,
            events=self.events,
            updates=self.updates,
        )
        return gap.model_dump_json(exclude_none=True).encode()


def loss_of(boot: str, sequence: int, phase: Phase, reason: GapReason) -> Loss:
    """The loss of one message; the loss of a start is that of an event."""
    return Loss(boot, reason, sequence, sequence, 1, int(phase == "start"), int(phase == "update"))


class Losses:
    """Adds losses up by run and reason."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, GapReason], Loss] = {}

    def add(self, loss: Loss) -> None:
        """One more."""
        key = loss.boot, loss.reason
        known = self._found.get(key)
        self._found[key] = loss if known is None else known.with_(loss)

    def take(self) -> list[Loss]:
        """All so far; then it begins anew."""
        found, self._found = list(self._found.values()), {}
        return found

    def __bool__(self) -> bool:
        return bool(self._found)
