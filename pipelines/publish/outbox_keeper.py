"""The outbox's file over its troubles: damaged, full, in use, left by a run that died.

Nothing here stops a run: where the disk fails, messages wait in memory and the log says so.
"""

from __future__ import annotations

import fcntl
import logging
import sqlite3
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import IO, TypeVar

from pipelines.publish.losses import Loss, Losses, loss_of
from pipelines.publish.outbox_bounds import Limits, expire, make_room
from pipelines.publish.outbox_store import Store, Stored

LOG = logging.getLogger(__name__)

DISK_AGAIN_S = 30.0
"""How often a disk that failed is tried again."""

EXPIRE_S = 60.0

Result = TypeVar("Result")


class Keeper:
    """Owns the store; made on the caller's thread, then used by one thread alone.

    path: None keeps all in memory. boot: of this run. alarm: why nothing is written to disk now,
    empty while it is.
    """

    def __init__(self, path: Path | None, limits: Limits, boot: str) -> None:
        self._path = path
        self._limits = limits
        self._boot = boot
        self._lock: IO[bytes] | None = None
        self._dropped_open: set[str] = set()
        self._disk_again_s = self._expire_s = 0.0
        self.alarm = ""
        self.store = self._open()

    @property
    def durable(self) -> bool:
        """Whether messages are on disk."""
        return self.store.path is not None

    def keep(
        self,
        rows: Sequence[Stored],
        done: Sequence[int],
        losses: Sequence[Loss],
        held: Callable[[], Collection[int]],
        *,
        gap: int | None,
    ) -> int:
        """Write new messages, forget confirmed ones, make room; how many had to be dropped.

        losses: what was lost elsewhere, to be kept as gaps. held: asked only where something is to
        be dropped: ids that must stay. gap: number of the one that is on its way.
        """

        def work() -> int:
            found = Losses()
            for loss in losses:
                found.add(loss)
            elsewhere = sum(loss.messages for loss in losses)
            with self.store.transaction():
                self.store.delete(done)
                self.store.insert([row for row in rows if self._wanted(row, found)])
                dropped_open: list[str] = []
                if self._limits.are_passed_by(self.store):
                    dropped_open = make_room(self.store, self._limits, held(), found)
                if self._is_time_to_expire():
                    oldest_ms = time.time_ns() // 1_000_000 - self._limits.age_ms
                    expire(self.store, oldest_ms, held(), found)
                lost = found.take()
                for loss in lost:
                    self.store.add_gap(loss, apart_from=gap)
            self._dropped_open.update(dropped_open)
            return sum(loss.messages for loss in lost) - elsewhere

        dropped = self._safely(work)
        for row in rows:
            if row.phase in ("end", "retract"):
                self._dropped_open.discard(row.event)
        return dropped

    def after(self, number: int, limit: int) -> list[Stored]:
        """The oldest messages with a greater id."""
        return self._safely(lambda: self.store.after(number, limit))

    def of_event(self, event: str) -> list[Stored]:
        """All messages of an event, oldest first."""
        return self._safely(lambda: self.store.of_event(event))

    def gap(self) -> tuple[int, Loss] | None:
        """The oldest gap that was not announced yet, and its number."""
        return self._safely(lambda: self.store.gap())

    def announced(self, number: int) -> None:
        """A gap was announced."""
        self._safely(lambda: self.store.delete_gap(number))

    def look_after(self) -> None:
        """Try a disk that failed again, once in a while."""
        if self._path is None or self.durable or time.monotonic() < self._disk_again_s:
            return
        self._disk_again_s = time.monotonic() + DISK_AGAIN_S
        try:
            disk = self._open_file(self._path)
        except (sqlite3.Error, OSError):
            return
        try:
            self.store.copy_to(disk)
        except sqlite3.Error:
            disk.close()
            return
        self.store.close()
        self.store, self.alarm = disk, ""
        LOG.warning("outbox %s: can be written again; all that waits is on disk", self._path)

    def close(self) -> None:
        """Close the file as one that was left in order."""

        def work() -> None:
            with self.store.transaction():
                self.store.note("clean", 1)

        self._safely(work)
        self.store.close()
        if self._lock is not None:
            self._lock.close()

    def _wanted(self, row: Stored, losses: Losses) -> bool:
        if row.event not in self._dropped_open:
            return True
        losses.add(loss_of(row.boot, row.sequence, row.phase, "overflow"))
        return False

    def _is_time_to_expire(self) -> bool:
        now_s = time.monotonic()
        due = now_s >= self._expire_s
        if due:
            self._expire_s = now_s + EXPIRE_S
        return due

    def _safely(self, work: Callable[[], Result]) -> Result:
        """Do it; where the file fails, once more with what stands in for it."""
        try:
            return work()
        except sqlite3.OperationalError as error:
            self._into_memory(error)
        except sqlite3.DatabaseError as error:
            self._begin_anew(error)
        return work()

    def _open(self) -> Store:
        if self._path is None:
            return self._begun(Store(None))
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return self._begun(self._open_file(self._path))
        except (OSError, sqlite3.OperationalError) as error:
            self._raise_alarm(str(error))
            return self._begun(Store(None))

    def _open_file(self, path: Path) -> Store:
        """The file, locked for this program; a damaged one is set aside for a new one."""
        if self._lock is None:
            lock = path.with_name(f"{path.name}.lock").open("wb")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.close()
                raise OSError(
                    "another edgeact uses it; give each program a node name of its own"
                ) from None
            self._lock = lock
        try:
            return Store(path)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            _set_aside(path, error)
            store = Store(path)
            with store.transaction():
                store.add_gap(Loss(self._boot, "outbox_corrupt", 0, None))
            return store

    def _begun(self, store: Store) -> Store:
        """Note who writes here now, and what is not known of a run that died."""
        before, last = store.noted("boot"), store.noted("last_sequence") or 0
        with store.transaction():
            if before is not None and not store.noted("clean"):
                store.add_gap(Loss(str(before), "crash", int(last) + 1, None))
            store.note("boot", self._boot)
            store.note("last_sequence", 0)
            store.note("clean", 0)
        return store

    def _into_memory(self, error: sqlite3.Error) -> None:
        """Go on in memory with all that was on disk, as far as it can still be read."""
        memory, disk = Store(None), self.store
        try:
            disk.copy_to(memory)
        except sqlite3.Error:
            memory.close()
            memory = Store(None)
        disk.close()
        self.store = memory
        self._raise_alarm(str(error))

    def _begin_anew(self, error: sqlite3.Error) -> None:
        """The file was damaged while we used it."""
        path = self.store.path
        self.store.close()
        if path is not None:
            _set_aside(path, error)
        self.store = self._open()
        with self.store.transaction():
            self.store.add_gap(Loss(self._boot, "outbox_corrupt", 0, None))

    def _raise_alarm(self, reason: str) -> None:
        self.alarm = reason
        self._disk_again_s = time.monotonic() + DISK_AGAIN_S
        LOG.warning(
            "outbox %s: cannot be written: %s; events wait in memory and are lost with the "
            "program; make room, or name another folder: mqtt.outbox.folder",
            self._path,
            reason,
        )


def _set_aside(path: Path, error: sqlite3.Error) -> None:
    """Keep a damaged file under another name, and begin without it."""
    aside = path.with_name(f"{path.name}.damaged-{time.time_ns() // 1_000_000}")
    for ending in ("", "-wal", "-shm"):
        part = path.with_name(path.name + ending)
        if part.exists():
            part.rename(aside.with_name(aside.name + ending))
    LOG.warning(
        "outbox %s: damaged: %s; it is kept as %s, its events are missing", path, error, aside.name
    )
