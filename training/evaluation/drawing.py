"""The look of all figures, and how a figure gets into a page that has no other files."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, QUIET_INK, GRID = "#1f2933", "#6b7785", "#e3e8ee"
MAIN, SECOND, THIRD = "#0b5fa5", "#d97706", "#7b8794"

COLOURS = ("#0b5fa5", "#e08a00", "#00936b", "#b5529b", "#56a5d8", "#c44e1c")
"""Of modalities and models, in their order; tell apart for colour-blind readers, too."""

_STYLE: dict[Any, Any] = {
    "font.size": 9.5, "axes.titlesize": 10.5, "axes.titleweight": "bold", "axes.titlepad": 8,
    "axes.edgecolor": "#b8c2cc", "axes.labelcolor": INK, "text.color": INK,
    "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True,
    "xtick.color": QUIET_INK, "ytick.color": QUIET_INK, "xtick.labelcolor": INK,
    "ytick.labelcolor": INK, "axes.grid": True, "grid.color": GRID, "grid.linewidth": 0.8,
    "legend.frameon": False, "svg.hashsalt": "edgeact", "figure.constrained_layout.use": True,
}  # fmt: skip


@contextmanager
def style() -> Iterator[None]:
    """Draw in the look of the report."""
    with mpl.rc_context(_STYLE):
        yield


def share_axis(axes: Axes, which: str = "y", low: float = 0.0) -> None:
    """An axis from ``low`` to 1, a little room beyond."""
    limits = (low - 0.02, 1.02)
    if which == "y":
        axes.set_ylim(*limits)
    else:
        axes.set_xlim(*limits)


def data_uri(figure: Figure) -> str:
    """The figure as an SVG that an ``img`` can hold; the same figure gives the same text."""
    out = io.BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return "data:image/svg+xml;base64," + base64.b64encode(out.getvalue()).decode("ascii")
