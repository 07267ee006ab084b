"""Brings messages to the broker from a thread of its own, whatever the network does."""

from __future__ import annotations

import contextlib
import logging
import random
import secrets
import socket
import threading
import time
from collections import deque
from collections.abc import Mapping

from pipelines.publish.commands import CommandResult
from pipelines.publish.desk import Desk, Done, Handler
from pipelines.publish.inbox import Inbox
from pipelines.publish.mqtt import MqttConfig
from pipelines.publish.mqtt_client import open_client
from pipelines.publish.mqtt_dispatch import Stock
from pipelines.publish.mqtt_session import Failure, Hooks, Session
from pipelines.publish.outbox import Outbox, close_outbox
from pipelines.publish.sinks import Counters, MakeReport, OutMessage
from pipelines.publish.states import Birth
from pipelines.publish.topics import availability_topic, check_node, node_topic, result_topic
from pipelines.publish.truths import Reports, Truths

LOG = logging.getLogger(__name__)


class MqttSink:
    """Publishes with QoS 1; while the broker is away it keeps messages and tries again.

    boot_id: of this run. Starting without a broker is normal. Raises ValueError for credentials or
    TLS files that cannot be read, and for a node that is no topic level.
    """

    def __init__(self, config: MqttConfig, node: str, *, boot_id: str | None = None) -> None:
        self.name = f"mqtt {config.broker}"
        self._config = config
        self._client_id = config.client_id or f"edgeact-{check_node(node)}"
        self._availability = availability_topic(config.base, node)
        self._deadline: float | None = None
        self._stop = threading.Event()
        self._told: set[str] = set()
        self._told_refused = False
        self._greeted = False
        self._make_report: MakeReport | None = None
        self._report_s = 0.0
        self._brokers = deque(config.brokers)
        for broker in self._brokers:
            open_client(broker, self._client_id)  # what is wrong with the files is told now
        self._wake_r, self._wake_w = socket.socketpair()
        self._wake_r.setblocking(False)
        self._wake_w.setblocking(False)
        self._stock = Stock(
            outbox=Outbox(
                config.outbox,
                config.outbox.path(node, config.base),
                boot_id=boot_id or secrets.token_hex(8),
                on_ready=self._wake,
            ),
            truths=Truths(last=self._availability),
            reports=Reports(),
            answers=Reports(),
            gap_topic=node_topic(config.base, node, "gap"),
        )
        self._node = node
        self._desk = Desk(self._answer)
        self._desk.handlers["rebirth"] = self._on_rebirth
        self._inbox = Inbox(config, node, self._stock.truths, self._desk)
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        self._thread.start()

    @property
    def counters(self) -> Counters:
        """What became of the events' messages so far."""
        return self._stock.outbox.counters

    @property
    def connected(self) -> bool:
        """Whether the broker takes messages now."""
        return self._stock.outbox.is_connected

    @property
    def waiting(self) -> int:
        """How many messages of events the broker has not confirmed."""
        return self._stock.outbox.waiting

    def left_open(self) -> list[bytes]:
        """Last messages of events that an earlier run told the start of and did not live to end."""
        return self._stock.outbox.left_open()

    def offer(self, message: OutMessage) -> None:
        """Take a message without waiting."""
        if message.event is not None:
            self._stock.outbox.put(message)
            return
        if message.retain:
            self._stock.truths.set(message.topic, message.payload)
        elif self.connected:  # a report that comes late would be of another time
            self._stock.reports.add(message)
        self._wake()

    def introduce(self, birth: Birth) -> None:
        """All states of this run were offered: others that the broker kept of us go.

        Only now the node is said to be there: whoever believes its states must not see old ones.
        """
        self._inbox.introduce(birth)
        self._stock.truths.set(self._availability, b"online")
        self._wake()

    def obey(self, handlers: Mapping[str, Handler]) -> None:
        """Hand commands to these from now on, by verb; they are called on the network thread."""
        self._desk.handlers.update(handlers)

    def ask(self, make_report: MakeReport) -> None:
        """Send a report of this function now and then; it is called on the network thread."""
        self._make_report = make_report

    def close(self, timeout_s: float = 2.0) -> None:
        """Wait until the broker has acknowledged all messages, but not longer than the time.

        Leaves ``offline`` as availability, said by us or by the broker for us.
        """
        self._deadline = time.monotonic() + timeout_s
        self._stop.set()
        self._stock.outbox.hurry()
        self._wake()
        # The thread keeps to the deadline itself, unless a name look-up or a handshake hangs.
        self._thread.join(timeout_s + 0.5)
        close_outbox(self._stock.outbox, self.name)
        if not self._thread.is_alive():
            self._wake_r.close()
            self._wake_w.close()

    def _run(self) -> None:
        delay_s = self._config.retry_min_s
        try:
            while not self._finished():
                ending = self._stop.is_set()
                failure = self._connect_any()
                if failure is None or (ending and failure.slow):
                    return
                if self._greeted:
                    delay_s = self._config.retry_min_s
                pause_s = self._config.retry_max_s if failure.slow else delay_s
                self._tell(failure)
                if ending:
                    time.sleep(min(self._config.retry_min_s, max(self._left_s() or 0.0, 0.0)))
                else:
                    self._stop.wait(pause_s * random.uniform(0.8, 1.2))
                delay_s = min(delay_s * 2, self._config.retry_max_s)
        except Exception:
            LOG.exception("%s: the network thread failed; its events are lost from here", self.name)

    def _connect_any(self) -> Failure | None:
        """A connection to the broker that served last, else to the other one; how it ended."""
        failure = None
        for _ in range(len(self._brokers)):
            self._greeted = False
            failure = self._connect_once(self._brokers[0])
            if failure is None or self._greeted:
                break
            self._tell(failure)
            self._brokers.rotate(-1)
        return failure

    def _connect_once(self, broker: MqttConfig) -> Failure | None:
        try:
            client = open_client(broker, self._client_id)
        except ValueError as error:  # a file that was there at the start is gone
            return Failure(str(error), slow=True)
        self._inbox.open(client)
        hooks = Hooks(
            closing=self._left_s,
            greeted=self._on_greeted,
            refused=self._on_refused,
            attend=self._inbox.attend,
            tick=self._on_tick,
        )
        session = Session(broker, client, self._stock, self._availability, hooks)
        return session.run(self._wake_r)

    def _finished(self) -> bool:
        left_s = self._left_s()
        return left_s is not None and (left_s <= 0 or not self.waiting)

    def _left_s(self) -> float | None:
        return None if self._deadline is None else self._deadline - time.monotonic()

    def _on_greeted(self) -> None:
        self._greeted = True
        self._told.clear()
        LOG.info("%s: connected, %d events waiting", self.name, self.waiting)

    def _on_tick(self) -> None:
        now_s = time.monotonic()
        if self._make_report is not None and now_s >= self._report_s:
            self._report_s = now_s + self._config.stats_interval_s
            counted = self._desk.counters if self._config.commands else None
            self._stock.reports.add(self._make_report(self._stock.outbox.gauges, counted))

    def _on_rebirth(self, _args: object, done: Done) -> None:
        self._stock.truths.tell_all()
        done()

    def _answer(self, verb: str, result: CommandResult) -> None:
        topic = result_topic(self._config.base, self._node, verb)
        payload = result.model_dump_json(exclude_none=True).encode()
        self._stock.answers.add(OutMessage(topic, payload))
        self._wake()

    def _on_refused(self, topic: str, reason: str) -> None:
        if not self._told_refused:
            self._told_refused = True
            LOG.warning(
                "%s: refuses messages on %s: %s; check what the user may write",
                self.name,
                topic,
                reason,
            )

    def _tell(self, failure: Failure) -> None:
        if failure.text not in self._told:
            self._told.add(failure.text)
            LOG.warning("%s; trying again, events wait meanwhile", failure.text)

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full: it is awake already
            self._wake_w.send(b"\0")
