"""nvvideoconvert: between frames of the graph (NVMM, RGBA) and GStreamer's raw formats."""

from __future__ import annotations

import itertools
from typing import ClassVar

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstBase", "1.0")
from gi.repository import Gst, GstBase  # noqa: E402

from plugins.cpu.elements.element import (  # noqa: E402
    NVMM_RGBA,
    Settings,
    boolean,
    post_warning,
    sink_and_src,
    string,
    uint,
)

NVMM = "memory:NVMM"
FORMATS = "(string){ RGBA, NV12, I420 }"
NVMM_FRAMES = f"video/x-raw(memory:NVMM), format={FORMATS}"
"""What is called NVMM: RGBA everywhere in the graph, the others before an encoder."""

EITHER = f"{NVMM_RGBA}; {NVMM_FRAMES}; video/x-raw"


class MemoryFeature(GstBase.BaseTransform):  # type: ignore[misc]
    """Renames memory:NVMM to plain memory or back, whichever the neighbours want.

    Memory is the same on the CPU, so buffers pass untouched and no Python runs for them.
    """

    __gstmetadata__ = ("Memory feature", "Filter/Video", "Rewrites the caps feature", "edgeact")
    __gsttemplates__ = sink_and_src(EITHER)

    def __init__(self) -> None:
        super().__init__()
        self.set_passthrough(True)

    def do_transform_caps(
        self, direction: Gst.PadDirection, caps: Gst.Caps, filter_caps: Gst.Caps | None
    ) -> Gst.Caps:
        """GstBaseTransform: what the other side can be."""
        result = Gst.Caps.new_empty()
        for index in range(caps.get_size()):
            for name in ("", NVMM):
                structure = caps.get_structure(index).copy()
                if name:
                    structure = _as_nvmm(structure)
                    if structure is None:
                        continue
                features = Gst.CapsFeatures.from_string(name or "memory:SystemMemory")
                result.append_structure_full(structure, features)
        if filter_caps is not None:
            result = filter_caps.intersect_full(result, Gst.CapsIntersectMode.FIRST)
        return result


def _as_nvmm(structure: Gst.Structure) -> Gst.Structure | None:
    """The same picture in one of the formats of NVMM, None where it is none of them."""
    formats = Gst.Caps.from_string(f"video/x-raw, format={FORMATS}")
    either = formats.intersect(Gst.Caps.from_string(structure.to_string()))
    return None if either.is_empty() else either.get_structure(0).copy()


class NvVideoConvert(Settings, Gst.Bin):  # type: ignore[misc]
    """MemoryFeature, videoconvert, videoscale, MemoryFeature.

    RGBA to RGBA of one size is passed on untouched, whole batches included; other formats and
    sizes need batches of one frame, as they are after the tiler.
    """

    __gstmetadata__ = ("nvvideoconvert", "Filter/Converter/Video", "CPU twin", "edgeact")
    __gsttemplates__ = sink_and_src(EITHER)
    __gproperties__: ClassVar = {
        "gpu-id": uint(0),
        "nvbuf-memory-type": uint(0),
        "compute-hw": uint(0),
        "interpolation-method": uint(6),
        "output-buffers": uint(4),
        "copy-hw": uint(0),
        "disable-passthrough": boolean(False),
        "qos": boolean(False),
        "src-crop": string(),
        "dest-crop": string(),
    }

    def __init__(self) -> None:
        super().__init__()
        stages = [
            MemoryFeature(),
            Gst.ElementFactory.make("videoconvert"),
            Gst.ElementFactory.make("videoscale"),
            MemoryFeature(),
        ]
        for stage in stages:
            self.add(stage)
        for before, after in itertools.pairwise(stages):
            before.link(after)
        for name, stage in (("sink", stages[0]), ("src", stages[-1])):
            inner = stage.get_static_pad(name)
            ghost = Gst.GhostPad.new_from_template(name, inner, self.get_pad_template(name))
            self.add_pad(ghost)

    def do_change_state(self, transition: Gst.StateChange) -> Gst.StateChangeReturn:
        """GstElement: say at the start what has no effect."""
        if transition == Gst.StateChange.READY_TO_PAUSED:
            for name in ("src-crop", "dest-crop"):
                if self.setting(name):
                    post_warning(self, f"{name} has no effect on platform cpu")
        return Gst.Bin.do_change_state(self, transition)
