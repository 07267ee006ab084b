"""Refuses data that is on both sides of a split: what was learnt by heart would look understood."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np

from settings.errors import ConfigError
from training.dataset import Dataset
from training.mocap import check_split

RECORDED = "recorded_"
"""How the subjects of recorded scenes begin: a folder's name, which two scenes may share."""


def check_leaks(train: Dataset, validation: Dataset) -> None:
    """See that no person and no window is on both sides.

    Raises:
        ConfigError: one is, or share-alike recordings are on one of these sides.
    """
    sides = {"train": train, "validation": validation}
    people = {
        side: sorted(name for name in set(data.subjects.tolist()) if not name.startswith(RECORDED))
        for side, data in sides.items()
    }
    try:
        check_split(people)
    except ValueError as leak:
        raise ConfigError([f"data leaks: {leak}"]) from None
    here, held_back = _digests(train), _digests(validation)
    if shared := here.keys() & held_back.keys():
        one = min(shared, key=lambda digest: here[digest])
        raise ConfigError(
            [
                f"data leaks: {len(shared)} windows are on the sides train and validation, such as "
                f"one of {train.subjects[here[one]]} (train) that is also of "
                f"{validation.subjects[held_back[one]]} (validation). A recording must be on one "
                "side only, also under another name; see data.recorded and data.validation_recorded"
            ]
        )


def _digests(data: Dataset) -> dict[bytes, int]:
    """Number of a window by the digest of its pose; windows without any pose have none."""
    poses = np.ascontiguousarray(data.inputs["pose"]).reshape(len(data), -1)
    seen = np.flatnonzero((poses != 0).any(axis=1))
    return {blake2b(poses[row].tobytes(), digest_size=16).digest(): int(row) for row in seen}
