"""Reads the configuration file of nvdspreprocess, text or YAML (nvdspreprocess_property_parser)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plugins.cpu.key_file import Sections, read_sections

Rect = tuple[int, int, int, int]

EVERY_SOURCE = -1
"""In src-ids: whatever source comes, with the regions of the first roi-params-src-N."""

KNOWN_FUNCTION = "CustomTensorPreparation"
"""The function of libcustom2d_preprocess.so: scale, normalise, planes; what this twin does."""

_MANDATORY = (
    "processing-width",
    "processing-height",
    "network-input-order",
    "network-input-shape",
    "network-color-format",
    "tensor-data-type",
    "tensor-name",
    "custom-lib-path",
    "custom-tensor-preparation-function",
    "scaling-filter",
    "scaling-pool-memory-type",
)
_WANTED = {"network-input-order": "0 (NCHW)", "tensor-data-type": "0 (FP32)"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What to cut out of the frames of some sources.

    regions: left, top, width, height by source, px of the muxed frame. on_regions: of frames; else
    whole frames. on_all_objects: of objects; else those that touch a region. Sizes are px, 0 means
    no limit. interval: batches to skip after each.
    """

    sources: tuple[int, ...]
    regions: Mapping[int, tuple[Rect, ...]] = field(default_factory=dict)
    on_regions: bool = False
    on_all_objects: bool = False
    classes: frozenset[int] = frozenset()
    min_width: int = 0
    min_height: int = 0
    max_width: int = 0
    max_height: int = 0
    interval: int = 0
    draw_roi: bool = True
    colour: tuple[float, ...] | None = None

    def regions_of(self, source_id: int) -> tuple[Rect, ...]:
        """Give the regions of a source; those of the first one listed stand for EVERY_SOURCE."""
        if source_id in self.regions or EVERY_SOURCE not in self.sources:
            return self.regions.get(source_id, ())
        return next(iter(self.regions.values()), ())


@dataclass(frozen=True, slots=True, kw_only=True)
class PreprocessConfig:
    """Settings of one nvdspreprocess.

    batch_size, height, width: of the tensor. colours: 0 RGB, 1 BGR. targets: gie-unique-ids of the
    nvinfers that take it. factor, offsets: ``y = factor * (x - offset)``.
    """

    enable: bool
    targets: tuple[int, ...]
    on_frames: bool
    operate_on_gie_id: int
    keep_aspect: bool
    symmetric: bool
    batch_size: int
    height: int
    width: int
    colours: int
    scaling_filter: int
    tensor_name: str
    factor: float
    offsets: tuple[float, ...]
    groups: tuple[Group, ...]


def load_config(path: Path) -> PreprocessConfig:
    """Read one file.

    Raises:
        ValueError: not readable, a key is missing or wrong, or something this twin cannot do.
    """
    sections = read_sections(path)
    own, user = _Keys(path, sections, "property"), _Keys(path, sections, "user-configs")
    missing = [key for key in _MANDATORY if key not in own]
    if missing:
        raise ValueError(f"{path}: [property]: wanted {', '.join(missing)} too")
    _refuse(path, own, user)
    shape = own.numbers("network-input-shape")
    width, height = own.number("processing-width"), own.number("processing-height")
    if len(shape) != 4 or shape[1:] != (3, height, width):
        raise ValueError(
            f"{path}: network-input-shape={own['network-input-shape']}: wanted N;3;H;W with the "
            f"size of processing-height={height} and processing-width={width}"
        )
    on_frames = own.flag("process-on-frame", default=True)
    numbers = sorted(int(name[6:]) for name in sections if re.fullmatch(r"group-\d+", name))
    return PreprocessConfig(
        enable=own.flag("enable", default=True),
        targets=own.numbers("target-unique-ids"),
        on_frames=on_frames,
        operate_on_gie_id=own.number("operate-on-gie-id", -1),
        keep_aspect=own.flag("maintain-aspect-ratio"),
        symmetric=own.flag("symmetric-padding"),
        batch_size=shape[0],
        height=height,
        width=width,
        colours=own.number("network-color-format"),
        scaling_filter=own.number("scaling-filter"),
        tensor_name=own["tensor-name"],
        factor=user.real("pixel-normalization-factor"),
        offsets=user.reals("offsets"),
        groups=tuple(
            _group(_Keys(path, sections, f"group-{number}"), on_frames=on_frames)
            for number in numbers
        ),
    )


