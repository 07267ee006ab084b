"""One person under one id: a track that was lost for a moment, and the new one at its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from recognition.events import ActionEvent
from recognition.frames import Float, Frame
from recognition.hysteresis import nanoseconds

STANDING_REACH = 0.3
"""Body heights that the box of somebody who stands may be off after a loss."""

WALKING_REACH = 1.0
"""Body heights per second; a brisk walk of 1.5 m/s is 0.9."""

FARTHEST = 1.0
"""Body heights; whoever appears farther away is somebody else."""

SIZE_RATIO = 1.4
"""Height of the larger box by that of the smaller one, at most."""


@dataclass(slots=True)
class _Followed:
    """A track as last reported. person: id of the first track of the same person."""

    person: int
    box: Float
    pts_ns: int


@dataclass(slots=True)
class _Source:
    """The tracks of one camera, by the tracker's id."""

    present: dict[int, _Followed] = field(default_factory=dict)
    lost: dict[int, _Followed] = field(default_factory=dict)
    names: dict[int, int] = field(default_factory=dict)  # person -> newest track, where it differs

    def tracks(self) -> Iterator[tuple[int, _Followed]]:
        yield from self.present.items()
        yield from self.lost.items()


class Stitcher:
    """Gives every person the id of their first track, whatever the tracker calls them later.

    A new track goes on with a lost one of the same source where it begins at most ``within_s``
    after that was last reported, near that place, in like size; and only where there is no other
    choice on either side. Nobody is taken for two: where the tracker finds a lost id again, the
    id is its own, and whoever went on with it meanwhile is somebody else from then on.
    within_s: 0 for never. A pure function of frames; one thread owns it.
    """

    def __init__(self, within_s: float) -> None:
        self._within_ns = nanoseconds(within_s)
        self._sources: dict[int, _Source] = {}

    def step(self, frame: Frame) -> Frame:
        """The frame with people's ids in place of those of tracks; call it with every frame."""
        if not self._within_ns:
            return frame
        source = self._sources.setdefault(frame.source_id, _Source())
        self._lose(source, frame)
        known = source.present.keys() | source.lost.keys()
        fresh: dict[int, Float] = {}
        for one in frame.persons:
            if one.track_id in known:
                before = source.present.get(one.track_id) or source.lost.pop(one.track_id)
                source.present[one.track_id] = replace(before, box=one.box, pts_ns=frame.pts_ns)
            elif one.confidence >= 0:  # what a tracker only foretells has not begun
                fresh[one.track_id] = one.box
        self._begin(source, fresh, frame.pts_ns)
        people = {track_id: one.person for track_id, one in source.present.items()}
        persons = tuple(
            replace(one, track_id=people.get(one.track_id, one.track_id)) for one in frame.persons
        )
        return replace(frame, persons=persons)

    def person(self, source_id: int, track_id: int) -> int:
        """The id of the person whom a track follows."""
        source = self._sources.get(source_id)
        followed = None if source is None else source.present.get(track_id)
        return track_id if followed is None else followed.person

    def named(self, event: ActionEvent) -> ActionEvent:
        """The event of a person as one of the track that follows them now, or did last."""
        source = self._sources.get(event.source_id)
        people = event.track_id, *event.co_tracks
        if source is None or source.names.keys().isdisjoint(people):
            return event
        track_id, *others = (source.names.get(one, one) for one in people)
        return replace(
            event, track_id=track_id, co_tracks=tuple(others), founders=event.name.tracks
        )

    def forget(self, source_id: int, person: int) -> None:
        """A person is gone for good as far as events go."""
        if (source := self._sources.get(source_id)) is not None:
            source.names.pop(person, None)

    def forget_source(self, source_id: int) -> None:
        """A source is over."""
        self._sources.pop(source_id, None)

    def _lose(self, source: _Source, frame: Frame) -> None:
        here = {one.track_id for one in frame.persons}
        for track_id in source.present.keys() - here:
            source.lost[track_id] = source.present.pop(track_id)
        over = [
            track_id
            for track_id, one in source.lost.items()
            if frame.pts_ns - one.pts_ns > self._within_ns
        ]
        for track_id in over:
            del source.lost[track_id]

    def _begin(self, source: _Source, fresh: dict[int, Float], pts_ns: int) -> None:
        candidates = {
            track_id: [
                lost
                for lost, one in source.lost.items()
                if _may_be(one.box, box, (pts_ns - one.pts_ns) / 1e9)
            ]
            for track_id, box in fresh.items()
        }
        wanted = [lost for found in candidates.values() for lost in found]
        for track_id, box in sorted(fresh.items()):
            found = candidates[track_id]
            certain = len(found) == 1 and wanted.count(found[0]) == 1
            person = source.lost.pop(found[0]).person if certain else track_id
            source.present[track_id] = _Followed(person, box, pts_ns)
            if certain:
                source.names[person] = track_id
        for track_id in sorted(fresh):
            if source.present[track_id].person == track_id:
                _own(source, track_id)


def _own(source: _Source, track_id: int) -> None:
    """Nobody else is the person of a track that is its own; whoever was becomes its own, too."""
    source.names.pop(track_id, None)
    for other, one in list(source.tracks()):
        if one.person == track_id and other != track_id:
            one.person = other
            _own(source, other)


def _may_be(lost: Float, found: Float, gap_s: float) -> bool:
    """Whether one person can have left box ``lost`` (4,) px and stand in ``found`` later."""
    heights = lost[3] - lost[1], found[3] - found[1]
    small, large = min(heights), max(heights)
    if small <= 0 or large > SIZE_RATIO * small:
        return False
    shift = np.hypot(*(lost[:2] + lost[2:] - found[:2] - found[2:]) / 2)
    reach = min(STANDING_REACH + WALKING_REACH * gap_s, FARTHEST)
    return bool(shift <= reach * large)
