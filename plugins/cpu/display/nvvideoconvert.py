"""nvvideoconvert: between frames of the graph (NVMM, RGBA) and GStreamer's raw formats."""

from __future__ import annotations

import copy
import itertools
from typing import ClassVar

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstBase", "1.0")
from gi.repository import Gst, GstBase  # noqa: E402

from plugins.cpu.display.reshape import Reshape, read_crop  # noqa: E402
from plugins.cpu.elements.element import (  # noqa: E402
    NVMM_RGBA,
    Settings,
    boolean,
    post_error,
    post_warning,
    sink_and_src,
    string,
    uint,
)
from plugins.cpu.elements.pad_functions import weakly  # noqa: E402
from plugins.cpu.metadata.carrier import attach_anew, batch_of  # noqa: E402
from plugins.cpu.metadata.meta import NvDsBatchMeta  # noqa: E402

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


class BatchKeeper(Settings, GstBase.BaseTransform):  # type: ignore[misc]
    """Gives a converted buffer the batch metadata that the converters left behind.

    batch: of the buffer that is being converted; they work on one at a time.
    """

    __gstmetadata__ = ("Batch keeper", "Filter/Video", "End of nvvideoconvert", "edgeact")
    __gsttemplates__ = sink_and_src(EITHER)

    def __init__(self) -> None:
        super().__init__()
        # Passthrough, so that nothing is copied: what has lost its metadata was just made by a
        # converter, and nobody else holds it.
        self.set_passthrough(True)
        self.batch: NvDsBatchMeta | None = None
        self._size = (0, 0)

    def do_set_caps(self, caps: Gst.Caps, out_caps: Gst.Caps) -> bool:
        """GstBaseTransform: the size of the pictures is known."""
        structure = caps.get_structure(0)
        self._size = structure.get_value("width"), structure.get_value("height")
        return True

    def do_transform_ip(self, buffer: Gst.Buffer) -> Gst.FlowReturn:
        """GstBaseTransform: a buffer arrived."""
        if self.batch is None or batch_of(buffer) is not None:
            return Gst.FlowReturn.OK
        frames = self.batch.frame_items
        if len(frames) > 1:
            text = (
                f"a batch of {len(frames)} frames cannot be brought to another size or format on "
                "platform cpu; put nvmultistreamtiler or nvstreamdemux before"
            )
            post_error(self.get_parent() or self, ValueError(text))
            return Gst.FlowReturn.ERROR
        attach_anew(buffer, _of_size(self.batch, self._size))
        return Gst.FlowReturn.OK


def _of_size(batch: NvDsBatchMeta, size: tuple[int, int]) -> NvDsBatchMeta:
    """The batch with frames of ``size``; their boxes stay as they are, as on the device.

    Copies, because the other branches of a tee hold the same metadata.
    """
    if all((frame.pipeline_width, frame.pipeline_height) == size for frame in batch.frame_items):
        return batch
    result = NvDsBatchMeta(batch.max_frames_in_batch)
    result.user_items = batch.user_items
    for frame in batch.frame_items:
        own = copy.copy(frame)
        own.pipeline_width, own.pipeline_height = size
        result.frame_items.append(own)
    return result


class NvVideoConvert(Settings, Gst.Bin):  # type: ignore[misc]
    """MemoryFeature, videoconvert, Reshape where it is asked for, videoscale, MemoryFeature.

    RGBA to RGBA of one size is passed on untouched, whole batches included; other formats and
    sizes need batches of one frame, as they are after the tiler. The metadata stays.
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
        "bl-output": boolean(True),
        "contiguous": boolean(False),
        "qos": boolean(False),
        "flip-method": uint(0),
        "src-crop": string(),
        "dest-crop": string(),
    }

    def __init__(self) -> None:
        super().__init__()
        self._keeper = BatchKeeper()
        self._shape: Reshape | None = None
        self._stages = [
            MemoryFeature(),
            Gst.ElementFactory.make("videoconvert"),
            Gst.ElementFactory.make("videoscale"),
            MemoryFeature(),
            self._keeper,
        ]
        for stage in self._stages:
            self.add(stage)
        for before, after in itertools.pairwise(self._stages):
            before.link(after)
        for name, stage in (("sink", self._stages[0]), ("src", self._stages[-1])):
            inner = stage.get_static_pad(name)
            ghost = Gst.GhostPad.new_from_template(name, inner, self.get_pad_template(name))
            self.add_pad(ghost)
        self._stages[0].get_static_pad("sink").add_probe(
            Gst.PadProbeType.BUFFER, weakly(self._before)
        )

    def changed(self, name: str) -> None:
        """Cut and turn frames from now on."""
        if name == "flip-method":
            self._reshape().flip = self.setting(name)
        elif name == "src-crop" and self.setting(name):
            self._reshape().crop = None  # read at the start, where a mistake reaches the bus

    def do_change_state(self, transition: Gst.StateChange) -> Gst.StateChangeReturn:
        """GstElement: check the crop; say at the start what has no effect."""
        if transition == Gst.StateChange.READY_TO_PAUSED:
            if self.setting("dest-crop"):
                post_warning(self, "dest-crop has no effect on platform cpu")
            try:
                if crop := self.setting("src-crop"):
                    self._reshape().crop = read_crop(crop)
            except ValueError as error:
                post_error(self, error)
                return Gst.StateChangeReturn.FAILURE
        return Gst.Bin.do_change_state(self, transition)

    def _before(self, pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        self._keeper.batch = batch_of(info.get_buffer())
        return Gst.PadProbeReturn.OK

    def _reshape(self) -> Reshape:
        """The stage that cuts and turns, between the converter and the scaler once it is wanted."""
        if self._shape is None:
            shape, before, after = Reshape(), self._stages[1], self._stages[2]
            convert = Gst.ElementFactory.make("videoconvert")
            before.unlink(after)
            for part in (shape, convert):
                self.add(part)
            for first, second in itertools.pairwise((before, shape, convert, after)):
                first.link(second)
            self._shape = shape
        return self._shape
