"""Where payloads go: a stream or a file of JSON lines; MQTT has a module of its own."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from pipelines.publish.desk import Handler
from pipelines.publish.states import Birth, CommandCounters, OutboxGauges
from recognition.hysteresis import Phase

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EventMark:
    """Which message of which event a payload is. event: its id; sequence: within the run."""

    event: str
    phase: Phase
    sequence: int


@dataclass(frozen=True, slots=True)
class OutMessage:
    """One payload and the topic it belongs to.

    event: set for messages of events, of which none may be lost in silence. retain: a state, of
    which only the newest counts. Neither: a report, for whoever listens just now.
    picture_of: id of the event of which the payload is a JPEG picture; a report, too.
    """

    topic: str
    payload: bytes
    event: EventMark | None = None
    retain: bool = False
    picture_of: str | None = None


@dataclass(slots=True)
class Counters:
    """What became of a sink's messages.

    published: written, or sent to the broker at least once. acknowledged: written and flushed,
    or confirmed by the broker. dropped: lost, because the queue was full, the medium failed,
    the broker refused, or the time to close was over.
    """

    published: int = 0
    acknowledged: int = 0
    dropped: int = 0


MakeReport = Callable[[OutboxGauges, CommandCounters | None], OutMessage]
"""Makes a report of what waits, and of commands where they are taken; on any thread."""


class Sink(Protocol):
    """A way out. ``offer`` and ``close`` are called from the worker thread."""

    @property
    def name(self) -> str:
        """For counters and messages; never holds a secret."""

    @property
    def counters(self) -> Counters:
        """What became of the messages so far."""

    def left_open(self) -> list[bytes]:
        """Last messages of events that an earlier run told the start of and did not live to end."""

    def offer(self, message: OutMessage) -> None:
        """Take a message; never raises."""

    def introduce(self, birth: Birth) -> None:
        """Learn what this node is, once all its states were offered."""

    def ask(self, make_report: MakeReport) -> None:
        """Take a function that makes a report."""

    def obey(self, handlers: Mapping[str, Handler]) -> None:
        """Hand commands to these from now on, by verb; they may be called on any thread."""

    def close(self, timeout_s: float) -> None:
        """Bring out what is left, within the time; then take no more."""


class LineSink:
    """Writes each payload as a line and flushes it, so that a reader sees it at once."""

    def __init__(self, name: str, stream: BinaryIO, *, close_stream: bool = False) -> None:
        self.name = name
        self.counters = Counters()
        self._stream: BinaryIO | None = stream
        self._close_stream = close_stream

    def left_open(self) -> list[bytes]:
        """None: lines are not read again."""
        return []

    def offer(self, message: OutMessage) -> None:
        """Write a line of an event; a medium that fails is given up with one warning and counted.

        States and reports are for brokers.
        """
        if message.event is None:
            return
        if self._stream is None:
            self.counters.dropped += 1
            return
        try:
            self._stream.write(message.payload + b"\n")
            self._stream.flush()
        except OSError as error:
            self.counters.dropped += 1
            self._give_up(error)
        else:
            self.counters.published += 1
            self.counters.acknowledged += 1

    def introduce(self, birth: Birth) -> None:
        """Nothing: lines carry events only."""

    def ask(self, make_report: MakeReport) -> None:
        """Nothing: lines carry events only."""

    def obey(self, handlers: Mapping[str, Handler]) -> None:
        """Nothing: lines bring no commands."""

    def close(self, timeout_s: float = 0.0) -> None:
        """Close the file; a stream that belongs to somebody else stays open."""
        stream, self._stream = self._stream, None
        if stream is not None and self._close_stream:
            stream.close()

    def _give_up(self, error: OSError) -> None:
        stream, self._stream = self._stream, None
        LOG.warning("%s: cannot be written: %s; its events are lost from here", self.name, error)
        if isinstance(error, BrokenPipeError) and stream is not None:
            # The interpreter flushes standard output at exit and would complain again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        elif stream is not None and self._close_stream:
            with contextlib.suppress(OSError):  # closing tries to write what was left once more
                stream.close()


def file_sink(path: Path) -> LineSink:
    """A new file of JSON lines; one that is there is replaced. OSError becomes ValueError."""
    try:
        stream = path.open("wb")
    except OSError as error:
        raise ValueError(
            f"events file {path}: cannot be written: {error.strerror}; "
            "name a file in a folder that exists and may be written"
        ) from error
    return LineSink(str(path), stream, close_stream=True)
