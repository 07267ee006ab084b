"""Events of two people: one for the pair, told when both of them seem to take part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

import numpy as np

from recognition.boxes import Box, box_edges
from recognition.events import ActionEvent, EventLogic, Evidence
from recognition.frames import Float
from recognition.hysteresis import ActionRule, EndReason
from recognition.taxonomy import load_taxonomy

Pair = tuple[int, int, int]
"""(source_id, smaller track_id, larger track_id)."""

_FRESH_NS = 1_000_000_000  # an answer is one of now for this long


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the model said of one window.

    scores: (C,) probabilities. near: track ids of the people that the model was told of.
    box: (4,) x1 y1 x2 y2 px. frame_size: width, height px.
    """

    source_id: int
    track_id: int
    pts_ns: int
    scores: Float
    near: tuple[int, ...]
    evidence: Mapping[str, Evidence]
    box: Float
    frame_size: tuple[int, int]


class PairLogic:
    """Turns decisions on single people into events of pairs. One thread owns it.

    logic: of its own, with the model's labels; it gets the scores of pairs under numbers.

    Each person is asked for all its neighbours, because the model does not say whom it means. The
    score of a pair is the geometric mean of both answers: who only stands by says no, and so does
    one who is not among the other's nearest. Where there is no answer of the other of the last
    second, as of somebody hidden, that of the one counts.
    """

    def __init__(self, logic: EventLogic) -> None:
        self._logic = logic
        pairs = {action.name for action in load_taxonomy().of_level("human_human")}
        self._columns = np.isin(logic.labels, list(pairs))
        self._newest: dict[tuple[int, int], Decision] = {}
        self._numbers: dict[Pair, int] = {}
        self._pairs: dict[int, Pair] = {}
        self._stepped_ns: dict[Pair, int] = {}
        self._boxes: dict[Pair, dict[int, Box]] = {}
        self._next = count()

    def step(self, decisions: Sequence[Decision]) -> list[ActionEvent]:
        """Take the decisions of one batch; the messages of pairs that they cause."""
        for decision in decisions:
            self._newest[decision.source_id, decision.track_id] = decision
        events: list[ActionEvent] = []
        for pair in sorted({pair for one in decisions for pair in self._pairs_of(one)}):
            events += self._judge(pair)
        return events

    def lost(self, source_id: int, track_id: int, pts_ns: int) -> list[ActionEvent]:
        """End the events of a person who is gone, and free what is kept of it."""
        self._newest.pop((source_id, track_id), None)
        gone = [p for p in self._numbers if p[0] == source_id and track_id in p[1:]]
        return [event for pair in sorted(gone) for event in self._forget(pair, pts_ns)]

    def end_source(self, source_id: int, pts_ns: int, reason: EndReason) -> list[ActionEvent]:
        """End all events of a source, and free what is kept of it."""
        self._newest = {k: one for k, one in self._newest.items() if k[0] != source_id}
        events = self._named(self._logic.end_source(source_id, pts_ns, reason))
        for pair in [pair for pair in self._numbers if pair[0] == source_id]:
            self._drop(pair)
        return events

    def end_all(self, reason: EndReason) -> list[ActionEvent]:
        """End everything."""
        events = self._named(self._logic.end_all(reason))
        for pair in list(self._numbers):
            self._drop(pair)
        return events

    def change_rule(
        self, action: str, change: ActionRule | None, source_id: int | None
    ) -> list[ActionEvent]:
        """As ``EventLogic.change_rule``."""
        return self._named(self._logic.change_rule(action, change, source_id))

    def open_actions(self, source_id: int, track_id: int) -> tuple[tuple[str, float], ...]:
        """What a person does with others: label and smoothed score."""
        return tuple(
            action
            for pair, number in self._numbers.items()
            if pair[0] == source_id and track_id in pair[1:]
            for action in self._logic.open_actions(source_id, number)
        )

    def __len__(self) -> int:
        """How many pairs have state."""
        return len(self._numbers)

    def _pairs_of(self, decision: Decision) -> set[Pair]:
        """The pairs that a person is in, or was until now."""
        source_id, track_id = decision.source_id, decision.track_id
        named = {_pair(source_id, track_id, other) for other in decision.near}
        return named | {p for p in self._numbers if p[0] == source_id and track_id in p[1:]}

    def _judge(self, pair: Pair) -> list[ActionEvent]:
        source_id, *members = pair
        known = [one for id_ in members if (one := self._newest.get((source_id, id_))) is not None]
        now_ns = max(one.pts_ns for one in known)
        if now_ns <= self._stepped_ns.get(pair, -1):
            return []
        fresh = [one for one in known if now_ns - one.pts_ns <= _FRESH_NS]
        together = any(not {*members}.isdisjoint(one.near) for one in fresh)
        if not together and pair not in self._numbers:
            return []
        views = [self._view(one, members) for one in fresh]
        scores: Float = np.prod(views, axis=0) ** np.float32(1 / len(views))
        number = self._number(pair)
        self._stepped_ns[pair] = now_ns
        self._boxes.setdefault(pair, {}).update({one.track_id: box_edges(one.box) for one in known})
        told, newest = known[0], max(known, key=lambda one: one.pts_ns)
        events = self._named(
            self._logic.step(
                source_id=source_id, track_id=number, pts_ns=now_ns, scores=scores,
                evidence=newest.evidence, box=told.box, frame_size=told.frame_size,
                who=(members[0], members[1]),
            )
        )  # fmt: skip
        if not together and not self._logic.open_actions(source_id, number):
            events += self._forget(pair, now_ns)
        return events

    def _view(self, one: Decision, members: Sequence[int]) -> Float:
        """What a person's answer says of the pair; nothing where the other is not near it."""
        named = not {*members}.isdisjoint(one.near)
        view: Float = np.where(self._columns, one.scores, 0) * named
        return view

    def _number(self, pair: Pair) -> int:
        if pair not in self._numbers:
            number = self._numbers[pair] = next(self._next)
            self._pairs[number] = pair
        return self._numbers[pair]

    def _forget(self, pair: Pair, pts_ns: int) -> list[ActionEvent]:
        events = self._named(self._logic.lost(pair[0], self._numbers[pair], pts_ns))
        self._drop(pair)
        return events

    def _drop(self, pair: Pair) -> None:
        del self._pairs[self._numbers.pop(pair)]
        self._stepped_ns.pop(pair, None)
        self._boxes.pop(pair, None)

    def _named(self, events: Iterable[ActionEvent]) -> list[ActionEvent]:
        """Events of numbers as events of people; the smaller track id stands first."""
        named = []
        for event in events:
            pair = self._pairs[event.track_id]
            _, one, other = pair
            boxes = [box for who, box in self._boxes[pair].items() if who == other]
            named.append(replace(event, track_id=one, co_tracks=(other,), co_boxes=tuple(boxes)))
        return named


def _pair(source_id: int, one: int, other: int) -> Pair:
    return source_id, min(one, other), max(one, other)
