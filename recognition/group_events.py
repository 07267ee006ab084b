"""Events of groups: one for everybody near each other, told once a second."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import count

import numpy as np

from recognition.boxes import Box, box_edges
from recognition.continuation import EventName
from recognition.events import ActionEvent, EventLogic, Evidence
from recognition.frames import Float
from recognition.group_clock import GroupClock, Tick
from recognition.groups import Cluster, Member
from recognition.hysteresis import ActionRule, EndReason
from recognition.taxonomy import load_taxonomy

Judge = Callable[[Float, Float], tuple[Float, Float]]
"""What the group head says of clusters: features (G, 16, 149), mask (G, 16) -> scores (G, C), and
of each member how likely it takes part (G, 16)."""

TAKES_PART = 0.5
"""From which likeliness on somebody is named in a group's event."""

_NEW_SHARE = 0.5  # of a second's answer in the likeliness; the rest is that of the seconds before


@dataclass(frozen=True, slots=True)
class _Group:
    """Some people as they were when last together.

    members: boxes by track id, smallest first, of those who took part when the group last did
    anything; of all, before it does. near: how likely each of those who are together takes part.
    acts: whether the head says that they do anything.
    """

    source_id: int
    members: Mapping[int, Box]
    near: Mapping[int, float]
    acts: bool
    evidence: Mapping[str, Evidence]
    frame_size: tuple[int, int]

    @property
    def taking(self) -> int:
        """How many of those who are together take part."""
        return sum(likely >= TAKES_PART for likely in self.near.values())


class GroupLogic:
    """Turns looks at single people into events of groups. One thread owns it.

    logic: of its own, with the group head's labels; it gets the scores of groups under numbers.
    judge: the group head. rate_hz: steps per second of the members' windows.

    A group goes on while half of those who were together or more are so, with whoever has come to
    them; without them it counts as doing nothing, and ends. Its events keep the name that they
    began with, and tell of the members that it has: those who take part, by the head's word over
    the last seconds. Whatever the head says, fewer people than the taxonomy's ``least_people`` of
    an action do not do it.
    """

    def __init__(self, logic: EventLogic, judge: Judge, *, rate_hz: int) -> None:
        self._logic = logic
        self._judge = judge
        self._least_people = np.array([_least_people(label) for label in logic.labels])
        self._clock = GroupClock(rate_hz=rate_hz)
        self._groups: dict[int, _Group] = {}
        self._open: dict[tuple[int, str], EventName] = {}
        self._before: dict[tuple[int, str], EventName] = {}
        self._next = count()

    @property
    def actions(self) -> frozenset[str]:
        """What only groups do."""
        return frozenset(self._logic.labels) - {"background"}

    def step(self, looks: Iterable[Member]) -> list[ActionEvent]:
        """Take the looks of one batch; the messages of groups that they cause."""
        return [event for tick in self._clock.step(looks) for event in self.take(tick)]

    def lost(self, source_id: int, track_id: int, pts_ns: int) -> list[ActionEvent]:
        """Forget a person who is gone, and end what it did with one other."""
        self._clock.lost(source_id, track_id)
        here = self._clock.known(source_id)
        alone = [
            number
            for number, group in self._groups.items()
            if group.source_id == source_id and len(group.near.keys() & here) < 2
        ]
        return [event for number in alone for event in self._forget(number, pts_ns)]

    def end_source(self, source_id: int, pts_ns: int, reason: EndReason) -> list[ActionEvent]:
        """End all events of a source, and free what is kept of it."""
        self._clock.forget_source(source_id)
        events = self._named(self._logic.end_source(source_id, pts_ns, reason))
        self._drop({n for n, one in self._groups.items() if one.source_id == source_id})
        return events

    def end_all(self, reason: EndReason) -> list[ActionEvent]:
        """End everything."""
        events = self._named(self._logic.end_all(reason))
        self._drop({*self._groups})
        return events

    def change_rule(
        self, action: str, change: ActionRule | None, source_id: int | None
    ) -> list[ActionEvent]:
        """As ``EventLogic.change_rule``."""
        return self._named(self._logic.change_rule(action, change, source_id))

    def rule_of(self, action: str, source_id: int) -> ActionRule:
        """The rule by which an action is judged now."""
        return self._logic.rule_of(action, source_id)

    def open_actions(self, source_id: int, track_id: int) -> tuple[tuple[str, float], ...]:
        """What a person does with a group: label and smoothed score."""
        return tuple(
            action
            for number in self._with(source_id, (track_id,))
            for action in self._logic.open_actions(source_id, number)
        )

    def open_event(self, source_id: int, track_ids: Sequence[int]) -> EventName | None:
        """The surest open event of a group that all of these are in."""
        found = [
            (score, self._open[number, action])
            for number in self._with(source_id, track_ids)
            for action, score in self._logic.open_actions(source_id, number)
        ]
        return max(found, key=lambda item: item[0])[1] if found else None

    def __len__(self) -> int:
        """How many groups have state."""
        return len(self._groups)

    def _with(self, source_id: int, track_ids: Sequence[int]) -> list[int]:
        return [
            number
            for number, group in self._groups.items()
            if group.source_id == source_id and group.members.keys() >= set(track_ids)
        ]

    def take(self, tick: Tick) -> list[ActionEvent]:
        """Judge the groups of one second; the head is asked once where there are any."""
        source_id, at_ns, found = tick.source_id, tick.at_ns, tick.clusters
        numbers = self._match(source_id, [_tracks(cluster) for cluster in found])
        events: list[ActionEvent] = []
        if found:
            said = self._judge(
                np.stack([one.features for one in found]), np.stack([one.mask for one in found])
            )
            for number, cluster, scores, part in zip(numbers, found, *said, strict=True):
                acts = self._logic.labels[int(scores.argmax())] != "background"
                group = _group(cluster.members, part, self._groups.get(number), acts=acts)
                self._groups[number] = group
                enough = self._least_people <= group.taking
                events += self._advance(number, at_ns, np.where(enough, scores, np.float32(0)))
        parted = [n for n, one in self._groups.items() if one.source_id == source_id]
        for number in sorted({*parted} - {*numbers}):
            events += self._advance(number, at_ns, np.zeros(len(self._logic.labels), np.float32))
            if not self._logic.open_actions(source_id, number):
                events += self._forget(number, at_ns)
        return events

    def _match(self, source_id: int, groups: Sequence[Set[int]]) -> list[int]:
        """Number of each group: of the one that it goes on from, else a new one."""
        shared = [
            (-len(both), number, index)
            for number, before in self._groups.items()
            if before.source_id == source_id
            for index, now in enumerate(groups)
            if 2 * len(both := before.near.keys() & now) >= len(before.near)
        ]
        numbers: dict[int, int] = {}
        for _, number, index in sorted(shared):
            if index not in numbers and number not in numbers.values():
                numbers[index] = number
        return [
            numbers[index] if index in numbers else next(self._next) for index in range(len(groups))
        ]

    def _advance(self, number: int, at_ns: int, scores: Float) -> list[ActionEvent]:
        group = self._groups[number]
        first = next(iter(group.members.values()))
        return self._named(
            self._logic.step(
                source_id=group.source_id, track_id=number, pts_ns=at_ns, scores=scores,
                evidence=group.evidence, box=np.array(first), frame_size=group.frame_size,
            )
        )  # fmt: skip

    def _forget(self, number: int, pts_ns: int) -> list[ActionEvent]:
        group = self._groups[number]
        events = self._named(self._logic.lost(group.source_id, number, pts_ns))
        self._drop({number})
        return events

    def _drop(self, numbers: Set[int]) -> None:
        self._groups = {n: one for n, one in self._groups.items() if n not in numbers}
        self._before = {key: name for key, name in self._before.items() if key[0] not in numbers}

    def _named(self, events: Iterable[ActionEvent]) -> list[ActionEvent]:
        """Events of numbers as events of people; the smallest track id stands first."""
        named = []
        for event in events:
            members = self._groups[event.track_id].members
            (one, *others), (box, *boxes) = members.keys(), members.values()
            key = event.track_id, event.action
            if event.phase == "start":
                self._open[key] = EventName(tuple(members), event.action, event.onset_ns)
            name = self._open[key]
            before = None if event.continues is None else self._before[key]
            if event.phase == "end":
                self._before[key] = self._open.pop(key)
            elif event.phase == "retract":
                del self._open[key]
            named.append(
                replace(
                    event, track_id=one, box=box, co_tracks=tuple(others), co_boxes=tuple(boxes),
                    founders=name.tracks, continues=before,
                )
            )  # fmt: skip
        return named


