"""Synthetic windows whose pose alone tells the class: for smoke runs, tests and toy reports."""

from __future__ import annotations

import numpy as np

from recognition.fusion_input import SLOTS, input_shapes
from recognition.windows import WindowConfig
from training.dataset import Dataset
from training.labels import CLASSES


def toy_data(count: int, seed: int) -> Dataset:
    """So many windows; one swinging joint tells the class, the rest is noise."""
    rng = np.random.default_rng(seed)
    config = WindowConfig()
    shapes = {
        name: tuple(size or 0 for size in shape[1:])
        for name, shape in input_shapes(config.steps).items()
    }
    labels = rng.integers(0, len(CLASSES), count)
    inputs = {name: rng.normal(0, 0.1, (count, *shape)) for name, shape in shapes.items()}
    inputs["pose"][..., 2] = 0.8
    swing = np.sin(np.arange(config.steps) / 3)
    for row, label in enumerate(labels):
        joint = int(label) % 12 + 5
        inputs["pose"][row, :, joint, int(label) // 12] += 1.5 * swing
    inputs["traj"][..., 3] = 1
    inputs["mod"] = np.ones((count, *shapes["mod"]))
    inputs["obj_mask"] = rng.integers(0, 2, (count, *shapes["obj_mask"])).astype(np.float64)
    inputs["mod"][:, 2:] = rng.random((count, 2)) < 0.5
    inputs["aud"] *= inputs["mod"][:, 3, None, None] * np.ones((1, SLOTS, 1))
    return Dataset(
        inputs={name: values.astype(np.float16) for name, values in inputs.items()},
        labels=labels.astype(np.int64),
        subjects=np.array([f"toy_{seed}"] * count),
    )
