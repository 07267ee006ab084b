"""Stand-ins for NVIDIA's display sinks: frames are counted, not shown."""

from __future__ import annotations

from typing import ClassVar

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstBase", "1.0")
from gi.repository import Gst, GstBase  # noqa: E402

from plugins.cpu.elements.element import Settings, boolean, string, template, uint  # noqa: E402

ANY_VIDEO = "video/x-raw(ANY)"


class DisplaySink(Settings, GstBase.BaseSink):  # type: ignore[misc]
    """A sink for a machine without a display: keeps time like a display and counts frames.

    Attributes:
        shown: frames taken so far, by name of the element, of all such sinks of the process.
    """

    __gstmetadata__ = ("Display sink", "Sink/Video", "CPU twin of nveglglessink", "edgeact")
    __gsttemplates__ = (template("sink", Gst.PadDirection.SINK, ANY_VIDEO),)
    __gproperties__: ClassVar = {
        "gpu-id": uint(0),
        "window-x": uint(10),
        "window-y": uint(10),
        "window-width": uint(0),
        "window-height": uint(0),
        "overlay-x": uint(0),
        "overlay-y": uint(0),
        "overlay-w": uint(0),
        "overlay-h": uint(0),
        "offset-x": uint(0),
        "offset-y": uint(0),
        "display-id": uint(0),
        "conn-id": uint(0),
        "plane-id": uint(0),
        "color-range": uint(0),
        "profile": uint(0),
        "rows": uint(1),
        "columns": uint(1),
        "winsys": string("x11"),
        "set-mode": boolean(False),
        "create-window": boolean(True),
        "force-aspect-ratio": boolean(True),
        "show-latency": boolean(False),
        "bufapi-version": boolean(False),
        "nvbuf-api-version": boolean(False),
    }
    shown: ClassVar[dict[str, int]] = {}

    def do_start(self) -> bool:
        """GstBaseSink: start."""
        self.shown[self.get_name()] = 0
        return True

    def do_render(self, buffer: Gst.Buffer) -> Gst.FlowReturn:
        """GstBaseSink: the time of a frame has come."""
        self.shown[self.get_name()] += 1
        return Gst.FlowReturn.OK
