"""What comes out of a mux: frames of a batch, and events between batches."""

from __future__ import annotations

from gi.repository import Gst

from plugins.cpu.metadata.carrier import batch_of
from plugins.cpu.metadata.meta import NvDsBatchMeta, NvDsFrameMeta


def frames(buffer: Gst.Buffer | None) -> list[NvDsFrameMeta]:
    assert buffer is not None, "no batch came"
    batch = batch_of(buffer)
    assert isinstance(batch, NvDsBatchMeta)
    return batch.frame_items


def members(buffer: Gst.Buffer | None) -> list[tuple[int, int]]:
    """Give (pad_index, buf_pts in ms) of each frame."""
    return [(frame.pad_index, frame.buf_pts // Gst.MSECOND) for frame in frames(buffer)]


def listening(mux: Gst.Element) -> list[tuple[str, int]]:
    """What leaves the mux: ("batch", frames in it), or an event's name with its source."""
    heard: list[tuple[str, int]] = []

    def listen(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        if info.type & Gst.PadProbeType.BUFFER:
            heard.append(("batch", len(frames(info.get_buffer()))))
        elif info.get_event().type == Gst.EventType.CUSTOM_DOWNSTREAM:
            structure = info.get_event().get_structure()
            if structure.get_name() != "nv-stream-segment":
                heard.append((structure.get_name(), structure.get_uint("source-id")[1]))
        return Gst.PadProbeReturn.OK

    kinds = Gst.PadProbeType.BUFFER | Gst.PadProbeType.EVENT_DOWNSTREAM
    mux.get_static_pad("src").add_probe(kinds, listen)
    return heard
