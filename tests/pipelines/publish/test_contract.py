"""What subscribers read."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.publish.compose import message, render
from pipelines.publish.context import SourceContext
from pipelines.publish.contract import MAX_BYTES, ActionMessage, ModelPart, ZonesPart
from pipelines.publish.topics import (
    availability_topic,
    event_filter,
    event_topic,
)
from pipelines.publish.ulid import ALPHABET, ulid
from recognition.events import Evidence
from recognition.zones import Stays
from tests.pipelines.publish.examples import END, LOBBY, START, context

ROOT = Path(__file__).resolve().parents[3]

EXPECTED_START = {
    "specversion": "1.0",
    "id": "ID.0",
    "source": "urn:edgeact:gate-1:lobby_east",
    "type": "io.edgeact.action.start.v1",
    "subject": "track/7",
    "time": "2023-11-14T22:13:22.400Z",
    "datacontenttype": "application/json",
    "dataschema": "urn:edgeact:schema:event:v1",
    "sequence": "000000000017",
    "data": {
        "event": {
            "id": "ID",
            "phase": "start",
            "rev": 0,
            "action": "sit_down",
            "label_display": "sit down",
            "severity": "info",
        },
        "time": {
            "onset": "2023-11-14T22:13:22.000Z",
            "detected": "2023-11-14T22:13:22.400Z",
            "last": "2023-11-14T22:13:22.400Z",
            "media_pts_ns": 2400000000,
            "media_onset_ns": 2000000000,
            "clock": "file_mtime",
        },
        "camera": {"id": "lobby_east", "name": "Lobby east", "width": 640, "height": 360},
        "track": {
            "id": "7",
            "uid": "gate-1:lobby_east:7",
            "box": [0.0, 0.25, 0.4844, 0.75],
            "box_px": [0.0, 90.0, 310.0, 270.0],
        },
        "score": {
            "current": 0.8123,
            "peak": 0.9,
            "mean": 0.75,
            "enter_threshold": 0.7,
            "exit_threshold": 0.4,
            "margin": 0.7123,
            "topk": [
                {"action": "sit_down", "score": 0.8123},
                {"action": "stand", "score": 0.1},
                {"action": "background", "score": 0.05},
            ],
        },
        "evidence": {
            "pose": {"present": True, "quality": 0.8333, "weight": 0.61},
            "audio": {"present": False},
        },
        "model": {
            "name": "fusion-v1",
            "version": "1",
            "sha256": "ab" * 32,
            "runtime": "onnxruntime",
        },
        "node": {"id": "gate-1", "app_version": "0.1.0"},
    },
}


def event_id(payload: bytes) -> str:
    return str(json.loads(payload)["data"]["event"]["id"])


def test_a_start_reads_as_documented_with_keys_in_this_order() -> None:
    payload = render(START, context(), 17)
    expected = json.dumps(EXPECTED_START, separators=(",", ":")).replace("ID", event_id(payload))
    assert payload.decode() == expected


def test_an_end_says_when_why_and_how_long_and_keeps_the_events_id() -> None:
    start, end = (message(event, context()) for event in (START, END))
    assert end.data.event.id == start.data.event.id
    assert (start.id[-2:], end.id[-2:]) == (".0", ".1")
    assert end.type == "io.edgeact.action.end.v1"
    assert end.data.event.end_reason == "score_low"
    assert end.data.time.end == "2023-11-14T22:13:25.500Z"
    assert (end.data.time.duration_s, end.data.time.media_end_ns) == (3.5, 5_500_000_000)


def test_a_payload_is_one_line_without_padding_and_reads_back_to_the_same_message() -> None:
    payload = render(END, context())
    assert b"\n" not in payload
    assert b"null" not in payload
    assert ActionMessage.model_validate_json(payload) == message(END, context())


def test_what_two_people_do_names_both_and_has_an_id_of_its_own() -> None:
    pairs = [replace(START, action="hug", co_tracks=(other,)) for other in (8, 9)]
    first, second = (message(event, context()) for event in pairs)
    assert (first.data.track.id, first.data.track.co_tracks) == ("7", ("8",))
    assert first.data.event.id != second.data.event.id
    assert message(START, context()).data.track.co_tracks is None


def test_an_event_of_a_group_names_everybody_and_keeps_its_id_whoever_comes_or_goes() -> None:
    founders = (7, 8, 9)
    start = replace(
        START, action="gathering", founders=founders, co_tracks=(8, 9),
        co_boxes=((0, 0, 64, 360), (576, -10, 700, 180)),
    )  # fmt: skip
    end = replace(END, action="gathering", founders=founders, track_id=8, co_tracks=(9,))
    first, last = (message(event, context()) for event in (start, end))
    assert first.data.track.co_boxes == ((0.0, 0.0, 0.1, 1.0), (0.9, 0.0, 0.1, 0.5))
    assert (last.data.track.id, last.data.track.co_tracks) == ("8", ("9",))
    assert first.data.event.id == last.data.event.id
    assert last.data.track.co_boxes is None


def test_what_a_member_does_names_the_groups_event() -> None:
    group = replace(START, action="gathering", co_tracks=(8, 9), founders=(7, 8, 9))
    wave = replace(START, action="wave", track_id=8, parent=group.name)
    assert message(wave, context()).data.event.parent_event_id == event_id(render(group, context()))
    assert message(START, context()).data.event.parent_event_id is None


def test_an_event_says_where_the_person_stands_and_for_how_long() -> None:
    stays = Stays(("Gate 2",), ("hall", "Gate 2"), {"Gate 2": 4.25})
    placed = message(replace(START, zones=stays), context()).data.track.zones
    assert placed == ZonesPart(
        current=("Gate 2",), entered=("hall", "Gate 2"), dwell_s={"Gate 2": 4.25}
    )
    assert message(START, context()).data.track.zones is None


def test_sixteen_members_fit_into_the_limit() -> None:
    ids = [2**64 - 1 - number for number in range(16)]  # as nvtracker gives them
    evidence = Evidence(present=True, quality=0.12345, weight=0.12345)
    names = ("pose", "trajectory", "objects", "audio", "neighbours")
    zones = tuple(f"{number}".rjust(32, "z") for number in range(8))
    group = replace(
        END, action="walking_together", track_id=ids[0], co_tracks=tuple(ids[1:]),
        founders=tuple(ids), co_boxes=((123.456, 98.765, 345.678, 234.567),) * 15,
        evidence=dict.fromkeys(names, evidence), parent=START.name,
        topk=tuple(("walking_together", 0.12345) for _ in range(10)),
        zones=Stays(zones, zones, dict.fromkeys(zones, 123.45678)),
    )  # fmt: skip
    assert len(render(group, context(node="n" * 64, boot_id="b" * 16))) < MAX_BYTES


def test_an_event_keeps_its_id_where_the_tracker_follows_the_person_by_another() -> None:
    end = replace(END, track_id=12, founders=(7,))
    start, found = message(START, context()), message(end, context())
    assert found.data.event.id == start.data.event.id
    assert (found.subject, found.data.track.id) == ("track/12", "12")


def test_an_event_names_the_one_that_it_continues() -> None:
    again = replace(START, onset_ns=8_000_000_000, continues=START.name)
    told = message(again, context()).data.event
    assert told.continues == message(START, context()).data.event.id != told.id


def test_a_start_says_what_each_modality_gave_and_how_far_the_clock_may_be_off() -> None:
    part = Evidence(present=True, quality=0.5, weight=0.5, contribution=-0.12345)
    live = replace(LOBBY, clock="arrival", clock_uncertainty_ms=600)
    data = message(replace(START, evidence={"pose": part}), context(sources={0: live})).data
    assert data.evidence["pose"].contribution == -0.1235
    assert data.time.clock_uncertainty_ms == 600
    assert message(START, context()).data.time.clock_uncertainty_ms is None


def test_readers_ignore_fields_that_they_do_not_know() -> None:
    loaded = {**json.loads(render(END, context())), "weather": "rain"}
    assert ActionMessage.model_validate(loaded) == message(END, context())


def test_a_file_run_again_gives_the_same_bytes_and_a_live_source_another_id() -> None:
    live = replace(LOBBY, clock="arrival")
    boots = [context(boot_id=boot_id, sources={0: LOBBY, 1: live}) for boot_id in ("one", "two")]
    first, again = (render(START, run) for run in boots)
    assert first == again
    assert b"boot_id" not in first
    first, again = (render(replace(START, source_id=1), run) for run in boots)
    assert event_id(first) != event_id(again)
    assert json.loads(again)["data"]["node"]["boot_id"] == "two"


def test_every_event_has_an_id_of_its_own() -> None:
    both = context(sources={0: LOBBY, 1: replace(LOBBY, name="dock")})
    others = [
        START,
        replace(START, track_id=8),
        replace(START, action="stand"),
        replace(START, onset_ns=START.onset_ns + 1),
        replace(START, source_id=1),
    ]
    assert len({event_id(render(event, both)) for event in others}) == len(others)


def test_a_message_with_everything_in_it_stays_under_four_kibibytes() -> None:
    names = ["é" * 60 + str(i) for i in range(10)]
    event = replace(
        END,
        action=names[0],
        topk=tuple((name, 0.1234) for name in names),
        evidence={
            f"m{i}": Evidence(present=True, quality=0.1234, weight=0.1, contribution=-0.1234)
            for i in range(6)
        },
        continues=START.name,
    )
    model = ModelPart(
        name="n" * 64, version="v" * 32, sha256="f" * 64, runtime="r" * 32, feature_spec="s" * 32
    )
    source = SourceContext(name="ö" * 100, utc_base_ns=LOBBY.utc_base_ns, clock="arrival")
    payload = render(event, context(model=model, sources={0: source}, boot_id="b" * 36))
    assert len(payload) < 4096


def test_ulids_sort_by_time_and_use_crockfords_alphabet() -> None:
    # The time part of the example in the specification.
    assert ulid(1_469_922_850_259, ["a"])[:10] == "01ARZ3NDEK"
    ids = [ulid(ms, ["x"]) for ms in (0, 1, 31, 32, 10**12, (1 << 48) - 1)]
    assert ids == sorted(ids)
    assert all(len(one) == 26 and set(one) <= set(ALPHABET) for one in ids)
    with pytest.raises(ValueError, match="time_ms"):
        ulid(1 << 48, [])


def test_the_topics_are_those_of_the_contract() -> None:
    assert event_topic("edgeact", "gate-1", "Lobby east", "sit_down") == (
        "edgeact/v1/gate-1/cam/lobby_east/event/sit_down"
    )
    assert availability_topic("a/b", "gate-1") == "a/b/v1/gate-1/availability"
    assert event_filter("a") == "a/v1/+/cam/+/event/+"
    assert event_filter("a", "Dock 3", "fall") == "a/v1/+/cam/dock_3/event/fall"


@pytest.mark.parametrize("changes", [{"base": "a/+"}, {"base": "/a"}, {"node": "Gate 1"}])
def test_a_base_or_node_that_is_no_topic_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="got '"):
        context(**changes)


def test_the_example_in_the_documentation_is_what_is_sent() -> None:
    text = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    example = text.split("```json\n")[1].split("```")[0]
    assert json.loads(example) == json.loads(render(END, context()))
