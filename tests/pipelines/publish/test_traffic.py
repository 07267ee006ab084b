"""Traffic held against the contract."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pipelines.publish.compose import render, with_delivery
from pipelines.publish.topics import event_topic
from pipelines.publish.traffic import Traffic
from recognition.events import ActionEvent
from tests.pipelines.publish.examples import END, START, context

TOPIC = event_topic("edgeact", "gate-1", "Lobby east", "sit_down")
UPDATE = replace(START, rev=1, phase="update", pts_ns=START.pts_ns + 1)
LAST = replace(END, rev=2)


def told(traffic: Traffic, *events: ActionEvent) -> list[str]:
    """The problems of events as they would be published."""
    return [
        problem
        for event in events
        for problem in traffic.check(TOPIC, render(event, context()), qos=1, retain=False)
    ]


def test_a_start_an_update_and_an_end_are_as_they_should_be() -> None:
    traffic = Traffic()
    assert told(traffic, START, UPDATE) == []
    assert traffic.open == 1
    assert told(traffic, LAST) == []
    assert (traffic.heard, traffic.problems, traffic.open) == ({"event": 3}, 0, 0)


def test_a_message_that_comes_again_is_counted_and_no_problem() -> None:
    traffic = Traffic()
    told(traffic, START, LAST)
    again = with_delivery(render(LAST, context()), queued_ms=9, attempt=2)
    assert traffic.check(TOPIC, again, qos=1, retain=False) == []
    assert told(traffic, START) == []
    assert (traffic.repeated, traffic.open) == (2, 0)


@pytest.mark.parametrize(
    ("events", "problem"),
    [
        ((START, replace(START, rev=1)), "starts an event that had started"),
        ((START, LAST, replace(UPDATE, rev=3)), "follows the end of its event"),
        ((START, replace(START, score=0.75)), "came twice, not the same"),
        ((replace(START, rev=2),), "revision 2 is start"),
    ],
)
def test_a_life_that_no_event_has_is_told(events: tuple[ActionEvent, ...], problem: str) -> None:
    (said,) = told(Traffic(), *events)
    assert problem in said


def test_a_subscriber_that_came_late_may_hear_an_end_first() -> None:
    assert told(Traffic(), END) == []


@pytest.mark.parametrize(
    ("qos", "retain", "problem"),
    [
        (1, True, "retained; event must never be"),
        (0, False, "QoS 0; wanted 1"),
    ],
)
def test_an_event_that_goes_another_way_is_told(qos: int, retain: bool, problem: str) -> None:
    assert Traffic().check(TOPIC, render(START, context()), qos=qos, retain=retain) == [problem]


def test_a_state_that_is_not_retained_is_told() -> None:
    topic = "edgeact/v1/gate-1/availability"
    assert Traffic().check(topic, b"online", qos=1, retain=True) == []
    assert Traffic().check(topic, b"online", qos=1, retain=None) == []
    said = Traffic().check(topic, b"on", qos=1, retain=False)
    assert said == ["not retained; availability must be", "wanted online or offline, got b'on'"]


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("specversion", "0.3", "$.specversion: '1.0' was expected"),
        ("id", "x", "$.id: 'x' does not match"),
        ("subject", "track/8", "subject is track/8 outside and track/7 inside"),
        ("name", "é" * 5000, "bytes; wanted less than 4096"),
    ],
)
def test_a_message_of_another_form_is_told_with_the_place(
    field: str, value: str, problem: str
) -> None:
    loaded = json.loads(render(START, context()))
    (loaded["data"]["camera"] if field == "name" else loaded)[field] = value
    (said,) = Traffic().check(TOPIC, json.dumps(loaded).encode(), qos=1, retain=False)
    assert problem in said


@pytest.mark.parametrize(
    ("topic", "payload", "problem"),
    [
        ("edgeact/v1/gate-1/weather", b"{}", "no topic of the contract"),
        (TOPIC, b"\xff", "no JSON"),
        (TOPIC, b"{}", "is a required property"),
        (TOPIC.replace("sit_down", "wave"), render(START, context()), "action is wave outside"),
        (TOPIC.replace("/lobby_east/", "/dock/"), render(START, context()), "camera is dock"),
        ("a/v1/n/cam/c/snapshot/wave", b"GIF", "wanted a JPEG"),
    ],
)
def test_what_does_not_belong_there_is_told(topic: str, payload: bytes, problem: str) -> None:
    qos = 0 if "snapshot" in topic else 1
    (said,) = Traffic().check(topic, payload, qos=qos, retain=False)
    assert problem in said


def test_lives_are_forgotten_so_that_memory_stays_flat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.publish.traffic.REMEMBERED", 3)
    traffic = Traffic()
    told(traffic, *(replace(START, track_id=number) for number in range(10)))
    assert traffic.open == 3
