"""nvmsgconv and nvmsgbroker: what an application hangs on a frame arrives at a real broker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gi
import numpy as np
import pytest

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

from plugins.cpu import pyds  # noqa: E402
from plugins.cpu.messages.mqtt import load_settings  # noqa: E402
from plugins.cpu.messages.nvmsgconv import NvMsgConv  # noqa: E402
from plugins.cpu.metadata.carrier import batch_of  # noqa: E402
from plugins.cpu.metadata.event_message import NvDsEventMsgMeta  # noqa: E402
from plugins.cpu.metadata.meta import NvDsBatchMeta, NvDsFrameMeta  # noqa: E402
from tests.broker import Broker, Listener, free_port, needs_mosquitto, wait_until  # noqa: E402
from tests.plugins.cpu.batches import batch_with, person  # noqa: E402
from tests.plugins.cpu.graphs import Feed, Graph  # noqa: E402
from tests.plugins.cpu.nvinfer.inference import grey  # noqa: E402

pytestmark = pytest.mark.gst

SITES = """
[sensor0]
enable=1
type=Camera
id=CAMERA_ID
location=45.29;-75.83;48.15
description="Entrance"
coordinate=5.2;10.1;11.2

[place0]
enable=1
id=1
type=garage
name=XYZ
location=30.32;-40.55;100.0
coordinate=1.0;2.0;3.0
place-sub-field1=walsh
place-sub-field2=lane1
place-sub-field3=P2

