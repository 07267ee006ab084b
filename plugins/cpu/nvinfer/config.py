"""Reads gst-nvinfer's configuration files, text or YAML, into checked settings.

Keys, defaults and the order of overrides are those of gstnvinfer_property_parser and
gstnvinfer_yaml_parser: ``[class-attrs-all]`` first, then ``[class-attrs-N]``; paths relative to the
file; unknown keys only warn. What this twin cannot do is refused here, with the reason.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from plugins.cpu.key_file import Sections, read_sections

_UNUSED = """
    auto-inc-mem classifier-async-mode classifier-type custom-lib-path custom-network-config
    disable-output-host-copy dynamic-properties engine-create-func-name
    force-implicit-batch-dim input-dims layer-device-precision max-gpu-mem-per
    model-file output-blob-names output-io-formats proto-file
    strongly-typed tensor-meta-pool-size tlt-encoded-model tlt-model-key uff-file
    uff-input-blob-name uff-input-dims uff-input-order warmup-engine workspace-size
"""
UNUSED_HERE = frozenset(_UNUSED.split())
"""Keys of NVIDIA's that change nothing for ONNX Runtime and the networks that it runs."""

REFUSED: Mapping[str, str] = {
    "parse-segmentation-func-name": "nvinfer's own parser, without the key, is there",
    "stabilize-buffer-count": "every batch goes on",
}
"""Keys that would change the result and that this twin has no code for; 0 is accepted."""


REINFER_ALWAYS = 2**31 - 1
"""secondary-reinfer-interval where the file has none (G_MAXINT)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassAttrs:
    """Filters of one class; sizes and offsets in px of the muxed frame, -1 and 0 mean no limit.

    eps, min_boxes, dbscan_min_score: see ``cluster``; at 0 min_boxes, DBSCAN does nothing.
    """

    pre_cluster_threshold: float = 0.2
    post_cluster_threshold: float = 0.0
    nms_iou_threshold: float = 0.3
    topk: int = -1
    eps: float = 0.0
    min_boxes: int = 0
    dbscan_min_score: float = 0.0
    group_threshold: int = 0
    roi_top_offset: int = 0
    roi_bottom_offset: int = 0
    detected_min_w: int = 0
    detected_min_h: int = 0
    detected_max_w: int = 0
    detected_max_h: int = 0
    border_color: tuple[float, ...] = (1.0, 0.0, 0.0, 1.0)
    bg_color: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InferConfig:
    """Settings of one nvinfer; the names are NVIDIA's keys with underscores."""

    onnx_file: Path | None = None
    gie_unique_id: int = 15
    process_mode: int = 1
    network_type: int = 0
    network_mode: int = 0
    batch_size: int = 1
    gpu_id: int = 0
    enable_dla: bool = False
    use_dla_core: int = -1
    model_engine_file: Path | None = None
    int8_calib_file: Path | None = None
    interval: int = 0
    net_scale_factor: float = 1.0
    offsets: tuple[float, ...] = ()
    mean_file: Path | None = None
    model_color_format: int = 0
    network_input_order: int = 0
    maintain_aspect_ratio: bool = False
    symmetric_padding: bool = False
    scaling_filter: int = 6
    scaling_compute_hw: int = 0
    infer_dims: tuple[int, ...] = ()
    operate_on_gie_id: int = -1
    operate_on_class_ids: frozenset[int] = frozenset()
    filter_out_class_ids: frozenset[int] = frozenset()
    input_object_min_width: int = 0
    input_object_min_height: int = 0
    input_object_max_width: int = 0
    input_object_max_height: int = 0
    secondary_reinfer_interval: int = REINFER_ALWAYS
    cluster_mode: int = 0
    num_detected_classes: int = 0
    labelfile_path: Path | None = None
    parse_bbox_func_name: str | None = None
    parse_bbox_instance_mask_func_name: str | None = None
    classifier_threshold: float = 0.0
    parse_classifier_func_name: str | None = None
    output_instance_mask: bool = False
    segmentation_threshold: float = 0.5
    segmentation_output_order: int = 0
    output_tensor_meta: bool = False
    input_tensor_from_meta: bool = False
    crop_objects_to_roi_boundary: bool = False
    class_attrs: tuple[ClassAttrs, ...] = ()
    labels: tuple[str, ...] = ()
    warnings: tuple[str, ...] = field(default=(), compare=False)


def _numbers(convert: type[Any]) -> Callable[[str], tuple[Any, ...]]:
    return lambda text: tuple(convert(part) for part in re.split("[;:,]", text) if part.strip())


def _ids(text: str) -> frozenset[int]:
    return frozenset(_numbers(int)(text))


def _flag(text: str) -> bool:
    if text.lower() in {"1", "true", "yes"}:
        return True
    if text.lower() in {"0", "false", "no"}:
        return False
    raise ValueError("wanted 0 or 1")


