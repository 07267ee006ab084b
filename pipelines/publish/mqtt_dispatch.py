"""Hands messages to one connection as far as its window goes, and settles the answers."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.publish.lanes import Item
from pipelines.publish.mqtt import MqttConfig
from pipelines.publish.outbox import Outbox
from pipelines.publish.truths import Reports, Truths

if TYPE_CHECKING:
    from paho.mqtt.client import Client
    from paho.mqtt.properties import Properties

WINDOW = 20
"""Messages on their way without an acknowledgement, unless the broker wants fewer."""


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
        self._config = config
        self._client = client
        self._stock = stock
        self._on_refused = on_refused
        self._flying: dict[int, Item | int | None] = {}
        self._topics: dict[int, str] = {}
        self._answers: deque[tuple[int, str | None]] = deque()
        self._plain = _event_properties(config, 0)
        client.on_publish = self._on_publish

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing is on its way."""
        stock = self._stock
        return not (self._flying or len(stock.truths) or stock.outbox.waiting)

    def send(self) -> None:
        """Send what there is: gaps, states, reports, then events."""
        while len(self._flying) < self.window and self._client.socket() is not None:
            if not (self._send_other() or self._send_event()):
                return
            self.settle()

    def settle(self) -> None:
        """Tell the outbox what the broker answered."""
        while self._answers:
            mid, refusal = self._answers.popleft()
            if mid not in self._flying:
                continue
            sent, topic = self._flying.pop(mid), self._topics.pop(mid)
            if isinstance(sent, Item):
                self._stock.outbox.answered(sent, refused=refusal is not None)
            elif sent is not None:
                self._stock.outbox.announced(sent)
            if refusal is not None:
                self._on_refused(topic, refusal)

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
            properties = _picture_properties(self._config, report.picture_of)
            self._fly(report.topic, report.payload, None, qos=0, properties=properties)
        else:
            return False
        return True

    def _send_event(self) -> bool:
        item = self._stock.outbox.take()
        if item is None:
            return False
        now_ms, properties = _now_ms(), self._plain
        if item.is_late(now_ms):
            properties = _event_properties(self._config, item.waited_ms(now_ms))
        payload, qos = item.payload(now_ms), self._config.qos
        self._fly(item.row.topic, payload, item, qos=qos, properties=properties)
        return True

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
        info = self._client.publish(topic, payload, qos=qos, retain=retain, properties=properties)
        self._flying[info.mid] = sent
        self._topics[info.mid] = topic

    def _on_publish(
        self, client: Client, userdata: Any, mid: int, reason: Any, properties: Any
    ) -> None:
        self._answers.append((mid, reason.getName().lower() if reason.is_failure else None))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _event_properties(config: MqttConfig, age_ms: int) -> Properties | None:
    """MQTT 5: what it is, and how long it is still worth delivering."""
    if config.protocol != "5":
        return None
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties

    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.ContentType = "application/cloudevents+json"
    properties.PayloadFormatIndicator = 1
    properties.MessageExpiryInterval = max(1, (config.outbox.max_age_ms - age_ms) // 1000)
    return properties


def _picture_properties(config: MqttConfig, event_id: str | None) -> Properties | None:
    """MQTT 5: what a picture is, and of which event."""
    if config.protocol != "5" or event_id is None:
        return None
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties

    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.ContentType = "image/jpeg"
    properties.UserProperty = ("event", event_id)
    return properties
