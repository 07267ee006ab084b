"""Cameras as Home Assistant finds them, and as they go from it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment
from paho.mqtt import publish as paho

from pipelines.publish.compose import render, with_delivery
from pipelines.publish.contract import ModelPart
from pipelines.publish.home_assistant import HomeAssistantConfig, devices, without_the_gone
from pipelines.publish.mqtt import MqttConfig, mqtt_from_url
from pipelines.publish.mqtt_sink import MqttSink
from pipelines.publish.outbox_config import OutboxConfig
from pipelines.publish.publisher import Publisher
from pipelines.publish.states import Birth, BirthCamera
from pipelines.publish.topics import active_topic, discovery_topic
from tests.broker import PATIENCE_S, Broker, Listener, needs_mosquitto, wait_until
from tests.golden import check_golden
from tests.pipelines.publish.examples import END, START, context
from tests.pipelines.toy_site import run_edgeact

LOBBY = BirthCamera(id="lobby_east", name="Lobby east", live=True)
DOCK = BirthCamera(id="dock", name="Dock", live=True)
TOPIC = discovery_topic("homeassistant", "gate-1", "Lobby east")
ON = HomeAssistantConfig(enabled=True)


def birth(*cameras: BirthCamera, actions: tuple[str, ...] = ("sit_down", "fall")) -> Birth:
    return Birth(
        time="2023-11-14T22:13:20.000Z",
        node="gate-1",
        boot_id="b00t",
        app_version="0.1.0",
        config_sha256="0" * 64,
        model=ModelPart(name="fusion-v1"),
        cameras=cameras,
        actions=actions,
        schemas={},
    )


def device(**changes: Any) -> dict[str, Any]:
    ((_, payload),) = devices(birth(LOBBY, **changes), base="edgeact", prefix="homeassistant")
    loaded: dict[str, Any] = json.loads(payload)
    return loaded


def shown(component: str, payload: bytes) -> str:
    """What Home Assistant makes of a payload: it renders templates with Jinja2 in a sandbox."""
    template = device()["components"][component]["value_template"]
    environment = ImmutableSandboxedEnvironment()
    return environment.from_string(template).render(value_json=json.loads(payload))


def test_the_device_of_a_camera_reads_as_reviewed() -> None:
    golden = Path(__file__).parent / "golden" / "home_assistant_device.json"
    check_golden(golden, json.dumps(device(), indent=2) + "\n")


def test_a_device_has_only_keys_that_home_assistant_takes_at_its_root() -> None:
    # Of its DEVICE_DISCOVERY_SCHEMA; one key more and it refuses the whole device.
    allowed = {"device", "origin", "components", "availability", "availability_mode", "qos"}
    assert set(device()) == allowed
    ids = [component["unique_id"] for component in device()["components"].values()]
    assert len(set(ids)) == len(ids)


def test_where_pictures_are_on_the_last_one_is_shown() -> None:
    ((_, payload),) = devices(birth(LOBBY), base="b", prefix="homeassistant", pictures=True)
    picture = json.loads(payload)["components"]["picture"]
    assert picture["image_topic"] == "b/v1/gate-1/cam/lobby_east/snapshot/+"
    assert "picture" not in device()["components"]


def test_every_enabled_action_has_a_switch_and_a_count_and_no_other_action_has() -> None:
    components = device(actions=("wave",))["components"]
    names = [name for name in components if name.startswith(("active_", "count_"))]
    assert names == ["active_wave", "count_wave"]
    assert components["event"]["event_types"] == ["wave"]


def test_only_a_start_is_an_event_to_home_assistant() -> None:
    told = json.loads(shown("event", render(START, context())))
    assert told.pop("event_id")
    assert told == {
        "event_type": "sit_down",
        "severity": "info",
        "onset": "2023-11-14T22:13:22.000Z",
        "track": "7",
        "score": 0.8123,
        "replayed": False,
    }
    assert shown("event", render(END, context())) == ""


def test_an_event_that_comes_late_or_has_an_odd_name_is_told_as_such() -> None:
    odd = render(replace(START, action="it's <odd>"), context())
    told = json.loads(shown("event", with_delivery(odd, queued_ms=90_000, attempt=1)))
    assert (told["event_type"], told["replayed"]) == ("it's <odd>", True)


@pytest.mark.parametrize(
    ("state", "connected", "available"),
    [("online", "ON", "online"), ("degraded", "ON", "online"), ("offline", "OFF", "offline")],
)
def test_a_camera_that_is_away_is_disconnected_and_its_actions_are_unavailable(
    state: str, connected: str, available: str
) -> None:
    status = json.dumps({"state": state, "audio": "disabled"}).encode()
    assert shown("connectivity", status) == connected
    assert shown("problem", status) == "none"
    assert shown("sound", status) == "disabled"
    template = device()["availability"][1]["value_template"]
    environment = ImmutableSandboxedEnvironment()
    assert environment.from_string(template).render(value_json={"state": state}) == available


@pytest.mark.parametrize("foreign", [b"", b"[1]", b"no JSON", b'{"origin": "x"}', b"[" * 9999])
def test_a_device_of_somebody_else_takes_nothing_back(foreign: bytes) -> None:
    now = json.dumps(device()).encode()
    assert without_the_gone(foreign, now) == now


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with Broker(tmp_path) as running:
        yield running


def site(broker: Broker, home: HomeAssistantConfig = ON, protocol: str = "5") -> MqttConfig:
    changes = {"home_assistant": home, "outbox": OutboxConfig(durable=False), "protocol": protocol}
    return mqtt_from_url(broker.url).model_copy(update=changes)


def run_of(config: MqttConfig, said: Birth) -> Publisher:
    """A run of a site that watches all actions on all cameras."""
    publisher = Publisher(context(), [MqttSink(config, "gate-1")])
    watched = [(camera.name, action) for camera in said.cameras for action in said.actions]
    publisher.announce(said, watched)
    return publisher


def kept(broker: Broker, wanted: set[str]) -> dict[str, bytes]:
    """What the broker keeps of us, once it keeps payloads for just these topics."""
    with Listener(broker.port) as late:

        def states() -> dict[str, bytes]:
            last = {one.topic: one.payload for one in late.heard}
            return {
                topic: payload
                for topic, payload in last.items()
                if payload and ("/active/" in topic or topic.endswith("/config"))
            }

        wait_until(lambda: set(states()) == wanted, f"the topics {wanted}")
        return states()


def actives(camera: str, *actions: str) -> set[str]:
    return {f"edgeact/v1/gate-1/cam/{camera}/active/{action}" for action in actions}


ALL = {TOPIC, discovery_topic("homeassistant", "gate-1", "dock")} | actives(
    "lobby_east", "sit_down", "fall"
).union(actives("dock", "sit_down", "fall"))


@pytest.mark.mqtt
@needs_mosquitto
@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_a_camera_and_an_action_that_leave_the_configuration_leave_the_broker(
    broker: Broker, protocol: str
) -> None:
    config = site(broker, protocol=protocol)
    run_of(config, birth(LOBBY, DOCK)).close(PATIENCE_S)
    assert json.loads(kept(broker, ALL)[TOPIC]) == device()
    later = run_of(config, birth(LOBBY, actions=("fall",)))
    states = kept(broker, {TOPIC} | actives("lobby_east", "fall"))
    gone = {"active_sit_down": "binary_sensor", "count_sit_down": "sensor"}
    taken_back = {name: {"platform": platform} for name, platform in gone.items()}

    def components() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(kept(broker, set(states))[TOPIC])["components"]
        return found

    wait_until(
        lambda: components() == {**device(actions=("fall",))["components"], **taken_back},
        "the device without the action",
    )
    later.close(PATIENCE_S)


@pytest.mark.mqtt
@needs_mosquitto
def test_switched_off_it_takes_our_devices_away_and_nobody_elses(broker: Broker) -> None:
    run_of(site(broker), birth(LOBBY)).close(PATIENCE_S)
    theirs = discovery_topic("homeassistant", "gate-1", "lamp")
    paho.single(theirs, b'{"origin": {"name": "x"}}', 1, True, "127.0.0.1", broker.port)
    off = run_of(site(broker, HomeAssistantConfig()), birth(LOBBY))
    kept(broker, {theirs} | actives("lobby_east", "sit_down", "fall"))
    off.close(PATIENCE_S)


@pytest.mark.mqtt
@needs_mosquitto
def test_when_home_assistant_starts_all_is_told_again(broker: Broker) -> None:
    publisher = run_of(site(broker), birth(LOBBY))
    with Listener(broker.port) as home:
        wait_until(lambda: any(one.topic == TOPIC for one in home.heard), "the device")
        wait_until(lambda: home.availability(), "the node")
        before = len(home.heard)
        paho.single("homeassistant/status", b"online", port=broker.port)

        def again() -> set[str]:
            return {one.topic for one in home.heard[before:] if not one.retain}

        wait_until(lambda: {TOPIC} | actives("lobby_east", "fall", "sit_down") <= again(), "all")
        publisher.close(PATIENCE_S)


@pytest.mark.mqtt
@needs_mosquitto
def test_a_node_is_online_only_once_all_its_states_are_true(broker: Broker) -> None:
    stuck = active_topic("edgeact", "gate-1", "lobby_east", "fall")
    left = ((stuck, b'{"state": "ON", "count": 1}'), ("edgeact/v1/gate-1/availability", b"offline"))
    for topic, payload in left:  # of a run that was killed
        paho.single(topic, payload, 1, True, "127.0.0.1", broker.port)
    sink = MqttSink(site(broker), "gate-1")
    wait_until(lambda: sink.connected, "a connection")
    with Listener(broker.port) as home:
        publisher = Publisher(context(), [sink])
        publisher.announce(birth(LOBBY), [("Lobby east", "sit_down"), ("Lobby east", "fall")])
        wait_until(lambda: b"online" in home.availability(), "the node")
        told = [one.topic.removeprefix("edgeact/v1/gate-1/") for one in home.heard]
        online = home.availability().index(b"online")
        at = [index for index, topic in enumerate(told) if topic == "availability"][online]
        assert {"cam/lobby_east/active/sit_down", "birth"} <= set(told[:at])
        falls = [json.loads(one.payload) for one in home.heard[:at] if one.topic == stuck]
        assert [one["state"] for one in falls] == ["ON", "OFF"]
        publisher.close(PATIENCE_S)


@pytest.mark.mqtt
@needs_mosquitto
def test_a_node_that_is_gone_can_be_forgotten_and_one_that_runs_cannot(broker: Broker) -> None:
    running = run_of(site(broker), birth(LOBBY))
    kept(broker, {TOPIC} | actives("lobby_east", "sit_down", "fall"))
    online = run_edgeact("events", "--mqtt", broker.url, "--forget", "gate-1")
    assert (online.returncode, online.stdout) == (2, "")
    assert online.stderr == "edgeact events: node 'gate-1' is online; stop it first\n"
    running.close(PATIENCE_S)
    theirs = discovery_topic("homeassistant", "gate-1", "lamp")
    paho.single(theirs, b'{"origin": {"name": "x"}}', 1, True, "127.0.0.1", broker.port)
    gone = run_edgeact("events", "--mqtt", broker.url, "--forget", "gate-1")
    # Two actions, the device, the birth, and whether it is there.
    assert gone.stderr == f"127.0.0.1:{broker.port}: 5 states of gate-1 taken away\n"
    kept(broker, {theirs})