def _refuse(path: Path, own: _Keys, user: _Keys) -> None:
    """Refuse what would need a C++ library, a GPU, or code that this twin has not."""
    function = own["custom-tensor-preparation-function"]
    if function != KNOWN_FUNCTION:
        raise ValueError(
            f"{path}: custom-tensor-preparation-function={function} of {own['custom-lib-path']}: "
            f"platform cpu loads no C++ libraries; it does what {KNOWN_FUNCTION} of DeepStream's "
            "libcustom2d_preprocess.so does"
        )
    for key, wanted in _WANTED.items():
        if own.number(key) != 0:
            raise ValueError(f"{path}: {key}={own[key]} is not there on platform cpu; {wanted} is")
    if own.number("network-color-format") not in {0, 1}:
        got = own["network-color-format"]
        raise ValueError(f"{path}: network-color-format={got}; wanted 0 (RGB) or 1 (BGR)")
    if "mean-file" in user:
        raise ValueError(f"{path}: mean-file is not there on platform cpu; use offsets")
    if len(user.reals("offsets")) not in {0, 3}:
        raise ValueError(f"{path}: offsets={user['offsets']}: wanted one for each of 3 channels")


def _group(keys: _Keys, *, on_frames: bool) -> Group:
    on_regions = keys.flag("process-on-roi")
    on_all_objects = keys.flag("process-on-all-objects")
    regions = {}
    if on_regions if on_frames else not on_all_objects:
        for key in keys.like("roi-params-src-"):
            numbers = keys.numbers(key)
            if not numbers or len(numbers) % 4:
                raise ValueError(keys.wrong(key, "four numbers for each region"))
            quads = [numbers[start : start + 4] for start in range(0, len(numbers), 4)]
            regions[int(key.rpartition("-")[2])] = tuple((a, b, c, d) for a, b, c, d in quads)
    colour = keys.reals("roi-color")
    if len(colour) not in {0, 4}:
        raise ValueError(keys.wrong("roi-color", "red;green;blue;alpha, each 0..1"))
    group = Group(
        sources=keys.numbers("src-ids"),
        regions=regions,
        on_regions=on_regions,
        on_all_objects=on_all_objects,
        classes=frozenset(keys.numbers("operate-on-class-ids")),
        min_width=keys.number("input-object-min-width", 0),
        min_height=keys.number("input-object-min-height", 0),
        max_width=keys.number("input-object-max-width", 0),
        max_height=keys.number("input-object-max-height", 0),
        interval=keys.number("interval", 0),
        draw_roi=keys.flag("draw-roi", default=True),
        colour=colour or None,
    )
    if not group.sources:
        raise ValueError(keys.wrong("src-ids", "the source ids of the group, or -1 for all"))
    in_regions = on_regions if on_frames else not on_all_objects
    bare = [number for number in group.sources if not group.regions_of(number)]
    if in_regions and bare:
        raise ValueError(keys.wrong("src-ids", f"roi-params-src-{bare[0]} for that source, too"))
    return group


class _Keys:
    """The keys of one group, converted when they are asked for."""

    def __init__(self, path: Path, sections: Sections, section: str) -> None:
        self._where = f"{path}: [{section}]"
        self._texts = sections.get(section, {})

    def __contains__(self, key: str) -> bool:
        return bool(self._texts.get(key))

    def __getitem__(self, key: str) -> str:
        return self._texts.get(key, "")

    def like(self, prefix: str) -> list[str]:
        return [key for key in self._texts if re.fullmatch(re.escape(prefix) + r"\d+", key)]

    def wrong(self, key: str, wanted: str) -> str:
        return f"{self._where} {key}={self[key]}: wanted {wanted}"

    def number(self, key: str, default: int | None = None) -> int:
        if key not in self and default is not None:
            return default
        return int(self._converted(key, int, "an int"))

    def real(self, key: str) -> float:
        return float(self._converted(key, float, "a number"))

    def flag(self, key: str, *, default: bool = False) -> bool:
        return self[key].lower() in {"1", "true", "yes"} if key in self else default

    def numbers(self, key: str) -> tuple[int, ...]:
        return tuple(self._converted(key, _listed(int), "ints")) if key in self else ()

    def reals(self, key: str) -> tuple[float, ...]:
        return tuple(self._converted(key, _listed(float), "numbers")) if key in self else ()

    def _converted(self, key: str, convert: Callable[[str], Any], wanted: str) -> Any:
        try:
            return convert(self[key])
        except ValueError:
            raise ValueError(self.wrong(key, wanted)) from None


def _listed(convert: Callable[[str], Any]) -> Callable[[str], tuple[Any, ...]]:
    return lambda text: tuple(convert(part) for part in re.split("[;,]", text) if part.strip())
