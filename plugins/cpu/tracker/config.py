"""Reads the YAML file of NVIDIA's tracker library (``ll-config-file``).

Used here, by section: BaseConfig.minDetectorConfidence; TargetManagement.maxTargetsPerStream,
probationAge, maxShadowTrackingAge, earlyTerminationAge,
enablePastFrame; TrajectoryManagement.useUniqueID;
DataAssociator.checkClassMatch, minMatchingScore4Iou, tentativeDetectorConfidence. Files for
NvDCF, NvSORT and NvDeepSORT load; their keys for visual tracking and re-identification have
nothing to act on here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerConfig:
    """Settings of the tracker; ages in frames, the names are NVIDIA's.

    min_detector_confidence: weaker detections are not tracked.
    tentative_detector_confidence: weaker ones keep a track going but never start one.
    probation_age: how many frames a new target is kept back before it is output.
    max_shadow_tracking_age: how many frames a target lives on without a detection.
    min_matching_iou: least IoU of a detection and a target's predicted box.
    enable_past_frame: tell where a target was in the frames before it was output.
    """

    min_detector_confidence: float = 0.0
    tentative_detector_confidence: float = 0.5
    max_targets_per_stream: int = 150
    probation_age: int = 3
    max_shadow_tracking_age: int = 30
    early_termination_age: int = 1
    use_unique_id: bool = False
    check_class_match: bool = True
    min_matching_iou: float = 0.1
    enable_past_frame: bool = False

    def __post_init__(self) -> None:
        if self.early_termination_age not in (0, 1):
            raise ValueError(
                f"earlyTerminationAge: {self.early_termination_age}; on platform cpu a target in "
                "probation ends with its first missed frame: wanted 1"
            )
        for name in ("probation_age", "max_shadow_tracking_age", "max_targets_per_stream"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name}: {getattr(self, name)}; wanted 0 or more")


_KEYS: Mapping[tuple[str, str], tuple[str, type]] = {
    ("BaseConfig", "minDetectorConfidence"): ("min_detector_confidence", float),
    ("TargetManagement", "maxTargetsPerStream"): ("max_targets_per_stream", int),
    ("TargetManagement", "probationAge"): ("probation_age", int),
    ("TargetManagement", "maxShadowTrackingAge"): ("max_shadow_tracking_age", int),
    ("TargetManagement", "earlyTerminationAge"): ("early_termination_age", int),
    ("TrajectoryManagement", "useUniqueID"): ("use_unique_id", bool),
    ("TargetManagement", "enablePastFrame"): ("enable_past_frame", bool),
    ("DataAssociator", "checkClassMatch"): ("check_class_match", bool),
    ("DataAssociator", "minMatchingScore4Iou"): ("min_matching_iou", float),
    ("DataAssociator", "tentativeDetectorConfidence"): ("tentative_detector_confidence", float),
}


def load_tracker_config(path: Path) -> TrackerConfig:
    """Read a tracker file; keys that are not there keep NVIDIA's defaults as above.

    Raises:
        ValueError: not readable, not of NVIDIA's form, or a value of the wrong kind.
    """
    try:
        # NVIDIA's files begin with OpenCV's %YAML:1.0, which is no YAML directive.
        lines = path.read_text().splitlines()
        content = yaml.safe_load("\n".join(x for x in lines if not x.startswith("%YAML")))
    except OSError as error:
        raise ValueError(f"{path}: cannot read this tracker file: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise ValueError(f"{path}: not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(content, dict) or not all(isinstance(v, dict) for v in content.values()):
        raise ValueError(f"{path}: wanted maps such as BaseConfig and TargetManagement")
    values: dict[str, Any] = {}
    for (section, key), (name, kind) in _KEYS.items():
        value = content.get(section, {}).get(key)
        if value is None:
            continue
        if not isinstance(value, (int, float)):
            raise ValueError(f"{path}: {section}.{key}: wanted a number, got {value!r}")
        values[name] = kind(value)
    try:
        return TrackerConfig(**values)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
