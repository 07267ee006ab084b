"""nvv4l2h264enc and nvv4l2h265enc: frames of the graph as H.264 or H.265, encoded on the CPU."""

from __future__ import annotations

import itertools
from typing import ClassVar

from plugins.cpu.display.nvvideoconvert import NVMM_FRAMES, MemoryFeature
from plugins.cpu.elements.element import Settings, boolean, sink_and_src, string, template, uint
from plugins.errors import GraphError
from plugins.gst import Gst

KBIT = 1000


class Encoder(Settings, Gst.Bin):  # type: ignore[misc]
    """MemoryFeature, videoconvert, the software encoder of ``encoder``, and its parser if any."""

    __gstmetadata__ = ("Encoder", "Codec/Encoder/Video", "Base of the encoders' twins", "edgeact")
    __gsttemplates__ = sink_and_src("ANY")
    encoder: ClassVar[tuple[str, str | None, str]]

    def __init__(self) -> None:
        super().__init__()
        factory, parser, package = self.encoder
        self.engine = Gst.ElementFactory.make(factory)
        if self.engine is None:
            raise GraphError(f"no element '{factory}': install the package {package}")
        parts = [MemoryFeature(), Gst.ElementFactory.make("videoconvert"), self.engine]
        if parser is not None:
            parts.append(Gst.ElementFactory.make(parser))
        for part in parts:
            self.add(part)
        for before, after in itertools.pairwise(parts):
            before.link(after)
        for name, part in (("sink", parts[0]), ("src", parts[-1])):
            inner = part.get_static_pad(name)
            self.add_pad(Gst.GhostPad.new_from_template(name, inner, self.get_pad_template(name)))


class _FilmEncoder(Encoder):
    """An encoder of moving pictures, without delay."""

    __gproperties__: ClassVar = {
        "bitrate": uint(4_000_000),
        "peak-bitrate": uint(0),
        "control-rate": uint(1),
        "iframeinterval": uint(30),
        "idrinterval": uint(256),
        "preset-level": uint(1),
        "preset-id": uint(1),
        "tuning-info-id": uint(3),
        "profile": uint(0),
        "gpu-id": uint(0),
        "insert-sps-pps": boolean(False),
        "insert-vui": boolean(False),
        "maxperf-enable": boolean(False),
        "bufapi-version": boolean(False),
        "force-idr": boolean(False),
        "extended-colorformat": boolean(False),
        "ratecontrol-enable": boolean(True),
        "measure-encoder-latency": boolean(False),
        "EnableTwopassCBR": boolean(False),
        "vbv-size": uint(4_000_000),
        "temporal-tradeoff": uint(0),
        "SliceIntraRefreshInterval": uint(0),
        "num-B-Frames": uint(0),
        "num-Ref-Frames": uint(1),
        "insert-aud": boolean(False),
        "disable-cabac": boolean(False),
        "bit-packetization": boolean(False),
        "slice-header-spacing": uint(0),
        "poc-type": uint(0),
        "output-io-mode": uint(0),
        "capture-io-mode": uint(0),
        "copy-meta": boolean(False),
        "qp-range": string(),
        "constqp": string(),
    }
    encoder: ClassVar = ("x264enc", "h264parse", "gstreamer1.0-plugins-ugly")

    def __init__(self) -> None:
        super().__init__()
        Gst.util_set_object_arg(self.engine, "tune", "zerolatency")
        Gst.util_set_object_arg(self.engine, "speed-preset", "veryfast")

    def changed(self, name: str) -> None:
        """Tell the encoder: its rate is in kbit/s, NVIDIA's in bit/s."""
        if name == "bitrate":
            self.engine.set_property("bitrate", max(1, self.setting(name) // KBIT))
        elif name == "iframeinterval":
            self.engine.set_property("key-int-max", self.setting(name))


class NvV4l2H264Enc(_FilmEncoder):
    """H.264, byte-stream."""

    __gstmetadata__ = ("nvv4l2h264enc", "Codec/Encoder/Video", "CPU twin", "edgeact")
    __gsttemplates__ = (
        template("sink", Gst.PadDirection.SINK, NVMM_FRAMES),
        template("src", Gst.PadDirection.SRC, "video/x-h264, stream-format=byte-stream"),
    )


class NvV4l2H265Enc(_FilmEncoder):
    """H.265, byte-stream."""

    __gstmetadata__ = ("nvv4l2h265enc", "Codec/Encoder/Video", "CPU twin", "edgeact")
    __gsttemplates__ = (
        template("sink", Gst.PadDirection.SINK, NVMM_FRAMES),
        template("src", Gst.PadDirection.SRC, "video/x-h265, stream-format=byte-stream"),
    )
    encoder: ClassVar = ("x265enc", "h265parse", "gstreamer1.0-plugins-bad")
