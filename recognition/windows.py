"""Keeps each track's last seconds on a fixed time grid, whatever the camera's frame rate."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, Field

from recognition.appearance import Looks
from recognition.frames import Float, Frame, Person
from recognition.object_memory import SourceObjects
from recognition.objects import OBJECT_SLOTS, ROW, ObjectConfig
from recognition.skeleton import MIN_SCORE

TrackKey = tuple[int, int]
"""(source_id, track_id): track ids of two sources never mean the same person."""

JOIN_GAP_NS = 150_000_000
"""Between two sightings this close, the steps in between are plain interpolation."""
BRIDGE_GAP_NS = 300_000_000
"""Up to this gap steps are bridged at half the score; beyond it they stay missing."""

_ROW = 17 * 3 + 4  # one step: keypoints, then the box


class WindowConfig(BaseModel, extra="forbid", frozen=True):
    """How long a track's window is and how often it is classified."""

    steps: int = Field(48, ge=8, le=256, description="steps on the time grid")
    rate_hz: int = Field(15, ge=1, le=60, description="steps per second")
    hop_steps: int = Field(5, ge=1, description="steps between two classifications of a track")
    min_seen_steps: int = Field(10, ge=1, description="observed steps before the first one")
    forget_s: float = Field(2.0, gt=0, description="a track unseen for this long is over")
    max_tracks: int = Field(256, ge=1, le=4096, description="tracks remembered at once")
    objects: ObjectConfig = ObjectConfig()

    @property
    def step_ns(self) -> int:
        """Length of one step, ns."""
        return 1_000_000_000 // self.rate_hz


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One track's last T steps on the grid.

    end_ns: time of the newest step. keypoints: (T, 17, 3) px, px, score. boxes: (T, 4) px.
    seen: (T,) 1 observed, 0.5 bridged over a gap, 0 missing.
    size: width and height of the muxed frame, px.
    objects: (T, 4, 8) the things near the person's hands, see ``recognition.objects.ROW``; None
        where the detector knows no things.
    appearance: (T, E) what the person looks like, see ``recognition.appearance``, zero where nobody
        looked; None where it is not kept.
    """

    source_id: int
    track_id: int
    end_ns: int
    keypoints: Float
    boxes: Float
    seen: Float
    size: tuple[int, int]
    objects: Float | None = None
    appearance: Float | None = None


@dataclass(slots=True)
class Track:
    """Where a track's ring lies and how far it is filled."""

    slot: int
    step: int  # newest grid step written
    pts_ns: int  # newest sighting
    row: Float  # that sighting, packed
    things: list[float] = field(default_factory=lambda: [0.0] * OBJECT_SLOTS)  # serials in slots


