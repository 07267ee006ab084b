"""Hands messages to one connection as far as its window goes, and settles the answers."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.publish import mqtt_properties
from pipelines.publish.lanes import Item
from pipelines.publish.mqtt import MqttConfig
from pipelines.publish.outbox import Outbox
from pipelines.publish.truths import Reports, Truths

if TYPE_CHECKING:
    from paho.mqtt.client import Client
    from paho.mqtt.properties import Properties

WINDOW = 20
"""Messages on their way without an acknowledgement, unless the broker wants fewer."""


LONGEST = 268_435_460
"""Bytes of a packet, unless the broker takes less: at a longer one it closes the connection."""

OVERHEAD = 128
"""Bytes of a packet beside topic and payload, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """Everything that may leave. gap_topic: where gaps are announced.

    answers: to commands; unlike reports they leave with QoS 1 and wait for a connection.
    """

    outbox: Outbox
    truths: Truths
    reports: Reports
    answers: Reports
    gap_topic: str


class Dispatch:
    """What is on its way on one connection; the network thread owns it.

    on_refused: called with topic and reason of a message that the broker does not want.
    """

    def __init__(
        self,
        config: MqttConfig,
        client: Client,
        stock: Stock,
        on_refused: Callable[[str, str], None],
    ) -> None:
        self.window = WINDOW
        self.packet_bytes = LONGEST
        self._config = config
        self._client = client
        self._stock = stock
        self._on_refused = on_refused
        self._flying: dict[int, tuple[str, Item | int | None]] = {}
        self._answers: deque[tuple[int, str | None]] = deque()
        self._plain = mqtt_properties.of_event(config, 0)
        client.on_publish = self._on_publish

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing is on its way."""
        stock = self._stock
        return not (self._flying or len(stock.truths) or stock.outbox.waiting)

    def send(self) -> None:
        """Send what there is: gaps, states, reports, then events."""
        while len(self._flying) < self.window and self._client.socket() is not None:
            if not (self._send_other() or self._send_events()):
                return
            self.settle()

    def settle(self) -> None:
        """Tell the outbox what the broker answered."""
        confirmed: list[Item] = []
        while self._answers:
            mid, refusal = self._answers.popleft()
            topic, sent = self._flying.pop(mid, ("", None))
            if refusal is not None and topic:
                self._refuse(topic, sent, refusal)
            elif isinstance(sent, Item):
                confirmed.append(sent)
            elif sent is not None:
                self._stock.outbox.announced(sent)
        if confirmed:
            self._stock.outbox.answered(confirmed)

    def say(self, topic: str, payload: bytes) -> None:
        """Tell a state at once, before everything that waits."""
        self._fly(topic, payload, None, qos=1, retain=True)

    def _send_other(self) -> bool:
        stock = self._stock
        if (gap := stock.outbox.take_gap()) is not None:
            number, loss = gap
            self._fly(stock.gap_topic, loss.payload(_now_ms()), number, qos=1)
        elif (truth := stock.truths.take()) is not None:
            self._fly(*truth, None, qos=1, retain=True)
        elif (answer := stock.answers.take()) is not None:
            self._fly(answer.topic, answer.payload, None, qos=1)
        elif (report := stock.reports.take()) is not None:
            properties = mqtt_properties.of_picture(self._config, report.picture_of)
            self._fly(report.topic, report.payload, None, qos=0, properties=properties)
        else:
            return False
        return True

    def _send_events(self) -> bool:
        """As many as the window has room for."""
        items = self._stock.outbox.take(self.window - len(self._flying))
        now_ms, qos = _now_ms(), self._config.qos
        for item in items:
            properties = self._plain
            if item.is_late(now_ms):
                properties = mqtt_properties.of_event(self._config, item.waited_ms(now_ms))
            payload = item.payload(now_ms)
            self._fly(item.row.topic, payload, item, qos=qos, properties=properties)
        return bool(items)

    def _fly(
        self,
        topic: str,
        payload: bytes,
        sent: Item | int | None,
        *,
        qos: int,
        retain: bool = False,
        properties: Properties | None = None,
    ) -> None:
        if len(topic) + len(payload) + OVERHEAD > self.packet_bytes:
            limit = f"longer than the {self.packet_bytes} bytes that it takes"
            self._refuse(topic, sent, limit)
            return
        info = self._client.publish(topic, payload, qos=qos, retain=retain, properties=properties)
        self._flying[info.mid] = topic, sent

    def _refuse(self, topic: str, sent: Item | int | None, reason: str) -> None:
        """The broker does not want a message; sent: as for ``_fly``."""
        if isinstance(sent, Item):
            self._stock.outbox.answered([sent], refused=True)
        elif sent is not None:
            self._stock.outbox.announced(sent)
        self._on_refused(topic, reason)

    def _on_publish(
        self, client: Client, userdata: Any, mid: int, reason: Any, properties: Any
    ) -> None:
        self._answers.append((mid, reason.getName().lower() if reason.is_failure else None))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
