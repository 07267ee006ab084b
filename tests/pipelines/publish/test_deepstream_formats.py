"""Events as DeepStream's nvmsgconv writes them, for consumers that are there already."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines.publish.compose import render, with_delivery
from pipelines.publish.couriers.formats import Format, payload_in
from pipelines.publish.sinks import Counters
from tests.broker import wait_until
from tests.golden import check_golden
from tests.pipelines.publish.examples import END, START, context, numbered
from tests.pipelines.publish.test_couriers import Service, close, publisher

GOLDEN = Path(__file__).parent / "golden"
FORMATS: tuple[Format, ...] = ("deepstream", "deepstream_minimal")


def written(chosen: Format, payload: bytes | None = None) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(payload_in(chosen, payload or render(START, context(), 1)))
    return made


@pytest.mark.parametrize("chosen", FORMATS)
def test_an_event_is_written_as_in_the_golden_file(chosen: Format) -> None:
    check_golden(GOLDEN / f"{chosen}.json", json.dumps(written(chosen), indent=2) + "\n")


def test_the_pieces_of_a_minimal_object_are_where_consumers_look_for_them() -> None:
    (one,) = written("deepstream_minimal")["objects"]
    track, left, top, right, bottom, label, mark, action, score = one.split("|")
    assert (track, label, mark, action) == ("7", "person", "#", "sit_down")
    assert [float(edge) for edge in (left, top, right, bottom)] == [0, 90, 310, 360]
    assert float(score) == 0.8123


@pytest.mark.parametrize("chosen", FORMATS)
def test_what_a_format_has_no_word_for_is_in_the_custom_message(chosen: Format) -> None:
    hug = replace(END, action="hug", co_tracks=(9,))
    (text,) = written(chosen, render(hug, context(), 2))["customMessage"]
    said = json.loads(text)
    assert (said["event"]["phase"], said["event"]["rev"]) == ("end", 1)
    assert (said["time"]["duration_s"], said["co_tracks"]) == (3.5, ["9"])


def test_a_message_has_one_id_however_often_it_is_sent_and_the_next_one_another() -> None:
    start, end = (render(event, context(), 1) for event in (START, END))
    again = with_delivery(start, queued_ms=9000, attempt=2)
    ids = [written("deepstream", one)["messageid"] for one in (start, again, end)]
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize("chosen", FORMATS)
def test_a_way_out_brings_events_in_its_format(chosen: Format) -> None:
    with Service().running() as service:
        out = publisher(webhook={"url": service.url, "format": chosen})
        payloads = [out.publish(event) for event in (START, END)]
        assert close(out) == Counters(published=2, acknowledged=2)
    assert service.bodies() == [payload_in(chosen, payload) for payload in payloads]
    assert {one.headers["content-type"] for one in service.posted} == {"application/json"}


def test_a_gap_is_told_to_people_where_the_format_has_no_word_for_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Service(answers=[422]).running() as service:
        out = publisher(webhook={"url": service.url, "format": "deepstream"})
        for event in numbered(2):
            out.publish(event)
        wait_until(lambda: "1 messages are lost: refused" in caplog.text, "a warning")
        assert close(out) == Counters(published=2, acknowledged=1, dropped=1)
    assert len(service.posted) == 1
