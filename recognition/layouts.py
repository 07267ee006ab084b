"""The feature layouts that fusion models are made for: their inputs, modalities and classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from recognition.appearance import appearance_tokens
from recognition.frames import APPEARANCE_SIZE, Float
from recognition.fusion_input import LAYOUT_VERSION, MODALITIES, SLOTS, fusion_input
from recognition.fusion_input import input_shapes as single_shapes
from recognition.neighbours import NEIGHBOUR_SIZE, NEIGHBOUR_SLOTS, neighbour_features
from recognition.taxonomy import load_taxonomy
from recognition.windows import Window

NEIGHBOURS = "neighbours"
APPEARANCE = "appearance"

Scalar = TypeVar("Scalar", bound=np.generic)


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
    def visual(self) -> bool:
        """Whether a model of it is told what people look like."""
        return APPEARANCE in self.modalities

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
        if self.social:
            slots = (None, steps, NEIGHBOUR_SLOTS)
            shapes |= {"nei": (*slots, NEIGHBOUR_SIZE), "nei_mask": slots}
        if self.visual:
            shapes["ctx"] = (None, SLOTS, APPEARANCE_SIZE)
        return shapes

    def narrowed(self, arrays: Mapping[str, npt.NDArray[Scalar]]) -> dict[str, npt.NDArray[Scalar]]:
        """Of the arrays of a layout that has more modalities, those of this one."""
        kept = {name: arrays[name] for name in self.input_shapes(0)}
        kept["mod"] = kept["mod"][:, : len(self.modalities)]
        return kept

    def inputs(
        self,
        windows: Sequence[Window],
        sounds: Sequence[Float | None],
        near: Sequence[Sequence[Window]],
        *,
        rate_hz: int,
    ) -> Mapping[str, Float]:
        """Arrays for a batch of windows: of ``fusion_input``, and what the layout has besides.

        near: each window's neighbours, see ``neighbour_features``; not looked at where the layout
        is not ``social``. Neighbours count as present even where nobody is near, for then that is
        known. ctx (B, 12, E) of a ``visual`` layout: see ``appearance_tokens``.
        """
        arrays = dict(fusion_input(windows, sounds, rate_hz=rate_hz))
        present = [arrays["mod"]]
        if self.social:
            arrays["nei"], arrays["nei_mask"] = neighbour_features(windows, near, rate_hz=rate_hz)
            present.append(np.ones((len(windows), 1), np.float32))
        if self.visual:
            looks = [window.appearance for window in windows]
            arrays["ctx"], looked = appearance_tokens(looks, slots=SLOTS)
            present.append(looked[:, None].astype(np.float32))
        return {**arrays, "mod": np.concatenate(present, axis=1)}


SINGLE = Layout(LAYOUT_VERSION, MODALITIES)
"""Each person by itself."""

SOCIAL = Layout("3", (*MODALITIES, NEIGHBOURS))
"""Each person with the two nearest others."""

VISUAL = Layout("4", (*SOCIAL.modalities, APPEARANCE))
"""That, and what the person looks like."""

LAYOUTS = {layout.version: layout for layout in (SINGLE, SOCIAL, VISUAL)}
"""Each has all that the one before has, in the same order, and something more."""
