"""Makes room in an outbox that is too full or too old, without ever tearing an event apart.

The order, from docs/events.md: of each event only the newest update; then the oldest updates;
then the oldest events that are over, as a whole; then the oldest that are still going on, as a
whole, with all that is to come of them. A start or an end never goes alone, so the end of an event
whose start has left is kept, whatever the bounds.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from pipelines.publish.losses import Losses, loss_of
from pipelines.publish.outbox_store import Store
from pipelines.publish.states import GapReason

SLACK = 20
"""When full, a twentieth is freed at once: looking for what may go takes time."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What an outbox holds at most. bytes: of payloads; age in ms."""

    messages: int
    bytes: int
    age_ms: int

    def are_passed_by(self, store: Store) -> bool:
        """Whether it holds too much."""
        return store.count > self.messages or store.bytes > self.bytes


def make_room(store: Store, limits: Limits, held: Collection[int], losses: Losses) -> list[str]:
    """Drop what must go, inside the caller's transaction; the events that are dropped while open.

    held: ids that are on their way and must stay. losses: takes what was dropped.
    """
    goal = _Goal(
        store,
        limits.messages - limits.messages // SLACK,
        limits.bytes - limits.bytes // SLACK,
    )
    _mark_held(store, held)
    drop = _Dropper(store, losses, "overflow")
    drop.messages(_older_updates(store), goal)
    drop.messages(_updates(store), goal)
    drop.events(_whole_events(store, over=True), goal)
    return drop.events(_whole_events(store, over=False), goal)


def expire(store: Store, before_ms: int, held: Collection[int], losses: Losses) -> None:
    """Drop the updates and the whole events that are over and older than a time."""
    _mark_held(store, held)
    drop = _Dropper(store, losses, "expired")
    old = f"AND made_ms < {before_ms}"
    drop.messages(_updates(store, old), None)
    drop.events(_whole_events(store, over=True, newest_before_ms=before_ms), None)


@dataclass(frozen=True, slots=True)
class _Goal:
    store: Store
    messages: int
    bytes: int

    @property
    def reached(self) -> bool:
        return self.store.count <= self.messages and self.store.bytes <= self.bytes


@dataclass(frozen=True, slots=True)
class _Dropper:
    store: Store
    losses: Losses
    reason: GapReason

    def messages(self, ids: list[int], goal: _Goal | None) -> None:
        for number in ids:
            if goal is not None and goal.reached:
                return
            self._drop(f"id = {number}")

    def events(self, events: list[str], goal: _Goal | None) -> list[str]:
        dropped = []
        for event in events:
            if goal is not None and goal.reached:
                break
            self._drop("event = ?", event)
            self.store.close_event(event)
            dropped.append(event)
        return dropped

    def _drop(self, where: str, *values: object) -> None:
        found = self.store.db.execute(
            f"SELECT id, boot, sequence, phase FROM messages WHERE {where}", values
        ).fetchall()
        for _, boot, sequence, phase in found:
            self.losses.add(loss_of(boot, sequence, phase, self.reason))
        self.store.delete(row[0] for row in found)


_FREE = "id NOT IN (SELECT id FROM temp.held)"


def _mark_held(store: Store, held: Collection[int]) -> None:
    store.db.execute("CREATE TEMP TABLE IF NOT EXISTS held(id INTEGER PRIMARY KEY)")
    store.db.execute("DELETE FROM temp.held")
    store.db.executemany("INSERT INTO temp.held VALUES (?)", [(number,) for number in held])


def _older_updates(store: Store) -> list[int]:
    """Updates that a newer one of the same event stands for."""
    return _ids(
        store,
        f"SELECT id FROM messages AS m WHERE phase = 'update' AND {_FREE} AND EXISTS (SELECT 1 "
        "FROM messages AS n WHERE n.event = m.event AND n.phase = 'update' AND n.id > m.id) "
        "ORDER BY id",
    )


def _updates(store: Store, which: str = "") -> list[int]:
    return _ids(
        store, f"SELECT id FROM messages WHERE phase = 'update' AND {_FREE} {which} ORDER BY id"
    )


def _whole_events(store: Store, *, over: bool, newest_before_ms: int | None = None) -> list[str]:
    """Events of which no message has left or is on its way, oldest first."""
    aged = "" if newest_before_ms is None else f"AND max(made_ms) < {newest_before_ms}"
    found = store.db.execute(
        "SELECT event FROM messages GROUP BY event HAVING sum(phase = 'start') > 0 "
        f"AND (sum(phase IN ('end', 'retract')) > 0) = ? AND sum(NOT {_FREE}) = 0 {aged} "
        "ORDER BY min(id)",
        (over,),
    )
    return [row[0] for row in found.fetchall()]


def _ids(store: Store, sql: str) -> list[int]:
    return [row[0] for row in store.db.execute(sql).fetchall()]