class WindowStore:
    """All tracks' windows, in arrays made once.

    Each ring is written twice, T apart, so that any window is one contiguous slice.

    knows_objects: whether the detector finds anything but people. appearance: whether to keep what
    people look like.

    Attributes:
        refused: sightings of new tracks that found the store full.
        started: tracks begun so far, by source.
    """

    def __init__(
        self, config: WindowConfig, *, knows_objects: bool = False, appearance: bool = False
    ) -> None:
        self.config = config
        self._objects: dict[int, SourceObjects] | None = {} if knows_objects else None
        slots = OBJECT_SLOTS if knows_objects else 0
        self._things = np.zeros((config.max_tracks, 2 * config.steps, slots, ROW), np.float32)
        self._looks = Looks(config.max_tracks, config.steps) if appearance else None
        self._rows = np.zeros((config.max_tracks, 2 * config.steps, _ROW), np.float32)
        self._seen = np.zeros((config.max_tracks, 2 * config.steps), np.float32)
        self._tracks: dict[TrackKey, Track] = {}
        self._free = list(range(config.max_tracks - 1, -1, -1))
        self._forget_ns = int(config.forget_s * 1e9)
        self.refused = 0
        self.started: Counter[int] = Counter()

    def __len__(self) -> int:
        return len(self._tracks)

    def push(self, frame: Frame) -> tuple[list[Window], list[TrackKey]]:
        """Take in one frame.

        Returns the windows that are due for classification, and the tracks of this source that
        are over because nobody saw them for ``forget_s``; their memory is free again.
        """
        if self._objects is not None:
            self._objects_of(frame.source_id).see(frame)
        due = [
            window
            for person in frame.persons
            if person.confidence >= 0 and (window := self._see(frame, person)) is not None
        ]
        over = [
            key
            for key, track in self._tracks.items()
            if key[0] == frame.source_id and frame.pts_ns - track.pts_ns > self._forget_ns
        ]
        self._forget(over)
        return due, over

    def forget_source(self, source_id: int) -> list[TrackKey]:
        """Free every track of a source that ended or restarted; returns their keys."""
        keys = [key for key in self._tracks if key[0] == source_id]
        self._forget(keys)
        if self._objects is not None:
            self._objects.pop(source_id, None)
        return keys

    def _objects_of(self, source_id: int) -> SourceObjects:
        assert self._objects is not None
        if source_id not in self._objects:
            self._objects[source_id] = SourceObjects(self.config.objects)
        return self._objects[source_id]

    def _forget(self, keys: list[TrackKey]) -> None:
        for key in keys:
            self._free.append(self._tracks.pop(key).slot)

    def _see(self, frame: Frame, person: Person) -> Window | None:
        """Write one sighting; returns the track's window when it is due."""
        key = (frame.source_id, person.track_id)
        row = _pack(person)
        newest = frame.pts_ns // self.config.step_ns
        track = self._tracks.get(key)
        if track is None:
            track = self._start(key, frame.pts_ns, row)
            if track is not None:
                self._put_objects(track, frame, person, range(newest, newest + 1))
                self._put_look(track, frame, person, range(newest, newest + 1))
            return None
        if frame.pts_ns <= track.pts_ns:
            return None  # the source's clock stood still; a jump back arrives as a reset event
        first = track.step + 1
        self._write(track, frame.pts_ns, row, range(first, newest + 1))
        self._put_objects(track, frame, person, range(first, newest + 1))
        self._put_look(track, frame, person, range(first, newest + 1))
        track.pts_ns, track.row, track.step = frame.pts_ns, row, newest
        # Staggered by track id, so that a crowd does not fall due in one frame.
        hop = self.config.hop_steps
        last_due = newest - (newest + person.track_id) % hop
        return self._window(key, track, frame) if last_due >= first else None

    def _start(self, key: TrackKey, pts_ns: int, row: Float) -> Track | None:
        if not self._free:
            self.refused += 1
            return None
        slot = self._free.pop()
        self._rows[slot] = 0
        self._seen[slot] = 0
        self._things[slot] = 0
        if self._looks is not None:
            self._looks.clear(slot)
        track = Track(slot, pts_ns // self.config.step_ns, pts_ns, row)
        self._put(track, np.array([track.step]), row[None], 1.0)
        self._tracks[key] = track
        self.started[key[0]] += 1
        return track

    def _put_objects(self, track: Track, frame: Frame, person: Person, steps: range) -> None:
        """Fill the grid steps up to this sighting with the things near the person's hands."""
        steps = steps[-self.config.steps :]
        if self._objects is None or not steps:
            return
        source = self._objects[frame.source_id]
        chosen = source.choose(person, track.things)
        rows = source.rows([step * self.config.step_ns for step in steps])[:, chosen]
        track.things = rows[-1, :, 7].tolist()
        if frame.pts_ns - track.pts_ns > BRIDGE_GAP_NS:
            rows[:-1] = 0
        at = np.arange(steps.start, steps.stop) % self.config.steps
        for half in (at, at + self.config.steps):
            self._things[track.slot, half] = rows

    def _put_look(self, track: Track, frame: Frame, person: Person, steps: range) -> None:
        """Fill the grid steps up to this sighting with what the person looks like in it."""
        if self._looks is not None:
            bridged = frame.pts_ns - track.pts_ns <= BRIDGE_GAP_NS
            self._looks.put(track.slot, steps, person.appearance, bridged=bridged)

    def _write(self, track: Track, pts_ns: int, row: Float, steps: range) -> None:
        """Fill the grid steps after the last sighting up to this one."""
        steps = steps[-self.config.steps :]
        if not steps:
            return
        grid = np.arange(steps.start, steps.stop)
        gap = pts_ns - track.pts_ns
        if gap > BRIDGE_GAP_NS:
            self._put(track, grid, np.zeros((len(grid), _ROW), np.float32), 0.0)
            self._put(track, grid[-1:], row[None], 1.0)
            return
        share = ((grid * self.config.step_ns - track.pts_ns) / gap).astype(np.float32)
        bridged = gap > JOIN_GAP_NS
        rows = _between(track.row, row, share, score_factor=0.5 if bridged else 1.0)
        self._put(track, grid, rows, 0.5 if bridged else 1.0)

    def _put(self, track: Track, grid: npt.NDArray[np.int64], rows: Float, seen: float) -> None:
        at = grid % self.config.steps
        for half in (at, at + self.config.steps):
            self._rows[track.slot, half] = rows
            self._seen[track.slot, half] = seen

    def _window(self, key: TrackKey, track: Track, frame: Frame) -> Window | None:
        start = track.step % self.config.steps + 1
        part = slice(start, start + self.config.steps)
        seen = self._seen[track.slot, part].copy()
        if np.count_nonzero(seen) < self.config.min_seen_steps:
            return None
        rows = self._rows[track.slot, part]
        return Window(
            source_id=key[0],
            track_id=key[1],
            end_ns=track.step * self.config.step_ns,
            keypoints=rows[:, : 17 * 3].reshape(-1, 17, 3).copy(),
            boxes=rows[:, 17 * 3 :].copy(),
            seen=seen,
            size=(frame.width, frame.height),
            objects=None if self._objects is None else self._things[track.slot, part].copy(),
            appearance=None if self._looks is None else self._looks.window(track.slot, part),
        )


def _pack(person: Person) -> Float:
    row = np.zeros(_ROW, np.float32)
    if person.keypoints is not None:
        row[: 17 * 3] = person.keypoints.reshape(-1)
    row[17 * 3 :] = person.box
    return row


def _between(old: Float, new: Float, share: Float, *, score_factor: float) -> Float:
    """Rows (N, 55) at ``share`` (N,) of the way from one sighting to the next.

    Coordinates go linearly, a score is the lower of the two; a joint that either sighting lacks
    is missing in between, and exact where ``share`` reaches a sighting.
    """
    rows = old + (new - old) * share[:, None]
    old_score, new_score = old[2:51:3], new[2:51:3]
    score = np.minimum(old_score, new_score)
    score = np.where(score >= MIN_SCORE, score * score_factor, 0)
    scores = np.where(share[:, None] >= 1, new_score, score)
    joints = rows[:, : 17 * 3].reshape(len(rows), 17, 3)
    exact = new[: 17 * 3].reshape(17, 3)
    joints[...] = np.where((share >= 1)[:, None, None], exact, joints)
    joints[..., 2] = scores
    joints[scores < MIN_SCORE] = 0
    return rows.astype(np.float32)
