"""What nvdsanalytics has drawn: its rules, their counts, and what each object does."""

from __future__ import annotations

import math
from collections.abc import Sequence

from plugins.cpu.analytics.config import AnalyticsConfig, Rule, StreamRules
from plugins.cpu.metadata.analytics_meta import NvDsAnalyticsFrameMeta, NvDsAnalyticsObjInfo
from plugins.cpu.metadata.meta import NvDsDisplayMeta, NvDsFrameMeta
from plugins.cpu.metadata.object_meta import NvDsObjectMeta
from plugins.cpu.metadata.osd_params import MAX_ELEMENTS_IN_DISPLAY_META, NvOSD_TextParams

Colour = tuple[float, float, float, float]
Point = tuple[float, float]

YELLOW, ORANGE, RED = (1.0, 1.0, 0.0, 1.0), (1.0, 0.5, 0.0, 1.0), (1.0, 0.0, 0.0, 1.0)
GREEN, BLACK, WHITE = (0.0, 1.0, 0.0, 1.0), (0.0, 0.0, 0.0, 1.0), (1.0, 1.0, 1.0, 1.0)
EVERYTHING = 2
"""osd-mode that also draws counts and what objects do."""

_ROOM = MAX_ELEMENTS_IN_DISPLAY_META - 1
_HEAD_SHARE, _HEAD_ANGLE = 0.15, math.radians(15)
_LINE_WIDTH = 2


class _Board:
    """Puts texts and lines on display metas of a frame, a new one when the last is full."""

    def __init__(self, frame: NvDsFrameMeta, font_size: int) -> None:
        self._frame = frame
        self._font_size = font_size
        self._last: NvDsDisplayMeta | None = None

    def _meta(self) -> NvDsDisplayMeta:
        last = self._last
        if last is None or last.num_labels >= _ROOM or last.num_lines >= _ROOM:
            last = self._last = NvDsDisplayMeta()
            self._frame.display_items.append(last)
        return last

    def text(self, text: str, at: Point, colour: Colour) -> None:
        meta = self._meta()
        params = meta.text_params[meta.num_labels]
        params.display_text = text
        params.x_offset, params.y_offset = int(at[0]), int(at[1])
        _style(params, self._font_size, colour)
        meta.num_labels += 1

    def line(self, start: Point, end: Point, colour: Colour) -> None:
        meta = self._meta()
        params = meta.line_params[meta.num_lines]
        params.x1, params.y1, params.x2, params.y2 = (int(v) for v in (*start, *end))
        params.line_width = _LINE_WIDTH
        params.line_color.set(*colour)
        meta.num_lines += 1

    def arrow(self, start: Point, end: Point, colour: Colour) -> None:
        self.line(start, end, colour)
        dx, dy = start[0] - end[0], start[1] - end[1]
        for angle in (_HEAD_ANGLE, -_HEAD_ANGLE):
            cos, sin = math.cos(angle), math.sin(angle)
            x = end[0] + _HEAD_SHARE * (dx * cos + dy * sin)
            y = end[1] + _HEAD_SHARE * (dy * cos - dx * sin)
            self.line((x, y), end, colour)

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        for start, end in zip(points, [*points[1:], points[0]], strict=True):
            self.line(start, end, colour)


def draw_rules(
    frame: NvDsFrameMeta,
    rules: StreamRules,
    told: NvDsAnalyticsFrameMeta,
    config: AnalyticsConfig,
) -> None:
    """Add display metas: the class counts where display-obj-cnt is set, the rules by osd-mode."""
    board = _Board(frame, config.font_size)
    if config.display_obj_cnt:
        counts = "".join(f" ClassId{key}={told.objCnt[key]}" for key in sorted(told.objCnt))
        board.text(f"Count for{counts}", (5, 5), YELLOW)
    if not config.osd_mode:
        return
    counted = config.osd_mode == EVERYTHING
    for region in _shown(rules.regions):
        count = f"={told.objInROIcnt[region.label]}" if counted else ""
        _draw_region(board, region, f"{region.label}{count}", YELLOW)
    for crowd in _shown(rules.crowds):
        is_full, present = told.ocStatus[crowd.label], told.objInROIcnt[crowd.label]
        state = f" OverCrowding={is_full}, Count={present}" if counted else ""
        _draw_region(board, crowd, f"{crowd.label}{state}", ORANGE)
    for way in _shown(rules.directions):
        board.text(way.label, way.points[0], RED)
        board.arrow(way.points[0], way.points[1], RED)
    for line in _shown(rules.lines):
        count = f"={told.objLCCumCnt[line.label]}" if counted else " "
        board.text(f"{line.label}{count}", line.points[3], GREEN)
        board.arrow(line.points[0], line.points[1], GREEN)
        board.line(line.points[2], line.points[3], GREEN)


def draw_object(item: NvDsObjectMeta, info: NvDsAnalyticsObjInfo, config: AnalyticsConfig) -> None:
    """Add what an object does to its text; in a region or over a line its border is inverted."""
    if config.osd_mode != EVERYTHING:
        return
    text, rect = item.text_params, item.rect_params
    if text.text is not None:
        text.display_text = f"{text.text} {info.objStatus}"
    else:
        text.display_text = info.objStatus
        text.x_offset, text.y_offset = int(rect.left), max(0, int(rect.top - 10))
        _style(text, config.font_size, WHITE)
    if "ROI:" in info.objStatus or "LC:" in info.objStatus:
        border = rect.border_color
        border.set(1 - border.red, 1 - border.green, 1 - border.blue, border.alpha)


def _shown(rules: Sequence[Rule]) -> list[Rule]:
    return [rule for rule in rules if rule.enable]


def _draw_region(board: _Board, rule: Rule, text: str, colour: Colour) -> None:
    board.text(text, (rule.points[0][0], rule.points[1][1]), colour)
    board.polygon(rule.points, colour)


def _style(text: NvOSD_TextParams, size: int, colour: Colour) -> None:
    text.font_params.font_name = "Serif"
    text.font_params.font_size = size
    text.font_params.font_color.set(*colour)
    text.set_bg_clr = 1
    text.text_bg_clr.set(*BLACK)
