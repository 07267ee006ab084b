"""Windows of each person alone, as a network takes them that is told of neighbours."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from recognition.layouts import SOCIAL
from recognition.windows import WindowConfig

Half = npt.NDArray[np.float16]

ADDED = ("nei", "nei_mask")
"""The arrays that ``SOCIAL`` has and ``SINGLE`` has not."""


def with_nobody(inputs: Mapping[str, Half], *, alone: bool) -> dict[str, Half]:
    """Arrays of ``SINGLE`` as those of ``SOCIAL``, without neighbours.

    alone: whether each person is known to have been alone; else nothing is known of neighbours.
    """
    shapes, count = SOCIAL.input_shapes(WindowConfig().steps), len(inputs["mod"])
    nobody = {
        name: np.zeros((count, *(size or 0 for size in shapes[name][1:])), np.float16)
        for name in ADDED
    }
    known = np.full((count, 1), alone, np.float16)
    return {**inputs, **nobody, "mod": np.concatenate([inputs["mod"], known], axis=1)}
