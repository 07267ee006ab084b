"""Holds what a subscriber heard against what the program said on standard output."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.publish.traffic import Traffic
from tests.broker import Heard

KINDS = ("event/", "active/", "availability", "gap")
SAMPLE = 100
"""Messages of each kind that are held against the schemas."""

Number = tuple[str, int]
"""Run and sequence number of a message."""


@dataclass(frozen=True)
class Verdict:
    """Messages of events, unless said otherwise.

    told: by the program. heard: different ones, by the subscriber. repeated: heard again, the same.
    announced: told, not heard, and in a gap record. lost: neither heard nor announced. open: events
    with a start and no end. disorder: revisions first heard after a later one. wrong: messages that
    break the contract or differ from what was told.
    """

    told: int
    heard: int
    repeated: int
    announced: int
    lost: int
    open: int
    disorder: int
    wrong: int

    @property
    def clean(self) -> bool:
        """Whether nothing is missing in silence, torn apart, out of order or changed."""
        return self.told > 0 and not (self.lost or self.open or self.disorder or self.wrong)


def judge(lines: Iterable[bytes], heard: Sequence[Heard]) -> Verdict:
    """lines: of standard output, of all runs. heard: all that came, in its order."""
    told = {_number(message): message for message in map(json.loads, lines)}
    first: dict[Number, dict[str, Any]] = {}
    repeated = wrong = 0
    for one in heard:
        if "/event/" in one.topic:
            message = json.loads(one.payload)
            message["data"].pop("delivery", None)
            before = first.setdefault(_number(message), message)
            repeated += before is not message
            wrong += before != message
    missing = told.keys() - first.keys()
    announced, unannounced = _hold_against_gaps(missing, heard)
    return Verdict(
        told=len(told),
        heard=len(first),
        repeated=repeated,
        announced=announced,
        lost=unannounced,
        open=_open(first.values()),
        disorder=_disorder(first.values()),
        wrong=wrong + _wrong(told, first) + _against_contract(heard),
    )


def _open(messages: Iterable[dict[str, Any]]) -> int:
    """How many events were heard to start and not to end."""
    phases: dict[str, set[str]] = {}
    for message in messages:
        event = message["data"]["event"]
        phases.setdefault(event["id"], set()).add(event["phase"])
    return sum("start" in seen and "end" not in seen for seen in phases.values())


def _wrong(told: dict[Number, dict[str, Any]], first: dict[Number, dict[str, Any]]) -> int:
    """Messages that are not as they were told, and second messages of the same id."""
    changed = sum(told.get(number, one) != one for number, one in first.items())
    return changed + len(first) - len({one["id"] for one in first.values()})


def _against_contract(heard: Sequence[Heard]) -> int:
    """How many of the first messages of each kind break the contract; all would take minutes."""
    traffic = Traffic()
    seen: Counter[str] = Counter()
    for one in heard:
        kind = next((kind for kind in KINDS if f"/{kind}" in one.topic), one.topic)
        seen[kind] += 1
        if seen[kind] <= SAMPLE:
            traffic.check(one.topic, one.payload, qos=one.qos, retain=None)
    return traffic.problems


def _number(message: dict[str, Any]) -> Number:
    return message["data"]["node"]["boot_id"], int(message["sequence"])


def _hold_against_gaps(missing: set[Number], heard: Sequence[Heard]) -> tuple[int, int]:
    """How many missing messages gap records tell of, and how many they do not.

    A record with an end must also have counted as many as are missing.
    """
    records = [json.loads(one.payload) for one in heard if one.topic.endswith("/gap")]
    counted: Counter[str] = Counter()
    for payload in {one.payload for one in heard if one.topic.endswith("/gap")}:
        record = json.loads(payload)
        counted[record["boot_id"]] += record["messages"]
    announced = 0
    for boot, sequence in sorted(missing):
        spans = [one for one in records if one["boot_id"] == boot and _within(sequence, one)]
        if any("to_sequence" not in one for one in spans):
            announced += 1
        elif spans and counted[boot] > 0:
            counted[boot] -= 1
            announced += 1
    return announced, len(missing) - announced


def _within(sequence: int, record: dict[str, Any]) -> bool:
    last = record.get("to_sequence")
    return int(record["from_sequence"]) <= sequence and (last is None or sequence <= int(last))


def _disorder(messages: Iterable[dict[str, Any]]) -> int:
    newest: dict[str, int] = {}
    late = 0
    for message in messages:
        event = message["data"]["event"]
        late += event["rev"] < newest.get(event["id"], 0)
        newest[event["id"]] = max(event["rev"], newest.get(event["id"], 0))
    return late
