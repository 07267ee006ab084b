"""Brokers that are away, die, say nothing, or are none: events wait, and are told of once."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.publish.mqtt import BrokerConfig
from pipelines.publish.mqtt_sink import MqttSink
from pipelines.publish.outbox_config import OutboxConfig
from pipelines.publish.publisher import Publisher
from pipelines.publish.sinks import Counters, EventMark, OutMessage
from tests.broker import PATIENCE_S, Broker, Listener, free_port, needs_mosquitto, wait_until
from tests.pipelines.publish.examples import END, START, context, numbered
from tests.pipelines.publish.mqtt_sinks import fast, plain, wait_for_warning, warnings

pytestmark = [pytest.mark.mqtt, needs_mosquitto]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with Broker(tmp_path) as running:
        yield running


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
        "from tests.pipelines.publish.test_home_assistant import birth\n"
        "sink = MqttSink(mqtt_from_url(sys.argv[1]), 'gate-1')\n"
        "sink.introduce(birth())\n"
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


def test_a_broker_that_comes_back_while_a_run_ends_still_gets_what_waits(tmp_path: Path) -> None:
    broker = Broker(tmp_path)
    sink = MqttSink(fast(broker.url), "gate-1")
    for number in range(3):
        mark = EventMark(str(number), "start", number)
        sink.offer(OutMessage(f"edgeact/v1/gate-1/cam/a/event/{number}", b"{}", mark))
    coming = threading.Timer(0.7, broker.start)
    coming.start()
    sink.close(PATIENCE_S)
    coming.join()
    broker.stop()
    assert sink.counters == Counters(published=3, acknowledged=3)


def test_an_event_that_is_too_long_for_the_broker_holds_up_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Broker(tmp_path, settings=("max_packet_size 1200",)) as broker:
        sink = MqttSink(fast(broker.url), "gate-1")
        with Listener(broker.port) as listener:
            for number, size in enumerate((10, 2000, 11)):
                mark = EventMark(str(number), "start", number)
                topic = f"edgeact/v1/gate-1/cam/a/event/{number}"
                sink.offer(OutMessage(topic, b" " * size, mark))
            sink.offer(OutMessage("edgeact/v1/gate-1/birth", b" " * 2000, retain=True))
            wait_until(lambda: sink.counters.acknowledged == 2, "the short ones")
            said = wait_for_warning(caplog, "refuses messages on edgeact/v1/gate-1/")
            assert "longer than the 1200 bytes that it takes" in said
            gaps = wait_for_gap(listener)
        sink.close(PATIENCE_S)
    assert (gaps["reason"], gaps["from_sequence"]) == ("refused", "000000000001")
    assert sink.counters == Counters(published=3, acknowledged=2, dropped=1)
    assert [len(one.payload) for one in listener.events()] == [10, 11]


def wait_for_gap(listener: Listener) -> dict[str, str]:
    def gaps() -> list[bytes]:
        return [one.payload for one in listener.heard if one.topic.endswith("/gap")]

    wait_until(gaps, "a gap")
    found: dict[str, str] = json.loads(gaps()[0])
    return found


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
