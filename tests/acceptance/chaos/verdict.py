"""Holds what a subscriber heard against what the program said on standard output."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.publish.traffic import Traffic
from tests.broker import Heard

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
    traffic = Traffic()
    wrong = 0
    first: dict[Number, dict[str, Any]] = {}
    for one in heard:
        wrong += bool(traffic.check(one.topic, one.payload, qos=one.qos, retain=None))
        if "/event/" in one.topic:
            message = json.loads(one.payload)
            message["data"].pop("delivery", None)
            first.setdefault(_number(message), message)
    missing = told.keys() - first.keys()
    announced, unannounced = _hold_against_gaps(missing, heard)
    return Verdict(
        told=len(told),
        heard=len(first),
        repeated=sum("/event/" in one.topic for one in heard) - len(first),
        announced=announced,
        lost=unannounced,
        open=traffic.open,
        disorder=_disorder(first.values()),
        wrong=wrong + sum(told.get(number, one) != one for number, one in first.items()),
    )


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
