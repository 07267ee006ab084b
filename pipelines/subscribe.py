"""``edgeact events``: subscribe to the events of a broker and print a line for each."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipelines.publish.contract import ActionMessage
    from pipelines.publish.mqtt import MqttConfig

DEFAULT_URL = "mqtt://127.0.0.1"
RETRY_S = 1.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``edgeact events``."""
    parser.add_argument(
        "--mqtt",
        metavar="URL",
        default=DEFAULT_URL,
        help="mqtt://[user@]host[:port][/base-topic]; the password comes from the variable "
        "EDGEACT_MQTT_PASSWORD (default: %(default)s)",
    )
    parser.add_argument("--camera", metavar="NAME", help="only the events of this camera")
    parser.add_argument("--action", metavar="NAME", help="only the events of this action")
    parser.add_argument("--json", action="store_true", help="print the payloads as they came")
    parser.add_argument(
        "--seconds", type=float, metavar="N", help="stop after so many seconds (default: Ctrl-C)"
    )


def run(args: argparse.Namespace) -> int:
    """Print events until the time is over or Ctrl-C. Exit code: 0, or 2 for a wrong broker."""
    from pipelines.publish.mqtt import mqtt_from_url

    try:
        config = mqtt_from_url(args.mqtt)
        Subscription(config, args).run()
    except (ConnectionError, ValueError) as error:
        sys.stderr.write(f"edgeact events: {error}\n")
        return 2
    except (KeyboardInterrupt, BrokenPipeError):
        _discard_output()
    return 0


class Subscription:
    """Prints what one broker sends; a connection that is lost is made again."""

    def __init__(self, config: MqttConfig, args: argparse.Namespace) -> None:
        from pipelines.publish.mqtt_client import open_client
        from pipelines.publish.topics import event_filter

        self._config = config
        self._filter = event_filter(config.base, args.camera, args.action)
        self._raw = bool(args.json)
        self._until = None if args.seconds is None else time.monotonic() + args.seconds
        self._refusal: str | None = None
        self._reader_gone = False
        self._client = open_client(config, config.client_id or "")
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def run(self) -> None:
        """Serve until the time is over. ConnectionError where the broker does not let us in."""
        self._connect()
        while self._left_s() > 0:
            lost = self._client.loop(min(0.5, self._left_s()))
            if self._reader_gone:
                raise BrokenPipeError
            if self._refusal is not None:
                raise ConnectionError(self._refusal)
            if lost:
                self._reconnect()
        self._client.disconnect()

    def _left_s(self) -> float:
        return 0.5 if self._until is None else self._until - time.monotonic()

    def _connect(self) -> None:
        from pipelines.publish.mqtt_client import explain_error

        try:
            self._client.connect(
                self._config.host, self._config.port_number, self._config.keepalive_s
            )
        except OSError as error:
            raise ConnectionError(explain_error(error, self._config)) from None

    def _reconnect(self) -> None:
        sys.stderr.write(f"edgeact events: broker {self._config.broker} is gone; trying again\n")
        while self._left_s() > 0:
            time.sleep(min(RETRY_S, self._left_s()))
            try:
                self._connect()
            except ConnectionError:
                continue
            return

    def _on_connect(
        self, client: Any, userdata: Any, flags: Any, reason: Any, properties: Any
    ) -> None:
        if reason.is_failure:
            from pipelines.publish.mqtt_client import explain_refusal

            self._refusal = explain_refusal(reason, self._config)
            return
        client.subscribe(self._filter, qos=1)

    def _on_subscribe(
        self, client: Any, userdata: Any, mid: int, reasons: Any, properties: Any
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            from pipelines.publish.mqtt_client import explain_refusal

            self._refusal = explain_refusal(reasons[0], self._config)
        else:
            sys.stderr.write(f"listening to {self._filter} on {self._config.broker}\n")

    def _on_message(self, client: Any, userdata: Any, message: Any) -> None:
        line = message.payload if self._raw else pretty(message.topic, message.payload).encode()
        try:
            sys.stdout.buffer.write(line + b"\n")
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            self._reader_gone = True


def pretty(topic: str, payload: bytes) -> str:
    """One line of an event: time, camera, track, action, phase, score, and how long it was."""
    from pydantic import ValidationError

    from pipelines.publish.contract import ActionMessage

    try:
        line = _line(ActionMessage.model_validate_json(payload))
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors(include_url=False)[0]["loc"])
        line = f"{topic}: not an event of this version ({where or 'no JSON'})"
    # Names come from the network; control characters would steer the terminal.
    return "".join(letter if letter.isprintable() else "?" for letter in line)


def _line(message: ActionMessage) -> str:
    event, data = message.data.event, message.data
    words = [
        message.time,
        f"{data.camera.name:<12}",
        f"track {data.track.id:<4}",
        f"{event.action:<12}",
        f"{event.phase:<7}",
        f"{data.score.current:.2f}",
    ]
    if data.time.duration_s is not None:
        words.append(f"{data.time.duration_s:.1f} s")
    if event.end_reason is not None:
        words.append(f"({event.end_reason})")
    return "  ".join(words)


def _discard_output() -> None:
    """Let the interpreter's last flush of a closed standard output pass in silence."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
