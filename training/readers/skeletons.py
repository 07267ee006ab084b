"""The skeleton sets of PYSKL and MMAction2: keypoints of whole clips in one pickle.

Format: github.com/kennymckormick/pyskl, tools/data/README.md. Keys of ours beside it: ``classes``
(names of the labels, in their order), and per clip ``fps`` and ``group``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from training.readers.clips import DatasetError, LabelledClip, shortened, side_of
from training.readers.plain_pickle import read_pickle, write_pickle

Numbers = npt.NDArray[Any]

_KEYS = ("frame_dir", "label", "total_frames", "img_shape", "keypoint")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Skeletons:
    """One clip: M people over T frames.

    frame_dir: its name. label: index into the classes. img_shape: height and width, px.
    keypoint: (M, T, V, 2) px, or (M, T, V, 3) m. score: (M, T, V) 0..1, None for 3D.
    other: every further key, as it was.
    """

    frame_dir: str
    label: int
    total_frames: int
    img_shape: tuple[int, ...]
    keypoint: Numbers
    score: Numbers | None
    other: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SkeletonSet:
    """A whole pickle.

    splits: names of clips by name of split. classes: empty where the pickle does not name them.
    """

    splits: Mapping[str, Sequence[str]]
    clips: Sequence[Skeletons]
    classes: Sequence[str] = ()


def read_skeletons(path: Path) -> SkeletonSet:
    """Read a skeleton set; nothing that is in the pickle is run.

    Raises:
        DatasetError: it is none, or holds code.
    """
    content = read_pickle(path)
    if not isinstance(content, dict) or not {"split", "annotations"} <= set(content):
        raise DatasetError(
            [f"{path}: no skeleton set: wanted a dict of 'split' and 'annotations' as PYSKL has it"]
        )
    problems: list[str] = []
    clips: list[Skeletons] = []
    for index, entry in enumerate(content["annotations"]):
        try:
            clips.append(_skeletons(entry))
        except (ValueError, TypeError) as error:
            name = entry.get("frame_dir", "unnamed") if isinstance(entry, dict) else "unnamed"
            problems.append(f"{path}: annotations[{index}] ({name}): {error}")
    if problems:
        raise DatasetError(shortened(problems))
    splits = {str(name): [str(one) for one in names] for name, names in content["split"].items()}
    return SkeletonSet(
        splits=splits, clips=clips, classes=[str(name) for name in content.get("classes", ())]
    )


def write_skeletons(path: Path, skeletons: SkeletonSet) -> None:
    """Write a skeleton set; PYSKL and MMAction2 read it, too."""
    content = {
        "split": {name: list(names) for name, names in skeletons.splits.items()},
        "annotations": [_entry(clip) for clip in skeletons.clips],
    }
    if skeletons.classes:
        content["classes"] = list(skeletons.classes)
    write_pickle(path, content)


def clips_of(
    path: Path, skeletons: SkeletonSet, *, split: str = "", classes: Sequence[str] = ()
) -> list[LabelledClip]:
    """The list of a set's clips.

    split: which of several official ones, such as 'xsub', or '1' for train1 and test1. classes:
    names of the labels where the set has none.

    Raises:
        DatasetError: there are several splits, or fewer names than labels.
    """
    names = list(classes or skeletons.classes)
    highest = max((clip.label for clip in skeletons.clips), default=-1)
    if names and highest >= len(names):
        raise DatasetError(
            [f"{path}: has label {highest}, but only {len(names)} names; give a longer list"]
        )
    families = sorted({_family(name) for name in skeletons.splits})
    if split not in families and (split or len(families) > 1):
        raise DatasetError(
            [
                f"{path}: has the splits {', '.join(skeletons.splits) or 'none'}; choose one by "
                f"--split {'|'.join(filter(None, families)) or 'nothing'}, got '{split}'"
            ]
        )
    chosen = {name: one for name, one in skeletons.splits.items() if _family(name) == split}
    if len(families) == 1:
        chosen = dict(skeletons.splits)
    sides: dict[str, list[str]] = {}
    for name, listed in chosen.items():
        for one in listed:
            sides.setdefault(one, []).append(side_of(name))
    return [
        LabelledClip(
            path=clip.frame_dir,
            label=names[clip.label] if names else str(clip.label),
            group=str(clip.other.get("group", "")),
            split=side,
            where=str(path),
        )
        for clip in skeletons.clips
        for side in sides.get(clip.frame_dir, [""])
    ]


def nan_keypoints(clip: Skeletons) -> str:
    """Where a clip has keypoints that are no numbers, for people; empty for nowhere."""
    bad = ~np.isfinite(clip.keypoint.astype(np.float32)).all(axis=-1)
    if clip.score is not None:
        bad |= ~np.isfinite(clip.score.astype(np.float32))
    if not bad.any():
        return ""
    person, frame, joint = (int(place) for place in np.argwhere(bad)[0])
    return (
        f"{clip.frame_dir}: {int(bad.sum())} keypoints are no finite numbers, the first of person "
        f"{person}, frame {frame}, joint {joint}; a missing joint has score 0"
    )


def _family(split: str) -> str:
    """What is left of a split's name without its side: xsub of xsub_val, 1 of train1."""
    return re.sub("train|valid(ate|ation)?|val|test", "", split.lower()).strip("_-")


def _skeletons(entry: Mapping[str, Any]) -> Skeletons:
    """Check one annotation. Raises ValueError, for people."""
    if missing := [key for key in _KEYS if key not in entry]:
        beside = "; its keypoints lie in other files (raw_file)" if "raw_file" in entry else ""
        raise ValueError(f"has no {', '.join(missing)}{beside}; wanted {', '.join(_KEYS)}")
    keypoint, score = entry["keypoint"], entry.get("keypoint_score")
    label, frames = entry["label"], entry["total_frames"]
    if not isinstance(keypoint, np.ndarray) or keypoint.dtype.kind != "f" or keypoint.ndim != 4:
        got = f"{keypoint.dtype} {keypoint.shape}" if isinstance(keypoint, np.ndarray) else "none"
        raise ValueError(f"keypoint: wanted an array of floats (M, T, V, C), got {got}")
    if keypoint.shape[1] != frames:
        raise ValueError(f"keypoint: is of {keypoint.shape[1]} frames, total_frames says {frames}")
    if score is not None and np.shape(score) != keypoint.shape[:3]:
        raise ValueError(
            f"keypoint_score: wanted {keypoint.shape[:3]} as keypoint has, got {np.shape(score)}"
        )
    if not isinstance(label, (int, np.integer)) or label < 0:
        raise ValueError(f"label: wanted a whole number from 0, got {label!r}")
    known = {*_KEYS, "keypoint_score"}
    return Skeletons(
        frame_dir=str(entry["frame_dir"]),
        label=int(label),
        total_frames=int(frames),
        img_shape=tuple(int(side) for side in entry["img_shape"]),
        keypoint=keypoint,
        score=score,
        other={key: value for key, value in entry.items() if key not in known},
    )


def _entry(clip: Skeletons) -> dict[str, Any]:
    entry = {
        "frame_dir": clip.frame_dir,
        "label": clip.label,
        "total_frames": clip.total_frames,
        "img_shape": clip.img_shape,
        "keypoint": clip.keypoint,
        **clip.other,
    }
    return entry if clip.score is None else {**entry, "keypoint_score": clip.score}
