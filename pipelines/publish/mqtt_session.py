"""One connection to the broker, from the TCP connect to the goodbye, on the network thread."""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.publish.message_queue import Item, MessageQueue
from pipelines.publish.mqtt import MqttConfig
from pipelines.publish.mqtt_client import (
    NOT_LET_IN,
    TAKEN_OVER,
    explain_error,
    explain_refusal,
    explain_silence,
)

if TYPE_CHECKING:
    from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode

WINDOW = 20
"""Messages on their way without an acknowledgement, unless the broker wants fewer."""

TICK_S = 1.0
"""How often keep-alive is looked after when nothing else happens."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a connection ended. slow: trying again soon would not help."""

    text: str
    slow: bool = False


class Session:
    """A new client for each connection, so that no state of an old one is sent again.

    availability: topic of the retained ``online`` and ``offline``. closing: seconds left to
    finish, or None while the program runs. on_greeted: called once the broker lets us in.
    Messages that have no answer when the connection ends go back to the queue.
    """

    def __init__(
        self,
        config: MqttConfig,
        client: Client,
        queue: MessageQueue,
        *,
        availability: str,
        closing: Callable[[], float | None],
        on_greeted: Callable[[], None],
        on_refused: Callable[[str, str], None],
    ) -> None:
        self._config = config
        self._client = client
        self._queue = queue
        self._availability = availability
        self._closing = closing
        self._greeted_hook = on_greeted
        self._refused_hook = on_refused
        self._window = WINDOW
        self._greeted = False
        self._farewell_mid: int | None = None
        self._failure: Failure | None = None
        self._outstanding: dict[int, Item] = {}
        self._answers: deque[tuple[int, str | None]] = deque()
        self._properties = _event_properties(config)
        client.on_connect = self._on_connect
        client.on_publish = self._on_publish
        client.on_disconnect = self._on_disconnect
        client.will_set(availability, b"offline", qos=1, retain=True)

    def run(self, wake: socket.socket) -> Failure | None:
        """Connect and serve until the connection ends; None after a goodbye or out of time.

        wake: becomes readable when the queue or ``closing`` has changed.
        """
        left_s = self._closing()
        if left_s is not None:
            self._client.connect_timeout = max(0.05, min(left_s, self._config.connect_timeout_s))
        try:
            self._client.connect(
                self._config.host, self._config.port_number, self._config.keepalive_s
            )
            return self._serve(wake)
        except (OSError, ValueError) as error:
            return Failure(explain_error(error, self._config))
        finally:
            self._settle()
            self._queue.put_back(self._outstanding.values())
            if (sock := self._client.socket()) is not None:
                # Without a DISCONNECT, so that the broker publishes the last will.
                sock.close()

    def _serve(self, wake: socket.socket) -> Failure | None:
        greet_by = time.monotonic() + self._config.connect_timeout_s
        with selectors.DefaultSelector() as selector:
            selector.register(wake, selectors.EVENT_READ)
            sock = self._client.socket()
            if sock is not None:
                selector.register(sock, selectors.EVENT_READ)
            while sock is not None and self._client.socket() is sock:
                left_s = self._closing()
                if left_s is not None and left_s <= 0:
                    return None
                if self._greeted:
                    self._send()
                    if left_s is not None and self._said_goodbye():
                        return None
                elif time.monotonic() > greet_by:
                    break
                if self._client.socket() is sock:
                    self._exchange(selector, sock, wake, TICK_S if left_s is None else left_s)
        return self._failure or Failure(explain_silence(self._config))

    def _exchange(
        self, selector: selectors.BaseSelector, sock: Any, wake: socket.socket, timeout_s: float
    ) -> None:
        """Wait for something to do, and let paho read, write and keep the connection alive."""
        wanted = selectors.EVENT_READ
        if self._client.want_write():
            wanted |= selectors.EVENT_WRITE
        selector.modify(sock, wanted)
        # TLS may hold decrypted bytes that the socket itself no longer shows.
        buffered = hasattr(sock, "pending") and sock.pending() > 0
        ready = {
            key.fileobj: events
            for key, events in selector.select(0 if buffered else min(timeout_s, TICK_S))
        }
        if wake in ready:
            with contextlib.suppress(BlockingIOError):
                wake.recv(4096)
        if buffered or ready.get(sock, 0) & selectors.EVENT_READ:
            self._client.loop_read()
        if ready.get(sock, 0) & selectors.EVENT_WRITE:
            self._client.loop_write()
        self._client.loop_misc()
        self._settle()

    def _send(self) -> None:
        """Hand messages to paho as far as the window goes."""
        while len(self._outstanding) < self._window and self._client.socket() is not None:
            item = self._queue.take()
            if item is None:
                return
            info = self._client.publish(
                item.message.topic,
                item.message.payload,
                qos=self._config.qos,
                properties=self._properties,
            )
            self._outstanding[info.mid] = item
            self._queue.sent(item)
            self._settle()

    def _said_goodbye(self) -> bool:
        """Once all is answered, say ``offline``; once that is answered too, disconnect."""
        if self._outstanding or len(self._queue):
            return False
        if self._farewell_mid is None:
            info = self._client.publish(self._availability, b"offline", qos=1, retain=True)
            self._farewell_mid = info.mid
        if self._farewell_mid != 0:
            return False
        self._client.disconnect()
        return True

    def _settle(self) -> None:
        while self._answers:
            mid, refusal = self._answers.popleft()
            if mid == self._farewell_mid:
                self._farewell_mid = 0
            item = self._outstanding.pop(mid, None)
            if item is None:
                continue
            self._queue.answered(refused=refusal is not None)
            if refusal is not None:
                self._refused_hook(item.message.topic, refusal)

    def _on_connect(
        self,
        client: Client,
        userdata: Any,
        flags: ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            slow = reason.getName() in NOT_LET_IN
            self._failure = Failure(explain_refusal(reason, self._config), slow)
            return
        self._window = min(WINDOW, getattr(properties, "ReceiveMaximum", WINDOW))
        client.publish(self._availability, b"online", qos=1, retain=True)
        self._greeted = True
        self._greeted_hook()

    def _on_publish(
        self, client: Client, userdata: Any, mid: int, reason: ReasonCode, properties: Any
    ) -> None:
        self._answers.append((mid, reason.getName().lower() if reason.is_failure else None))

    def _on_disconnect(
        self,
        client: Client,
        userdata: Any,
        flags: DisconnectFlags,
        reason: ReasonCode,
        properties: Any,
    ) -> None:
        if self._failure is not None or not self._greeted:
            return
        if flags.is_disconnect_packet_from_server:
            slow = reason.getName() == TAKEN_OVER
            self._failure = Failure(explain_refusal(reason, self._config), slow)
        else:
            self._failure = Failure(f"broker {self._config.broker}: the connection was lost")


def _event_properties(config: MqttConfig) -> Properties | None:
    if config.protocol != "5":
        return None
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties

    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.ContentType = "application/cloudevents+json"
    properties.PayloadFormatIndicator = 1
    return properties
