"""A mosquitto of our own on the loopback, and a subscriber that counts what it delivers."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from pipelines.publish.mqtt import MqttConfig
from pipelines.publish.mqtt_client import explain_error, open_client
from pipelines.publish.topics import event_filter
from settings.errors import ConfigError

BASE = "edgeact"
_PATH = "/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"  # Debian keeps daemons out of PATH
_START_S = 10.0
_ATTEMPTS = 3


class OwnBroker:
    """One mosquitto for the time of a ``with``: loopback only, no password, nothing kept.

    Raises on entry:
        ConfigError: the program is missing, or does not start; with its own words.
    """

    def __init__(self) -> None:
        self.port = 0
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where to publish."""
        return f"mqtt://127.0.0.1:{self.port}/{BASE}"

    def __enter__(self) -> OwnBroker:
        """Start it and wait until it answers."""
        program = shutil.which("mosquitto") or shutil.which("mosquitto", path=_PATH)
        if program is None:
            raise ConfigError(
                ["edgeact: the demo needs the broker mosquitto: apt-get install mosquitto"]
            )
        self._folder = tempfile.TemporaryDirectory(prefix="edgeact-demo-")
        said = ""
        for _ in range(_ATTEMPTS):  # another program may take the port before mosquitto does
            said = self._start(program, Path(self._folder.name))
            if not said:
                return self
        self._stop()
        raise ConfigError([f"edgeact: {program} does not start: {said}"])

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it and remove its folder."""
        self._stop()

    def _start(self, program: str, folder: Path) -> str:
        """Start on a free port; why it failed, or nothing."""
        self.port = _free_port()
        conf, log = (folder / name for name in ("mosquitto.conf", "log"))
        lines = [f"listener {self.port} 127.0.0.1", "allow_anonymous true", "persistence false"]
        conf.write_text("\n".join(lines) + "\n", encoding="utf-8")
        with log.open("wb") as stream:
            self._process = subprocess.Popen(
                [program, "-c", str(conf)],
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the run; the broker goes last
            )
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline and self._process.poll() is None:
            with socket.socket() as sock:
                if sock.connect_ex(("127.0.0.1", self.port)) == 0:
                    return ""
            time.sleep(0.02)
        self._end_process()
        said = log.read_text(errors="replace").strip().splitlines()
        return said[-1] if said else f"no answer on port {self.port} within {_START_S:g} s"

    def _stop(self) -> None:
        self._end_process()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _end_process(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_START_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


class Subscriber:
    """Counts the action events that a broker delivers, for the time of a ``with``.

    Raises on entry:
        ConfigError: the broker cannot be reached, or grants no subscription.
    """

    def __init__(self, broker: OwnBroker) -> None:
        self.heard = 0
        self._config = MqttConfig(host="127.0.0.1", port=broker.port, base=BASE)
        self._ready = threading.Event()
        self._client = open_client(self._config, f"edgeact-audience-{broker.port}")
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._on_message

    def __enter__(self) -> Subscriber:
        """Connect and subscribe to the events of all cameras."""
        try:
            self._client.connect(self._config.host, self._config.port_number)
        except OSError as error:
            raise ConfigError([explain_error(error, self._config)]) from None
        self._client.loop_start()
        if not self._ready.wait(_START_S):
            raise ConfigError([f"broker {self._config.broker} grants no subscription"])
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the broker."""
        self._client.disconnect()
        self._client.loop_stop()

    def wait_for(self, count: int, *, timeout_s: float) -> int:
        """How many were heard, once there are ``count`` or the time is over."""
        deadline = time.monotonic() + timeout_s
        while self.heard < count and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.heard

    def _on_connect(self, client: Any, *_: Any) -> None:
        client.subscribe(event_filter(BASE), qos=1)

    def _on_message(self, *_: Any) -> None:
        self.heard += 1


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
