"""Stand-in for libnvds_mqtt_proto.so: MQTT 5, QoS 0, nothing retained, as NVIDIA's adaptor."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from typing import TYPE_CHECKING

from plugins.cpu.key_file import read_sections

if TYPE_CHECKING:
    from paho.mqtt.client import Client, MQTTMessageInfo
    from paho.mqtt.reasoncodes import ReasonCode

GROUP = "message-broker"
CONNECT_S = 10.0
FLUSH_S = 5.0
"""How long the end waits for what has not left yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttSettings:
    """Where and as whom to connect. The certificates are paths; TLS always checks the broker's."""

    host: str
    port: int
    client_id: str = ""
    username: str | None = None
    password: str | None = None
    keep_alive_s: int = 60
    tls: bool = False
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None


def load_settings(conn_str: str | None, config: str | None) -> MqttSettings:
    """Read ``conn-str`` (``host;port``) and the group [message-broker] of the file ``config``.

    USER_MQTT and PASSWORD_MQTT of the environment win over the file.

    Raises:
        ValueError: no host and port, or a file that cannot be read.
    """
    host, _, rest = (conn_str or "").partition(";")
    port = rest.partition(";")[0]
    if not host or not port.isdigit():
        raise ValueError(f"conn-str={conn_str or ''}: wanted host;port of an MQTT broker")
    keys = read_sections(Path(config)).get(GROUP, {}) if config else {}
    if keys.get("tls-capath"):
        raise ValueError(f"{config}: tls-capath is not there on platform cpu; use tls-cafile")
    return MqttSettings(
        host=host,
        port=int(port),
        client_id=keys.get("client-id", ""),
        username=os.environ.get("USER_MQTT") or keys.get("username") or None,
        password=os.environ.get("PASSWORD_MQTT") or keys.get("password") or None,
        keep_alive_s=int(keys.get("keep-alive") or 60),
        tls=keys.get("enable-tls") in {"1", "true"},
        ca_file=keys.get("tls-cafile") or None,
        cert_file=keys.get("tls-certfile") or None,
        key_file=keys.get("tls-keyfile") or None,
    )


class MqttAdaptor:
    """A connection whose own thread sends.

    Raises:
        ValueError: the broker cannot be reached or lets nobody in; names it and the reason, never
            the password.
    """

    def __init__(self, settings: MqttSettings) -> None:
        self._client = _client(settings)
        self._last: MQTTMessageInfo | None = None
        self._answer: Queue[ReasonCode] = Queue()
        self._client.on_connect = self._on_connect
        reason = self._connected(settings)
        if reason is not None:
            self.close()
            where = f"{settings.host};{settings.port}"
            raise ValueError(f"cannot reach the MQTT broker at {where}: {reason}")

    def _connected(self, settings: MqttSettings) -> str | None:
        """Connect; give the reason where that failed."""
        try:
            self._client.connect(settings.host, settings.port, settings.keep_alive_s)
            self._client.loop_start()
            answer = self._answer.get(timeout=CONNECT_S)
        except OSError as error:
            return str(error)
        except Empty:
            return f"no answer within {CONNECT_S:g} s"
        return str(answer) if answer.is_failure else None

    def _on_connect(
        self,
        client: Client,
        userdata: object,
        flags: object,
        reason: ReasonCode,
        properties: object,
    ) -> None:
        self._answer.put(reason)

    def send(self, topic: str, payload: bytes) -> None:
        """Send one message soon; it is lost where the broker is away, as with QoS 0."""
        self._last = self._client.publish(topic, payload)

    def close(self) -> None:
        """Send what waits, for a few seconds at most, and disconnect."""
        if self._last is not None and self._client.is_connected():
            self._last.wait_for_publish(FLUSH_S)
        self._client.disconnect()
        self._client.loop_stop()


def _client(settings: MqttSettings) -> Client:
    from paho.mqtt.client import Client, MQTTv5
    from paho.mqtt.enums import CallbackAPIVersion

    client = Client(CallbackAPIVersion.VERSION2, settings.client_id, protocol=MQTTv5)
    client.connect_timeout = CONNECT_S
    if settings.username is not None:
        client.username_pw_set(settings.username, settings.password)
    if settings.tls:
        client.tls_set(settings.ca_file, settings.cert_file, settings.key_file)
    return client
