"""Figures about inputs and models: modalities, noise, and variants side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from training.evaluation.drawing import COLOURS, INK, MAIN, QUIET_INK, share_axis

_NOISES = (
    ("keypoint_jitter", "Keypoints tremble", "standard deviation, torso lengths"),
    ("joint_dropout", "Joints are hidden", "share of joints, for the whole window"),
    ("step_dropout", "Poses are lost", "share of time steps"),
)


def with_interval(axes: Any, row: float, figure: Mapping[str, Any], colour: str) -> None:
    """A dot and a bar on one row."""
    if figure["low"] is not None:
        axes.plot(
            [figure["low"], figure["high"]], [row, row], color=colour, alpha=0.35, linewidth=6,
            solid_capstyle="butt", zorder=2,
        )  # fmt: skip
    axes.plot(figure["value"], row, "o", color=colour, markersize=7, zorder=3)
    axes.annotate(
        f"{figure['value']:.2f}", (figure["value"], row), xytext=(0, 7), fontsize=8, ha="center",
        textcoords="offset points", color=INK,
    )  # fmt: skip


def ablation(metrics: Mapping[str, Any]) -> Figure:
    """Macro-F1 by which modalities the model is given, on the same windows."""
    sets = metrics["ablation"]["sets"]
    names = metrics["model"]["modalities"]
    figure = Figure(figsize=(9.5, 0.9 + 0.36 * len(sets)))
    matrix, axes = figure.subplots(1, 2, sharey=True, width_ratios=(1, 3.4))
    for row, (key, value) in enumerate(sets.items()):
        given = key.split("+")
        with_interval(axes, row, value, MAIN)
        for column, name in enumerate(names):
            colour = COLOURS[column % len(COLOURS)] if name in given else "#e3e8ee"
            matrix.plot(column, row, "o", color=colour, markersize=9)
    matrix.set_xticks(range(len(names)), names, rotation=40, ha="right", rotation_mode="anchor")
    matrix.set_yticks([])
    matrix.set_xlim(-0.6, len(names) - 0.4)
    matrix.grid(visible=False)
    for side in matrix.spines.values():
        side.set_visible(False)
    matrix.tick_params(length=0)
    axes.set_ylim(len(sets) - 0.4, -0.8)  # also of the other: they share it
    axes.grid(axis="y", visible=False)
    share_axis(axes, "x")
    axes.set_xlabel("macro-F1; bar: 95 % interval over people")
    return figure


def gate(metrics: Mapping[str, Any]) -> Figure:
    """How much each modality counted, by true class."""
    classes, names = metrics["gate"], metrics["model"]["modalities"]
    figure = Figure(figsize=(9.5, 1.2 + 0.27 * len(classes)))
    axes = figure.subplots()
    left = np.zeros(len(classes))
    for column, name in enumerate(names):
        width = np.array([100 * one[name] for one in classes.values()])
        axes.barh(
            range(len(classes)), width, left=left, height=0.72, label=name, edgecolor="white",
            color=COLOURS[column % len(COLOURS)], linewidth=0.8,
        )  # fmt: skip
        left += width
    axes.set_yticks(range(len(classes)), classes)
    axes.set_ylim(len(classes) - 0.4, -0.6)
    axes.set_xlim(0, 100)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("% of the gate, mean over the class's windows")
    axes.legend(ncols=len(names), loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize=9)
    return figure


def missing(metrics: Mapping[str, Any]) -> Figure:
    """Macro-F1 while a modality goes."""
    figure = Figure(figsize=(9.5, 3.9))
    axes = figure.subplots()
    share = [100 * value for value in metrics["missing"]["share"]]
    for number, (name, one) in enumerate(metrics["missing"]["modalities"].items()):
        if one["loss"] is None:
            continue
        axes.plot(
            share, one["macro_f1"], "o-", color=COLOURS[number % len(COLOURS)], linewidth=1.8,
            markersize=5, label=f"without {name} ({one['windows']} windows)",
        )  # fmt: skip
    share_axis(axes)
    axes.set_xticks(share)
    axes.set_xlabel("% of windows from which it is taken")
    axes.set_ylabel("macro-F1")
    axes.legend(ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize=9)
    return figure


def noise(metrics: Mapping[str, Any]) -> Figure:
    """Macro-F1 by how much worse the input is."""
    late = metrics["noise"]["late_sound"]
    figure = Figure(figsize=(10.5, 3.1))
    panels = figure.subplots(1, 3 + bool(late["level"]), sharey=True)
    for axes, (key, title, unit) in zip(panels, _NOISES, strict=False):
        one = metrics["noise"][key]
        axes.plot(one["level"], one["macro_f1"], "o-", color=MAIN, linewidth=1.8, markersize=5)
        axes.set_title(title)
        axes.set_xlabel(unit, fontsize=8.5)
    if late["level"]:
        axes = panels[-1]
        axes.plot(late["level"], late["macro_f1"], "o-", color=COLOURS[3], linewidth=1.8,
            markersize=5)  # fmt: skip
        axes.axvline(0, color=QUIET_INK, linestyle=":", linewidth=1)
        axes.set_title("Sound comes late")
        axes.set_xlabel("seconds; classes that can be heard", fontsize=8.5)
    share_axis(panels[0])
    panels[0].set_ylabel("macro-F1")
    return figure


def comparison(metrics: Mapping[str, Any]) -> Figure:
    """Macro-F1 of each variant with its interval, and of each seed."""
    variants = metrics["comparison"]["variants"]
    figure = Figure(figsize=(9.5, 1.0 + 0.5 * len(variants)))
    axes = figure.subplots()
    for row, one in enumerate(variants.values()):
        with_interval(axes, row, one["macro_f1"], COLOURS[row % len(COLOURS)])
        seeds = one["macro_f1_of_seeds"]
        if len(seeds) > 1:
            axes.plot(seeds, [row + 0.22] * len(seeds), "|", color=INK, markersize=9)
    axes.set_yticks(range(len(variants)), variants)
    axes.set_ylim(len(variants) - 0.3, -0.7)
    axes.grid(axis="y", visible=False)
    share_axis(axes, "x")
    axes.set_xlabel("macro-F1; bar: 95 % interval over people, strokes: seeds")
    return figure
