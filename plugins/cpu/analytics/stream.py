"""The analysis of one source by nvdsanalytics: regions, crowds, directions, lines, counts.

Formulas and thresholds are those of NvDsAnalyticCtxImpl::processSource (nvds_analytics.cpp).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TypeVar

from plugins.cpu.analytics.config import AnalyticsConfig, DirectionRule, Rule, StreamRules
from plugins.cpu.analytics.geometry import direction, goes_along, inside
from plugins.cpu.analytics.line import Crossing, Way
from plugins.cpu.metadata.analytics_meta import NvDsAnalyticsFrameMeta, NvDsAnalyticsObjInfo
from plugins.cpu.metadata.object_meta import UNTRACKED_OBJECT_ID, NvDsObjectMeta

AnyRule = TypeVar("AnyRule", bound=Rule)
Box = tuple[int, int, int, int]

FORGET_AFTER_MS = 300
_MOVED_PX2, _MOVED_FRAMES = 3000, 10
"""A direction is told of a track that is older than so many frames and moved so far."""


@dataclass(slots=True)
class _Track:
    """The last positions of one object: centre x and y, width and height, whole px."""

    past: deque[Box]
    seen_ns: int = 0
    frames: int = 0
    crossed: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Place:
    """Where an object is and was, px. mean_height: of the history."""

    x: int
    y: int
    width: int
    height: int
    mean_height: float
    before: Box = (0, 0, 0, 0)

    @property
    def foot(self) -> tuple[int, int]:
        """The point that is looked for in regions."""
        return self.x, self.y + int(self.mean_height) // 2

    def moved_px2(self) -> int:
        """Square of the way of the foot since ``before``."""
        px, py, _, ph = self.before
        dx, dy = self.x - px, (self.y + self.height // 2) - (py + ph // 2)
        return dx * dx + dy * dy


class StreamAnalytics:
    """Goes through the frames of one source, whose size in px the rules are scaled to."""

    def __init__(self, config: AnalyticsConfig, pad_index: int, size: tuple[int, int]) -> None:
        rules = config.streams.get(pad_index, StreamRules())
        scale = size[0] / config.width, size[1] / config.height
        self.rules = StreamRules(
            regions=[_scaled(rule, scale) for rule in rules.regions],
            crowds=[_scaled(rule, scale) for rule in rules.crowds],
            directions=[_scaled(rule, scale) for rule in rules.directions],
            lines=[_scaled(rule, scale) for rule in rules.lines],
        )
        self.warnings: list[str] = []
        self._directions = list(self.rules.directions)
        self._lines = [Crossing(rule) for rule in self.rules.lines]
        self._crowds: Counter[str] = Counter()
        self._length = self._window_ms = config.window_ms
        self._tracks: dict[int, _Track] = {}
        self._crossed: Counter[str] = Counter()
        self._counts: dict[int, _SmoothCount] = {}

    def analyse(
        self, items: Sequence[NvDsObjectMeta], pts_ns: int
    ) -> tuple[list[NvDsAnalyticsObjInfo], NvDsAnalyticsFrameMeta]:
        """Give what is to be told of each object and of the frame."""
        lost_ms = {key: (pts_ns - track.seen_ns) // 10**6 for key, track in self._tracks.items()}
        for key in [key for key, ms in lost_ms.items() if ms > FORGET_AFTER_MS]:
            del self._tracks[key]
        told = NvDsAnalyticsFrameMeta()
        told.objInROIcnt = {rule.label: 0 for rule in self._enabled(self.rules.regions)}
        told.ocStatus = {rule.label: False for rule in self._enabled(self.rules.crowds)}
        told.objLCCurrCnt = {rule.label: 0 for rule in self._enabled(self.rules.lines)}
        self._crowds.clear()
        infos = [self._object(item, pts_ns, told) for item in items]
        told.objInROIcnt |= {label: self._crowds[label] for label in told.ocStatus}
        told.objLCCumCnt = {label: self._crossed[label] for label in told.objLCCurrCnt}
        told.objCnt = self._count(Counter(item.class_id for item in items), pts_ns)
        return infos, told

    @staticmethod
    def _enabled(rules: Iterable[Rule]) -> Iterable[Rule]:
        return (rule for rule in rules if rule.enable)

    def _object(
        self, item: NvDsObjectMeta, pts_ns: int, told: NvDsAnalyticsFrameMeta
    ) -> NvDsAnalyticsObjInfo:
        track = self._tracks.get(item.object_id)
        if track is None:
            track = self._tracks[item.object_id] = _Track(deque(maxlen=self._length))
        track.seen_ns = pts_ns
        place = self._place(item, track)
        info = NvDsAnalyticsObjInfo()
        self._regions(item.class_id, place, info, told)
        if item.object_id == UNTRACKED_OBJECT_ID:
            self._give_up_ways(item.class_id)
        else:
            self._go_along(item.class_id, place, track, info)
            self._cross(item.class_id, place, track, info, told)
        return info

    def _place(self, item: NvDsObjectMeta, track: _Track) -> _Place:
        rect = item.rect_params
        left, top, width, height = (int(v) for v in (rect.left, rect.top, rect.width, rect.height))
        x, y = left + width // 2, top + height // 2
        track.past.append((x, y, width, height))
        track.frames += 1
        mean_height = sum(entry[3] for entry in track.past) / len(track.past)
        place = _Place(x, y, width, height, mean_height)
        if track.frames > 3:
            oldest = list(islice(track.past, 2 if track.frames < self._length else 4))
            x, y, width, height = (sum(v) // len(oldest) for v in zip(*oldest, strict=True))
            place.before = (x, y, width, height)
        return place

    def _regions(
        self, class_id: int, place: _Place, info: NvDsAnalyticsObjInfo, told: NvDsAnalyticsFrameMeta
    ) -> None:
        for region in self.rules.regions:
            if region.concerns(class_id) and inside(region.points, *place.foot) != region.inverse:
                info.objStatus += f" ROI:{region.label}"
                info.roiStatus.append(region.label)
                told.objInROIcnt[region.label] += 1
        for crowd in self.rules.crowds:
            if crowd.concerns(class_id) and inside(crowd.points, *place.foot):
                info.ocStatus.append(crowd.label)
                self._crowds[crowd.label] += 1
                if self._crowds[crowd.label] >= crowd.object_threshold:
                    told.ocStatus[crowd.label] = True

    def _go_along(
        self, class_id: int, place: _Place, track: _Track, info: NvDsAnalyticsObjInfo
    ) -> None:
        for rule in self._directions:
            if not rule.concerns(class_id):
                continue
            if track.frames > self._length and _stands(track, place.mean_height):
                info.objStatus += " STOPPED "
                return
            if place.moved_px2() <= _MOVED_PX2 or track.frames <= _MOVED_FRAMES:
                continue
            move = place.x - place.before[0], place.y - place.before[1]
            if goes_along(arrow_of(rule), move, 0.5):
                info.objStatus += f" DIR:{rule.label} "
                info.dirStatus += f" DIR:{rule.label} "

    def _cross(
        self,
        class_id: int,
        place: _Place,
        track: _Track,
        info: NvDsAnalyticsObjInfo,
        told: NvDsAnalyticsFrameMeta,
    ) -> None:
        way = Way(
            before=place.before,
            now=(place.x, place.y, place.width, place.height),
            mean_height=place.mean_height,
            moved_px2=place.moved_px2(),
            frames=track.frames,
        )
        for crossing in self._lines:
            label = crossing.rule.label
            if label in track.crossed or not crossing.rule.concerns(class_id):
                continue
            if crossing.happened(way):
                info.objStatus += f" LC:{label} "
                info.lcStatus.append(label)
                track.crossed.add(label)
                self._crossed[label] += 1
                told.objLCCurrCnt[label] += 1

    def _give_up_ways(self, class_id: int) -> None:
        """Without track ids there are no ways: such rules are off from the first such object on."""
        directions = [rule for rule in self._directions if not rule.concerns(class_id)]
        lines = [crossing for crossing in self._lines if not crossing.rule.concerns(class_id)]
        if (len(directions), len(lines)) != (len(self._directions), len(self._lines)):
            self._directions, self._lines = directions, lines
            self.warnings.append(
                "objects have no track id, so directions and line crossings are off; "
                "put nvtracker before nvdsanalytics"
            )

    def _count(self, now: Counter[int], pts_ns: int) -> dict[int, int]:
        counts = {}
        for class_id in [*now, *(known for known in self._counts if known not in now)]:
            smooth = self._counts.setdefault(class_id, _SmoothCount(self._window_ms))
            counts[class_id] = smooth.add(now[class_id], pts_ns)
        return counts


def _stands(track: _Track, mean_height: float) -> bool:
    """Tell whether the centres of the history hardly spread."""
    count = len(track.past)
    spread = []
    for axis in (0, 1):
        values = [entry[axis] for entry in track.past]
        spread.append(sum(v * v for v in values) / count - (sum(values) / count) ** 2)
    return spread[0] <= 400 and spread[1] <= 0.01 * mean_height


def arrow_of(rule: DirectionRule) -> tuple[float, float]:
    """Unit vector of a direction rule."""
    return direction(*rule.points[0], *rule.points[1])


def _scaled(rule: AnyRule, scale: tuple[float, float]) -> AnyRule:
    points = tuple((int(x * scale[0]), int(y * scale[1])) for x, y in rule.points)
    return replace(rule, points=points)


class _SmoothCount:
    """The most frequent count of the last milliseconds; of equals, the one that came up last."""

    def __init__(self, window_ms: int) -> None:
        self._window_ms = window_ms
        self._past: dict[int, int] = {}
        self._votes: dict[int, int] = {}

    def add(self, count: int, pts_ns: int) -> int:
        """Take the count of a frame; give the smooth one."""
        self._votes[count] = self._votes.get(count, 0) + 1
        for then in [then for then in self._past if (pts_ns - then) / 1e6 > self._window_ms]:
            self._votes[self._past.pop(then)] -= 1
        self._past[pts_ns] = count
        return max(reversed(self._votes), key=lambda known: self._votes[known])
