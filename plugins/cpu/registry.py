"""Makes elements by name: the CPU twin where NVIDIA's name has one, else GStreamer's own."""

from __future__ import annotations

import importlib
from typing import Any

from plugins.errors import GraphError
from plugins.gst import Gst

Gst.init(None)

TWINS = {
    "nvurisrcbin": "plugins.cpu.sources.nvurisrcbin:NvUriSrcBin",
    "nvmultiurisrcbin": "plugins.cpu.sources.nvmultiurisrcbin:NvMultiUriSrcBin",
    "nvstreammux": "plugins.cpu.streammux.nvstreammux:NvStreamMux",
    "nvdspreprocess": "plugins.cpu.preprocess.nvdspreprocess:NvDsPreProcess",
    "nvinfer": "plugins.cpu.nvinfer.nvinfer:NvInfer",
    "nvinferserver": "plugins.cpu.nvinfer.nvinferserver:NvInferServer",
    "nvof": "plugins.cpu.opticalflow.nvof:NvOf",
    "nvofvisual": "plugins.cpu.opticalflow.nvofvisual:NvOfVisual",
    "nvtracker": "plugins.cpu.tracker.nvtracker:NvTracker",
    "nvvideoconvert": "plugins.cpu.display.nvvideoconvert:NvVideoConvert",
    # Jetson's converter, whose properties and memory are the same.
    "nvvidconv": "plugins.cpu.display.nvvideoconvert:NvVideoConvert",
    "nvmultistreamtiler": "plugins.cpu.display.nvmultistreamtiler:NvMultiStreamTiler",
    "nvdsosd": "plugins.cpu.display.nvdsosd:NvDsOsd",
    "nvdsanalytics": "plugins.cpu.analytics.nvdsanalytics:NvDsAnalytics",
    "nvstreamdemux": "plugins.cpu.streammux.nvstreamdemux:NvStreamDemux",
    "nvv4l2decoder": "plugins.cpu.sources.nvv4l2decoder:NvV4l2Decoder",
    "nvv4l2h264enc": "plugins.cpu.display.nvv4l2h264enc:NvV4l2H264Enc",
    "nvv4l2h265enc": "plugins.cpu.display.nvv4l2h264enc:NvV4l2H265Enc",
    "nvjpegdec": "plugins.cpu.sources.nvv4l2decoder:NvJpegDec",
    "nvjpegenc": "plugins.cpu.display.nvjpegenc:NvJpegEnc",
    "nvmsgconv": "plugins.cpu.messages.nvmsgconv:NvMsgConv",
    "nvmsgbroker": "plugins.cpu.messages.nvmsgbroker:NvMsgBroker",
    "nvdslogger": "plugins.cpu.display.nvdslogger:NvDsLogger",
    "nvsegvisual": "plugins.cpu.display.nvsegvisual:NvSegVisual",
    "nvegltransform": "plugins.cpu.display.nvegltransform:NvEglTransform",
    "nvrtspoutsinkbin": "plugins.cpu.display.nvrtspoutsinkbin:NvRtspOutSinkBin",
    "nveglglessink": "plugins.cpu.display.display_sink:DisplaySink",
    "nv3dsink": "plugins.cpu.display.display_sink:DisplaySink",
    "nvdrmvideosink": "plugins.cpu.display.display_sink:DisplaySink",
    "nvoverlaysink": "plugins.cpu.display.display_sink:DisplaySink",
}
"""NVIDIA's element and where its twin is, module:class; imported when first made."""

PACKAGES = {
    "x264enc": "gstreamer1.0-plugins-ugly",
    "h264parse": "gstreamer1.0-plugins-bad",
    "h265parse": "gstreamer1.0-plugins-bad",
    "openh264enc": "gstreamer1.0-plugins-bad",
    "avdec_h264": "gstreamer1.0-libav",
    "mp4mux": "gstreamer1.0-plugins-good",
    "rtspsrc": "gstreamer1.0-plugins-good",
    "jpegenc": "gstreamer1.0-plugins-good",
    "multifilesink": "gstreamer1.0-plugins-good",
    "videoconvert": "gstreamer1.0-plugins-base",
    "audioconvert": "gstreamer1.0-plugins-base",
    "audioresample": "gstreamer1.0-plugins-base",
    "uridecodebin": "gstreamer1.0-plugins-base",
    "appsink": "gstreamer1.0-plugins-base",
}
"""Debian and Ubuntu packages of the elements that a graph uses."""


def make_element(factory: str, name: str | None = None) -> Gst.Element:
    """Make an element with NVIDIA's or GStreamer's factory name.

    Raises GraphError, with the package to install, where there is neither a twin nor a plugin.
    """
    if factory in TWINS:
        # Constructed, not made by a factory: PyGObject warns about floating references there.
        element: Any = twin_class(factory)()
        if name is not None:
            element.set_name(name)
        return element
    element = Gst.ElementFactory.make(factory, name)
    if element is None:
        package = PACKAGES.get(factory)
        todo = f"install the package {package}" if package else "look for it with gst-inspect-1.0"
        raise GraphError(f"element '{factory}' not found: {todo}")
    return element


def twin_class(factory: str) -> type[Any]:
    """Import the class of a twin; KeyError where the name has none."""
    module, _, name = TWINS[factory].partition(":")
    twin: type[Any] = getattr(importlib.import_module(module), name)
    return twin
