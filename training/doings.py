"""Names every moment of a scripted person: by what it does, or as background."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from recognition.taxonomy import load_taxonomy
from training.labels import CLASSES
from training.mocap import FPS, Segment

Doing = tuple[str, int, int]
"""Action, first frame, frame after the last."""


def named_segments(
    doings: Iterable[Doing],
    present: npt.NDArray[np.bool_],
    classes: Sequence[str] = CLASSES,
) -> tuple[Segment, ...]:
    """The classes of one person's time.

    present: (T,) frames in which the person is in the scene. What two people do with each other is
    background where it is none of the classes, as is every second or more in which nothing is
    written down; what a group does has no class of its own, so that only what its people do besides
    is named.
    """
    taxonomy = load_taxonomy()
    segments = []
    free = present.copy()
    for action, start, end in doings:
        free[start:end] = False
        if action in classes:
            segments.append(Segment(start=start, end=end, label=action))
        elif taxonomy.action(action).scope == "pair":
            segments.append(Segment(start=start, end=end, label="background"))
    edges = np.diff(np.concatenate([[0], free.astype(np.int8), [0]]))
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        if end - begin >= FPS:  # a shorter pause belongs to what is before or after it
            segments.append(Segment(start=begin, end=end, label="background"))
    return tuple(segments)
