"""One connection to the broker, from the TCP connect to the goodbye, on the network thread."""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.publish.channels import SESSION_EXPIRY_S
from pipelines.publish.mqtt import MqttConfig
from pipelines.publish.mqtt_client import (
    NOT_LET_IN,
    TAKEN_OVER,
    explain_error,
    explain_refusal,
    explain_silence,
)
from pipelines.publish.mqtt_dispatch import LONGEST, WINDOW, Dispatch, Stock

if TYPE_CHECKING:
    from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode

TICK_S = 1.0
"""How often keep-alive is looked after when nothing else happens."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a connection ended. slow: trying again soon would not help."""

    text: str
    slow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """How a session speaks with whoever holds it.

    closing: seconds left to finish, or None while the program runs. greeted: called once the
    broker lets us in. refused: with topic and reason of a message that it does not want.
    attend: called with the client before messages are sent. tick: called about once a second.
    """

    closing: Callable[[], float | None]
    greeted: Callable[[], None]
    refused: Callable[[str, str], None]
    attend: Callable[[Client], None]
    tick: Callable[[], None]


class Session:
    """A new client for each connection, so that no state of an old one is sent again.

    availability: topic of ``offline``, which the broker says where we cannot. Messages that have
    no answer when the connection ends are sent again by the next one.
    """

    def __init__(
        self, config: MqttConfig, client: Client, stock: Stock, availability: str, hooks: Hooks
    ) -> None:
        self._config = config
        self._client = client
        self._stock = stock
        self._dispatch = Dispatch(config, client, stock, hooks.refused)
        self._availability = availability
        self._hooks = hooks
        self._greeted = False
        self._farewell = False
        self._failure: Failure | None = None
        self._said = ""
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_log = self._on_log
        client.will_set(availability, b"offline", qos=1, retain=True)

    def run(self, wake: socket.socket) -> Failure | None:
        """Connect and serve until the connection ends; None after a goodbye or out of time.

        wake: becomes readable when the queue or ``closing`` has changed.
        """
        left_s = self._hooks.closing()
        if left_s is not None:
            self._client.connect_timeout = max(0.05, min(left_s, self._config.connect_timeout_s))
        try:
            self._connect()
            return self._serve(wake)
        except (OSError, ValueError) as error:
            return Failure(explain_error(error, self._config))
        finally:
            self._dispatch.settle()
            self._stock.outbox.disconnected()
            self._stock.reports.clear()
            if (sock := self._client.socket()) is not None:
                # Without a DISCONNECT, so that the broker publishes the last will.
                sock.close()

    def _connect(self) -> None:
        """With MQTT 5 the broker keeps our session, so that commands wait for us a while."""
        config = self._config
        place = config.host, config.port_number, config.keepalive_s
        if config.protocol != "5":
            self._client.connect(*place)
            return
        from paho.mqtt.packettypes import PacketTypes
        from paho.mqtt.properties import Properties

        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
        self._client.connect(*place, clean_start=False, properties=properties)

    def _serve(self, wake: socket.socket) -> Failure | None:
        greet_by = time.monotonic() + self._config.connect_timeout_s
        with selectors.DefaultSelector() as selector:
            selector.register(wake, selectors.EVENT_READ)
            sock = self._client.socket()
            if sock is not None:
                selector.register(sock, selectors.EVENT_READ)
            while sock is not None and self._client.socket() is sock:
                left_s = self._hooks.closing()
                if left_s is not None and left_s <= 0:
                    return None
                if self._greeted:
                    self._hooks.attend(self._client)
                    self._dispatch.send()
                    if left_s is not None and self._said_goodbye():
                        return None
                elif time.monotonic() > greet_by:
                    break
                if self._client.socket() is sock:
                    self._exchange(selector, sock, wake, self._patience_s(left_s))
        return self._failure or Failure(explain_silence(self._config, self._said))

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
        self._dispatch.settle()
        self._hooks.tick()

    def _patience_s(self, left_s: float | None) -> float:
        """How long nothing but the socket and ``wake`` can bring something to do."""
        waits = [TICK_S, left_s, self._stock.outbox.pause_s()]
        return min(one for one in waits if one is not None)

    def _said_goodbye(self) -> bool:
        """Once all is answered, say ``offline``; once that is answered too, disconnect."""
        if not self._dispatch.idle:
            return False
        if not self._farewell:
            self._farewell = True
            self._dispatch.say(self._availability, b"offline")
            return False
        self._client.disconnect()
        return True

    def _on_log(self, client: Client, userdata: Any, level: int, text: str) -> None:
        """Keep the reason for which a connection broke; paho tells it to nobody else."""
        if "SSL" in text:
            self._said = text

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
        client.on_log = None  # it would cost time with each message
        self._dispatch.window = min(WINDOW, getattr(properties, "ReceiveMaximum", WINDOW))
        self._dispatch.packet_bytes = getattr(properties, "MaximumPacketSize", LONGEST)
        self._stock.truths.tell_all()
        self._stock.outbox.connected()
        self._greeted = True
        self._hooks.greeted()

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
