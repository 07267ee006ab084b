"""Windows whose class stands in plain sight, and models of which it is known what they use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from engines.protocol import Tensor
from recognition.fusion_input import MODALITIES, SLOTS, input_shapes
from training.evaluation.data import EvaluationData
from training.evaluation.predictions import FusionFile

CLASSES = ("clap", "walk", "stand", "wave")
STEPS = 48


def windows(count: int = 160, people: int = 4, *, audio: float = 1.0) -> EvaluationData:
    """Windows of which x of the nose, and the middle of each sound token, is the class's number.

    audio: share of windows with sound; all have the rest.
    """
    rng = np.random.default_rng(0)
    labels = np.arange(count) % len(CLASSES)
    inputs = {
        name: np.zeros((count, *(size or 0 for size in shape[1:])), np.float16)
        for name, shape in input_shapes(STEPS).items()
    }
    inputs["pose"][:, :, 0, 0] = labels[:, None]
    inputs["pose"][..., 2] = 1
    inputs["aud"][:, SLOTS // 2] = labels[:, None]
    inputs["mod"][:] = 1
    inputs["mod"][:, MODALITIES.index("audio")] = rng.random(count) < audio
    return EvaluationData(
        kind="toy", title="test windows", inputs=inputs, labels=labels, classes=CLASSES,
        people=np.array([f"person_{row * people // count}" for row in range(count)]),
    )  # fmt: skip


@dataclass
class Listener:
    """An engine that answers from a function of its inputs to what it takes for the class."""

    answer: Callable[[Mapping[str, Tensor]], Tensor]
    sha256: str = "0" * 64
    runtime: str = "none"
    metadata: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, tuple[int | None, ...]] = field(default_factory=dict)
    inputs: Mapping[str, tuple[int | None, ...]] = field(
        default_factory=lambda: input_shapes(STEPS)
    )

    def run(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Logits that are high for the answer; NaN where the answer is none."""
        said = self.answer(inputs)
        near = -((said[:, None] - np.arange(len(CLASSES))) ** 2)
        return {"logits": near.astype(np.float32)}


def looker() -> FusionFile:
    """Looks at the nose only, where there is a pose."""
    return model(lambda x: np.where(x["mod"][:, 0] > 0, x["pose"][:, -1, 0, 0], 0))


def hearer() -> FusionFile:
    """Listens to the middle of the window only, where there is sound."""
    return model(lambda x: np.where(x["mod"][:, 3] > 0, x["aud"][:, SLOTS // 2, 0], 0))


def model(answer: Callable[[Mapping[str, Tensor]], Tensor]) -> FusionFile:
    """A model that says what ``answer`` makes of its inputs."""
    return FusionFile(
        path=Path("listener.onnx"), engine=Listener(answer), labels=CLASSES, modalities=MODALITIES,
        steps=STEPS, rate_hz=15, temperatures=None,
    )  # fmt: skip
