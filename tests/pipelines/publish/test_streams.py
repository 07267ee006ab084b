"""Events to Redis and Kafka: a real redis-server, and librdkafka's own broker for tests."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, Producer, TopicPartition
from redis import Redis

from tests.broker import PATIENCE_S, free_port, wait_until
from tests.certificates import Certificate
from tests.pipelines.publish.examples import END, START, numbered
from tests.pipelines.publish.test_couriers import close, plain, publisher

PASSWORD = "sesame-of-redis"
PARTITIONS = 4

needs_redis = pytest.mark.skipif(
    shutil.which("redis-server") is None, reason="needs redis-server: apt-get install redis-server"
)


class RedisServer:
    """A redis-server on the loopback that may be stopped and started; nothing is kept.

    own: for TLS, which is all that it speaks then.
    """

    def __init__(self, folder: Path, own: Certificate | None = None) -> None:
        self.port = free_port()
        self.url = f"{'rediss' if own else 'redis'}://127.0.0.1:{self.port}"
        self._folder = folder
        self._own = own

    def start(self) -> None:
        listen = f"--port {self.port}"
        if self._own:
            files = f"--tls-cert-file {self._own.file} --tls-key-file {self._own.key}"
            listen = f"--port 0 --tls-port {self.port} --tls-auth-clients no {files}"
        command = f"redis-server {listen} --bind 127.0.0.1 --requirepass {PASSWORD}"
        self._process = subprocess.Popen(
            [*command.split(), "--dir", str(self._folder), "--save", ""], stdout=subprocess.DEVNULL
        )
        wait_until(self._answers, "redis-server to listen")

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def entries(self) -> list[dict[bytes, bytes]]:
        tls: dict[str, Any] = {}
        if self._own:
            tls = {"ssl": True, "ssl_ca_certs": str(self._own.file)}
        with Redis(host="127.0.0.1", port=self.port, password=PASSWORD, **tls) as client:
            return [fields for _, fields in client.xrange("edgeact:events")]

    def _answers(self) -> bool:
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", self.port)) == 0


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()


@needs_redis
def test_a_redis_stream_gets_each_message_in_order(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEACT_REDIS_PASSWORD", PASSWORD)
    out = publisher(redis={"url": redis.url})
    payloads = [out.publish(event) for event in (START, END, *numbered(30))]
    assert close(out).acknowledged == 32
    entries = redis.entries()
    assert [plain(one[b"payload"]) for one in entries] == payloads
    assert entries[0][b"topic"] == b"edgeact/v1/gate-1/cam/lobby_east/event/sit_down"
    assert entries[0][b"type"] == b"application/cloudevents+json"


@needs_redis
def test_events_wait_for_a_redis_server_that_is_away(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("EDGEACT_REDIS_PASSWORD", PASSWORD)
    redis.stop()
    out = publisher(redis={"url": redis.url})
    payloads = [out.publish(event) for event in (START, END)]
    wait_until(lambda: f"redis 127.0.0.1:{redis.port}: cannot be reached" in caplog.text, "a word")
    redis.start()
    wait_until(lambda: len(redis.entries()) == 2, "the events")
    close(out)
    assert [plain(one[b"payload"]) for one in redis.entries()] == payloads


@needs_redis
def test_a_wrong_redis_password_is_told_without_it(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("EDGEACT_REDIS_PASSWORD", "wrong-sesame")
    out = publisher(redis={"url": redis.url})
    out.publish(START)
    wait_until(lambda: "refuses: " in caplog.text, "a warning")
    out.close(0.1)
    assert "sesame" not in caplog.text


@pytest.fixture
def kafka() -> Iterator[str]:
    """Address of a broker that librdkafka runs in this process, in place of Apache Kafka."""
    cluster = Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 1})
    (broker,) = cluster.list_topics(timeout=PATIENCE_S).brokers.values()
    yield f"{broker.host}:{broker.port}"
    cluster.purge()


def records(brokers: str, count: int) -> list[Message]:
    """So many records of the topic."""
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "test"})
    topic = "edgeact.events"
    consumer.assign([TopicPartition(topic, n, OFFSET_BEGINNING) for n in range(PARTITIONS)])
    found: list[Message] = []

    def come() -> bool:
        message = consumer.poll(0.1)
        if message is not None and message.error() is None:
            found.append(message)
        return len(found) == count

    wait_until(come, f"{count} records")
    consumer.close()
    return found


def test_a_kafka_topic_gets_each_message_by_the_key_of_its_event(kafka: str) -> None:
    out = publisher(kafka={"brokers": kafka})
    payloads = [out.publish(event) for event in (START, END, *numbered(6))]
    assert close(out).acknowledged == 8
    found = records(kafka, 8)
    assert {plain(bytes(one.value() or b"")) for one in found} == set(payloads)
    event = json.loads(payloads[0])["data"]["event"]["id"]
    of_event = [one for one in found if one.key() == event.encode()]
    assert [plain(bytes(one.value() or b"")) for one in of_event] == payloads[:2]
    assert len({one.partition() for one in of_event}) == 1
    assert dict(of_event[0].headers() or [])["content-type"] == b"application/cloudevents+json"


def test_a_kafka_broker_that_is_away_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    out = publisher(kafka={"brokers": f"127.0.0.1:{free_port()}", "timeout_s": 0.5})
    out.publish(START)
    wait_until(lambda: "cannot be reached" in caplog.text, "a warning")
    (counters,) = out.close(0.1).values()
    assert (counters.acknowledged, counters.dropped) == (0, 0)


def test_an_option_that_librdkafka_does_not_know_is_named_and_not_shown() -> None:
    options = {"sasl.pasword": "sesame"}
    with pytest.raises(ValueError, match=r"does not take sasl\.pasword") as refusal:
        publisher(kafka={"brokers": "127.0.0.1:1", "options": options})
    assert "sesame" not in str(refusal.value)
