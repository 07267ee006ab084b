"""nvv4l2decoder: compressed pictures in, frames of the graph (NVMM, RGBA) out."""

from __future__ import annotations

from typing import ClassVar

from plugins.cpu.elements.element import (
    NVMM_RGBA,
    Settings,
    boolean,
    integer,
    post_error,
    template,
    uint,
)
from plugins.cpu.elements.pad_functions import weakly
from plugins.cpu.sources.gate import SourceGate
from plugins.errors import GraphError
from plugins.gst import Gst

CODED = (
    "video/x-h264, stream-format=(string)byte-stream, alignment=(string)au; "
    "video/x-h265, stream-format=(string)byte-stream, alignment=(string)au; "
    "video/mpeg, mpegversion=(int)4, systemstream=(boolean)false, parsed=(boolean)true; "
    "video/x-vp8; video/x-vp9; image/jpeg"
)

DECODERS = {
    "video/x-h264": ("avdec_h264", "gstreamer1.0-libav"),
    "video/x-h265": ("avdec_h265", "gstreamer1.0-libav"),
    "video/mpeg": ("avdec_mpeg4", "gstreamer1.0-libav"),
    "video/x-vp8": ("vp8dec", "gstreamer1.0-plugins-good"),
    "video/x-vp9": ("vp9dec", "gstreamer1.0-plugins-good"),
    "image/jpeg": ("jpegdec", "gstreamer1.0-plugins-good"),
}
"""The software decoder of each kind of stream, and the Debian and Ubuntu package it is in."""


class NvV4l2Decoder(Settings, Gst.Bin):  # type: ignore[misc]
    """The decoder of the stream's kind, chosen when its caps come, then RGBA.

    Frames never get lost because a sink is late, as they do not on the GPU: the decoder is told
    nothing of quality of service. drop-frame-interval N lets every Nth frame out.
    """

    # "Hardware" keeps it out of nvurisrcbin's twin, which asks for software decoders.
    __gstmetadata__ = ("nvv4l2decoder", "Codec/Decoder/Video/Hardware", "CPU twin", "edgeact")
    __gsttemplates__ = (
        template("sink", Gst.PadDirection.SINK, CODED),
        template("src", Gst.PadDirection.SRC, NVMM_RGBA),
    )
    __gproperties__: ClassVar = {
        "gpu-id": uint(0),
        "drop-frame-interval": uint(0),
        "num-extra-surfaces": uint(0),
        "skip-frames": uint(0),
        "cudadec-memtype": uint(0),
        "low-latency-mode": boolean(False),
        "disable-dpb": boolean(False),
        "enable-full-frame": boolean(False),
        "enable-max-performance": boolean(False),
        "enable-error-check": boolean(False),
        "enable-frame-type-reporting": boolean(False),
        "bufapi-version": boolean(False),
        "discard-corrupted-frames": boolean(False),
        "disable-dvfs": boolean(False),
        "capture-buffer-dynamic-allocation": uint(0),
        "extract-sei-type5-data": boolean(False),
        "mjpeg": boolean(False),
        "capture-io-mode": integer(0),
        "output-io-mode": integer(0),
    }

    def __init__(self) -> None:
        super().__init__()
        self._entry = Gst.ElementFactory.make("identity")
        self._entry.set_property("silent", True)
        self._converter = Gst.ElementFactory.make("videoconvert")
        self._gate = SourceGate()
        for part in (self._entry, self._converter, self._gate):
            self.add(part)
        self._converter.link(self._gate)
        for name, part in (("sink", self._entry), ("src", self._gate)):
            inner = part.get_static_pad(name)
            self.add_pad(Gst.GhostPad.new_from_template(name, inner, self.get_pad_template(name)))
        self._entry.get_static_pad("sink").add_probe(
            Gst.PadProbeType.EVENT_DOWNSTREAM, weakly(self._on_event)
        )

    def changed(self, name: str) -> None:
        """Let every Nth frame out from now on."""
        if name == "drop-frame-interval":
            self._gate.every = max(1, self.setting(name))

    def _on_event(self, pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        event = info.get_event()
        if event.type == Gst.EventType.CAPS and not self._entry.get_static_pad("src").is_linked():
            self._plug(event.parse_caps().get_structure(0).get_name())
        return Gst.PadProbeReturn.OK

    def _plug(self, kind: str) -> None:
        """Add the decoder of a kind of stream; runs on the streaming thread, before any data."""
        factory, package = DECODERS[kind]
        decoder = Gst.ElementFactory.make(factory)
        if decoder is None:
            problem = GraphError(f"no decoder for {kind}: install the package {package}")
            post_error(self, problem)
            return
        if decoder.find_property("qos"):
            decoder.set_property("qos", False)
        self.add(decoder)
        decoder.link(self._converter)
        decoder.sync_state_with_parent()
        self._entry.link(decoder)


class NvJpegDec(NvV4l2Decoder):
    """nvjpegdec: the same for JPEG pictures alone."""

    __gstmetadata__ = ("nvjpegdec", "Codec/Decoder/Image/Hardware", "CPU twin", "edgeact")
    __gsttemplates__ = (
        template("sink", Gst.PadDirection.SINK, "image/jpeg"),
        template("src", Gst.PadDirection.SRC, NVMM_RGBA),
    )
    __gproperties__: ClassVar = {
        "DeepStream": boolean(False),
        "idct-method": uint(1),
        "max-errors": integer(0),
    }
