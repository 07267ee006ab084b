"""How fast does the durable outbox deliver, beside bare paho with the same window?"""

from __future__ import annotations

import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from pipelines.publish.compose import render
from pipelines.publish.mqtt import mqtt_from_url
from pipelines.publish.mqtt_dispatch import WINDOW
from pipelines.publish.mqtt_properties import of_event
from pipelines.publish.mqtt_sink import MqttSink
from pipelines.publish.outbox_config import OutboxConfig
from pipelines.publish.sinks import EventMark, OutMessage
from tests.acceptance.figure import Figure, main
from tests.broker import Broker
from tests.pipelines.publish.examples import END, START, context

GOAL = "at least 2,000 events/s and 0.6 of bare paho; PUBACK within 20 ms at 100/s for 95 %"
EVENTS = 10_000
MADE: list[OutMessage] = []
"""All messages, made once: making them is no part of delivery."""

TURNS = 7
CALM = 300
AHEAD = 900  # as many as may wait in memory: what is measured is delivery, not the backlog


def measure() -> Figure:
    """Both in turn, several times; the median, and that of the shares within each turn."""
    with tempfile.TemporaryDirectory() as name, Broker(Path(name)) as broker:
        messages(EVENTS)
        bare, ours = [], []
        for _ in range(TURNS):
            bare.append(timed(partial(bare_paho, broker.port)))
            ours.append(timed(partial(durable, broker.url, Path(name))))
        bare_ms, calm_ms = bare_calm(broker.port), calm(broker.url, Path(name))
    rate = statistics.median(one.per_s for one in ours)
    shares = [one.per_s / other.per_s for one, other in zip(ours, bare, strict=True)]
    share = statistics.median(shares)
    bare_p95_ms, p95_ms = (statistics.quantiles(ms, n=20)[18] for ms in (bare_ms, calm_ms))
    value = {"events_per_s": round(rate), "share": round(share, 2), "p95_ms": round(p95_ms, 1)}
    passed = rate >= 2000 and share >= 0.6 and p95_ms <= 20
    detail = {
        "bare_per_s": [round(one.per_s) for one in bare],
        "ours_per_s": [round(one.per_s) for one in ours],
        "shares": [round(one, 2) for one in shares],
        "bare_cpu_us": round(statistics.median(one.cpu_us for one in bare)),
        "ours_cpu_us": round(statistics.median(one.cpu_us for one in ours)),
        "bare_p95_ms": round(bare_p95_ms, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    return Figure("outbox", value, GOAL, passed, detail)


@dataclass(frozen=True)
class Run:
    """Events per second, and how long this process worked for one of them, broker left out."""

    per_s: float
    cpu_us: float


def timed(run: Callable[[], float]) -> Run:
    """One run and its cost; what was busy beside it counts for the speed, not for the cost."""
    began_s = time.process_time()
    per_s = run()
    return Run(per_s, (time.process_time() - began_s) * 1e6 / EVENTS)


def messages(count: int) -> list[OutMessage]:
    """Starts and ends in turn, as they are published."""
    topic = "edgeact/v1/gate-1/cam/lobby_east/event/sit_down"
    for number in range(len(MADE), count):
        event = replace(END if number % 2 else START, track_id=number // 2)
        mark = EventMark(str(number // 2), event.phase, number)
        MADE.append(OutMessage(topic, render(event, context(), number), mark))
    return MADE[:count]


def bare_paho(port: int) -> float:
    """Events per second with paho alone, QoS 1; payloads, topics and properties are ours."""
    done = threading.Event()
    left = [EVENTS]

    def on_publish(*_: Any) -> None:
        left[0] -= 1
        if not left[0]:
            done.set()

    client = Client(CallbackAPIVersion.VERSION2, "bare", protocol=MQTTv5)
    client.max_inflight_messages_set(WINDOW)
    client.on_publish = on_publish
    client.connect("127.0.0.1", port)
    client.loop_start()
    made, properties = messages(EVENTS), of_event(mqtt_from_url(f"mqtt://127.0.0.1:{port}"), 0)
    began_s = time.monotonic()
    for number, message in enumerate(made):
        client.publish(message.topic, message.payload, qos=1, properties=properties)
        while number - (EVENTS - left[0]) > AHEAD:
            time.sleep(0.001)
    done.wait(600)
    took_s = time.monotonic() - began_s
    client.disconnect()
    client.loop_stop()
    return EVENTS / took_s


def bare_calm(port: int) -> list[float]:
    """Milliseconds from publish to confirmation with paho alone, at 100 events per second."""
    client = Client(CallbackAPIVersion.VERSION2, "calm", protocol=MQTTv5)
    client.connect("127.0.0.1", port)
    client.loop_start()
    found = []
    for message in messages(CALM):
        began_s = time.monotonic()
        client.publish(message.topic, message.payload, qos=1).wait_for_publish(60)
        found.append((time.monotonic() - began_s) * 1000)
        time.sleep(max(0.0, 0.01 - found[-1] / 1000))
    client.disconnect()
    client.loop_stop()
    return found


def durable(url: str, folder: Path) -> float:
    """Events per second through the outbox on disk."""
    sink = open_sink(url, folder)
    made = messages(EVENTS)
    began_s = time.monotonic()
    for number, message in enumerate(made):
        sink.offer(message)
        if number % 50 == 0:
            while number - sink.counters.acknowledged > AHEAD:
                time.sleep(0.001)
    while sink.counters.acknowledged < EVENTS:
        time.sleep(0.001)
    took_s = time.monotonic() - began_s
    sink.close()
    return EVENTS / took_s


def calm(url: str, folder: Path) -> list[float]:
    """Milliseconds from offer to confirmation, at 100 events per second."""
    sink = open_sink(url, folder)
    found = []
    for number, message in enumerate(messages(CALM)):
        began_s = time.monotonic()
        sink.offer(message)
        while sink.counters.acknowledged <= number:
            time.sleep(0.0002)
        found.append((time.monotonic() - began_s) * 1000)
        time.sleep(max(0.0, 0.01 - found[-1] / 1000))
    sink.close()
    return found


def open_sink(url: str, folder: Path) -> MqttSink:
    """A sink with its outbox in the folder, once the broker has let it in."""
    config = mqtt_from_url(url).model_copy(update={"outbox": OutboxConfig(folder=folder)})
    sink = MqttSink(config, "gate-1")
    while not sink.connected:
        time.sleep(0.01)
    return sink


if __name__ == "__main__":
    main(measure)
