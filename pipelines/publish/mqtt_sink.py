"""Brings messages to the broker from a thread of its own, whatever the network does."""

from __future__ import annotations

import contextlib
import logging
import random
import socket
import threading
import time

from pipelines.publish.message_queue import MessageQueue
from pipelines.publish.mqtt import MqttConfig
from pipelines.publish.mqtt_client import open_client
from pipelines.publish.mqtt_session import Failure, Session
from pipelines.publish.sinks import Counters, OutMessage
from pipelines.publish.topics import availability_topic, check_node

LOG = logging.getLogger(__name__)


class MqttSink:
    """Publishes with QoS 1; while the broker is away it keeps messages and tries again.

    Starting without a broker is normal. Raises ValueError for credentials or TLS files that
    cannot be read, and for a node that is no topic level.
    """

    def __init__(self, config: MqttConfig, node: str) -> None:
        self.name = f"mqtt {config.broker}"
        self._config = config
        self._client_id = config.client_id or f"edgeact-{check_node(node)}"
        self._availability = availability_topic(config.base, node)
        self._queue = MessageQueue(config.queue_size)
        self._deadline: float | None = None
        self._stop = threading.Event()
        self._told: str | None = None
        self._told_full = self._told_refused = False
        self._greeted = False
        open_client(config, self._client_id)  # what is wrong with the files is told now
        self._wake_r, self._wake_w = socket.socketpair()
        self._wake_r.setblocking(False)
        self._wake_w.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        self._thread.start()

    @property
    def counters(self) -> Counters:
        """What became of the messages so far."""
        return self._queue.counters()

    @property
    def waiting(self) -> int:
        """How many messages wait in memory."""
        return len(self._queue)

    def offer(self, message: OutMessage) -> None:
        """Take a message without waiting; when the queue is full its oldest is dropped."""
        if not self._queue.put(message) and not self._told_full:
            self._told_full = True
            LOG.warning("%s: the queue is full; its oldest events are dropped", self.name)
        self._wake()

    def close(self, timeout_s: float = 2.0) -> None:
        """Wait until the broker has acknowledged all messages, but not longer than the time.

        Leaves ``offline`` as availability, said by us or by the broker for us.
        """
        self._deadline = time.monotonic() + timeout_s
        self._stop.set()
        self._wake()
        # The thread keeps to the deadline itself, unless a name look-up or a handshake hangs.
        self._thread.join(timeout_s + 0.5)
        left = self._queue.close()
        if left:
            LOG.warning("%s: %d events were not acknowledged and are lost", self.name, left)
        if not self._thread.is_alive():
            self._wake_r.close()
            self._wake_w.close()

    def _run(self) -> None:
        delay_s = self._config.retry_min_s
        try:
            while not self._finished():
                last_chance = self._stop.is_set()
                self._greeted = False
                failure = self._connect_once()
                if failure is None or last_chance:
                    return
                if self._greeted:
                    delay_s = self._config.retry_min_s
                pause_s = self._config.retry_max_s if failure.slow else delay_s
                self._tell(failure)
                self._stop.wait(pause_s * random.uniform(0.8, 1.2))
                delay_s = min(delay_s * 2, self._config.retry_max_s)
        except Exception:
            LOG.exception("%s: the network thread failed; its events are lost from here", self.name)

    def _connect_once(self) -> Failure | None:
        try:
            client = open_client(self._config, self._client_id)
        except ValueError as error:  # a file that was there at the start is gone
            return Failure(str(error), slow=True)
        session = Session(
            self._config,
            client,
            self._queue,
            availability=self._availability,
            closing=self._left_s,
            on_greeted=self._on_greeted,
            on_refused=self._on_refused,
        )
        return session.run(self._wake_r)

    def _finished(self) -> bool:
        left_s = self._left_s()
        return left_s is not None and (left_s <= 0 or not len(self._queue))

    def _left_s(self) -> float | None:
        return None if self._deadline is None else self._deadline - time.monotonic()

    def _on_greeted(self) -> None:
        self._greeted = True
        self._told = None
        self._told_full = False
        LOG.info("%s: connected, %d events waiting", self.name, len(self._queue))

    def _on_refused(self, topic: str, reason: str) -> None:
        if not self._told_refused:
            self._told_refused = True
            LOG.warning(
                "%s: refuses events on %s: %s; check what the user may write",
                self.name,
                topic,
                reason,
            )

    def _tell(self, failure: Failure) -> None:
        if failure.text != self._told:
            self._told = failure.text
            LOG.warning(
                "%s; trying again, up to %d events wait", failure.text, self._config.queue_size
            )

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full: it is awake already
            self._wake_w.send(b"\0")
