"""What a node listens to: commands, Home Assistant's start, what the broker kept of old runs."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from pipelines.publish.desk import Desk
from pipelines.publish.home_assistant import devices
from pipelines.publish.leftovers import Leftovers
from pipelines.publish.mqtt import MqttConfig
from pipelines.publish.states import Birth
from pipelines.publish.topics import command_topic
from pipelines.publish.truths import Truths

if TYPE_CHECKING:
    from paho.mqtt.client import Client, MQTTMessage

LOG = logging.getLogger(__name__)


class Inbox:
    """Subscribes on each connection and sorts what comes; the network thread owns it."""

    def __init__(self, config: MqttConfig, node: str, truths: Truths, desk: Desk) -> None:
        self._config = config
        self._commands = command_topic(config.base, node, "")
        self._desk = desk
        self._truths = truths
        self._leftovers = Leftovers(config, node, truths)
        self._birth: Birth | None = None
        self._listening = False
        self._needed: set[int | None] = set()

    def introduce(self, birth: Birth) -> None:
        """All states of this run are in the truths now; on any thread."""
        self._birth = birth

    def open(self, client: Client) -> None:
        """A client that is about to connect."""
        self._listening = False
        self._needed.clear()
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe

    def attend(self, client: Client) -> None:
        """Subscribe once the broker lets us in and all states are known.

        What the broker keeps is asked for before our devices are told: of two answers to a topic,
        the older one says what is gone.
        """
        birth, home = self._birth, self._config.home_assistant
        if self._listening or birth is None:
            return
        self._listening = True
        self._subscribe(client, *self._leftovers.filters)
        if self._config.commands:
            self._needed.add(self._subscribe(client, f"{self._commands}+", qos=1))
        if home.enabled:
            self._needed.add(self._subscribe(client, home.status_topic))
            pictures = self._config.snapshots.enabled
            for topic, payload in devices(
                birth, base=self._config.base, prefix=home.prefix, pictures=pictures
            ):
                if self._truths.get(topic) is None:
                    self._truths.set(topic, payload)

    def _subscribe(self, client: Client, *filters: str, qos: int = 0) -> int | None:
        """Ask for topics; the number under which the broker answers."""
        if self._config.protocol != "5":
            return client.subscribe([(one, qos) for one in filters])[1]
        from paho.mqtt.subscribeoptions import SubscribeOptions

        # Our own states need not come back to us; a retained command is known by its flag, which
        # brokers otherwise take off what they pass on at once.
        options = SubscribeOptions(qos, noLocal=True, retainAsPublished=qos > 0)
        return client.subscribe([(one, options) for one in filters])[1]

    def _on_subscribe(
        self, client: Client, userdata: Any, mid: int, reasons: Any, properties: Any
    ) -> None:
        if mid in self._needed and any(reason.is_failure for reason in reasons):
            LOG.warning(
                "broker %s does not let us listen to commands, or to Home Assistant's start: %s; "
                "check what the user may read",
                self._config.broker,
                reasons[0].getName().lower(),
            )

    def _on_message(self, client: Client, userdata: Any, message: MQTTMessage) -> None:
        home, payload = self._config.home_assistant, bytes(message.payload)
        if message.topic.startswith(self._commands):
            # Where commands are off, the broker may still remember that a run before took them.
            if self._config.commands:
                verb = message.topic.removeprefix(self._commands)
                self._desk.take(verb, payload, retained=message.retain)
        elif message.topic == home.status_topic:
            if payload == b"online":
                LOG.info("Home Assistant has started: all is told again")
                self._truths.tell_all()
        elif message.retain and payload:
            self._leftovers.take(message.topic, payload)
