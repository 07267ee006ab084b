"""``edgeact events``: the events of a broker, a line each; a check of them; a day of them."""

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
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--json", action="store_true", help="print the payloads as they came")
    way.add_argument(
        "--validate",
        action="store_true",
        help="hold all messages against docs/contract and print what is wrong; exit code 1 if any",
    )
    way.add_argument(
        "--mock",
        action="store_true",
        help="publish a scripted day, so that a subscriber can be built without a camera",
    )
    way.add_argument(
        "--forget",
        metavar="NODE",
        help="take away all that the broker keeps of a node that is gone, for Home Assistant too",
    )
    parser.add_argument(
        "--speed",
        type=float,
        default=144.0,
        metavar="N",
        help="with --mock: how many times faster than a real day (default: a day in 10 minutes)",
    )
    parser.add_argument(
        "--seconds", type=float, metavar="N", help="stop after so many seconds (default: Ctrl-C)"
    )


def run(args: argparse.Namespace) -> int:
    """Print events until the time is over or Ctrl-C.

    Exit code: 0, 1 for messages that break the contract, or 2 for a wrong broker.
    """
    from pipelines.publish.mqtt import mqtt_from_url
    from pipelines.publish.topics import event_filter

    listener: Listener = Listener(json=args.json)
    try:
        config = mqtt_from_url(args.mqtt)
        if args.mock:
            _mock(config, args)
            return 0
        if args.forget is not None:
            from pipelines.forget import forget

            forget(config, args.forget)
            return 0
        topics = event_filter(config.base, args.camera, args.action)
        if args.validate:
            from pipelines.validate import Validation

            listener, topics = Validation(), f"{config.base}/v1/#"
        Subscription(config, topics, listener, seconds=args.seconds).run()
    except (ConnectionError, ValueError) as error:
        sys.stderr.write(f"edgeact events: {error}\n")
        return 2
    except (KeyboardInterrupt, BrokenPipeError):
        _discard_output()
    return listener.close()


def _mock(config: MqttConfig, args: argparse.Namespace) -> None:
    """Publish the scripted day. Raises ValueError for a speed that is none."""
    from pipelines.mock_day import play

    if args.speed <= 0:
        raise ValueError(f"--speed must be above 0, got {args.speed:g}; for example 144")
    play(config, speed=args.speed, seconds=args.seconds)


class Listener:
    """Makes a line of each event message."""

    def __init__(self, *, json: bool = False) -> None:
        self._raw = json

    def line(self, message: Any) -> bytes | None:
        """What to print of a message of paho's; None for nothing."""
        payload = bytes(message.payload)
        return payload if self._raw else pretty(message.topic, payload).encode()

    def close(self) -> int:
        """Say what is to be said at the end; the exit code."""
        return 0


class Subscription:
    """Prints what one broker sends; a connection that is lost is made again."""

    def __init__(
        self, config: MqttConfig, topics: str, listener: Listener, *, seconds: float | None
    ) -> None:
        from pipelines.publish.mqtt_client import open_client

        self._config = config
        self._filter = topics
        self._listener = listener
        self._until = None if seconds is None else time.monotonic() + seconds
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
        if self._config.protocol == "5":
            from paho.mqtt.subscribeoptions import SubscribeOptions

            # Retained or not as it was published, not as it was delivered.
            client.subscribe(self._filter, options=SubscribeOptions(1, retainAsPublished=True))
        else:
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
        line = self._listener.line(message)
        if line is None:
            return
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
    return printable(line)


def printable(line: str) -> str:
    """Text from the network without the control characters, which would steer the terminal."""
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
