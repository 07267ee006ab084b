"""Keeps messages on disk until the broker has confirmed them; no caller ever waits for the disk.

Three threads meet here under one lock: the worker puts messages in, the network thread takes them
and says what the broker answered, and a thread of the outbox alone touches the disk. A message is
offered to the network only after it was written.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from pipelines.publish.intake import Intake
from pipelines.publish.lanes import REPLAY, Item, Lanes
from pipelines.publish.losses import Loss, loss_of
from pipelines.publish.outbox_bounds import Limits
from pipelines.publish.outbox_config import OutboxConfig
from pipelines.publish.outbox_keeper import Keeper
from pipelines.publish.outbox_store import Stored
from pipelines.publish.sinks import Counters, OutMessage
from pipelines.publish.states import OutboxGauges

LOG = logging.getLogger(__name__)

GATHER_S = 0.05
"""Confirmations are gathered for this long, unless there is something to write anyway."""

IDLE_S = 30.0

CLOSE_S = 10.0
"""For a disk that hangs at the end."""

HURRIED_PER_S = 1e9


class Outbox:
    """Messages between the worker and the broker.

    path: the file; None keeps all in memory. boot_id: of this run. on_ready: called from the
    outbox's thread when there is something to take.
    """

    def __init__(
        self, config: OutboxConfig, path: Path | None, *, boot_id: str, on_ready: Callable[[], None]
    ) -> None:
        self._on_ready = on_ready
        limits = Limits(config.max_messages, config.max_bytes, config.max_age_ms)
        self._keeper = Keeper(path, limits, boot_id)
        self._opened = self._keeper.store.left_open()
        self._lanes = Lanes(config.replay_per_s)
        self._counters = Counters()
        self._lock = threading.Lock()
        self._work_came = threading.Condition(self._lock)
        self._intake = Intake(boot_id, self._keeper.store.next_id)
        self._done: list[int] = []
        self._waiting = self._keeper.store.count
        self._gap: tuple[int, Loss] | None = None
        self._gap_offered: int | None = None
        self._gap_done: int | None = None
        self._stirred = False
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._thread.start()

    def left_open(self) -> list[bytes]:
        """The last message of each event that an earlier run did not live to end; once."""
        found, self._opened = self._opened, []
        return found

    def put(self, message: OutMessage) -> None:
        """Take an event's message from the worker; never waits, never raises."""
        now_ms = time.time_ns() // 1_000_000
        with self._lock:
            self._waiting += self._intake.put(message, now_ms)
            if len(self._intake) == 1:
                self._work_came.notify()

    def connected(self) -> None:
        """The broker has let us in."""
        with self._lock:
            self._lanes.connect()
            self._stir()

    def disconnected(self) -> None:
        """The connection is gone; what was on its way goes again."""
        with self._lock:
            self._lanes.disconnect()
            self._gap = self._gap_offered = None

    def take(self, most: int) -> list[Item]:
        """The messages to send now, not more than so many."""
        now_s = time.monotonic()
        items: list[Item] = []
        with self._lock:
            while len(items) < most and (item := self._lanes.take(now_s)) is not None:
                self._counters.published += item.attempt == 1
                items.append(item)
            if self._behind() > 0 and self._lanes.wants_replay():
                self._work_came.notify()
        return items

    def take_gap(self) -> tuple[int, Loss] | None:
        """A gap to announce now, and its number."""
        with self._lock:
            found, self._gap = self._gap, None
            return found

    def pause_s(self) -> float | None:
        """Seconds until there may be something to take; None: ``on_ready`` will tell."""
        with self._lock:
            return self._lanes.pause_s(time.monotonic())

    def answered(self, items: Sequence[Item], *, refused: bool = False) -> None:
        """The broker has confirmed or refused messages; those of an earlier connection are left."""
        with self._lock:
            for row in (item.row for item in items if self._lanes.landed(item.row.id)):
                self._counters.acknowledged += not refused
                if refused:
                    self._intake.lose(loss_of(row.boot, row.sequence, row.phase, "refused"))
                if not self._done:
                    self._work_came.notify()
                self._done.append(row.id)

    def announced(self, number: int) -> None:
        """The broker has confirmed a gap."""
        with self._lock:
            self._gap_done, self._gap_offered = number, None
            self._stir()

    def hurry(self) -> None:
        """The program ends: the rate of old messages no longer matters."""
        with self._lock:
            self._lanes.rate = HURRIED_PER_S

    @property
    def is_connected(self) -> bool:
        """Whether the broker takes messages now."""
        return self._lanes.connected

    @property
    def waiting(self) -> int:
        """How many messages the broker has not confirmed."""
        with self._lock:
            return self._waiting

    @property
    def counters(self) -> Counters:
        """What became of the messages so far."""
        with self._lock:
            counted = self._counters
            dropped = counted.dropped + self._intake.lost
            return Counters(counted.published, counted.acknowledged, dropped)

    @property
    def gauges(self) -> OutboxGauges:
        """What waits now."""
        with self._lock:
            return OutboxGauges(
                waiting=self._waiting,
                in_flight=self._lanes.flying,
                bytes=self._keeper.store.bytes,
                durable=self._keeper.durable,
            )

    @property
    def path(self) -> Path | None:
        """The file that the messages are in now; None while they are in memory."""
        return self._keeper.store.path

    def close(self) -> int:
        """Write what is to be written and close the file; how many messages are lost.

        On disk they wait for the next run; in memory they are lost.
        """
        with self._lock:
            self._intake.closed = True
            self._work_came.notify()
        self._thread.join(CLOSE_S)
        with self._lock:
            lost = 0 if self._keeper.durable else self._waiting
            self._counters.dropped += lost
            return lost

    def _stir(self) -> None:
        self._stirred = True
        self._work_came.notify()

    def _behind(self) -> int:
        """How many messages are on disk and not in memory."""
        return self._waiting - len(self._intake) - len(self._lanes.held)

    def _run(self) -> None:
        try:
            while self._wait():
                self._cycle()
            self._cycle()
            self._keeper.close()
        except Exception:
            LOG.exception("the outbox failed; events are lost from here")

    def _wait(self) -> bool:
        """Until there is something to do; False once it is to end."""
        with self._lock:
            if not (self._intake.closed or self._work()):
                self._work_came.wait(IDLE_S)
            if not (self._intake.closed or self._intake.any or self._stirred) and self._done:
                self._work_came.wait(GATHER_S)
            self._stirred = False
            return not self._intake.closed

    def _work(self) -> bool:
        """Whether anything waits for the thread."""
        refill = self._lanes.wants_replay() and self._behind() > 0
        return bool(self._intake.any or self._done or self._stirred) or refill

    def _cycle(self) -> None:
        """One round: write and forget on disk, then bring up what may leave."""
        with self._lock:
            rows, losses = self._intake.drain()
            done, self._done = self._done, []
            gap, announced, self._gap_done = self._gap_offered, self._gap_done, None
            connection = self._lanes.connection if self._lanes.connected else None
        if announced is not None:
            self._keeper.announced(announced)
        dropped = self._keeper.keep(rows, done, losses, self._not_to_drop, gap=gap)
        self._keeper.look_after()
        with self._lock:
            self._counters.dropped += dropped
            self._lanes.forget(done)
            self._waiting = self._keeper.store.count + len(self._intake)
        if connection is not None:
            # What was dropped may be among the new ones; the disk knows.
            live = [] if dropped else self._may_go_live(rows)
            self._bring_up(live, connection)

    def _not_to_drop(self) -> set[int]:
        with self._lock:
            return self._lanes.not_to_drop

    def _may_go_live(self, rows: list[Stored]) -> list[Stored]:
        """New messages, each event's after what it still has waiting; not those that are behind.

        A few old ones are no reason to leave the order: they go along, before the new ones.
        """
        with self._lock:
            room, replaying = self._lanes.room(), self._lanes.replaying
            behind = {row.event for row in rows if self._lanes.behind(row.event)}
            backlog = self._keeper.store.count - len(self._lanes.held) - len(rows)
            held = set(self._lanes.held) if backlog > 0 else set()
        if 0 < backlog <= REPLAY and backlog + len(rows) <= room and not replaying:
            waiting = self._keeper.after(0, self._keeper.store.count)
            return [row for row in waiting if row.id not in held]
        live: list[Stored] = []
        seen: set[str] = set()
        for row in rows:
            older: list[Stored] = []
            if backlog > 0 and row.event not in seen | behind:
                of_event = self._keeper.of_event(row.event)
                older = [one for one in of_event if one.id < row.id and one.id not in held]
            if row.event in behind or len(live) + len(older) >= room:
                behind.add(row.event)
                continue
            seen.add(row.event)
            live += [*older, row]
        return live

    def _bring_up(self, live: list[Stored], connection: int) -> None:
        """Give the network thread what it may send, unless the connection is another by now."""
        with self._lock:
            if not self._is_current(connection):
                return
            self._lanes.add_live(live)
            cursor = self._lanes.cursor
            refill = self._lanes.wants_replay() and self._behind() > 0
            wants_gap = self._gap_offered is None
        old = self._keeper.after(cursor, REPLAY) if refill else []
        gap = self._keeper.gap() if wants_gap else None
        with self._lock:
            if not self._is_current(connection):
                return
            self._lanes.add_replay(old)
            if gap is not None:
                self._gap, self._gap_offered = gap, gap[0]
        if live or old or gap:
            self._on_ready()

    def _is_current(self, connection: int) -> bool:
        return self._lanes.connected and self._lanes.connection == connection


def close_outbox(outbox: Outbox, name: str) -> None:
    """Close it and say what did not leave; name: of the way out."""
    lost, left = outbox.close(), outbox.waiting
    if lost:
        LOG.warning("%s: %d events were not acknowledged and are lost", name, lost)
    elif left:
        LOG.warning("%s: %d events wait in %s for the next run", name, left, outbox.path)
