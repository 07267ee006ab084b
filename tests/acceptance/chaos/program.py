"""A program that tells of events as ``edgeact run`` does: on standard output, then to the broker.

Each event starts, is updated once where its number is even, and ends half a second later; at
SIGTERM all that are open end.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from dataclasses import replace
from itertools import count

from pipelines.publish.context import SourceContext
from pipelines.publish.mqtt import MqttConfig, mqtt_from_url
from pipelines.publish.mqtt_sink import MqttSink
from pipelines.publish.outbox_config import OutboxConfig
from pipelines.publish.publisher import Publisher
from pipelines.publish.sinks import LineSink, Sink
from recognition.hysteresis import EndReason
from tests.pipelines.publish.examples import END, START, context

CAMERAS = 4
LASTS_S = 0.5
CLOSE_S = 300.0


class Day:
    """Events at a steady pace until somebody says stop."""

    def __init__(self, publisher: Publisher, rate: float) -> None:
        self._publisher = publisher
        self._rate = rate
        self._over = False

    def stop(self, *_: object) -> None:
        """Begin no more events."""
        self._over = True

    def run(self) -> None:
        """Publish; a delay of one event is made up for by the next ones."""
        began_s, lasting = time.monotonic(), round(self._rate * LASTS_S)
        for number in count():
            if self._over:
                break
            self._publisher.publish(replace(START, source_id=number % CAMERAS, track_id=number))
            if number >= lasting // 2:
                self._update(number - lasting // 2)
            if number >= lasting:
                self._end(number - lasting, "score_low")
            time.sleep(max(0.0, began_s + (number + 1) / self._rate - time.monotonic()))
        for left in range(max(0, number - lasting), number):
            self._end(left, "shutdown")

    def _update(self, number: int) -> None:
        if number % 2 == 0:
            update = replace(START, phase="update", rev=1, pts_ns=START.pts_ns + 200_000_000)
            self._publisher.publish(replace(update, source_id=number % CAMERAS, track_id=number))

    def _end(self, number: int, reason: EndReason) -> None:
        end = replace(END, rev=2, end_reason=reason)
        self._publisher.publish(replace(end, source_id=number % CAMERAS, track_id=number))


def patience(url: str, outage_s: float, max_messages: int) -> MqttConfig:
    """Settings with waits in proportion to the outage, so that a short one has all its steps."""
    changes = {
        "keepalive_s": max(1, int(outage_s / 6)),
        "connect_timeout_s": outage_s / 12,
        "retry_min_s": outage_s / 60,
        "retry_max_s": outage_s / 12,
        "outbox": OutboxConfig(max_messages=max_messages),
    }
    return mqtt_from_url(url).model_copy(update=changes)


def main() -> None:
    """Publish until SIGTERM; then end what is open and wait for the broker."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--boot", required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--outage", type=float, required=True)
    parser.add_argument("--max-messages", type=int, required=True)
    args = parser.parse_args()
    base_ns = time.time_ns()
    sources = {
        index: SourceContext(name=f"door-{index}", utc_base_ns=base_ns, clock="arrival")
        for index in range(CAMERAS)
    }
    config = patience(args.url, args.outage, args.max_messages)
    mqtt = MqttSink(config, "gate-1", boot_id=args.boot)
    sinks: list[Sink] = [LineSink("stdout", sys.stdout.buffer), mqtt]
    publisher = Publisher(context(boot_id=args.boot, sources=sources), sinks)
    day = Day(publisher, args.rate)
    signal.signal(signal.SIGTERM, day.stop)
    day.run()
    publisher.close(CLOSE_S)


if __name__ == "__main__":
    main()
