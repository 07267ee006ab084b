"""Whole programs and a real broker: kill either, and nothing is lost in silence."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines.publish.traffic import Traffic
from tests.broker import Broker, Heard, Listener, needs_mosquitto, wait_until

pytestmark = [pytest.mark.mqtt, needs_mosquitto]

SITE = """
import sys, time
from dataclasses import replace
from pipelines.publish.mqtt import mqtt_from_url
from pipelines.publish.mqtt_sink import MqttSink
from pipelines.publish.publisher import Publisher
from tests.pipelines.publish.examples import END, LOBBY, START, context

boot, rate = sys.argv[2], 100.0
count = int(sys.argv[3])
config = mqtt_from_url(sys.argv[1]).model_copy(update={"retry_min_s": 0.05, "retry_max_s": 0.1})
live = replace(LOBBY, clock="arrival")
sink = MqttSink(config, "gate-1", boot_id=boot)
publisher = Publisher(context(boot_id=boot, sources={0: live}), [sink])
for number in range(count):
    publisher.publish(replace(START, track_id=number))
    if number >= 5:
        publisher.publish(replace(END, track_id=number - 5))
    time.sleep(1 / rate)
time.sleep(3600)
"""


@contextmanager
def site(broker: Broker, boot: str, events: int = 1_000_000) -> Iterator[subprocess.Popen[bytes]]:
    """A program that begins 100 events per second, five of them open at a time; then kill -9."""
    with subprocess.Popen([sys.executable, "-c", SITE, broker.url, boot, str(events)]) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGKILL)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with Broker(tmp_path, settings=("max_queued_messages 0", "max_inflight_messages 0")) as running:
        yield running


def lives(heard: list[Heard]) -> dict[str, list[str]]:
    """Phases of each event in the order in which a subscriber that drops repeats hears them."""
    found: dict[str, list[str]] = {}
    seen: set[str] = set()
    for one in heard:
        message = json.loads(one.payload)
        if message["id"] not in seen:
            seen.add(message["id"])
            event = message["data"]["event"]
            found.setdefault(event["id"], []).append(event["phase"])
    return found


def check(listener: Listener) -> Traffic:
    """Everything that was heard keeps the contract."""
    traffic = Traffic()
    for one in list(listener.heard):
        assert traffic.check(one.topic, one.payload, qos=one.qos, retain=None) == [], one
    return traffic


def test_every_start_has_its_end_although_the_program_is_killed_three_times(
    broker: Broker,
) -> None:
    with Listener(broker.port) as listener:
        for boot in ("one", "two", "three"):
            before = len(listener.events())
            with site(broker, boot):
                listener.wait_for_events(before + 100)
        with site(broker, "four"):
            still = Open(listener)
            wait_until(lambda: still.none("one", "two", "three"), "all ends")
        heard = list(listener.heard)
    reasons = Counter(
        json.loads(one.payload)["data"]["event"].get("end_reason")
        for one in heard
        if "/event/" in one.topic
    )
    assert reasons["restart_recovered"] >= 3
    gaps = {json.loads(one.payload)["boot_id"] for one in heard if one.topic.endswith("/gap")}
    assert gaps == {"one", "two", "three"}
    check(listener)


class Open:
    """Which events of which run were heard to start and not to end."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._read = 0
        self._of_boot: dict[str, set[str]] = {}

    def none(self, *boots: str) -> bool:
        """Whether nothing of these runs is open."""
        while self._read < len(self._listener.heard):
            one = self._listener.heard[self._read]
            self._read += 1
            if "/event/" in one.topic:
                data = json.loads(one.payload)["data"]
                still = self._of_boot.setdefault(data["track"]["uid"].split(":")[1], set())
                began = data["event"]["phase"] == "start"
                (still.add if began else still.discard)(data["event"]["id"])
        return not any(self._of_boot.get(boot) for boot in boots)


def waiting(folder: Path) -> int:
    """How many messages a program has on disk."""
    (path,) = (folder / "state").glob("*.sqlite")
    db = sqlite3.connect(path)
    try:
        return int(db.execute("SELECT count(*) FROM messages").fetchone()[0])
    finally:
        db.close()


def test_every_start_has_its_end_although_the_broker_is_killed(
    broker: Broker, tmp_path: Path
) -> None:
    with Listener(broker.port) as listener:
        with site(broker, "one") as process:
            listener.wait_for_events(100)
            broker.kill()
            wait_until(lambda: waiting(tmp_path) >= 100, "events on disk")
            process.send_signal(signal.SIGSTOP)  # until the listener is back, too
            broker.start()
            wait_until(lambda: listener.subscriptions == 2, "the listener")
            process.send_signal(signal.SIGCONT)
            listener.wait_for_events(len(listener.events()) + 100)
        with site(broker, "two"):
            still = Open(listener)
            wait_until(lambda: still.none("one"), "all ends")
        told = lives(listener.events())
        check(listener)
    assert len(told) > 100
    assert {tuple(phases) for phases in told.values()} <= {("start", "end"), ("start",)}


def test_a_state_left_on_by_a_program_that_died_is_taken_back(broker: Broker) -> None:
    with Listener(broker.port, "+/v1/+/cam/+/active/+") as listener:
        with site(broker, "one"):
            wait_until(lambda: any(b'"ON"' in one.payload for one in listener.heard), "ON")
        with site(broker, "two", events=0):
            wait_until(lambda: b'"OFF"' in listener.heard[-1].payload, "OFF")
