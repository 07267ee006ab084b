"""A way out that keeps what it is given in an outbox until its courier has brought it there."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from pipelines.publish.couriers.config import Patience
from pipelines.publish.couriers.courier import Courier, Parcel, UnreachableError
from pipelines.publish.couriers.formats import JSON_TYPE, content_type, payload_in
from pipelines.publish.desk import Handler
from pipelines.publish.lanes import Item
from pipelines.publish.outbox import Outbox, close_outbox
from pipelines.publish.sinks import Counters, MakeReport, OutMessage
from pipelines.publish.states import Birth

LOG = logging.getLogger(__name__)

BATCH = 20
"""Parcels that a courier is given at once."""

IDLE_S = 1.0


class CourierSink:
    """Brings events and gaps; states and reports are for brokers. boot_id: of this run.

    DeepStream's formats have no word for a gap; then it is told to people.
    path: of the outbox's file. Starting while the place is away is normal.
    """

    def __init__(
        self,
        courier: Courier,
        patience: Patience,
        path: Path | None,
        *,
        gap_topic: str,
        boot_id: str,
    ) -> None:
        self.name = courier.name
        self._courier = courier
        self._patience = patience
        self._gap_topic = gap_topic
        self._ready = threading.Event()
        self._stop = threading.Event()
        self._deadline_s: float | None = None
        self._arrived = self._told_refused = False
        self._told = ""
        self._outbox = Outbox(patience.outbox, path, boot_id=boot_id, on_ready=self._ready.set)
        self._thread = threading.Thread(target=self._run, name=courier.name, daemon=True)
        self._thread.start()

    @property
    def counters(self) -> Counters:
        """What became of the events' messages so far."""
        return self._outbox.counters

    def left_open(self) -> list[bytes]:
        """Last messages of events that an earlier run told the start of and did not live to end."""
        return self._outbox.left_open()

    def offer(self, message: OutMessage) -> None:
        """Take a message of an event without waiting."""
        if message.event is not None:
            self._outbox.put(message)

    def introduce(self, birth: Birth) -> None:
        """Nothing: couriers carry events and gaps only."""

    def ask(self, make_report: MakeReport) -> None:
        """Nothing: reports are for brokers."""

    def obey(self, handlers: Mapping[str, Handler]) -> None:
        """Nothing: commands come from brokers."""

    def close(self, timeout_s: float = 2.0) -> None:
        """Bring what waits, but not for longer than the time."""
        self._deadline_s = time.monotonic() + timeout_s
        self._outbox.hurry()
        self._stop.set()
        self._ready.set()
        self._thread.join(timeout_s + 0.5)
        close_outbox(self._outbox, self.name)

    def _run(self) -> None:
        pause_s, last_chance = self._patience.retry_min_s, False
        try:
            while (trouble := self._serve()) is not None and not last_chance:
                self._tell(trouble)
                if self._arrived:
                    pause_s = self._patience.retry_min_s
                least_s = self._patience.retry_max_s if trouble.slow else pause_s
                self._stop.wait(max(trouble.pause_s, least_s * random.uniform(0.8, 1.2)))
                pause_s = min(pause_s * 2, self._patience.retry_max_s)
                last_chance = self._stop.is_set()
            self._courier.close()
        except Exception:
            LOG.exception("%s: its thread failed; its events are lost from here", self.name)

    def _serve(self) -> UnreachableError | None:
        """Bring what there is until the end, or until the place is away."""
        self._arrived = False
        self._outbox.connected()
        try:
            while not self._finished():
                if load := self._load():
                    self._bring(load)
                else:
                    self._ready.wait(min(IDLE_S, self._outbox.pause_s() or IDLE_S))
                    self._ready.clear()
        except UnreachableError as error:
            return error
        finally:
            self._outbox.disconnected()
        return None

    def _finished(self) -> bool:
        if self._deadline_s is None:
            return False
        return time.monotonic() >= self._deadline_s or not self._outbox.waiting

    def _load(self) -> list[tuple[Item | int, Parcel]]:
        """What is to leave now; a gap by its number."""
        now_ms = time.time_ns() // 1_000_000
        chosen = self._patience.format
        kind = content_type(chosen)
        load: list[tuple[Item | int, Parcel]] = []
        if (gap := self._outbox.take_gap()) is not None:
            number, loss = gap
            name, payload = f"gap.{loss.boot}.{number}", loss.payload(now_ms)
            if chosen == "cloudevents":
                parcel = Parcel(name, name, self._gap_topic, payload, JSON_TYPE, now_ms)
                load.append((number, parcel))
            else:
                LOG.warning("%s: %d messages are lost: %s", self.name, loss.messages, loss.reason)
                self._outbox.announced(number)
        for item in self._outbox.take(BATCH - len(load)):
            row, payload = item.row, payload_in(chosen, item.payload(now_ms))
            name = f"{row.boot}.{row.sequence}"
            load.append((item, Parcel(name, row.event, row.topic, payload, kind, now_ms)))
        return load

    def _bring(self, load: list[tuple[Item | int, Parcel]]) -> None:
        answers = self._courier.deliver([parcel for _, parcel in load])
        for (sent, parcel), refusal in zip(load, answers, strict=True):
            if isinstance(sent, Item):
                self._outbox.answered([sent], refused=refusal is not None)
            else:
                self._outbox.announced(sent)
            self._arrived, self._told = True, ""
            if refusal is not None and not self._told_refused:
                self._told_refused = True
                LOG.warning("%s: refuses %s: %s", self.name, parcel.topic, refusal)

    def _tell(self, trouble: UnreachableError) -> None:
        if str(trouble) != self._told:
            self._told = str(trouble)
            LOG.warning("%s: %s; trying again, events wait meanwhile", self.name, trouble)
