"""Commands to a running node: judged, done, counted, answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt import publish as paho

import tests.plugins.conftest  # noqa: F401  # loads GStreamer before warnings become errors
from pipelines.config import Config
from pipelines.publish.channels import channel_of
from pipelines.publish.commands import CommandResult, NoArgs
from pipelines.publish.compose import event_id_of
from pipelines.publish.desk import Desk, Done, Handler, RefusedError
from pipelines.publish.mqtt import MqttConfig, mqtt_from_url
from pipelines.publish.mqtt_sink import MqttSink
from pipelines.publish.outbox_config import OutboxConfig
from pipelines.publish.publisher import Publisher
from pipelines.publish.states import CommandCounters
from pipelines.publish.traffic import Traffic
from pipelines.site_commands import SiteCommands
from recognition.taxonomy import load_taxonomy
from tests.broker import PATIENCE_S, Broker, Heard, Listener, needs_mosquitto, wait_until
from tests.pipelines.publish.examples import END, START, context
from tests.pipelines.publish.test_home_assistant import LOBBY, birth
from tests.plugins.test_worker import Site

pytestmark = pytest.mark.gst

ASK = "edgeact/v1/gate-1/cmd/"


class Office:
    """A desk whose one command, ``rebirth``, is done at once; keeps the answers."""

    def __init__(self, *, refusing: str = "") -> None:
        self.answers: list[CommandResult] = []
        self.done = 0
        self._refusing = refusing
        self.desk = Desk(lambda _verb, result: self.answers.append(result))
        self.desk.handlers["rebirth"] = self._rebirth

    def _rebirth(self, args: NoArgs, done: Done) -> None:
        if self._refusing:
            raise RefusedError(self._refusing)
        self.done += 1
        done()

    def says(self, payload: bytes, verb: str = "rebirth", *, retained: bool = False) -> str:
        """The reason of the refusal; empty where it was done."""
        self.desk.take(verb, payload, retained=retained)
        (answer,) = self.answers
        assert (answer.status == "done") == (answer.reason is None)
        return answer.reason or ""


def test_a_command_is_done_counted_and_answered_with_the_senders_id() -> None:
    office = Office()
    assert office.says(b'{"correlation_id": "a-1"}') == ""
    assert (office.done, office.answers[0].correlation_id) == (1, "a-1")
    assert office.desk.counters == CommandCounters(done=1, rejected=0)


@pytest.mark.parametrize(
    ("verb", "payload", "reason"),
    [
        ("rebirth", b"", "no JSON: EOF while parsing a value"),
        ("rebirth", b"\xff\xfe", "no JSON"),
        ("rebirth", b"[" * 4000, "no JSON: recursion limit exceeded"),
        ("rebirth", b'{"correlation_id": "\\ud800"}', "no JSON"),
        ("rebirth", b"[1]", "wanted a JSON object"),
        ("rebirth", b"{}", "correlation_id: Field required"),
        ("rebirth", b'{"correlation_id": 7}', "correlation_id: Input should be a valid string"),
        ("rebirth", b'{"correlation_id": "1", "x": 1}', "x: Extra inputs are not permitted"),
        ("rebirth", b" " * 4097, "4097 bytes; wanted at most 4096"),
        ("rebrith", b"{}", "unknown command; did you mean 'rebirth'?"),
        ("Set Rule/\u00e9", b"{}", "unknown command; "),
        ("reset_rule", b'{"correlation_id": "1", "args": {"action": "x"}}', "still starting"),
        ("set_rule", b'{"correlation_id": "1"}', "args: Field required"),
    ],
)
def test_a_command_that_cannot_be_read_is_refused_with_the_reason(
    verb: str, payload: bytes, reason: str
) -> None:
    office = Office()
    assert reason in office.says(payload, verb)
    assert office.desk.counters == CommandCounters(done=0, rejected=1)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({}, "args.rule: names nothing that is to differ"),
        ({"entr": 0.5}, "args.rule.entr: Extra inputs are not permitted"),
        ({"enter": 1.5}, "args.rule.enter: Input should be less than or equal to 1"),
        ({"enter": 0.3, "exit": 0.6}, "args.rule: exit must be <= enter (0.3), got 0.6"),
        ({"max_duration_s": 1e300}, "args.rule.max_duration_s: Input should be less than"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_where_it_is_wrong(
    rule: dict[str, float], reason: str
) -> None:
    payload = {"correlation_id": "1", "args": {"action": "walk", "rule": rule}}
    assert reason in Office().says(json.dumps(payload).encode(), "set_rule")


def test_a_retained_command_is_refused() -> None:
    assert "retained" in Office().says(b'{"correlation_id": "1"}', retained=True)


def test_a_command_that_cannot_be_done_is_answered_with_the_reason() -> None:
    assert Office(refusing="no such camera").says(b'{"correlation_id": "1"}') == "no such camera"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with Broker(tmp_path) as running:
        yield running


def asking(broker: Broker, **changes: Any) -> MqttConfig:
    memory = OutboxConfig(durable=False)
    return mqtt_from_url(broker.url).model_copy(
        update={"commands": True, "outbox": memory, "stats_interval_s": 0.05, **changes}
    )


def send(broker: Broker, verb: str, *, retain: bool = False, **args: Any) -> None:
    payload = json.dumps({"correlation_id": verb, **({"args": args} if args else {})})
    paho.single(ASK + verb, payload, qos=1, retain=retain, port=broker.port)


def answers(listener: Listener) -> list[dict[str, Any]]:
    return [json.loads(one.payload) for one in listener.heard if one.topic.endswith("/result")]


def wait_for_answers(listener: Listener, count: int) -> list[dict[str, Any]]:
    wait_until(lambda: len(answers(listener)) >= count, f"{count} answers")
    return answers(listener)


def births(listener: Listener) -> int:
    """How often the node told what it is; it subscribes before it does."""
    return sum(one.topic.endswith("/birth") for one in listener.heard)


@pytest.mark.mqtt
@needs_mosquitto
@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_a_rebirth_tells_all_states_again(broker: Broker, protocol: str) -> None:
    with Listener(broker.port) as listener:
        publisher = Publisher(context(), [MqttSink(asking(broker, protocol=protocol), "gate-1")])
        publisher.announce(birth(LOBBY), [("Lobby east", "fall")])
        wait_until(lambda: births(listener), "the birth")
        send(broker, "rebirth")
        assert wait_for_answers(listener, 1)[0]["status"] == "done"
        wait_until(lambda: births(listener) == 2, "the second birth")
        publisher.close(PATIENCE_S)


@pytest.mark.mqtt
@needs_mosquitto
@pytest.mark.parametrize("before", [False, True], ids=["as ever", "in the last run"])
def test_commands_are_off_unless_configured(broker: Broker, before: bool) -> None:
    if before:  # a broker of MQTT 5 remembers the subscriptions of that run
        past = Publisher(context(), [MqttSink(asking(broker), "gate-1")])
        past.announce(birth(LOBBY), [])
        with Listener(broker.port, "+/v1/+/birth") as early:
            wait_until(lambda: births(early), "the birth")
        past.close(PATIENCE_S)
    with Listener(broker.port) as listener:
        publisher = Publisher(context(), [MqttSink(asking(broker, commands=False), "gate-1")])
        publisher.announce(birth(LOBBY), [])
        wait_until(lambda: births(listener), "the birth")
        send(broker, "rebirth")
        publisher.close(PATIENCE_S)
        wait_until(lambda: b"offline" in listener.availability(), "the end")
    assert answers(listener) == []
    stats = [json.loads(one.payload) for one in listener.heard if one.topic.endswith("/stats")]
    assert all("commands" not in one for one in stats)


def wrong(heard: list[Heard]) -> list[str]:
    """What breaks the contract in answers and counters."""
    traffic = Traffic()
    return [
        problem
        for one in heard
        if (found := channel_of(one.topic)) and found[0].name in ("command-result", "stats")
        for problem in traffic.check(one.topic, one.payload, qos=one.qos, retain=one.retain)
    ]


def commands_of(site: Site, config: Config, publisher: Publisher) -> dict[str, Handler]:
    made = SiteCommands(config, site.recognizer, site.worker, retract=publisher.retract)
    return made.handlers


@pytest.mark.mqtt
@needs_mosquitto
def test_an_operator_takes_back_an_event_that_goes_on_and_one_that_is_over(broker: Broker) -> None:
    site = Site(live=True)
    config = Config.model_validate(
        {"platform": "cpu", "sources": [{"name": "Lobby east", "uri": "a.mp4"}]}
    )
    site.worker.start()
    with Listener(broker.port) as listener:
        publisher = Publisher(context(), [MqttSink(asking(broker), "gate-1")])
        publisher.obey(commands_of(site, config, publisher))
        publisher.announce(birth(LOBBY), [("Lobby east", "sit_down")])
        wait_until(lambda: births(listener), "the birth")
        other = replace(START, track_id=8)
        for event in (START, other, replace(END, track_id=8)):
            publisher.publish(event)
        goes_on, over = (event_id_of(one, publisher.context) for one in (START, other))
        for event_id in (goes_on, over, goes_on, "01HF7YAVYGPT3ZXE0MXZ6BJSNT"):
            send(broker, "retract", event_id=event_id)
        told = wait_for_answers(listener, 4)
        assert publisher.publish(END) == b""
        publisher.close(PATIENCE_S)
    site.worker.stop("shutdown", timeout_s=PATIENCE_S)
    assert [one["status"] for one in told] == ["done", "done", "rejected", "rejected"]
    assert told[2]["reason"].startswith("args.event_id: no such event; wanted one that goes on")
    events = [json.loads(one.payload) for one in listener.events()]
    assert [one["id"] for one in events if one["data"]["event"]["phase"] == "retract"] == [
        f"{goes_on}.1",
        f"{over}.2",
    ]
    assert [int(one["sequence"]) for one in events] == [1, 2, 3, 4, 5]
    states = [json.loads(one.payload) for one in listener.heard if "/active/" in one.topic]
    assert (states[-1]["state"], states[-1]["count"]) == ("OFF", 0)
    assert wrong(listener.heard) == []


@pytest.mark.mqtt
@needs_mosquitto
def test_rules_are_changed_by_action_and_camera_while_the_site_runs(broker: Broker) -> None:
    site = Site(live=True, sources=2)
    sources = [{"name": name, "uri": "a.mp4"} for name in ("Lobby east", "dock")]
    config = Config.model_validate({"platform": "cpu", "sources": sources})
    site.worker.start()
    with Listener(broker.port) as listener:
        publisher = Publisher(context(), [MqttSink(asking(broker), "gate-1")])
        publisher.obey(commands_of(site, config, publisher))
        publisher.announce(birth(LOBBY), [])
        wait_until(lambda: births(listener), "the birth")
        send(broker, "set_rule", action="walk", rule={"enter": 0.2})
        send(broker, "set_rule", action="walk", camera="Lobby east", rule={"enter": 0.9})
        send(broker, "reset_rule", action="walk", camera="dock")
        send(broker, "set_rule", action="wlak", rule={"enter": 0.9})
        send(broker, "set_rule", action="walk", camera="doc", rule={"enter": 0.9})
        send(broker, "set_rule", retain=True, action="walk", rule={"enter": 0.9})
        told = wait_for_answers(listener, 6)
        counted = {"done": 3, "rejected": 3}
        wait_until(
            lambda: any(counted == stats(one).get("commands") for one in listener.heard), "stats"
        )
        publisher.close(PATIENCE_S)
    site.worker.stop("shutdown", timeout_s=PATIENCE_S)
    both, lobby, dock = (
        {name: (rule["enter"], rule["exit"]) for name, rule in one["rules"].items()}
        for one in told
        if one["status"] == "done"
    )
    assert both == {"lobby_east": (0.2, 0.2), "dock": (0.2, 0.2)}
    assert lobby == {"lobby_east": (0.9, 0.2)}
    shipped = load_taxonomy().action("walk").rule
    assert dock == {"dock": (shipped.enter, shipped.exit)}
    reasons = sorted(one["reason"] for one in told if one["status"] == "rejected")
    assert reasons[0] == "args.action: the model has no action 'wlak'; did you mean 'walk'?"
    assert reasons[1] == "args.camera: no such camera; did you mean 'dock'?"
    assert reasons[2].startswith("it is retained")
    assert wrong(listener.heard) == []


def stats(heard: Heard) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(heard.payload) if heard.topic.endswith("/stats") else {}
    return found
