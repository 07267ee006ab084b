"""Events on a real broker: they arrive, they wait, they are told apart from secrets."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.publish.mqtt import BrokerConfig, MqttConfig, mqtt_from_url
from pipelines.publish.mqtt_sink import MqttSink
from pipelines.publish.outbox_config import OutboxConfig
from pipelines.publish.publisher import Publisher
from pipelines.publish.sinks import Counters, EventMark, LineSink, OutMessage
from tests.broker import PATIENCE_S, Broker, Heard, Listener, free_port, needs_mosquitto, wait_until
from tests.pipelines.publish.examples import END, START, context, numbered

MEMORY = OutboxConfig(durable=False)

pytestmark = [pytest.mark.mqtt, needs_mosquitto]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with Broker(tmp_path) as running:
        yield running


def fast(url: str, **settings: object) -> MqttConfig:
    """A broker that is tried again often, so that tests are short; messages wait in memory."""
    config = mqtt_from_url(url)
    changes = {"retry_min_s": 0.05, "retry_max_s": 0.1, "outbox": MEMORY, **settings}
    return config.model_copy(update=changes)


def plain(heard: list[Heard]) -> list[bytes]:
    """Payloads without what delivery said of them."""
    payloads = [json.loads(one.payload) for one in heard]
    for payload in payloads:
        payload["data"].pop("delivery", None)
    return [json.dumps(one, separators=(",", ":")).encode() for one in payloads]


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def wait_for_warning(caplog: pytest.LogCaptureFixture, words: str) -> str:
    wait_until(lambda: any(words in line for line in warnings(caplog)), f"a warning of {words}")
    return next(line for line in warnings(caplog) if words in line)


def test_mqtt_carries_the_same_bytes_as_standard_output(broker: Broker) -> None:
    stream = io.BytesIO()
    with Listener(broker.port) as listener:
        sink = MqttSink(fast(broker.url), "gate-1")
        publisher = Publisher(context(), [LineSink("stdout", stream), sink])
        for event in (START, END):
            publisher.publish(event)
        counters = publisher.close(PATIENCE_S)
        heard = listener.wait_for_events(2)
    assert [one.payload for one in heard] == stream.getvalue().splitlines()
    assert {one.topic for one in heard} == {"edgeact/v1/gate-1/cam/lobby_east/event/sit_down"}
    assert [(one.qos, one.retain) for one in heard] == [(1, False)] * 2
    assert heard[0].content_type == "application/cloudevents+json"
    assert counters[sink.name] == Counters(published=2, acknowledged=2)


@pytest.mark.parametrize("settings", [{"protocol": "3.1.1"}, {"qos": 0}])
def test_the_older_protocol_and_qos_0_carry_the_events_too(
    broker: Broker, settings: dict[str, object]
) -> None:
    with Listener(broker.port) as listener:
        publisher = Publisher(context(), [MqttSink(fast(broker.url, **settings), "gate-1")])
        payloads = [publisher.publish(event) for event in (START, END)]
        (counters,) = publisher.close(PATIENCE_S).values()
        assert [one.payload for one in listener.wait_for_events(2)] == payloads
        wait_until(lambda: listener.availability() == [b"online", b"offline"], "availability")
    assert counters == Counters(published=2, acknowledged=2)


def test_all_events_of_a_run_that_ends_at_once_arrive_in_order(broker: Broker) -> None:
    with Listener(broker.port) as listener:
        publisher = Publisher(context(), [MqttSink(fast(broker.url), "gate-1")])
        payloads = [publisher.publish(event) for event in numbered(150)]
        publisher.close(PATIENCE_S)
        assert plain(listener.wait_for_events(150)) == payloads


def test_events_wait_for_a_broker_that_comes_later_and_one_line_says_so(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    with Listener(broker.port) as listener:
        broker.stop()
        sink = MqttSink(fast(broker.url), "gate-1")
        publisher = Publisher(context(), [sink])
        payloads = [publisher.publish(event) for event in numbered(30)]
        line = wait_for_warning(caplog, "refused the connection; is it running")
        assert line.startswith(f"broker 127.0.0.1:{broker.port} ")
        assert sink.waiting == 30
        broker.start()
        assert plain(listener.wait_for_events(30)) == payloads
        publisher.close(PATIENCE_S)
    assert sink.counters == Counters(published=30, acknowledged=30)
    assert len(warnings(caplog)) == 1


def test_a_broker_that_restarts_loses_no_event(broker: Broker) -> None:
    with Listener(broker.port) as listener:
        sink = MqttSink(fast(broker.url), "gate-1")
        publisher = Publisher(context(), [sink])
        events = numbered(90)
        payloads = [publisher.publish(event) for event in events[:30]]
        listener.wait_for_events(30)
        broker.stop()
        payloads += [publisher.publish(event) for event in events[30:60]]
        broker.start()
        payloads += [publisher.publish(event) for event in events[60:]]
        wait_until(lambda: sink.counters.acknowledged >= 90, "90 acknowledgements")
        publisher.close(PATIENCE_S)
        wait_until(lambda: set(plain(listener.events())) == set(payloads), "all")
    assert sink.counters == Counters(published=90, acknowledged=90)


def test_a_run_that_ends_before_its_broker_is_tried_again_still_delivers(broker: Broker) -> None:
    with Listener(broker.port) as listener:
        broker.stop()
        sink = MqttSink(fast(broker.url, retry_min_s=50.0, retry_max_s=60.0), "gate-1")
        publisher = Publisher(context(), [sink])
        payload = publisher.publish(START)
        broker.start()
        assert publisher.close(PATIENCE_S)[sink.name].acknowledged == 1
        assert [one.payload for one in listener.wait_for_events(1)] == [payload]


def test_without_a_broker_closing_gives_up_in_time_and_counts_what_is_lost(
    caplog: pytest.LogCaptureFixture,
) -> None:
    publisher = Publisher(context(), [MqttSink(fast(f"mqtt://127.0.0.1:{free_port()}"), "gate-1")])
    for event in (START, END):
        publisher.publish(event)
    (counters,) = publisher.close(0.2).values()
    assert counters == Counters(dropped=2)
    assert "2 events were not acknowledged and are lost" in warnings(caplog)[-1]


def test_a_broker_that_takes_the_connection_and_says_nothing_holds_nobody_up(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"mqtt://127.0.0.1:{deaf.getsockname()[1]}"
        publisher = Publisher(context(), [MqttSink(fast(url, connect_timeout_s=0.2), "gate-1")])
        publisher.publish(START)
        wait_for_warning(caplog, "did not greet in MQTT 5")
        assert publisher.close(0.2).popitem()[1].dropped == 1


def test_a_port_that_speaks_another_protocol_is_told(caplog: pytest.LogCaptureFixture) -> None:
    def answer(server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                with connection:
                    connection.recv(4096)
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer, args=(server,))
        thread.start()
        sink = MqttSink(fast(f"mqtt://127.0.0.1:{server.getsockname()[1]}"), "gate-1")
        wait_for_warning(caplog, "is this its port")
        sink.close(0.2)
        server.shutdown(socket.SHUT_RDWR)
        thread.join(PATIENCE_S)
    assert len(warnings(caplog)) == 1


def test_a_full_outbox_drops_the_oldest_and_announces_the_gap(broker: Broker) -> None:
    with Listener(broker.port) as listener:
        broker.stop()
        small = OutboxConfig(durable=False, max_messages=10)
        sink = MqttSink(fast(broker.url, outbox=small), "gate-1")
        publisher = Publisher(context(), [sink])
        payloads = [publisher.publish(event) for event in numbered(25)]
        broker.start()
        assert plain(listener.wait_for_events(10)) == payloads[15:]
        publisher.close(PATIENCE_S)
        wait_until(lambda: any(one.topic.endswith("/gap") for one in listener.heard), "the gap")
        (gap,) = [json.loads(one.payload) for one in listener.heard if one.topic.endswith("/gap")]
    assert sink.counters == Counters(published=10, acknowledged=10, dropped=15)
    assert (gap["reason"], gap["messages"], gap["events"]) == ("overflow", 15, 15)
    assert (gap["from_sequence"], gap["to_sequence"]) == ("000000000001", "000000000015")


def test_a_killed_program_is_shown_offline_by_its_last_will(broker: Broker) -> None:
    program = (
        "import sys, time\n"
        "from pipelines.publish.mqtt import mqtt_from_url\n"
        "from pipelines.publish.mqtt_sink import MqttSink\n"
        "sink = MqttSink(mqtt_from_url(sys.argv[1]), 'gate-1')\n"
        "time.sleep(600)\n"
    )
    with Listener(broker.port) as listener:
        with subprocess.Popen([sys.executable, "-c", program, broker.url]) as process:
            wait_until(lambda: listener.availability() == [b"online"], "online")
            process.send_signal(signal.SIGKILL)
        wait_until(lambda: listener.availability() == [b"online", b"offline"], "offline")
    with Listener(broker.port, "edgeact/v1/gate-1/availability") as late:
        wait_until(lambda: late.availability() == [b"offline"], "the retained offline")
        assert late.heard[-1].retain


def test_wrong_credentials_are_told_apart_from_a_broker_that_is_away(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEACT_MQTT_PASSWORD", "wrong-sesame")
    with Broker(tmp_path, users={"edge": "sesame-7"}) as broker:
        port = broker.port
        for protocol in ("5", "3.1.1"):
            sink = MqttSink(fast(f"mqtt://edge@127.0.0.1:{port}", protocol=protocol), "gate-1")
            line = wait_for_warning(caplog, "does not let user 'edge' in (not authorized)")
            assert "the variable EDGEACT_MQTT_PASSWORD" in line
            sink.close(0.5)
            caplog.clear()
        sink = MqttSink(fast(broker.url), "gate-1")
        wait_for_warning(caplog, "wants a user and a password")
        sink.close(0.5)
    assert "sesame" not in caplog.text


def test_an_event_that_the_user_may_not_write_is_told_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rights = tmp_path / "rights"
    allowed = ("availability", "cam/lobby_east/active/#", "gap", "stats")
    lines = ["user edge", *(f"topic write edgeact/v1/gate-1/{topic}" for topic in allowed)]
    rights.write_text("\n".join(lines) + "\n", encoding="utf-8")
    rights.chmod(0o600)
    settings = (f"acl_file {rights}",)
    with Broker(tmp_path, users={"edge": "sesame-7"}, settings=settings) as broker:
        config = fast(f"mqtt://edge:sesame-7@127.0.0.1:{broker.port}")
        publisher = Publisher(context(), [MqttSink(config, "gate-1")])
        publisher.publish(START)
        (counters,) = publisher.close(PATIENCE_S).values()
    assert counters == Counters(published=1, dropped=1)
    assert "cam/lobby_east/event/sit_down: not authorized" in wait_for_warning(caplog, "refuses")


@pytest.mark.parametrize("way", ["url", "variable", "file"])
def test_a_password_opens_the_broker_and_is_never_shown(
    tmp_path: Path,
    way: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "sesame/7@:x"
    path = tmp_path / "password"
    path.write_text(secret + "\n", encoding="utf-8")
    if way == "variable":
        monkeypatch.setenv("EDGEACT_MQTT_PASSWORD", secret)
    with Broker(tmp_path, users={"edge": secret}) as broker:
        person = "edge:sesame%2F7%40%3Ax" if way == "url" else "edge"
        settings = {"password_file": path} if way == "file" else {}
        config = fast(f"mqtt://{person}@127.0.0.1:{broker.port}", **settings)
        sink = MqttSink(config, "gate-1")
        publisher = Publisher(context(), [sink])
        publisher.publish(START)
        assert publisher.close(PATIENCE_S)[sink.name].acknowledged == 1
    shown = caplog.text + repr(config) + str(config) + config.model_dump_json() + sink.name
    assert "sesame" not in shown


# paho leaves the socket of a failed handshake to the garbage collector, which complains.
@pytest.mark.filterwarnings("ignore:.*ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning")
def test_tls_is_verified_unless_told_otherwise(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    request = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
        "-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    )
    subprocess.run(
        [*request.split(), "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    settings = (f"certfile {certificate}", f"keyfile {key}")
    with Broker(tmp_path, settings=settings) as broker:
        url = f"mqtts://127.0.0.1:{broker.port}"
        stranger = MqttSink(fast(url), "gate-1")
        wait_for_warning(caplog, "its certificate is not trusted")
        stranger.close(0.5)
        for trusted in ({"ca_file": certificate}, {"tls_verify": False}):
            sink = MqttSink(fast(url, **trusted), "gate-1")
            for number in range(40):
                mark = EventMark(str(number), "start", number)
                sink.offer(OutMessage(f"edgeact/v1/gate-1/cam/a/event/{number}", b"{}", mark))
            sink.close(PATIENCE_S)
            assert sink.counters == Counters(published=40, acknowledged=40)
        plain = MqttSink(fast(broker.url), "gate-1")
        wait_for_warning(caplog, "does it want TLS (mqtts://)")
        plain.close(0.5)


# paho leaves the socket of a failed handshake to the garbage collector, which complains.
@pytest.mark.filterwarnings("ignore:.*socket.socket:pytest.PytestUnraisableExceptionWarning")
def test_websockets_carry_the_events_too(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    port = free_port()
    settings = (f"listener {port} 127.0.0.1", "protocol websockets")
    with Broker(tmp_path, settings=settings) as broker, Listener(broker.port) as listener:
        publisher = Publisher(context(), [MqttSink(fast(f"ws://127.0.0.1:{port}"), "gate-1")])
        payloads = [publisher.publish(event) for event in (START, END, *numbered(60))]
        (counters,) = publisher.close(PATIENCE_S).values()
        assert plain(listener.wait_for_events(62)) == payloads
        wait_until(lambda: listener.availability() == [b"online", b"offline"], "availability")
        lost = MqttSink(fast(f"ws://127.0.0.1:{broker.port}/none"), "gate-2")
        wait_for_warning(caplog, "is /none its path for websockets?")
        lost.close(0.2)
    assert counters == Counters(published=62, acknowledged=62)


def test_a_second_broker_takes_over_and_what_waits_goes_there(tmp_path: Path) -> None:
    with Broker(tmp_path) as first, Broker(tmp_path) as second:
        config = fast(first.url, second=BrokerConfig.model_validate({"url": second.url}))
        with Listener(first.port) as here, Listener(second.port) as there:
            publisher = Publisher(context(), [MqttSink(config, "gate-1")])
            before = [publisher.publish(event) for event in numbered(5)]
            assert plain(here.wait_for_events(5)) == before
            first.stop()
            after = [publisher.publish(event) for event in numbered(5)]
            wait_until(lambda: set(after) <= set(plain(there.events())), "events elsewhere")
            second.stop()
            first.start()
            back = publisher.publish(END)
            wait_until(lambda: back in plain(here.events()), "the event at the first one")
            publisher.close(PATIENCE_S)


def test_two_brokers_that_are_away_are_told_of_once_each(caplog: pytest.LogCaptureFixture) -> None:
    spare = BrokerConfig(host="127.0.0.1", port=free_port())
    sink = MqttSink(fast(f"mqtt://127.0.0.1:{free_port()}", second=spare), "gate-1")
    time.sleep(0.5)  # several times retry_max_s
    sink.close(0.2)
    assert len([line for line in warnings(caplog) if "refused the connection" in line]) == 2
