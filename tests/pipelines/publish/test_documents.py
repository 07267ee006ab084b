"""The written contract: JSON Schemas and the AsyncAPI document, as committed."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from asyncapi3 import AsyncAPI3
from jsonschema import Draft202012Validator

from pipelines.publish.channels import CHANNELS, Channel, channel_of
from pipelines.publish.compose import recovered_end, render, with_delivery
from pipelines.publish.contract import ActionMessage
from pipelines.publish.documents import FOLDER, documents
from pipelines.publish.schemas import schema_of
from pipelines.publish.topics import (
    active_topic,
    availability_topic,
    event_topic,
    node_topic,
    status_topic,
)
from tests.golden import check_golden
from tests.pipelines.publish.examples import END, START, context

JSON_CHANNELS = [channel for channel in CHANNELS if channel.model is not None]
DEMO_EVENTS = FOLDER.parents[1] / "tests" / "pipelines" / "publish" / "recorded_events.jsonl"


def validator(channel: Channel) -> Draft202012Validator:
    schema = json.loads((FOLDER / f"{channel.name}.v1.schema.json").read_text())
    return Draft202012Validator(schema)


def event_channel() -> Channel:
    return next(channel for channel in CHANNELS if channel.name == "event")


def asyncapi() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / "asyncapi.yaml").read_text())
    return loaded


@pytest.mark.parametrize("name", documents())
def test_the_committed_contract_is_what_the_program_sends(name: str) -> None:
    check_golden(FOLDER / name, documents()[name])


def test_no_file_of_the_contract_is_left_from_another_time() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(documents())


@pytest.mark.parametrize("channel", JSON_CHANNELS, ids=lambda channel: channel.name)
def test_every_schema_is_one_of_json_schema_2020_12(channel: Channel) -> None:
    Draft202012Validator.check_schema(schema_of(channel))
    assert schema_of(channel)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("payload", [render(START, context()), render(END, context())])
def test_events_have_the_form_of_the_schema(payload: bytes) -> None:
    loaded = json.loads(payload)
    validator(event_channel()).validate(loaded)
    assert loaded["dataschema"] == schema_of(event_channel())["$id"]


def test_an_event_that_waited_has_the_form_of_the_schema_and_says_how_long() -> None:
    waited = json.loads(with_delivery(render(END, context()), queued_ms=90_000, attempt=2))
    validator(event_channel()).validate(waited)
    assert waited["data"].pop("delivery") == {"replayed": True, "queued_ms": 90_000, "attempt": 2}
    assert waited == json.loads(render(END, context()))


def test_an_event_ended_after_a_crash_has_the_form_of_the_schema() -> None:
    last = ActionMessage.model_validate_json(render(START, context()))
    end = recovered_end(last, context(boot_id="later"), 3)
    validator(event_channel()).validate(json.loads(end.model_dump_json(exclude_none=True)))
    assert (end.id, end.data.event.end_reason) == (f"{last.data.event.id}.1", "restart_recovered")
    assert (end.data.time.end, end.data.time.duration_s) == (last.data.time.last, 0.4)


def test_every_message_of_a_recorded_run_has_the_form_of_the_schema() -> None:
    lines = DEMO_EVENTS.read_text(encoding="utf-8").splitlines()
    form = validator(event_channel())
    assert {json.loads(line)["data"]["event"]["phase"] for line in lines} >= {"start", "end"}
    for line in lines:
        form.validate(json.loads(line))


@pytest.mark.parametrize(
    ("part", "field", "value"),
    [
        ("event", "id", "short"),
        ("event", "phase", "begin"),
        ("track", "id", 7),
        ("track", "box", [0, 0, 1]),
        ("score", "current", 1.5),
        ("time", "onset", "yesterday"),
        ("camera", "id", "Lobby east"),
    ],
)
def test_a_message_of_another_form_is_refused(part: str, field: str, value: object) -> None:
    loaded = json.loads(render(START, context()))
    loaded["data"][part][field] = value
    assert not validator(event_channel()).is_valid(loaded)


@pytest.mark.parametrize("part", ["event", "time", "camera", "track", "score", "model", "node"])
def test_a_message_without_a_part_is_refused(part: str) -> None:
    loaded = json.loads(render(START, context()))
    del loaded["data"][part]
    assert not validator(event_channel()).is_valid(loaded)


def test_the_asyncapi_document_is_one_of_asyncapi_3() -> None:
    document = AsyncAPI3.model_validate(asyncapi())
    assert document.asyncapi == "3.0.0"


def test_every_reference_inside_the_asyncapi_document_leads_somewhere() -> None:
    document = asyncapi()

    def follow(node: object) -> None:
        if isinstance(node, dict):
            for key, value in node.items():
                if key == "$ref":
                    found: Any = document
                    for step in str(value).removeprefix("#/").split("/"):
                        found = found[step]
                else:
                    follow(value)
        elif isinstance(node, list):
            for value in node:
                follow(value)

    follow(document)


def test_states_are_retained_and_events_never_are() -> None:
    retain = {
        name: operation["bindings"]["mqtt"].get("retain")
        for name, operation in asyncapi()["operations"].items()
    }
    states = ("availability", "birth", "status", "active", "home-assistant")
    assert {name for name, kept in retain.items() if kept} == {f"send-{name}" for name in states}
    assert retain["send-event"] is False


@pytest.mark.parametrize(
    ("topic", "name"),
    [
        (availability_topic("edgeact", "n"), "availability"),
        (node_topic("a/b", "n", "birth"), "birth"),
        (node_topic("a/b", "n", "gap"), "gap"),
        (node_topic("a/b", "n", "stats"), "stats"),
        (event_topic("a", "n", "Dock 3", "sit_down"), "event"),
        (active_topic("a", "n", "Dock 3", "sit_down"), "active"),
        (status_topic("a", "n", "Dock 3"), "status"),
        ("a/v1/n/cmd/set_rule", "command-set-rule"),
        ("a/v1/n/cmd/rebirth/result", "command-result"),
    ],
)
def test_every_topic_that_is_made_is_one_of_the_contract(topic: str, name: str) -> None:
    found = channel_of(topic)
    assert found is not None
    assert found[0].name == name


def test_a_topic_of_somebody_else_is_none_of_the_contract() -> None:
    assert channel_of("a/v2/n/birth") is None
    assert channel_of("zigbee2mqtt/lamp") is None
