"""nvegltransform: stands before Jetson's EGL sink; memory is the same here, so frames pass."""

from __future__ import annotations

from typing import ClassVar

import gi

gi.require_version("GstBase", "1.0")
from gi.repository import GstBase  # noqa: E402

from plugins.cpu.display.display_sink import ANY_VIDEO  # noqa: E402
from plugins.cpu.elements.element import Settings, sink_and_src, uint  # noqa: E402


class NvEglTransform(Settings, GstBase.BaseTransform):  # type: ignore[misc]
    """Passes everything on."""

    __gstmetadata__ = ("nvegltransform", "Filter/Video", "CPU twin", "edgeact")
    __gsttemplates__ = sink_and_src(ANY_VIDEO)
    __gproperties__: ClassVar = {"gpu-id": uint(0)}

    def __init__(self) -> None:
        super().__init__()
        self.set_passthrough(True)
