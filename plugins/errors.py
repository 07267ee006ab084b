"""The error of everything that sits on a pad: elements, drivers, sources."""

from __future__ import annotations


class GraphError(Exception):
    """GStreamer, a driver or a source is not as the graph needs it; the text says what to do."""
