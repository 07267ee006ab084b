"""Synthetic windows whose pose alone tells the class: for smoke runs, tests and toy reports."""

from __future__ import annotations

import numpy as np

from recognition.fusion_input import SLOTS, input_shapes
from recognition.windows import WindowConfig
from training.dataset import Dataset
from training.labels import CLASSES


def toy_data(count: int, seed: int) -> Dataset:
    """So many windows of a swinging pair of joints; the rest is noise.

    Which pair, which way and how fast tells the class. It is the same in a mirror, as training
    shows half of the windows in one.
    """
    rng = np.random.default_rng(seed)
    config = WindowConfig()
    shapes = {
        name: tuple(size or 0 for size in shape[1:])
        for name, shape in input_shapes(config.steps).items()
    }
    labels = rng.integers(0, len(CLASSES), count)
    inputs = {name: rng.normal(0, 0.1, (count, *shape)) for name, shape in shapes.items()}
    inputs["pose"][..., 2] = 0.8
    times = np.arange(config.steps)[:, None]
    for row, label in enumerate(labels.tolist()):
        left, axis, fast = 5 + label % 6 * 2, label // 6 % 2, label // 12
        swing = 1.5 * np.sin(times / (1.5 if fast else 3))
        inputs["pose"][row, :, left : left + 2, axis] += swing
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
