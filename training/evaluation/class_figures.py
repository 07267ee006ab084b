"""Figures about classes: F1, confusions, precision against recall, calibration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import ConfusionMatrixDisplay

from training.evaluation.drawing import INK, MAIN, QUIET_INK, SECOND, THIRD, share_axis

_COLUMNS = 6  # of small curves side by side


def f1_by_class(metrics: Mapping[str, Any]) -> Figure:
    """F1 of each class with its interval, the best on top."""
    classes = sorted(metrics["classes"].items(), key=lambda item: item[1]["f1"]["value"])
    figure = Figure(figsize=(9, 0.9 + 0.27 * len(classes)))
    axes = figure.subplots()
    for row, (_, one) in enumerate(classes):
        f1 = one["f1"]
        if f1["low"] is not None:
            axes.plot([f1["low"], f1["high"]], [row, row], color="#9fc3e3", linewidth=5, zorder=2)
        axes.plot(f1["value"], row, "o", color=MAIN, markersize=6.5, zorder=3)
    average = metrics["overall"]["macro_f1"]["value"]
    axes.axvline(average, color=SECOND, linestyle="--", linewidth=1.2, zorder=1)
    side, shift = ("right", -3) if average > 0.5 else ("left", 3)
    axes.annotate(
        f"macro average {average:.2f}", (average, len(classes) - 0.35), color=SECOND, fontsize=8.5,
        ha=side, va="bottom", xytext=(shift, 0), textcoords="offset points",
    )  # fmt: skip
    axes.set_yticks(range(len(classes)), [name for name, _ in classes])
    axes.set_ylim(-0.7, len(classes) + 0.3)
    axes.grid(axis="y", visible=False)
    share_axis(axes, "x")
    axes.set_xlabel("F1 of held-out windows; bar: 95 % interval over people")
    return figure


def confusion(metrics: Mapping[str, Any], *, shares: bool) -> Figure:
    """Confusion matrix over classes that occur or are said; in % of a row, or in windows."""
    names = metrics["confusion"]["classes"]
    matrix = np.array(metrics["confusion"]["windows"])
    used = np.flatnonzero(matrix.sum(axis=0) + matrix.sum(axis=1))
    matrix = matrix[np.ix_(used, used)]
    rows = matrix.sum(axis=1, keepdims=True)
    values = 100 * matrix / np.maximum(rows, 1) if shares else matrix
    side = max(5.5, 1.7 + 0.41 * len(used))
    figure = Figure(figsize=(side + 0.8, side))
    axes = figure.subplots()
    shown = ConfusionMatrixDisplay(values, display_labels=[names[index] for index in used])
    shown.plot(
        ax=axes, cmap="Blues", colorbar=False, xticks_rotation=55, values_format=".0f",
        text_kw={"fontsize": 7.5}, im_kw={"vmin": 0, "vmax": 100 if shares else None},
    )  # fmt: skip
    for text, value in zip(shown.text_.ravel(), values.ravel(), strict=True):
        text.set_visible(bool(value >= (0.5 if shares else 1)))
    axes.grid(visible=False)
    axes.set_xlabel("what the model said")
    axes.set_ylabel("what it was")
    for label in axes.get_xticklabels():
        label.set_horizontalalignment("right")
        label.set_rotation_mode("anchor")
    for row in np.flatnonzero(rows[:, 0] == 0):
        axes.get_yticklabels()[row].set_color(QUIET_INK)
        axes.get_yticklabels()[row].set_fontstyle("italic")
    return figure


def precision_recall_curves(metrics: Mapping[str, Any]) -> Figure:
    """A small curve for each class, with its average precision."""
    recall, classes = metrics["precision_recall"]["recall"], metrics["precision_recall"]["classes"]
    lines = -(-len(classes) // _COLUMNS)
    figure = Figure(figsize=(10.5, 0.5 + 1.75 * lines))
    grid = figure.subplots(lines, _COLUMNS, squeeze=False)  # shared axes are slow when many
    for axes in grid.flat[len(classes) :]:
        axes.set_visible(False)
    for number, (axes, (name, one)) in enumerate(zip(grid.flat, classes.items(), strict=False)):
        axes.fill_between(recall, one["precision"], color="#dbe9f6", linewidth=0)
        axes.plot(recall, one["precision"], color=MAIN, linewidth=1.6)
        axes.set_title(f"{name}  {one['average_precision']:.2f}", fontsize=9, pad=4)
        axes.set_xticks([0, 0.5, 1], ["0", "", "1"])
        axes.set_yticks([0, 0.5, 1], ["0", "", "1"])
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.03)
        axes.tick_params(
            labelbottom=number + _COLUMNS >= len(classes), labelleft=number % _COLUMNS == 0
        )
    figure.supxlabel("recall", fontsize=9.5, color=INK)
    figure.supylabel("precision", fontsize=9.5, color=INK)
    return figure


FEW_IN_BIN = 10
"""A bin with fewer windows is noise, and is not drawn."""

_STAGES = (
    ("before", "without temperature", THIRD),
    ("shipped", "as it ships", MAIN),
    ("refitted", "temperature of these people", SECOND),
)


def reliability(metrics: Mapping[str, Any]) -> Figure:
    """Share that is right by score, and how often a score comes, before and after."""
    figure = Figure(figsize=(9.5, 4.2))
    left, right = figure.subplots(1, 2, width_ratios=(1.15, 1))
    left.plot([0, 1], [0, 1], color=QUIET_INK, linestyle=":", linewidth=1.2)
    left.annotate("perfect", (0.2, 0.2), color=QUIET_INK, fontsize=8.5, rotation=42, va="bottom")
    for key, label, colour in _STAGES:
        one = metrics["calibration"][key]
        if one is None:
            continue
        points = {key: np.array(values) for key, values in one["points"].items()}
        enough = points["windows"] >= FEW_IN_BIN
        left.plot(
            points["score"][enough], points["right"][enough], "o-", color=colour, markersize=4,
            linewidth=1.8, label=f"{label} (ECE {one['ece']:.3f})",
        )  # fmt: skip
    share_axis(left, "x")
    share_axis(left)
    left.set_xlabel("score of the likeliest class")
    left.set_ylabel("share that is right")
    left.set_title("Reliability")
    left.legend(loc="upper left", fontsize=8.5)
    counts = np.array(metrics["calibration"]["shipped"]["histogram"])
    edges = np.linspace(0, 1, len(counts) + 1)
    right.bar(
        edges[:-1], 100 * counts / counts.sum(), np.diff(edges), align="edge", edgecolor="white",
        color="#9fc3e3",
    )  # fmt: skip
    share_axis(right, "x")
    right.set_xlabel("score of the likeliest class, as it ships")
    right.set_ylabel("% of windows")
    right.set_title("How sure it is")
    return figure
