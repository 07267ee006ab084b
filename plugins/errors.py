"""The error of everything that sits on a pad: elements, drivers, sources."""

from __future__ import annotations


class GraphError(Exception):
    """GStreamer, a driver or a source is not as the graph needs it; the text says what to do.

    fixable: whether the user can mend it; False for a graph that fails in the middle of its work.
    """

    def __init__(self, text: str, *, fixable: bool = True) -> None:
        super().__init__(text)
        self.fixable = fixable
