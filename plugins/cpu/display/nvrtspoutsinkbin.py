"""nvrtspoutsinkbin: encodes the frames of the graph and serves them by RTSP."""

from __future__ import annotations

import itertools
from typing import Any, ClassVar

import gi

from plugins.cpu.display.nvv4l2h264enc import NvV4l2H264Enc, NvV4l2H265Enc
from plugins.cpu.display.nvvideoconvert import EITHER, NvVideoConvert
from plugins.cpu.elements.element import Settings, boolean, post_error, template, uint
from plugins.errors import GraphError
from plugins.gst import GLib, Gst

MOUNT = "/ds-test"
"""Where DeepStream's samples serve; the element has no property for it."""
HOST = "127.0.0.1"
H264, H265 = 1, 2
"""codec, as in deepstream_sinks.h."""
PACKAGE = "gir1.2-gst-rtsp-server-1.0"


class NvRtspOutSinkBin(Settings, Gst.Bin):  # type: ignore[misc]
    """nvvideoconvert, the encoder, RTP by UDP on the loopback, and a server that hands it on.

    The server answers in the application's GLib main loop, at rtsp://HOST:rtsp-port/ds-test.
    """

    __gstmetadata__ = ("nvrtspoutsinkbin", "Sink/Video", "CPU twin", "edgeact")
    __gsttemplates__ = (template("sink", Gst.PadDirection.SINK, EITHER),)
    __gproperties__: ClassVar = {
        "rtsp-port": uint(8554),
        "udp-port": uint(5400),
        "udp-buffer-size": uint(524288),
        "bitrate": uint(4_000_000),
        "iframeinterval": uint(30),
        "profile": uint(0),
        "codec": uint(H264),
        "enc-type": uint(0),
        "sync": boolean(True),
        "gpu-id": uint(0),
    }

    def __init__(self) -> None:
        super().__init__()
        self._convert = NvVideoConvert()
        self.add(self._convert)
        inner = self._convert.get_static_pad("sink")
        self.add_pad(Gst.GhostPad.new_from_template("sink", inner, self.get_pad_template("sink")))
        self._chain: list[Gst.Element] = []
        self._server: Any = None
        self._source = 0

    def do_change_state(self, transition: Gst.StateChange) -> Gst.StateChangeReturn:
        """GstElement: build and serve from READY on, take it down again at NULL."""
        if transition == Gst.StateChange.NULL_TO_READY:
            try:
                self._build()
                self._serve()
            except (GraphError, ValueError) as error:
                post_error(self, error)
                return Gst.StateChangeReturn.FAILURE
        result = Gst.Bin.do_change_state(self, transition)
        if transition == Gst.StateChange.READY_TO_NULL:
            self._take_down()
        return result

    def _build(self) -> None:
        codec = self.setting("codec")
        if codec not in (H264, H265):
            raise ValueError(f"codec={codec}; wanted 1 (H.264) or 2 (H.265)")
        encoder = NvV4l2H264Enc() if codec == H264 else NvV4l2H265Enc()
        encoder.set_property("bitrate", self.setting("bitrate"))
        encoder.set_property("iframeinterval", self.setting("iframeinterval"))
        payloader = Gst.ElementFactory.make("rtph264pay" if codec == H264 else "rtph265pay")
        payloader.set_property("config-interval", -1)
        sink = Gst.ElementFactory.make("udpsink")
        sink.set_property("host", HOST)
        sink.set_property("port", self.setting("udp-port"))
        sink.set_property("async", False)
        sink.set_property("sync", self.setting("sync"))
        self._chain = [encoder, payloader, sink]
        for part in self._chain:
            self.add(part)
        for before, after in itertools.pairwise((self._convert, *self._chain)):
            before.link(after)

    def _serve(self) -> None:
        try:
            gi.require_version("GstRtspServer", "1.0")
            from gi.repository import GstRtspServer
        except (ValueError, ImportError):
            raise GraphError(f"there is no RTSP server: install the package {PACKAGE}") from None
        name = "H264" if self.setting("codec") == H264 else "H265"
        caps = f"application/x-rtp,media=video,clock-rate=90000,encoding-name={name},payload=96"
        factory = GstRtspServer.RTSPMediaFactory.new()
        factory.set_launch(
            f"( udpsrc name=pay0 address={HOST} port={self.setting('udp-port')} "
            f'buffer-size={self.setting("udp-buffer-size")} caps="{caps}" )'
        )
        factory.set_shared(True)
        server = GstRtspServer.RTSPServer.new()
        server.set_service(str(self.setting("rtsp-port")))
        server.get_mount_points().add_factory(MOUNT, factory)
        self._source = server.attach(None)
        if not self._source:
            raise GraphError(f"rtsp-port={self.setting('rtsp-port')} is taken; choose another one")
        self._server = server

    def _take_down(self) -> None:
        if self._source:
            GLib.source_remove(self._source)
        self._source, self._server = 0, None
        for part in self._chain:
            part.set_state(Gst.State.NULL)
            self.remove(part)
        self._chain = []
