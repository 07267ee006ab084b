"""Ways out over TLS: with the right certificate they are used, with a wrong one they are not."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines.publish.sinks import Counters
from tests.broker import PATIENCE_S, free_port, wait_until
from tests.certificates import Certificate, certificate, needs_openssl
from tests.pipelines.publish.examples import END, START
from tests.pipelines.publish.test_couriers import Service, close, plain, publisher
from tests.pipelines.publish.test_streams import PASSWORD, RedisServer, needs_redis

NOT_TRUSTED = "its certificate is not trusted: self-signed certificate"
OTHER_NAME = "its certificate is for another name: IP address mismatch"

pytestmark = [
    needs_openssl,
    # A handshake that failed leaves its socket to the garbage collector, which complains.
    pytest.mark.filterwarnings("ignore:.*socket:pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def own(tmp_path: Path) -> Certificate:
    return certificate(tmp_path)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Certificate:
    """Of another host."""
    return certificate(tmp_path, host="IP:127.0.0.9")


def test_a_webhook_is_posted_over_tls_to_whom_its_authority_vouches_for(own: Certificate) -> None:
    with Service(own=own).running() as service:
        out = publisher(webhook={"url": service.url, "ca_file": own.file})
        payloads = [out.publish(event) for event in (START, END)]
        assert close(out) == Counters(published=2, acknowledged=2)
    assert [plain(body) for body in service.bodies()] == payloads


def test_nothing_is_posted_where_nobody_vouches_for_the_certificate(
    own: Certificate, caplog: pytest.LogCaptureFixture
) -> None:
    with Service(own=own).running() as service:
        out = publisher(webhook={"url": service.url})
        out.publish(START)
        wait_until(lambda: NOT_TRUSTED in caplog.text, "a warning")
        out.close(0.1)
        unchecked = publisher(webhook={"url": service.url, "tls_verify": False})
        # What the first one could not bring, and the end of the event that it left open.
        assert close(unchecked).acknowledged == 2
    assert len(service.posted) == 2
    assert "sesame" not in caplog.text


def test_nothing_is_posted_to_whoever_shows_the_certificate_of_another(
    elsewhere: Certificate, caplog: pytest.LogCaptureFixture
) -> None:
    with Service(own=elsewhere).running() as service:
        out = publisher(webhook={"url": service.url, "ca_file": elsewhere.file})
        out.publish(START)
        wait_until(lambda: OTHER_NAME in caplog.text, "a warning")
        out.close(0.1)
    assert service.posted == []


@contextmanager
def redis_server(folder: Path, own: Certificate) -> Iterator[RedisServer]:
    server = RedisServer(folder, own)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@needs_redis
def test_a_redis_stream_is_written_over_tls(
    tmp_path: Path, own: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEACT_REDIS_PASSWORD", PASSWORD)
    with redis_server(tmp_path, own) as server:
        out = publisher(redis={"url": server.url, "ca_file": own.file})
        payloads = [out.publish(event) for event in (START, END)]
        assert close(out).acknowledged == 2
        assert [plain(one[b"payload"]) for one in server.entries()] == payloads


@needs_redis
@pytest.mark.parametrize(
    ("host", "known", "reason"),
    [
        ("IP:127.0.0.1", False, NOT_TRUSTED),
        ("IP:127.0.0.9", True, OTHER_NAME),
    ],
)
def test_a_redis_server_with_a_wrong_certificate_gets_neither_password_nor_event(
    *,
    tmp_path: Path,
    host: str,
    known: bool,
    reason: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EDGEACT_REDIS_PASSWORD", PASSWORD)
    wrong = certificate(tmp_path, host=host)
    settings = {"ca_file": wrong.file} if known else {}
    with redis_server(tmp_path, wrong) as server:
        out = publisher(redis={"url": server.url, **settings})
        out.publish(START)
        wait_until(lambda: reason in caplog.text, "a warning")
        out.close(0.1)
    assert "sesame" not in caplog.text


@contextmanager
def tls_port(own: Certificate) -> Iterator[int]:
    """A port that greets in TLS and then says nothing: librdkafka's mock broker has no TLS."""
    port = free_port()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.file, own.key)

    def greet(server: socket.socket) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                try:
                    with context.wrap_socket(connection, server_side=True) as secure:
                        secure.recv(4096)
                except OSError:
                    continue

    with socket.create_server(("127.0.0.1", port)) as server:
        thread = threading.Thread(target=greet, args=(server,))
        thread.start()
        yield port
        server.shutdown(socket.SHUT_RDWR)
        thread.join(PATIENCE_S)


def test_kafka_brokers_with_a_wrong_certificate_are_refused_and_the_reason_named(
    own: Certificate, caplog: pytest.LogCaptureFixture
) -> None:
    options = {"security.protocol": "SSL"}
    with tls_port(own) as port:
        brokers = f"127.0.0.1:{port}"
        out = publisher(kafka={"brokers": brokers, "timeout_s": 1, "options": options})
        out.publish(START)
        wait_until(lambda: "certificate verify failed" in caplog.text, "a warning")
        assert out.close(0.1).popitem()[1].acknowledged == 0