[analytics0]
enable=0
id=XYZ
"""
MQTT = "/opt/nvidia/deepstream/deepstream/lib/libnvds_mqtt_proto.so"


def hang(
    batch: NvDsBatchMeta, frame: NvDsFrameMeta, *, person: bool, box: float = 10
) -> NvDsEventMsgMeta:
    """Hang one event on a frame, as deepstream-test4 does."""
    user_meta = pyds.nvds_acquire_user_meta_from_pool(batch)
    message = pyds.alloc_nvds_event_msg_meta(user_meta)
    message.bbox.left, message.bbox.top = box, 20.5
    message.bbox.width, message.bbox.height = 30, 40
    message.frameId, message.trackingId, message.confidence = 60, 7, 0.5
    message.sensorId = message.placeId = message.moduleId = 0
    message.sensorStr = "sensor-0"
    message.ts = pyds.alloc_buffer(33)
    pyds.generate_ts_rfc3339(message.ts, 32)
    if person:
        message.type = pyds.NvDsEventType.NVDS_EVENT_ENTRY
        message.objType = pyds.NvDsObjectType.NVDS_OBJECT_TYPE_PERSON
        details = pyds.alloc_nvds_person_object()
        details.age, details.gender, details.hair = 45, "male", "black"
        details.cap, details.apparel = "none", "formal"
        message.extMsg, message.extMsgSize = details, 1
    else:
        message.type = pyds.NvDsEventType.NVDS_EVENT_MOVING
        message.objType = pyds.NvDsObjectType.NVDS_OBJECT_TYPE_VEHICLE
    user_meta.user_meta_data = message
    user_meta.base_meta.meta_type = pyds.NvDsMetaType.NVDS_EVENT_MSG_META
    pyds.nvds_add_user_meta_to_frame(frame, user_meta)
    return message


def converter(folder: Path, **properties: object) -> NvMsgConv:
    (folder / "sites.txt").write_text(SITES)
    element = NvMsgConv()
    element.set_property("config", str(folder / "sites.txt"))
    for name, value in properties.items():
        element.set_property(name.replace("_", "-"), value)
    element.on_start()
    return element


def payloads(frame: NvDsFrameMeta) -> list[dict[str, Any]]:
    """The payloads of a frame, read through the addresses that pyds gives."""
    found = []
    for user_meta in frame.user_items:
        if user_meta.base_meta.meta_type == pyds.NvDsMetaType.NVDS_PAYLOAD_META:
            payload = pyds.NvDsPayload.cast(user_meta.user_meta_data)
            content = np.asarray(payload.payload.array)
            assert payload.payloadSize == content.nbytes
            found.append(json.loads(content.tobytes()))
    return found


def test_the_full_schema_has_a_message_for_each_event(tmp_path: Path) -> None:
    buffer, batch = batch_with([grey(0)])
    frame = batch.frame_items[0]
    hang(batch, frame, person=True)
    hang(batch, frame, person=False)
    converter(tmp_path).on_batch(buffer, batch)
    person, vehicle = payloads(frame)
    assert person["@timestamp"].endswith("Z")
    assert person["messageid"] != vehicle["messageid"]
    for message in (person, vehicle):
        del message["messageid"], message["@timestamp"], message["event"]["id"]
    assert person == {
        "mdsversion": "1.0",
        "place": {
            "id": "1",
            "name": "XYZ",
            "type": "garage",
            "location": {"lat": 30.32, "lon": -40.55, "alt": 100.0},
            "entrance": {
                "name": "walsh",
                "lane": "lane1",
                "level": "P2",
                "coordinate": {"x": 1.0, "y": 2.0, "z": 3.0},
            },
        },
        "sensor": {
            "id": "CAMERA_ID",
            "type": "Camera",
            "description": '"Entrance"',
            "location": {"lat": 45.29, "lon": -75.83, "alt": 48.15},
            "coordinate": {"x": 5.2, "y": 10.1, "z": 11.2},
        },
        "analyticsModule": None,  # the group is off
        "object": {
            "id": "7",
            "speed": 0.0,
            "direction": 0.0,
            "orientation": 0.0,
            "person": {
                "age": 45,
                "gender": "male",
                "hair": "black",
                "cap": "none",
                "apparel": "formal",
                "confidence": 0.5,
            },
            "bbox": {"topleftx": 10, "toplefty": 20, "bottomrightx": 40, "bottomrighty": 60},
            "location": {"lat": 0.0, "lon": 0.0, "alt": 0.0},
            "coordinate": {"x": 0.0, "y": 0.0, "z": 0.0},
            "pose": {},
        },
        "event": {"type": "entry"},
        "videoPath": "",
    }
    assert list(vehicle["place"])[-1] == "aisle"
    assert vehicle["object"]["vehicle"]["confidence"] == 1.0  # nothing was told of it
    assert vehicle["event"] == {"type": "moving"}


def test_the_minimal_schema_has_one_message_for_a_frame(tmp_path: Path) -> None:
    buffer, batch = batch_with([grey(0), grey(0)])
    frame, other = batch.frame_items
    hang(batch, frame, person=True)
    hang(batch, frame, person=False, box=10.25)
    converter(tmp_path, payload_type=1).on_batch(buffer, batch)
    (message,) = payloads(frame)
    del message["@timestamp"]
    assert message == {
        "version": "4.0",
        "id": "60",
        "sensorId": "sensor-0",
        "objects": [
            "7|10|20.5|40|60.5|Person|#|male|45|black|none|formal|0.5",
            "7|10.25|20.5|40.25|60.5|Vehicle|#||||||0.5",
        ],
    }
    assert not payloads(other)


def test_a_component_takes_only_its_own_events(tmp_path: Path) -> None:
    buffer, batch = batch_with([grey(0)])
    frame = batch.frame_items[0]
    hang(batch, frame, person=True)
    hang(batch, frame, person=False).componentId = 3
    converter(tmp_path, comp_id=3).on_batch(buffer, batch)
    assert [list(message["object"])[4] for message in payloads(frame)] == ["vehicle"]


def test_the_new_api_tells_of_the_objects_every_so_many_frames(tmp_path: Path) -> None:
    element = converter(tmp_path, payload_type=1, msg2p_newapi=True, frame_interval=3)
    found = []
    for number in range(4):
        buffer, batch = batch_with([grey(0)])
        frame = batch.frame_items[0]
        frame.frame_num = number
        plain, labelled = person(1, 2, 10.5, 20), person(5, 6, 7, 8, confidence=0.75)
        plain.object_id, labelled.object_id = 4, 9
        classifier = pyds.nvds_acquire_classifier_meta_from_pool(batch)
        label = pyds.nvds_acquire_label_info_meta_from_pool(batch)
        label.result_label = "sitting"
        pyds.nvds_add_label_info_meta_to_classifier(classifier, label)
        pyds.nvds_add_classifier_meta_to_object(labelled, classifier)
        frame.object_items += [plain, labelled]
        element.on_batch(buffer, batch)
        found += payloads(frame)
    assert [message["id"] for message in found] == [0, 3]
    assert found[0]["sensorId"] == "CAMERA_ID"
    assert found[0]["version"] == "4.0"
    assert found[0]["objects"] == [
        "4|1|2|11.5|22|person",
        "9|5|6|12|14|person|#|sitting|0.75",
    ]


@pytest.mark.parametrize(
    ("properties", "told"),
    [
        ({"payload_type": 2}, "payload-type=2 is not there"),
        ({"msg2p_lib": "/opt/own/libmine.so"}, "loads no C.. libraries"),
        ({"msg2p_newapi": True}, "minimal schema only; wanted payload-type=1"),
        ({"dummy_payload": True}, "dummy-payload=1 is not there"),
        ({"config": "absent.txt"}, "absent.txt: cannot read this configuration file"),
    ],
)
def test_a_converter_refuses_what_it_cannot_do(
    tmp_path: Path, properties: dict[str, object], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        converter(tmp_path, **properties)


def talking(graph: Graph, port: int, **properties: object) -> Feed:
    """A graph whose every frame carries one event."""
    mux = graph.add("nvstreammux", width=32, height=32)
    feed = Feed(graph, mux)
    broker = graph.add("nvmsgbroker", proto_lib=MQTT, conn_str=f"127.0.0.1;{port}", **properties)
    graph.chain(mux, graph.add("nvmsgconv", payload_type=1), broker)
    broker.set_property("sync", False)

    def say(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        batch = batch_of(info.get_buffer())
        assert batch is not None
        hang(batch, batch.frame_items[0], person=True)
        return Gst.PadProbeReturn.OK

    mux.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, say)
    return feed


@pytest.mark.mqtt
@needs_mosquitto
def test_messages_arrive_at_the_broker_before_the_graph_has_stopped(tmp_path: Path) -> None:
    config = tmp_path / "cfg_mqtt.txt"
    config.write_text("[message-broker]\nusername = user\npassword = secret\nclient-id = unique\n")
    with (
        Broker(tmp_path, users={"user": "secret"}) as broker,
        Listener(broker.port, "site/#", user="user", password="secret") as listener,
    ):
        with Graph() as graph:
            feed = talking(graph, broker.port, topic="site/events", config=str(config))
            graph.play()
            for number in range(3):
                feed.frame(0, number * 40)
            feed.end()
            ended = graph.message(Gst.MessageType.EOS, Gst.MessageType.ERROR)
            assert ended is not None
            assert ended.type == Gst.MessageType.EOS, ended.parse_error()
        wait_until(lambda: len(listener.heard) == 3, "three messages")
    message = listener.heard[0]
    assert message.topic == "site/events"
    assert json.loads(message.payload)["sensorId"] == "sensor-0"
    assert not message.retain


def test_a_broker_that_is_not_there_is_an_error_without_the_password(tmp_path: Path) -> None:
    config = tmp_path / "cfg_mqtt.txt"
    config.write_text("[message-broker]\nusername=user\npassword=secret\n")
    port = free_port()
    with Graph() as graph:
        talking(graph, port, config=str(config))
        graph.play()
        told = graph.error()
    assert f"cannot reach the MQTT broker at 127.0.0.1;{port}: " in told
    assert "secret" not in told


@pytest.mark.mqtt
@needs_mosquitto
def test_a_broker_that_lets_nobody_in_is_an_error_with_its_reason(tmp_path: Path) -> None:
    with Broker(tmp_path, users={"user": "secret"}) as broker, Graph() as graph:
        talking(graph, broker.port)
        graph.play()
        assert graph.error().endswith(f"127.0.0.1;{broker.port}: Not authorized")


def test_another_protocol_is_refused() -> None:
    with Graph() as graph:
        source, library = graph.add("videotestsrc"), "/opt/lib/libnvds_kafka_proto.so"
        broker = graph.add("nvmsgbroker", proto_lib=library, conn_str="localhost;9092;topic")
        graph.chain(source, broker)
        graph.play()
        assert "wanted libnvds_mqtt_proto.so, for which MQTT stands in" in graph.error()


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "cfg_mqtt.txt"
    config.write_text("[message-broker]\nusername=user\npassword=secret\nenable-tls=1\n")
    assert load_settings("host;1883", str(config)).username == "user"
    monkeypatch.setenv("USER_MQTT", "other")
    monkeypatch.setenv("PASSWORD_MQTT", "better")
    settings = load_settings("host;1883;topic", str(config))
    assert (settings.username, settings.password, settings.tls) == ("other", "better", True)
    with pytest.raises(ValueError, match="conn-str=host: wanted host;port"):
        load_settings("host", None)
