"""Who is together: people near each other, and what the group head is told of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import connected_components

from recognition.events import Evidence
from recognition.frames import Float
from recognition.neighbours import Body
from recognition.windows import Window

MOST_MEMBERS = 16
"""People told of per cluster."""

EMBEDDING = 128
"""Values of a person's window as the fusion model embeds it: its output ``emb``."""

MEMBER_SIZE = EMBEDDING + 21
"""Values per member; the order is in ``Cluster``."""

NEAR = 0.9
"""Body heights between two people up to which they are together."""

_LIKE_SIZE = 1.0  # powers of 2; who looks more than twice as tall stands far in front
_RECENT_S = 1.0
_LIMIT = 4.0  # body heights, and body heights per second; what is more counts as that
_SLOW = 0.2  # body heights per second; below it a direction says little


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person as the fusion model saw it last.

    window: of that look; its last step was seen. emb: (128,) that the model made of it.
    """

    window: Window
    emb: Float
    evidence: Mapping[str, Evidence]

    @property
    def source_id(self) -> int:
        """Who saw it."""
        return self.window.source_id

    @property
    def track_id(self) -> int:
        """Who it is."""
        return self.window.track_id

    @property
    def pts_ns(self) -> int:
        """When."""
        return self.window.end_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """People who are together. members: by track id. features: (16, 149), mask: (16,).

    Of features, a row for each member; after the 128 values of ``emb``, in the members' mean body
    height, x right and y down:
        0, 1    place from the cluster's middle
        2       own height by the mean, as a power of 2
        3, 4    distance to the nearest other, mean distance to the others
        5, 6    velocity of the last second
        7, 8    the same against the cluster's mean
        9       speed over the whole window
        10      how much the own way is the others', -1..1
        11      speed away from the cluster's middle
        12, 13  how far the nose points to the right, and towards the middle
        14, 15  facing the camera, and that times the others' mean: how alike they face
        16, 17  spread: root mean square of all distances from the middle; members by 16
        18, 19  velocity of the whole window
        20      share of the window in which the nearest other was within ``NEAR``
    """

    members: tuple[Member, ...]
    features: Float
    mask: Float


def clusters(members: Sequence[Member], at_ns: int, *, rate_hz: int) -> list[Cluster]:
    """The people of one source who are together at a time (PTS), by smallest track id.

    rate_hz: steps per second of the windows. Two are together whose bodies are at most ``NEAR``
    apart and look of like size; so are all whom such pairs connect. Of more than
    ``MOST_MEMBERS``, those nearest to the middle.
    """
    if len(members) < 2:
        return []
    crowd = _Crowd(members, at_ns, rate_hz=rate_hz)
    found = []
    for rows in crowd.together():
        features = np.zeros((MOST_MEMBERS, MEMBER_SIZE), np.float32)
        features[: len(rows), :EMBEDDING] = [crowd.members[row].emb for row in rows]
        features[: len(rows), EMBEDDING:] = _statistics(crowd, rows)
        mask = (np.arange(MOST_MEMBERS) < len(rows)).astype(np.float32)
        chosen = tuple(crowd.members[row] for row in rows)
        found.append(Cluster(members=chosen, features=features, mask=mask))
    return found


class _Crowd:
    """People of one source at one time, in order of their track ids.

    at_ns: PTS. Everybody is taken to have gone on since the last look as it went before.

    Attributes:
        place: (P, 2) px. velocity: (P, 2) px per second, of the last second. course: the same of
        the whole window. height: (P,) px. turn: (P,) how far the nose points to the right, -1..1.
        front: (P,) 1 facing the camera, -1 turned away. beside: (P, P) share of the window in
        which two were within ``NEAR``; 0 for those who were never seen at once.
    """

    def __init__(self, members: Sequence[Member], at_ns: int, *, rate_hz: int) -> None:
        self.members = sorted(members, key=lambda one: one.track_id)
        body = Body([one.window for one in self.members])
        recent = body.seen[:, -round(_RECENT_S * rate_hz) :]
        steps = recent.shape[1]
        self.height = 4 * body.scale
        self.velocity = _slope(body.centre[:, -steps:], recent) * rate_hz
        self.course = _slope(body.centre, body.seen) * rate_hz
        late_s = np.array([(at_ns - one.pts_ns) / 1e9 for one in self.members], np.float32)
        self.place = body.centre[:, -1] + self.velocity * late_s[:, None]
        self.turn = _mean(body.turn[:, -steps:], recent)
        self.front = _mean(body.front[:, -steps:], recent)
        self.beside = _share_near(body.centre, body.seen, self.height)

    def together(self) -> list[list[int]]:
        """Rows of the people of each cluster, see ``clusters``."""
        apart = np.linalg.norm(self.place[:, None] - self.place, axis=-1)
        size = np.log2(self.height)
        linked = apart <= NEAR * (self.height[:, None] + self.height) / 2
        linked &= np.abs(size[:, None] - size) <= _LIKE_SIZE
        count, numbers = connected_components(linked, directed=False)
        found = [np.flatnonzero(numbers == number) for number in range(count)]
        return sorted(self._central(rows) for rows in found if len(rows) > 1)

    def _central(self, rows: npt.NDArray[np.intp]) -> list[int]:
        far = np.linalg.norm(self.place[rows] - np.median(self.place[rows], axis=0), axis=-1)
        return sorted(rows[np.argsort(far, kind="stable")[:MOST_MEMBERS]].tolist())


def _statistics(crowd: _Crowd, rows: list[int]) -> Float:
    """The values (N, 21) of one cluster's members."""
    unit = crowd.height[rows].mean()
    place = (crowd.place[rows] - crowd.place[rows].mean(axis=0)) / unit
    velocity, course = crowd.velocity[rows] / unit, crowd.course[rows] / unit
    against = velocity - velocity.mean(axis=0)
    apart = np.linalg.norm(place[:, None] - place, axis=-1)
    others = apart[~np.eye(len(rows), dtype=bool)].reshape(len(rows), -1)
    far = np.linalg.norm(place, axis=-1)
    outwards = (against * place).sum(axis=-1) / np.maximum(far, 1e-3)
    ways, speed = _direction(course), np.linalg.norm(course, axis=-1)
    fronts = crowd.front[rows]
    # Who is nearest to each; nobody to oneself.
    nearest = np.where(np.eye(len(rows), dtype=bool), np.inf, apart).argmin(axis=1)
    beside = crowd.beside[np.ix_(rows, rows)][np.arange(len(rows)), nearest]
    columns = [
        *place.T,
        np.log2(crowd.height[rows] / unit),
        others.min(axis=1),
        others.mean(axis=1),
        *velocity.T,
        *against.T,
        speed,
        (ways * _of_others(ways)).sum(axis=-1),
        outwards,
        crowd.turn[rows],
        crowd.turn[rows] * -np.sign(place[:, 0]),
        fronts,
        fronts * _of_others(fronts),
        np.full(len(rows), np.sqrt((far**2).mean())),
        np.full(len(rows), len(rows) / MOST_MEMBERS),
        *course.T,
        beside,
    ]
    statistics: Float = np.clip(np.stack(columns, axis=-1), -_LIMIT, _LIMIT).astype(np.float32)
    return statistics


