"""Messages between the worker and the disk: taken at once, refused only where the disk hangs."""

from __future__ import annotations

from pipelines.publish.losses import Loss, Losses, loss_of
from pipelines.publish.outbox_store import Stored
from pipelines.publish.sinks import EventMark, OutMessage

HANDOFF = 10_000
"""Messages that wait in memory to be written; a disk that hangs for longer costs messages."""


class Intake:
    """Numbers messages and keeps them until they are written. The outbox's lock guards it.

    boot: of this run. next_id: greater than that of any message on disk. lost: how many were
    refused or reported as lost since the last look.
    """

    def __init__(self, boot: str, next_id: int) -> None:
        self.closed = False
        self.lost = 0
        self._boot = boot
        self._next_id = next_id
        self._rows: list[Stored] = []
        self._losses = Losses()
        self._shut_out: set[str] = set()

    def put(self, message: OutMessage, now_ms: int) -> bool:
        """Take a message of an event; False where it is lost.

        Raises ValueError for a message of no event.
        """
        mark = message.event
        if mark is None:
            raise ValueError(f"{message.topic}: only messages of events wait in the outbox")
        if self._refuses(mark):
            self.lose(loss_of(self._boot, mark.sequence, mark.phase, "overflow"))
            return False
        self._rows.append(
            Stored(
                self._next_id,
                mark.event,
                mark.phase,
                self._boot,
                mark.sequence,
                now_ms,
                message.topic,
                message.payload,
            )
        )
        self._next_id += 1
        return True

    def lose(self, loss: Loss) -> None:
        """Note messages that will never arrive."""
        self._losses.add(loss)
        self.lost += loss.messages

    def drain(self) -> tuple[list[Stored], list[Loss]]:
        """What is to be written now: messages, and what was lost."""
        rows, self._rows = self._rows, []
        return rows, self._losses.take()

    def __len__(self) -> int:
        """How many messages wait to be written."""
        return len(self._rows)

    @property
    def any(self) -> bool:
        """Whether there is anything to be written."""
        return bool(self._rows or self._losses)

    def _refuses(self, mark: EventMark) -> bool:
        """When the disk hangs: no updates, then no new events; never an end of one that is told."""
        over = mark.phase in ("end", "retract")
        if mark.event in self._shut_out:
            if over:
                self._shut_out.discard(mark.event)
            return True
        if self.closed:
            return True
        full = len(self._rows) >= HANDOFF
        if full and mark.phase == "start":
            self._shut_out.add(mark.event)
        return full and not over
