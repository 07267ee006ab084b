"""Holds a broker's traffic against the contract: form, topic, QoS, retain, and events' lives."""

from __future__ import annotations

import json
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from pipelines.publish.channels import WORDS, Channel, channel_of
from pipelines.publish.contract import MAX_BYTES
from pipelines.publish.schemas import schema_of
from pipelines.publish.topics import slug

REMEMBERED = 100_000
"""Lives of events that are kept to compare with; the oldest is forgotten first."""

_JPEG = b"\xff\xd8"


@dataclass(slots=True)
class _Life:
    """What was heard of one event. last: payload of the highest revision, delivery left out."""

    rev: int
    phase: str
    last: dict[str, Any]


@dataclass(slots=True)
class Traffic:
    """Checks one message after the other; one thread owns it.

    heard: messages by the name of their channel. problems: how many of them were wrong.
    repeated: messages that came again unchanged, which delivery allows.
    """

    heard: Counter[str] = field(default_factory=Counter)
    problems: int = 0
    repeated: int = 0
    _lives: OrderedDict[tuple[str, str], _Life] = field(default_factory=OrderedDict)

    def check(self, topic: str, payload: bytes, *, qos: int, retain: bool | None) -> list[str]:
        """What is wrong with a message, a sentence each; empty where nothing is.

        qos, retain: as published. A subscriber sees the one with QoS 1 and the other with MQTT 5's
        ``retainAsPublished``; None where it is not known.
        """
        found = channel_of(topic)
        if found is None:
            self.heard["unknown"] += 1
            problems = ["no topic of the contract; wanted one of docs/contract/asyncapi.yaml"]
        else:
            channel, levels = found
            self.heard[channel.name] += 1
            problems = _wrong_way(channel, qos=qos, retain=retain)
            if payload or not channel.retain:  # an empty payload takes a state away
                problems += self._wrong_content(channel, levels, payload)
        self.problems += bool(problems)
        return problems

    @property
    def open(self) -> int:
        """Events that were heard to start and not to end."""
        return sum(life.phase in ("start", "update") for life in self._lives.values())

    def _wrong_content(self, channel: Channel, levels: dict[str, str], payload: bytes) -> list[str]:
        if channel.model is None:
            return _wrong_plain(channel, payload)
        try:
            loaded = json.loads(payload)
        except ValueError as error:
            return [f"no JSON: {error}; wanted {channel.schema_id}"]
        problems = [] if len(payload) < MAX_BYTES else [_too_long(payload)]
        worst = best_match(_validator(channel).iter_errors(loaded))
        if worst is not None:
            return [*problems, f"{worst.json_path}: {worst.message}; wanted {channel.schema_id}"]
        if channel.name == "event":
            problems += _wrong_place(levels, loaded) + self._wrong_life(loaded)
        return problems

    def _wrong_life(self, loaded: dict[str, Any]) -> list[str]:
        """Starts and ends alternate, revisions grow, what came again is the same."""
        event = loaded["data"]["event"]
        loaded["data"].pop("delivery", None)
        key = loaded["source"], event["id"]
        now = _Life(event["rev"], event["phase"], loaded)
        before = self._lives.get(key)
        if before is None:
            self._remember(key, now)
            return _wrong_first(now)
        if now.rev == before.rev:
            self.repeated += 1
            return [] if loaded == before.last else [f"{loaded['id']} came twice, not the same"]
        if now.rev < before.rev:
            self.repeated += 1
            return []
        self._lives[key] = now
        if now.phase == "start":
            return [f"{loaded['id']} starts an event that had started"]
        if before.phase in ("end", "retract") and now.phase != "retract":
            return [f"{loaded['id']} follows the end of its event"]
        return []

    def _remember(self, key: tuple[str, str], life: _Life) -> None:
        self._lives[key] = life
        if len(self._lives) > REMEMBERED:
            self._lives.popitem(last=False)


@cache
def _validator(channel: Channel) -> Draft202012Validator:
    return Draft202012Validator(schema_of(channel))


def _wrong_way(channel: Channel, *, qos: int, retain: bool | None) -> list[str]:
    problems = []
    if retain is not None and retain != channel.retain:
        wanted = "must be" if channel.retain else "must never be"
        problems.append(f"{'retained' if retain else 'not retained'}; {channel.name} {wanted}")
    if qos != channel.qos:
        problems.append(f"QoS {qos}; wanted {channel.qos}")
    return problems


def _wrong_plain(channel: Channel, payload: bytes) -> list[str]:
    match channel.content_type:
        case "text/plain":
            words = [word.encode() for word in WORDS]
            return (
                [] if payload in words else [f"wanted {' or '.join(WORDS)}, got {payload[:40]!r}"]
            )
        case "image/jpeg":
            return [] if payload.startswith(_JPEG) else ["wanted a JPEG picture"]
        case _:
            try:
                json.loads(payload)
            except ValueError as error:
                return [f"no JSON: {error}"]
            return []


def _wrong_place(levels: dict[str, str], loaded: dict[str, Any]) -> list[str]:
    """An event says the same as its topic, and its parts say the same as each other."""
    data = loaded["data"]
    event = data["event"]
    said = {
        "node": (levels["node"], data["node"]["id"]),
        "camera": (levels["camera"], data["camera"]["id"]),
        "action": (levels["action"], slug(event["action"])),
        "id": (loaded["id"], f"{event['id']}.{event['rev']}"),
        "type": (loaded["type"], f"io.edgeact.action.{event['phase']}.v1"),
        "subject": (loaded["subject"], f"track/{data['track']['id']}"),
    }
    return [
        f"{name} is {outside} outside and {inside} inside"
        for name, (outside, inside) in said.items()
        if outside != inside
    ]


def _wrong_first(life: _Life) -> list[str]:
    if (life.phase == "start") != (life.rev == 0):
        return [f"revision {life.rev} is {life.phase}; a start, and only that, has revision 0"]
    return []


def _too_long(payload: bytes) -> str:
    return f"{len(payload)} bytes; wanted less than {MAX_BYTES}"
