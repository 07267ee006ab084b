"""Synthetic windows whose pose alone tells the class: for smoke runs, tests and toy reports."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recognition.fusion_input import SLOTS
from recognition.layouts import SINGLE, Layout
from recognition.windows import WindowConfig
from training.dataset import Dataset, Sides

Rng = np.random.Generator

_NEARNESS = 10  # the first neighbour value that is a nearness


def toy_data(count: int, seed: int, layout: Layout = SINGLE) -> Dataset:
    """So many windows of a swinging pair of joints; the rest is noise.

    Which pair, which way and how fast tells the class. It is the same in a mirror, as training
    shows half of the windows in one. What two people do swings as one of the other classes does,
    and only the neighbour tells them apart. What people look like tells the class, too.
    """
    rng = np.random.default_rng(seed)
    config = WindowConfig()
    shapes = {
        name: tuple(size or 0 for size in shape[1:])
        for name, shape in layout.input_shapes(config.steps).items()
    }
    labels = rng.integers(0, len(layout.classes), count)
    inputs = {name: rng.normal(0, 0.1, (count, *shape)) for name, shape in shapes.items()}
    inputs["pose"][..., 2] = 0.8
    times = np.arange(config.steps)[:, None]
    for row, label in enumerate((labels % len(SINGLE.classes)).tolist()):
        left, axis, fast = 5 + label % 6 * 2, label // 6 % 2, label // 12
        swing = 1.5 * np.sin(times / (1.5 if fast else 3))
        inputs["pose"][row, :, left : left + 2, axis] += swing
    inputs["traj"][..., 3] = 1
    inputs["mod"] = np.ones((count, *shapes["mod"]))
    inputs["obj_mask"] = rng.integers(0, 2, (count, *shapes["obj_mask"])).astype(np.float64)
    inputs["mod"][:, 2:4] = rng.random((count, 2)) < 0.5
    inputs["aud"] *= inputs["mod"][:, 3, None, None] * np.ones((1, SLOTS, 1))
    if layout.social:
        _put_neighbours(inputs, labels, rng)
    if layout.visual:
        rising = np.linspace(0, 1, SLOTS)
        inputs["ctx"][np.arange(count), :, labels] += rising
    return Dataset(
        inputs={name: values.astype(np.float16) for name, values in inputs.items()},
        labels=labels.astype(np.int64),
        subjects=np.array([f"toy_{seed}"] * count),
    )


def toy_sides(layout: Layout = SINGLE) -> Sides:
    """Windows to train on and windows to validate on, for a smoke run."""
    return Sides(toy_data(2560, 1, layout), toy_data(512, 2, layout), layout.classes)


def _put_neighbours(
    inputs: dict[str, npt.NDArray[np.float64]], labels: npt.NDArray[np.int64], rng: Rng
) -> None:
    """Somebody near in half of the windows; close, in a way of its own, in what two people do."""
    pair = labels - len(SINGLE.classes)
    together = pair >= 0
    somebody = together | (rng.random(len(labels)) < 0.5)
    inputs["nei_mask"][...] = 0
    inputs["nei_mask"][..., 0] = somebody[:, None]
    inputs["nei"] *= inputs["nei_mask"][..., None]
    inputs["nei"][together, :, 0, _NEARNESS + pair[together]] += 0.9
