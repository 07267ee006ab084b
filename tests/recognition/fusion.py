"""A fusion engine whose answer a test chooses, in the form that the product's own has."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from engines.protocol import Tensor
from recognition.fusion_input import SLOTS
from recognition.layouts import SINGLE, Layout

LABELS = ("stand", "walk", "clap", "background")


class ScriptedFusion:
    """Answers with the label that ``choose`` gives for each window's arrays."""

    def __init__(
        self,
        choose: Callable[[Mapping[str, Tensor]], str],
        labels: Sequence[str] = LABELS,
        *,
        layout: Layout = SINGLE,
    ) -> None:
        self._choose = choose
        self._labels = tuple(labels)
        self.inputs: Mapping[str, tuple[int | None, ...]] = layout.input_shapes(48)
        self.outputs: Mapping[str, tuple[int | None, ...]] = {
            "logits": (None, len(labels)),
            "gate": (None, SLOTS, len(layout.modalities)),
        }
        self.metadata: Mapping[str, str] = {
            "layout_version": layout.version,
            "steps": "48",
            "rate_hz": "15",
            "labels": json.dumps(labels),
        }
        self.sha256 = "0" * 64
        self.runtime = "none"
        self.batches: list[int] = []

    def run(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """One-hot logits (10 against 0) and an even gate."""
        count = len(inputs["pose"])
        self.batches.append(count)
        logits = np.zeros((count, len(self._labels)), np.float32)
        for row in range(count):
            chosen = self._choose({name: array[row] for name, array in inputs.items()})
            logits[row, self._labels.index(chosen)] = 10
        modalities = inputs["mod"].shape[1]
        gate = np.full((count, SLOTS, modalities), 1 / modalities, np.float32)
        return {"logits": logits, "gate": gate}


def walks_when_moving(arrays: Mapping[str, Tensor]) -> str:
    """``walk`` for who moved in the last second, else ``stand``."""
    speed = np.abs(arrays["traj"][-15:, 0]).mean()
    return "walk" if speed > 0.1 else "stand"
