"""The outbox's tables in SQLite, on disk in WAL mode or in memory; one thread owns them.

``synchronous`` is NORMAL: what is committed survives the death of the program; at a power cut the
last moments may be lost, but the file stays whole (https://www.sqlite.org/wal.html).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.publish.losses import Loss
from recognition.hysteresis import Phase

VERSION = 1
_TABLES = """
CREATE TABLE messages(
    id INTEGER PRIMARY KEY, event TEXT NOT NULL, phase TEXT NOT NULL, boot TEXT NOT NULL,
    sequence INTEGER NOT NULL, made_ms INTEGER NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL
);
CREATE INDEX messages_by_event ON messages(event, id);
CREATE TABLE open_events(event TEXT PRIMARY KEY, payload BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE gaps(
    id INTEGER PRIMARY KEY, boot TEXT NOT NULL, reason TEXT NOT NULL, first INTEGER NOT NULL,
    last INTEGER, messages INTEGER NOT NULL, events INTEGER NOT NULL, updates INTEGER NOT NULL
);
CREATE TABLE about(name TEXT PRIMARY KEY, value) WITHOUT ROWID;
"""
_COLUMNS = "id, event, phase, boot, sequence, made_ms, topic, payload"
_LISTED = "(SELECT value FROM json_each(?))"
"""One statement for many rows: each step of a statement hands the interpreter to other threads."""

TOGETHER = 64
"""Rows in one INSERT. SQLite takes 999 values or more in one statement; ours have eight a row."""


class Stored(NamedTuple):
    """A message as it waits. id: grows in the order of making; made_ms: UTC since 1970."""

    id: int
    event: str
    phase: Phase
    boot: str
    sequence: int
    made_ms: int
    topic: str
    payload: bytes


class Store:
    """The tables.

    Raises sqlite3.OperationalError for a file that cannot be written, another
    sqlite3.DatabaseError for one that is damaged.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        name = ":memory:" if path is None else str(path)
        self.db = sqlite3.connect(name, isolation_level=None, check_same_thread=False)
        try:
            self._prepare()
        except sqlite3.Error:
            self.db.close()
            raise
        self.next_id = 1 + (self._one("SELECT max(id) FROM messages") or 0)
        self._measure()

    def _prepare(self) -> None:
        for line in ("journal_mode = WAL", "synchronous = NORMAL", "journal_size_limit = 8388608"):
            self.db.execute(f"PRAGMA {line}").fetchall()
        if self._one("PRAGMA quick_check(1)") != "ok":
            raise sqlite3.DatabaseError("its pages do not fit together")
        version = self._one("PRAGMA user_version")
        if version == 0:
            self.db.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
        elif version != VERSION:
            raise sqlite3.DatabaseError(f"made by another version ({version}, not {VERSION})")

    def _measure(self) -> None:
        row = self.db.execute("SELECT count(*), sum(length(payload)) FROM messages").fetchone()
        self.count, self.bytes = int(row[0]), int(row[1] or 0)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; the totals, too."""
        before = self.count, self.bytes
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.db.execute("COMMIT")
        except BaseException:
            self.count, self.bytes = before
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            raise

    def insert(self, rows: Sequence[Stored]) -> None:
        """Keep messages, and what they say about which events are open."""
        if not rows:
            return
        for some in (rows[at : at + TOGETHER] for at in range(0, len(rows), TOGETHER)):
            marks = ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?)"] * len(some))
            self.db.execute(
                f"INSERT INTO messages({_COLUMNS}) VALUES {marks}", list(chain.from_iterable(some))
            )
        self.count += len(rows)
        self.bytes += sum(len(row.payload) for row in rows)
        begun: dict[str, bytes] = {}
        over = []
        for row in rows:
            if row.phase in ("start", "update"):
                begun[row.event] = row.payload
            else:
                begun.pop(row.event, None)
                over.append(row.event)
        self.db.execute(f"DELETE FROM open_events WHERE event IN {_LISTED}", (json.dumps(over),))
        self.db.executemany("INSERT OR REPLACE INTO open_events VALUES (?, ?)", begun.items())
        self.note("last_sequence", rows[-1].sequence)

    def delete(self, ids: Iterable[int]) -> None:
        """Forget messages; ids that are not there do not matter."""
        which, listed = f"FROM messages WHERE id IN {_LISTED}", json.dumps(list(ids))
        self.bytes -= self._one(f"SELECT coalesce(sum(length(payload)), 0) {which}", listed)
        self.count -= self.db.execute(f"DELETE {which}", (listed,)).rowcount

    def after(self, number: int, limit: int) -> list[Stored]:
        """The oldest messages with a greater id."""
        return self._rows(f"WHERE id > {number} ORDER BY id LIMIT {limit}")

    def of_event(self, event: str) -> list[Stored]:
        """All messages of an event, oldest first."""
        return self._rows("WHERE event = ? ORDER BY id", event)

    def left_open(self) -> list[bytes]:
        """The last message of each event that was told to start and not to end."""
        found = self.db.execute("SELECT payload FROM open_events ORDER BY event")
        return [bytes(row[0]) for row in found]

    def close_event(self, event: str) -> None:
        """An event is as if it had never been: nobody was or will be told of it."""
        self.db.execute("DELETE FROM open_events WHERE event = ?", (event,))

    def add_gap(self, loss: Loss, *, apart_from: int | None = None) -> None:
        """Keep what was lost; one row per run and reason, but for one that is on its way."""
        row = self.db.execute(
            "SELECT id, first, last, messages, events, updates FROM gaps "
            "WHERE boot = ? AND reason = ? AND id IS NOT ? ORDER BY id DESC LIMIT 1",
            (loss.boot, loss.reason, apart_from),
        ).fetchone()
        if row is not None:
            loss = Loss(loss.boot, loss.reason, *row[1:]).with_(loss)
            self.db.execute("DELETE FROM gaps WHERE id = ?", (row[0],))
        self.db.execute(
            "INSERT INTO gaps(boot, reason, first, last, messages, events, updates) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (loss.boot, loss.reason, loss.first, loss.last, *loss.counts),
        )

    def gap(self) -> tuple[int, Loss] | None:
        """The oldest gap that was not announced yet, and its number."""
        row = self.db.execute(
            "SELECT id, boot, reason, first, last, messages, events, updates FROM gaps "
            "ORDER BY id LIMIT 1"
        ).fetchone()
        return None if row is None else (row[0], Loss(*row[1:]))

    def delete_gap(self, number: int) -> None:
        """A gap was announced."""
        self.db.execute("DELETE FROM gaps WHERE id = ?", (number,))

    def note(self, name: str, value: str | int) -> None:
        """Remember a value over restarts."""
        self.db.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (name, value))

    def noted(self, name: str) -> str | int | None:
        """A value of before; None where there is none."""
        found: str | int | None = self._one("SELECT value FROM about WHERE name = ?", name)
        return found

    def copy_to(self, other: Store) -> None:
        """Make another store the same as this one, all or nothing."""
        self.db.backup(other.db)
        other.next_id, other.count, other.bytes = self.next_id, self.count, self.bytes

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    def _rows(self, where: str, *values: object) -> list[Stored]:
        found = self.db.execute(f"SELECT {_COLUMNS} FROM messages {where}", values)
        return [Stored(*row) for row in found]

    def _one(self, sql: str, *values: object) -> Any:
        row = self.db.execute(sql, values).fetchone()
        return None if row is None else row[0]
