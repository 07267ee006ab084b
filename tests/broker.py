"""A real mosquitto on a free port of the loopback, and a listener that remembers messages."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
PATIENCE_S = 180.0
"""How long a test waits for what must come; generous, because it only limits failures."""

needs_mosquitto = pytest.mark.skipif(
    MOSQUITTO is None, reason="needs the broker: apt-get install mosquitto mosquitto-clients"
)


def free_port() -> int:
    """A TCP port of the loopback that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def wait_until(condition: Any, what: str) -> None:
    """Wait for a condition; fail with ``what`` when it never comes true."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {PATIENCE_S:g} s for {what}")
        time.sleep(0.01)


class Broker:
    """One mosquitto; it may be stopped and started again on the same port.

    users: name to password; empty lets everybody in. settings: more lines of mosquitto.conf.
    """

    def __init__(
        self, folder: Path, users: dict[str, str] | None = None, settings: tuple[str, ...] = ()
    ) -> None:
        self.port = free_port()
        self.url = f"mqtt://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self._saved = folder / f"mosquitto-{self.port}.db"
        self._conf = folder / f"mosquitto-{self.port}.conf"
        lines = [
            f"listener {self.port} 127.0.0.1",
            f"user {pwd.getpwuid(os.geteuid()).pw_name}",
            "persistence true",
            f"persistence_location {folder}/",
            f"persistence_file {self._saved.name}",
            *settings,
        ]
        if users:
            passwords = folder / f"passwords-{self.port}"
            passwords.touch(mode=0o600)
            for name, password in users.items():
                subprocess.run(
                    ["mosquitto_passwd", "-b", str(passwords), name, password], check=True
                )
            lines += ["allow_anonymous false", f"password_file {passwords}"]
        else:
            lines.append("allow_anonymous true")
        self._conf.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def start(self) -> Broker:
        """Start and wait until the port answers."""
        assert MOSQUITTO is not None
        self._process = subprocess.Popen(
            [MOSQUITTO, "-c", str(self._conf)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(self._answers, "mosquitto to listen")
        return self

    def stop(self) -> None:
        """Stop; the port then refuses connections."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE_S)
            self._process = None

    def save(self) -> None:
        """Write sessions and retained messages to disk now, so that a kill does not cost them."""
        assert self._process is not None
        self._process.send_signal(signal.SIGUSR1)
        wait_until(self._saved.exists, "mosquitto to save")

    def kill(self) -> None:
        """As by ``kill -9``: what it had not written is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE_S)
            self._process = None

    def __enter__(self) -> Broker:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, "mosquitto did not start; see its configuration"
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", self.port)) == 0


@dataclass(frozen=True)
class Heard:
    """A message as a subscriber got it. picture_of: the user property that names an event."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    content_type: str | None
    picture_of: str | None = None


class Listener:
    """Subscribes before it returns, and keeps what comes, over restarts of the broker too."""

    def __init__(
        self, port: int, topic: str = "#", user: str | None = None, password: str | None = None
    ) -> None:
        self.heard: list[Heard] = []
        self.subscriptions = 0
        self._subscribed = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, f"listener-{port}", protocol=MQTTv5)
        if user is not None:
            self._client.username_pw_set(user, password)
        self._client.on_connect = lambda client, *_: client.subscribe(topic, qos=1)
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        session.SessionExpiryInterval = 3600
        self._client.connect("127.0.0.1", port, clean_start=False, properties=session)
        self._client.loop_start()
        assert self._subscribed.wait(PATIENCE_S), "the subscription was not granted"

    def events(self) -> list[Heard]:
        """The action events among what was heard."""
        return [one for one in self.heard if "/event/" in one.topic]

    def wait_for_events(self, count: int) -> list[Heard]:
        """Wait until so many events were heard."""
        wait_until(lambda: len(self.events()) >= count, f"{count} events on MQTT")
        return self.events()

    def publish(self, topic: str) -> None:
        """Say something empty, after all that the broker has got so far."""
        self._client.publish(topic, b"", qos=1)

    def availability(self) -> list[bytes]:
        """The words of availability, in order."""
        return [one.payload for one in self.heard if one.topic.endswith("/availability")]

    def __enter__(self) -> Listener:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        if (sock := self._client.socket()) is not None:  # paho's thread may stop before it closes
            sock.close()

    def _on_subscribe(self, *_: Any) -> None:
        self.subscriptions += 1
        self._subscribed.set()

    def _on_message(self, client: Client, userdata: Any, message: MQTTMessage) -> None:
        own = dict(getattr(message.properties, "UserProperty", []))
        self.heard.append(
            Heard(
                message.topic,
                bytes(message.payload),
                message.qos,
                message.retain,
                getattr(message.properties, "ContentType", None),
                own.get("event"),
            )
        )
