"""Events on a real broker: they arrive, in order, over whatever way."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.publish.mqtt_sink import MqttSink
from pipelines.publish.publisher import Publisher
from pipelines.publish.sight import Seen, tracks_message
from pipelines.publish.sinks import Counters, LineSink
from pipelines.publish.traffic import Traffic
from tests.broker import PATIENCE_S, Broker, Listener, free_port, needs_mosquitto, wait_until
from tests.pipelines.publish.examples import END, LOBBY, START, context, numbered
from tests.pipelines.publish.mqtt_sinks import fast, plain, wait_for_warning
from tests.pipelines.publish.test_home_assistant import birth

pytestmark = [pytest.mark.mqtt, needs_mosquitto]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with Broker(tmp_path) as running:
        yield running


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
        publisher.announce(birth(), [])
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


# paho leaves the socket of a failed handshake to the garbage collector, which complains.
@pytest.mark.filterwarnings("ignore:.*socket.socket:pytest.PytestUnraisableExceptionWarning")
def test_websockets_carry_the_events_too(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    port = free_port()
    settings = (f"listener {port} 127.0.0.1", "protocol websockets")
    with Broker(tmp_path, settings=settings) as broker, Listener(broker.port) as listener:
        publisher = Publisher(context(), [MqttSink(fast(f"ws://127.0.0.1:{port}"), "gate-1")])
        publisher.announce(birth(), [])
        payloads = [publisher.publish(event) for event in (START, END, *numbered(60))]
        (counters,) = publisher.close(PATIENCE_S).values()
        assert plain(listener.wait_for_events(62)) == payloads
        wait_until(lambda: listener.availability() == [b"online", b"offline"], "availability")
        lost = MqttSink(fast(f"ws://127.0.0.1:{broker.port}/none"), "gate-2")
        wait_for_warning(caplog, "is /none its path for websockets?")
        lost.close(0.2)
    assert counters == Counters(published=62, acknowledged=62)


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_a_picture_names_its_event_and_is_never_kept_or_sent_late(
    broker: Broker, protocol: str
) -> None:
    topic = "edgeact/v1/gate-1/cam/lobby_east/snapshot/sit_down"
    with Listener(broker.port, topic) as listener:
        sink = MqttSink(fast(broker.url, protocol=protocol), "gate-1")
        publisher = Publisher(context(), [sink])
        wait_until(lambda: sink.connected, "a connection")
        event_id = json.loads(publisher.publish(START))["data"]["event"]["id"]
        publisher.tell_snapshot(START, b"\xff\xd8 picture")
        wait_until(lambda: listener.heard, "the picture")
        broker.stop()
        wait_until(lambda: not sink.connected, "the end of the connection")
        publisher.tell_snapshot(START, b"\xff\xd8 late")
        broker.start()
        wait_until(lambda: sink.connected and listener.subscriptions > 1, "connections")
        publisher.tell_snapshot(START, b"\xff\xd8 again")
        wait_until(lambda: len(listener.heard) > 1, "another picture")
        publisher.close(PATIENCE_S)
    assert [one.payload[3:] for one in listener.heard] == [b"picture", b"again"]
    heard = listener.heard[0]
    assert (heard.qos, heard.retain) == (0, False)
    modern = ("image/jpeg", event_id) if protocol == "5" else (None, None)
    assert (heard.content_type, heard.picture_of) == modern
    assert Traffic().check(topic, heard.payload, qos=0, retain=False) == []


def test_who_is_in_sight_is_told_to_whoever_listens_and_keeps_to_the_contract(
    broker: Broker,
) -> None:
    topic = "edgeact/v1/gate-1/cam/lobby_east/tracks"
    with Listener(broker.port, topic) as listener:
        sink = MqttSink(fast(broker.url), "gate-1")
        wait_until(lambda: sink.connected, "a connection")
        publisher = Publisher(context(), [sink])
        someone = Seen(track_id=7, box=(0, 0, 100, 200), actions=[("walk", 0.8)])
        publisher.tell_tracks("Lobby east", tracks_message(LOBBY, 0, (640, 360), [someone]))
        wait_until(lambda: listener.heard, "the message")
        publisher.close(PATIENCE_S)
    (heard,) = listener.heard
    assert (heard.qos, heard.retain) == (0, False)
    assert Traffic().check(topic, heard.payload, qos=0, retain=False) == []