def _colour(text: str) -> tuple[float, ...]:
    parts: tuple[float, ...] = _numbers(float)(text)
    if len(parts) != 4:
        raise ValueError("wanted red;green;blue;alpha, each 0..1")
    return parts


_PARSERS: dict[str, Callable[[str], Any]] = {
    "offsets": _numbers(float),
    "infer-dims": _numbers(int),
    "operate-on-class-ids": _ids,
    "filter-out-class-ids": _ids,
    "border-color": _colour,
    "bg-color": _colour,
}
_BY_TYPE: dict[str, Callable[[str], Any]] = {
    "bool": _flag,
    "int": int,
    "float": float,
    "str | None": str,
    "Path | None": Path,
}
_ALIASES = {"threshold": "pre-cluster-threshold"}
_ODD_KEYS = {"min_boxes": "minBoxes"}
_NOT_KEYS = frozenset({"class_attrs", "labels", "warnings"})


def load_config(path: Path) -> InferConfig:
    """Read one file. ``warnings`` of the result holds a line per key that is not NVIDIA's.

    Raises:
        ValueError: not readable, a value of the wrong kind, or something this twin cannot do.
    """
    sections = read_sections(path)
    if "property" not in sections:
        raise ValueError(f"{path}: wanted a [property] group; got {', '.join(sections) or 'none'}")
    warnings: list[str] = []
    for section in sections:
        if section != "property" and not re.fullmatch(r"class-attrs-(all|\d+)", section):
            warnings.append(f"{path}: group [{section}] is unknown and has no effect")
    values = _values(path, "property", _modern(sections), InferConfig, warnings)
    for key, value in values.items():
        if isinstance(value, Path):
            values[key] = (path.parent / value).resolve()
    config = InferConfig(**values)
    labels = _labels(config)
    attrs = _class_attrs(path, sections, config.num_detected_classes, warnings)
    return replace(config, labels=labels, class_attrs=attrs, warnings=tuple(warnings))


def _modern(sections: Sections) -> Sections:
    """Say ``is-classifier`` of DeepStream 4 as network-type, where the file has no network-type."""
    own = dict(sections["property"])
    if (old := own.pop("is-classifier", None)) is not None:
        own.setdefault("network-type", "1" if old.lower() in {"1", "true"} else "0")
    return {**sections, "property": own}


def _values(
    path: Path, section: str, sections: Sections, kind: type[Any], warnings: list[str]
) -> dict[str, Any]:
    known = {
        _ODD_KEYS.get(name, name.replace("_", "-")): (name, str(f.type))
        for name, f in kind.__dataclass_fields__.items()
        if name not in _NOT_KEYS
    }
    silent: frozenset[str] = frozenset() if kind is ClassAttrs else UNUSED_HERE
    values = {}
    for raw_key, text in sections[section].items():
        key = _ALIASES.get(raw_key, raw_key)
        where = f"{path}: [{section}] {raw_key}"
        if key in known:
            name, type_name = known[key]
            try:
                values[name] = (_PARSERS.get(key) or _BY_TYPE[type_name])(text)
            except ValueError as error:
                reason = str(error) if str(error).startswith("wanted") else f"wanted {type_name}"
                raise ValueError(f"{where}={text}: {reason}") from None
        elif key in REFUSED and kind is InferConfig:
            if text != "0":
                raise ValueError(f"{where}={text} is not there on platform cpu: {REFUSED[key]}")
        elif key not in silent:
            close = difflib.get_close_matches(key, [*known, *silent], n=1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            warnings.append(f"{where} is unknown and has no effect{hint}")
    return values


def _class_attrs(
    path: Path, sections: Sections, classes: int, warnings: list[str]
) -> tuple[ClassAttrs, ...]:
    common: dict[str, Any] = {}
    if "class-attrs-all" in sections:
        common = _values(path, "class-attrs-all", sections, ClassAttrs, warnings)
    attrs = [ClassAttrs(**common)] * classes
    for section in sections:
        found = re.fullmatch(r"class-attrs-(\d+)", section)
        if found is None:
            continue
        number = int(found.group(1))
        if number >= classes:
            raise ValueError(
                f"{path}: [{section}]: wanted a class below num-detected-classes={classes}"
            )
        attrs[number] = ClassAttrs(
            **(common | _values(path, section, sections, ClassAttrs, warnings))
        )
    return tuple(attrs)


def _labels(config: InferConfig) -> tuple[str, ...]:
    # A network of type 100 has no classes: nvinfer ignores its label file.
    if config.labelfile_path is None or config.network_type == 100:
        return ()
    try:
        lines = tuple(config.labelfile_path.read_text().splitlines())
    except OSError as error:
        raise ValueError(f"{config.labelfile_path}: cannot read labels: {error.strerror}") from None
    # A line of a classifier's file holds the labels of one head, a detector's the name of a class.
    return lines if config.network_type == 1 else tuple(line.split(";")[0] for line in lines)