def _share_near(centre: Float, seen: Float, height: Float) -> Float:
    """Share of the steps with both (P, P) in which two of (P, T, 2) px are within ``NEAR``."""
    apart = np.linalg.norm(centre[:, None] - centre[None], axis=-1)
    least = NEAR * (height[:, None] + height[None]) / 2
    both = (seen > 0)[:, None] & (seen > 0)[None]
    share: Float = ((apart <= least[..., None]) & both).sum(axis=-1) / np.maximum(
        both.sum(axis=-1), 1
    )
    return share


def _of_others(values: Float) -> Float:
    """Of each of N, the mean over the N - 1 others."""
    mean: Float = (values.sum(axis=0) - values) / (len(values) - 1)
    return mean


def _direction(velocity: Float) -> Float:
    """Where to, (N, 2): of length 1 at speed, short for who hardly moves."""
    direction: Float = velocity / (np.linalg.norm(velocity, axis=-1, keepdims=True) + _SLOW)
    return direction


def _mean(values: Float, weight: Float) -> Float:
    """Weighted mean over the steps of (P, T)."""
    mean: Float = (values * weight).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-6)
    return mean


def _slope(values: Float, weight: Float) -> Float:
    """Change per step of (P, T, 2) by weighted least squares; 0 of fewer than two steps."""
    steps = np.arange(values.shape[1], dtype=np.float32)
    centred = steps - _mean(np.broadcast_to(steps, weight.shape), weight)[:, None]
    spread = (weight * centred**2).sum(axis=1)
    # A step that was not seen may hold anything: it must not count, not even times zero.
    known = np.where(weight[..., None] > 0, values, 0)
    change = ((weight * centred)[..., None] * known).sum(axis=1)
    slope: Float = change / np.maximum(spread, 1e-6)[:, None]
    return slope