def _least_people(label: str) -> int:
    action = load_taxonomy().actions.get(label)
    return 1 if action is None else action.least_people


def _tracks(cluster: Cluster) -> set[int]:
    return {one.track_id for one in cluster.members}


def _group(people: Sequence[Member], part: Float, before: _Group | None, *, acts: bool) -> _Group:
    """A group of people who are together. part: (16,) how likely each of them takes part now."""
    near = {one.track_id: float(now) for one, now in zip(people, part, strict=False)}
    if before is not None and before.acts:
        near = {
            track: now + (1 - _NEW_SHARE) * (before.near.get(track, now) - now)
            for track, now in near.items()
        }
    taking = [one for one in people if near[one.track_id] >= TAKES_PART]
    named = taking if len(taking) > 1 else people
    members = {one.track_id: box_edges(one.window.boxes[-1]) for one in named}
    evidence = _pooled([one.evidence for one in named])
    if before is not None and not (acts and len(taking) > 1):
        members, evidence = {**before.members}, {**before.evidence}
    return _Group(
        source_id=people[0].source_id,
        members=members,
        near=near,
        acts=acts,
        evidence=evidence,
        frame_size=people[0].window.size,
    )


def _pooled(each: Sequence[Mapping[str, Evidence]]) -> dict[str, Evidence]:
    """What the modalities gave to a group: any member's is there; mean of the known qualities.

    The head weighs members, not modalities, so that there are no weights.
    """
    pooled = {}
    for name in each[0]:
        known = [q for one in each if (q := one[name].quality) is not None]
        pooled[name] = Evidence(
            present=any(one[name].present for one in each),
            quality=float(np.mean(known)) if known else None,
        )
    return pooled
