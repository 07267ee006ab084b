"""The feature layouts that fusion models are made for: their inputs, modalities and classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recognition.frames import Float
from recognition.fusion_input import LAYOUT_VERSION, MODALITIES, fusion_input
from recognition.fusion_input import input_shapes as single_shapes
from recognition.neighbours import NEIGHBOUR_SIZE, NEIGHBOUR_SLOTS, neighbour_features
from recognition.taxonomy import load_taxonomy
from recognition.windows import Window

NEIGHBOURS = "neighbours"


@dataclass(frozen=True, slots=True)
class Layout:
    """One set of input arrays; ``version`` is written into the ONNX file.

    modalities: in the order of ``mod``.
    """

    version: str
    modalities: tuple[str, ...]

    @property
    def social(self) -> bool:
        """Whether a model of it is told of neighbours, and tells what two people do."""
        return NEIGHBOURS in self.modalities

    @property
    def classes(self) -> tuple[str, ...]:
        """What this program trains a model of it to tell apart, in the order of the logits.

        What two people do comes last, so that an index means the same in every layout.
        """
        taxonomy = load_taxonomy()
        pairs = taxonomy.of_level("human_human") if self.social else ()
        return (*taxonomy.fusion_classes, *(action.name for action in pairs))

    def input_shapes(self, steps: int) -> dict[str, tuple[int | None, ...]]:
        """Shape of every input for a window of ``steps`` steps; None is the batch."""
        shapes = {**single_shapes(steps), "mod": (None, len(self.modalities))}
        if not self.social:
            return shapes
        slots = (None, steps, NEIGHBOUR_SLOTS)
        return {**shapes, "nei": (*slots, NEIGHBOUR_SIZE), "nei_mask": slots}

    def inputs(
        self,
        windows: Sequence[Window],
        sounds: Sequence[Float | None],
        near: Sequence[Sequence[Window]],
        *,
        rate_hz: int,
    ) -> Mapping[str, Float]:
        """Arrays for a batch of windows: those of ``fusion_input`` and of ``neighbour_features``.

        near: each window's neighbours; not looked at where the layout is not ``social``. Neighbours
        count as present even where nobody is near, for then that is known.
        """
        arrays = fusion_input(windows, sounds, rate_hz=rate_hz)
        if not self.social:
            return arrays
        nei, nei_mask = neighbour_features(windows, near, rate_hz=rate_hz)
        known = np.ones((len(windows), 1), np.float32)
        mod = np.concatenate([arrays["mod"], known], axis=1)
        return {**arrays, "nei": nei, "nei_mask": nei_mask, "mod": mod}


SINGLE = Layout(LAYOUT_VERSION, MODALITIES)
"""Each person by itself."""

SOCIAL = Layout("3", (*MODALITIES, NEIGHBOURS))
"""Each person with the two nearest others."""

LAYOUTS = {layout.version: layout for layout in (SINGLE, SOCIAL)}
