"""Windows of one feature layout as those of another, that is told of more or of less."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from recognition.layouts import NEIGHBOURS, Layout
from recognition.windows import WindowConfig

Half = npt.NDArray[np.float16]


def of_layout(inputs: Mapping[str, Half], layout: Layout, *, alone: bool) -> dict[str, Half]:
    """Arrays of any layout as those of ``layout``: what they have not is absent, and zero.

    alone: whether each person is known to have been alone, where they have no neighbours.
    """
    count, had = inputs["mod"].shape
    shapes = layout.input_shapes(WindowConfig().steps)
    unknown = {
        name: np.zeros((count, *(size or 0 for size in shape[1:])), np.float16)
        for name, shape in shapes.items()
        if name not in inputs
    }
    known = [alone and name == NEIGHBOURS for name in layout.modalities[had:]]
    columns = np.tile(np.array(known, np.float16), (count, 1))
    mod = np.concatenate([inputs["mod"], columns], axis=1)
    return layout.narrowed({**inputs, **unknown, "mod": mod})
