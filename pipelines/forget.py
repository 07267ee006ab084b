"""``edgeact events --forget NODE``: takes away all that a broker keeps of a node that is gone."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pipelines.publish.home_assistant import is_ours
from pipelines.publish.mqtt import MqttConfig
from pipelines.publish.mqtt_client import explain_error, explain_refusal, open_client
from pipelines.publish.topics import availability_topic, check_node

if TYPE_CHECKING:
    from paho.mqtt.client import Client, MQTTMessage

QUIET_S = 1.0
"""A broker that has sent nothing for so long has sent all that it keeps."""

PATIENCE_S = 10.0


def forget(config: MqttConfig, node: str) -> None:
    """Take a node's states and its devices of Home Assistant away, and say on stderr how many.

    Raises:
        ValueError: a node that is none, or one that is online and would tell all again.
        ConnectionError: the broker is away, or does not let us in.
    """
    _Visit(config, check_node(node)).run()


class _Visit:
    """One connection: hears what is kept, then takes it away."""

    def __init__(self, config: MqttConfig, node: str) -> None:
        self._config = config
        self._node = node
        self._devices = f"{config.home_assistant.prefix}/device/{node}/"
        self._kept: dict[str, bytes] = {}
        self._refusal = ""
        self._asked = False
        self._heard_s = time.monotonic()
        self._client = open_client(config, "")
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message

    def run(self) -> None:
        """Connect, listen until it is quiet, and take away what was heard."""
        try:
            self._client.connect(
                self._config.host, self._config.port_number, self._config.keepalive_s
            )
        except OSError as error:
            raise ConnectionError(explain_error(error, self._config)) from None
        self._loop_until(lambda: self._asked and time.monotonic() - self._heard_s > QUIET_S)
        if self._kept.get(availability_topic(self._config.base, self._node)) == b"online":
            raise ValueError(f"node '{self._node}' is online; stop it first")
        sent = [self._client.publish(topic, b"", qos=1, retain=True) for topic in self._kept]
        self._loop_until(lambda: all(info.is_published() for info in sent))
        self._client.disconnect()
        sys.stderr.write(f"{self._config.broker}: {len(sent)} states of {self._node} taken away\n")

    def _loop_until(self, done: Callable[[], bool]) -> None:
        give_up_s = time.monotonic() + PATIENCE_S
        while not done():
            if self._refusal:
                raise ConnectionError(self._refusal)
            if self._client.loop(0.1) or time.monotonic() > give_up_s:
                raise ConnectionError(f"broker {self._config.broker}: the connection was lost")

    def _on_connect(
        self, client: Client, userdata: Any, flags: Any, reason: Any, properties: Any
    ) -> None:
        if reason.is_failure:
            self._refusal = explain_refusal(reason, self._config)
            return
        states = f"{self._config.base}/v1/{self._node}/#"
        client.subscribe([(states, 0), (f"{self._devices}+/config", 0)])
        self._asked, self._heard_s = True, time.monotonic()

    def _on_message(self, client: Client, userdata: Any, message: MQTTMessage) -> None:
        payload = bytes(message.payload)
        foreign = message.topic.startswith(self._devices) and not is_ours(payload)
        if message.retain and not foreign:
            self._kept[message.topic] = payload
            self._heard_s = time.monotonic()
