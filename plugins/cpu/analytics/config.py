"""Reads nvdsanalytics' configuration file, text or YAML (nvdsanalytics_property_parser.cpp)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plugins.cpu.key_file import read_sections

Points = tuple[tuple[int, int], ...]

DEFAULT_WINDOW_MS = 50
"""What obj-cnt-win-in-ms is where the file has none; also the length of each track's history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What all rules have. points: px of config-width x config-height.

    classes: which it is about, empty for all.
    """

    label: str
    points: Points
    enable: bool = False
    classes: frozenset[int] = frozenset()

    def concerns(self, class_id: int) -> bool:
        """Tell whether the rule is about objects of a class."""
        return self.enable and (not self.classes or bool(self.classes & {-1, class_id}))


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionRule(Rule):
    """roi-filtering: is an object's foot inside, or (inverse) outside?"""

    inverse: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdRule(Rule):
    """overcrowding: are there as many objects inside as object-threshold says?

    time-threshold is read by NVIDIA's code and used nowhere.
    """

    object_threshold: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectionRule(Rule):
    """direction-detection: do objects go along the arrow of the two points?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRule(Rule):
    """line-crossing: points are the arrow's two, then the line's two.

    extended: the line goes on beyond its points. mode: loose, balanced or strict.
    """

    extended: bool = True
    mode: str = "loose"


@dataclass(slots=True)
class StreamRules:
    """The rules of one source (pad_index)."""

    regions: list[RegionRule] = field(default_factory=list)
    crowds: list[CrowdRule] = field(default_factory=list)
    directions: list[DirectionRule] = field(default_factory=list)
    lines: list[LineRule] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyticsConfig:
    """osd_mode: 0 draws nothing, 1 the rules, 2 rules, counts and what objects do."""

    enable: bool
    width: int
    height: int
    osd_mode: int = 2
    font_size: int = 12
    window_ms: int = DEFAULT_WINDOW_MS
    display_obj_cnt: bool = False
    streams: Mapping[int, StreamRules] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


_PROPERTY_KEYS = frozenset(
    {
        "enable",
        "config-width",
        "config-height",
        "osd-mode",
        "display-font-size",
        "obj-cnt-win-in-ms",
        "display-obj-cnt",
    }
)
_GROUPS = ("roi-filtering", "overcrowding", "line-crossing", "direction-detection")
_RULE_KEYS = {
    "roi-filtering": ("roi-", {"inverse-roi"}),
    "overcrowding": ("roi-", {"object-threshold", "time-threshold"}),
    "line-crossing": ("line-crossing-", {"extended", "mode"}),
    "direction-detection": ("direction-", {"mode"}),
}
"""How the keys of rules begin, and which others a group has besides enable and class-id."""


class _Group:
    """One group of the file; every error names file, group, key, what came and what was wanted."""

    def __init__(self, path: Path, name: str, values: Mapping[str, str]) -> None:
        self.values = values
        self.warnings: list[str] = []
        self._where = f"{path}: [{name}]"

    def numbers(self, key: str) -> tuple[int, ...]:
        parts = [part for part in re.split("[;,]", self.values[key]) if part.strip()]
        try:
            return tuple(int(part) for part in parts)
        except ValueError:
            raise self.wrong(key, "whole numbers with semicolons between") from None

    def number(self, key: str, default: int, low: int = 0, high: int = 10**9) -> int:
        if key not in self.values:
            return default
        found = self.numbers(key)
        if len(found) != 1 or not low <= found[0] <= high:
            raise self.wrong(key, f"a whole number from {low} to {high}")
        return found[0]

    def flag(self, key: str, default: bool) -> bool:
        text = self.values.get(key, "1" if default else "0").strip().lower()
        if text not in {"0", "1", "true", "false"}:
            raise self.wrong(key, "0 or 1")
        return text in {"1", "true"}

    def points(self, key: str, least: int) -> Points:
        found = self.numbers(key)
        if len(found) % 2 or len(found) < 2 * least or min(found, default=0) < 0:
            raise self.wrong(key, f"at least {least} points x;y;..., none negative")
        return tuple(zip(found[::2], found[1::2], strict=True))

    def wrong(self, key: str, wanted: str) -> ValueError:
        return ValueError(f"{self._where} {key}={self.values.get(key, '')}: wanted {wanted}")

    def missing(self, what: str) -> ValueError:
        return ValueError(f"{self._where}: no {what}; wanted it in this group")

    def mode(self, default: str) -> str:
        """loose, balanced or strict; any other warns and is the default, as with NVIDIA."""
        mode = self.values.get("mode", default).strip()
        if mode in {"loose", "balanced", "strict"}:
            return mode
        self.warnings.append(f"{self.wrong('mode', 'loose, balanced or strict')}; takes {default}")
        return default

    def warn_of_unknown(self, known: set[str], prefix: str = "\0") -> None:
        """Note keys that are neither known nor begin with the prefix."""
        for key in self.values:
            if key in known or key.startswith(prefix):
                continue
            close = difflib.get_close_matches(key, known, n=1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            self.warnings.append(f"{self._where} {key} is unknown and has no effect{hint}")


def load_analytics_config(path: Path) -> AnalyticsConfig:
    """Read one file; ``warnings`` has a line for each key or group that is not NVIDIA's.

    Raises:
        ValueError: not readable, a group without rules, or a value of the wrong kind.
    """
    sections = read_sections(path)
    if "property" not in sections:
        raise ValueError(f"{path}: wanted a [property] group; got {', '.join(sections) or 'none'}")
    own = _Group(path, "property", sections["property"])
    for key in ("enable", "config-width", "config-height"):
        if key not in own.values:
            raise own.missing(key)
    own.warn_of_unknown(set(_PROPERTY_KEYS))
    warnings = own.warnings
    streams: dict[int, StreamRules] = {}
    for name, values in sections.items():
        found = re.fullmatch(rf"({'|'.join(_GROUPS)})-stream-(\d+)", name)
        if found is not None:
            group = _Group(path, name, values)
            kind, rules = found.group(1), streams.setdefault(int(found.group(2)), StreamRules())
            _read_rules(kind, group, rules)
            prefix, keys = _RULE_KEYS[kind]
            group.warn_of_unknown(keys | {"enable", "class-id"}, prefix)
            warnings += group.warnings
        elif name != "property":
            warnings.append(f"{path}: group [{name}] is unknown and has no effect")
    return AnalyticsConfig(
        enable=own.flag("enable", True),
        width=own.number("config-width", 0, 1),
        height=own.number("config-height", 0, 1),
        osd_mode=own.number("osd-mode", 2, 0, 2),
        font_size=own.number("display-font-size", 12) or 12,
        window_ms=own.number("obj-cnt-win-in-ms", DEFAULT_WINDOW_MS, 1),
        display_obj_cnt=own.flag("display-obj-cnt", False),
        streams=streams,
        warnings=tuple(warnings),
    )


def _read_rules(kind: str, group: _Group, rules: StreamRules) -> None:
    prefix = _RULE_KEYS[kind][0]
    keys = [key for key in group.values if key.startswith(prefix)]
    if not keys:
        raise group.missing(f"key that begins with {prefix}")
    enable = group.flag("enable", False)
    classes = frozenset(group.numbers("class-id")) if "class-id" in group.values else frozenset()
    least = {"line-crossing": 4, "direction-detection": 2}.get(kind, 3)
    for key in keys:
        common: dict[str, Any] = {
            "label": key.removeprefix(prefix),
            "points": group.points(key, least),
            "enable": enable,
            "classes": classes,
        }
        if kind == "roi-filtering":
            inverse = group.flag("inverse-roi", False)
            rules.regions.append(RegionRule(**common, inverse=inverse))
        elif kind == "overcrowding":
            threshold = group.number("object-threshold", 1)
            rules.crowds.append(CrowdRule(**common, object_threshold=threshold))
        elif kind == "line-crossing":
            extended, mode = group.flag("extended", True), group.mode("loose")
            rules.lines.append(LineRule(**common, extended=extended, mode=mode))
        else:
            group.mode("balanced")
            rules.directions.append(DirectionRule(**common))
