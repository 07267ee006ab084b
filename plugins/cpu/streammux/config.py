"""Reads the configuration file of the new nvstreammux: [property] and [source-config-N]."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from plugins.cpu.key_file import read_sections


@dataclass(frozen=True, slots=True, kw_only=True)
class MuxConfig:
    """When batches are pushed.

    shortest_s, longest_s: between two batches (overall-max-fps, overall-min-fps); longest_s is
    None where the file does not say. frames_per_batch, priorities: by pad_index.
    """

    batch_size: int = 0
    adaptive_batching: bool = True
    max_fps_control: bool = False
    max_same_source_frames: int = 1
    shortest_s: float = 0.0
    longest_s: float | None = None
    frames_per_batch: Mapping[int, int] = field(default_factory=dict)
    priorities: Mapping[int, int] = field(default_factory=dict)


def load_mux_config(path: Path) -> MuxConfig:
    """Read one file.

    Raises:
        ValueError: not readable, or a value that is no whole number; names file, group and key.
    """
    sections = read_sections(path)
    numbers = {
        name: {key: _number(path, name, key, text) for key, text in values.items()}
        for name, values in sections.items()
    }
    own = numbers.get("property", {})
    frames, priorities = {}, {}
    for name, values in numbers.items():
        found = re.fullmatch(r"source-config-(\d+)", name)
        if found is not None:
            frames[int(found.group(1))] = values.get("max-num-frames-per-batch", 1)
            priorities[int(found.group(1))] = values.get("priority", 0)
    return MuxConfig(
        batch_size=own.get("batch-size", 0),
        adaptive_batching=bool(own.get("adaptive-batching", 1)),
        max_fps_control=bool(own.get("max-fps-control", 0)),
        max_same_source_frames=own.get("max-same-source-frames", 1),
        shortest_s=_period_s(own, "overall-max-fps") or 0.0,
        longest_s=_period_s(own, "overall-min-fps"),
        frames_per_batch=frames,
        priorities=priorities,
    )


def _period_s(values: Mapping[str, int], key: str) -> float | None:
    rate = values.get(f"{key}-n", 0)
    return values.get(f"{key}-d", 1) / rate if rate else None


def _number(path: Path, group: str, key: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{path}: [{group}] {key}={text}: wanted a whole number") from None
