"""Boxes as plain numbers, which compare and print as they are."""

from __future__ import annotations

from recognition.frames import Float

Box = tuple[float, float, float, float]
"""Four edges or lengths, px of the muxed frame; x1 y1 x2 y2 where nothing else is said."""


def box_edges(box: Float) -> Box:
    """A box (4,) as plain numbers."""
    x1, y1, x2, y2 = (float(edge) for edge in box)
    return x1, y1, x2, y2
