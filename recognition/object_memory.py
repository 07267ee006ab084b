"""Remembers the things that one source shows, and chooses those near a person's hands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recognition.frames import Float, Frame, Object, Person
from recognition.objects import OBJECT_SLOTS, ROW, ObjectConfig, edge_distance
from recognition.skeleton import MIN_SCORE

_FORGET_NS = 2_000_000_000  # a track that comes back sooner keeps its age
_LARGEST_SERIAL = 2**23  # a serial is kept as float32
_FARTHEST_PX = 1e6  # no frame is as large
_STAYS = 0.7  # a thing that has a slot already counts as this much nearer, ...
_STAYS_BY = 0.05  # ... and by these body heights


@dataclass(slots=True)
class _Thing:
    """The last two sightings of one track, and when it was first seen."""

    serial: int
    slot: int
    first_ns: int
    pts_ns: int
    box: Float
    score: float
    before_ns: int
    before: Float


class SourceObjects:
    """The things of one source, at any moment near the newest frame."""

    def __init__(self, config: ObjectConfig) -> None:
        self._config = config
        self._held_ns = int(config.held_s * 1e9)
        self._things: dict[int, _Thing] = {}
        self._slots: dict[str, int] = {}
        self._serial = 0
        self._newest_ns = 0
        self._shown: list[_Thing] = []

    def see(self, frame: Frame) -> None:
        """Take in what a frame shows; a box that is none, or only predicted, is no sighting."""
        now = self._newest_ns = frame.pts_ns
        for item in frame.objects:
            if item.confidence > 0 and _is_box(item.box):
                self._sight(item, now)
        for key in [k for k, t in self._things.items() if not 0 <= now - t.pts_ns <= _FORGET_NS]:
            del self._things[key]
        self._shown = [t for t in self._things.values() if now - t.pts_ns <= self._held_ns]

    def _sight(self, item: Object, now: int) -> None:
        thing = self._things.get(item.track_id)
        if thing is None:
            slot = self._slots.setdefault(item.label, self._config.slot(item.label))
            self._serial = self._serial % _LARGEST_SERIAL + 1
            self._things[item.track_id] = _Thing(
                self._serial, slot, now, now, item.box, item.confidence, now, item.box
            )
        elif now > thing.pts_ns:
            recent = now - thing.pts_ns <= self._held_ns
            thing.before_ns, thing.before = (thing.pts_ns, thing.box) if recent else (now, item.box)
            thing.pts_ns, thing.box, thing.score = now, item.box, item.confidence

    def choose(self, person: Person, before: Sequence[float]) -> list[int]:
        """Which things stand in a person's slots.

        before: serials in the slots so far, 0 for none. Returns the index among the things
        shown for each slot, -1 for none. Those nearest to a wrist, or to the middle of the box
        where no wrist is seen, stand in the slots; one that has a slot already keeps it unless
        another is clearly nearer.
        """
        if not self._shown:
            return [-1] * OBJECT_SLOTS
        distance = _distances(np.stack([thing.box for thing in self._shown]), person)
        serials = [thing.serial for thing in self._shown]
        stays = np.isin(serials, before)
        nearness = np.where(stays, distance * _STAYS - _STAYS_BY, distance)
        wanted = {serials[i]: i for i in np.argsort(nearness, kind="stable")[:OBJECT_SLOTS]}
        kept = [wanted.pop(int(serial), -1) for serial in before]
        rest = iter(wanted.values())
        return [index if index >= 0 else next(rest, -1) for index in kept]

    def rows(self, times_ns: Sequence[int]) -> Float:
        """The things shown at moments up to the newest frame, and one empty row at the end.

        Returns (N, M + 1, ``ROW``). Between two sightings a box goes straight; one that was not
        seen in the newest frame stays where it was, at half its score.
        """
        out = np.zeros((len(times_ns), len(self._shown) + 1, ROW), np.float32)
        for index, thing in enumerate(self._shown):
            gap = max(thing.pts_ns - thing.before_ns, 1)
            share = [min(max((t - thing.before_ns) / gap, 0.0), 1.0) for t in times_ns]
            shares = np.array(share, np.float32)[:, None]
            out[:, index, :4] = thing.before + (thing.box - thing.before) * shares
            score = thing.score if thing.pts_ns == self._newest_ns else thing.score / 2
            age_s = (self._newest_ns - thing.first_ns) / 1e9
            out[:, index, 4:] = (score, thing.slot, age_s, thing.serial)
        return out


def _is_box(box: Float) -> bool:
    x1, y1, x2, y2 = box.tolist()
    return bool(-_FARTHEST_PX < x1 < x2 < _FARTHEST_PX and -_FARTHEST_PX < y1 < y2 < _FARTHEST_PX)


def _distances(boxes: Float, person: Person) -> Float:
    """How far things (M, 4) are from a person's nearer wrist, in heights of the person's box."""
    height = max(float(person.box[3] - person.box[1]), 1.0)
    wrists = np.zeros((0, 2), np.float32)
    if person.keypoints is not None:
        hands = person.keypoints[9:11]
        wrists = hands[hands[:, 2] >= MIN_SCORE, :2]
    if len(wrists):
        nearest: Float = edge_distance(boxes[:, None], wrists[None]).min(axis=1) / height
        return nearest
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2 - (person.box[:2] + person.box[2:]) / 2
    distance: Float = np.linalg.norm(middle, axis=1) / height
    return distance
