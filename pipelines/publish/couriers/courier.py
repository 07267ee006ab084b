"""What a courier is: it brings parcels to one place, and says which have arrived."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message as it leaves. id: the same each time it is sent; key: of what must stay in order.

    topic: as on MQTT. time_ms: UTC since 1970 of this attempt.
    """

    id: str
    key: str
    topic: str
    payload: bytes
    content_type: str
    time_ms: int


class UnreachableError(Exception):
    """Nothing can be brought there now. slow: trying again soon would not help.

    pause_s: what the other side asked to wait, at least.
    """

    def __init__(self, text: str, *, slow: bool = False, pause_s: float = 0.0) -> None:
        super().__init__(text)
        self.slow = slow
        self.pause_s = pause_s


class Courier(Protocol):
    """Knows one place; one thread owns it."""

    @property
    def name(self) -> str:
        """For counters and messages; never holds a secret."""

    def deliver(self, parcels: Sequence[Parcel]) -> Iterator[str | None]:
        """Bring them in their order; for each None once it arrived, or why it is not wanted there.

        Raises UnreachableError; parcels without an answer are brought again.
        """

    def check(self) -> None:
        """Look whether the place is there, without leaving anything. Raises UnreachableError."""

    def close(self) -> None:
        """Nothing comes any more."""
