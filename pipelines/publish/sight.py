"""Who is in sight, for looking on: at most so many messages per camera and second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.publish.compose import boxes_of, rfc3339
from pipelines.publish.context import SourceContext
from pipelines.publish.contract import MAX_BYTES
from pipelines.publish.states import SeenTrack, Tracks
from pipelines.publish.topics import slug


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One person in a picture. box: x1 y1 x2 y2 px. actions: open ones with scores, best first."""

    track_id: int
    box: Sequence[float]
    actions: Sequence[tuple[str, float]]


class Pace:
    """Lets a message of a source through at most ``hz`` times a second of its PTS."""

    def __init__(self, hz: float) -> None:
        self._pause_ns = round(1e9 / hz) if hz else None
        self._told_ns: dict[int, int] = {}

    def due(self, source_id: int, pts_ns: int) -> bool:
        """Whether one may leave now; it counts as sent then."""
        if self._pause_ns is None:
            return False
        told_ns = self._told_ns.get(source_id)
        # A PTS before the last one means that the source began again.
        if told_ns is not None and 0 <= pts_ns - told_ns < self._pause_ns:
            return False
        self._told_ns[source_id] = pts_ns
        return True


def tracks_message(
    source: SourceContext, pts_ns: int, frame_size: tuple[int, int], people: Sequence[Seen]
) -> Tracks:
    """Everybody in sight. frame_size: width, height px.

    Where the message would be too long, the smallest people, who are farthest away, are left out.
    """
    nearest = sorted(people, key=lambda one: one.box[1] - one.box[3])
    tracks = [_track(one, frame_size) for one in nearest]
    while True:
        made = Tracks(
            time=rfc3339(source.utc_base_ns + pts_ns),
            camera=slug(source.name),
            width=frame_size[0],
            height=frame_size[1],
            media_pts_ns=pts_ns,
            tracks=tuple(tracks),
            left_out=len(people) - len(tracks) or None,
        )
        if len(made.model_dump_json(exclude_none=True)) < MAX_BYTES:
            return made
        del tracks[-1 - len(tracks) // 10 :]


def _track(one: Seen, frame_size: tuple[int, int]) -> SeenTrack:
    box, box_px = boxes_of(one.box, frame_size)
    return SeenTrack(id=str(one.track_id), box=box, box_px=box_px, actions=dict(one.actions))
