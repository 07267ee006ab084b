"""nvjpegenc: frames of the graph as JPEG pictures, encoded on the CPU."""

from __future__ import annotations

from typing import ClassVar

from plugins.cpu.display.nvv4l2h264enc import Encoder
from plugins.cpu.display.nvvideoconvert import NVMM_FRAMES
from plugins.cpu.elements.element import boolean, integer, template, uint
from plugins.gst import Gst


class NvJpegEnc(Encoder):
    """One JPEG picture for each frame. quality: 0..100."""

    __gstmetadata__ = ("nvjpegenc", "Codec/Encoder/Image", "CPU twin", "edgeact")
    __gsttemplates__ = (
        template("sink", Gst.PadDirection.SINK, f"{NVMM_FRAMES}; video/x-raw"),
        template("src", Gst.PadDirection.SRC, "image/jpeg"),
    )
    __gproperties__: ClassVar = {
        "quality": integer(85),
        "idct-method": uint(1),
        "gpu-id": uint(0),
        "Enableperf": boolean(False),
    }
    encoder: ClassVar = ("jpegenc", None, "gstreamer1.0-plugins-good")

    def changed(self, name: str) -> None:
        """Tell the encoder."""
        if name == "quality":
            self.engine.set_property("quality", self.setting(name))
