"""Completes the splits of a list of clips: whole groups are held back from training."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from training.readers.clips import DatasetError, LabelledClip, shortened

_PARTS = 5
"""One of so many parts of the groups is held back for each purpose."""
_ADVICE = "say whose they are in the column group of clips.csv, or by --group when converting"


def with_splits(clips: Sequence[LabelledClip]) -> list[LabelledClip]:
    """The clips, each with a split.

    A list that says all stays as it is. From one without validation clips, about a fifth of the
    training groups becomes validation; from one without any splits another fifth becomes test.
    Groups stay whole and labels are spread evenly, as far as they can be, and the same list gives
    the same splits at every call. A clip without a group is a group of its own.

    Raises:
        DatasetError: some clips have a split and some have none, or there are too few groups.
    """
    sides = Counter(clip.split for clip in clips)
    if sides[""] and len(sides) > 1:
        unsaid = [f"{clip.where}: {clip.path}: no split" for clip in clips if not clip.split]
        raise DatasetError(
            [*shortened(unsaid), "other clips have one; give every clip a split, or none"]
        )
    made = list(clips)
    if sides[""]:
        made = _held_back(made, "", "test")
        made = [replace(clip, split=clip.split or "train") for clip in made]
    if "validation" not in sides:
        made = _held_back(made, "train", "validation")
    return made


def _held_back(clips: list[LabelledClip], side: str, purpose: str) -> list[LabelledClip]:
    """The clips, a part of the groups of ``side`` now of the split ``purpose``."""
    mine = [index for index, clip in enumerate(clips) if clip.split == side]
    groups = [clips[index].group or clips[index].path for index in mine]
    labels = [clips[index].label for index in mine]
    parts = min(_PARTS, len(set(groups)), max(Counter(labels).values(), default=0))
    if parts < 2:
        of = clips[mine[0]].where if mine else "the list"
        raise DatasetError(
            [
                f"{of}: the {len(mine)} clips to train on are of one group, or one of each label, "
                f"so that none can be held back for {purpose}; {_ADVICE}, or mark clips of other "
                f"people as {purpose}"
            ]
        )
    folds = StratifiedGroupKFold(parts, shuffle=True, random_state=0)
    with warnings.catch_warnings():  # a label of few clips is no mistake; it stays in training
        warnings.simplefilter("ignore", UserWarning)
        made_parts = list(folds.split(np.zeros(len(mine)), labels, groups))
    _, chosen = min(made_parts, key=lambda part: _lost(labels, part[0].tolist()))
    made = list(clips)
    for row in chosen.tolist():
        made[mine[row]] = replace(clips[mine[row]], split=purpose)
    return made


def _lost(labels: Sequence[str], kept: Sequence[int]) -> int:
    """How many labels have no clip left in the rows that are kept."""
    return len(set(labels) - {labels[row] for row in kept})
