"""What the mux tells the elements behind before a batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from plugins.cpu.elements.element import NVMM_RGBA
from plugins.cpu.elements.nv_events import PAD_ADDED, STREAM_RESET, segment_event, source_event
from plugins.cpu.streammux.input import MuxInput, Scaling
from plugins.gst import Gst


def opening_events(
    name: str, inputs: Sequence[MuxInput], scaling: Scaling
) -> tuple[Gst.Event, ...]:
    """Stream start, caps and segment. name: of the mux; inputs: those whose caps are known.

    The batch has the highest frame rate of its sources.
    """
    rates = [entry.framerate for entry in inputs if entry.framerate[0]]
    numerator, denominator = max(rates, key=lambda rate: rate[0] / rate[1], default=(30, 1))
    caps = Gst.Caps.from_string(
        f"{NVMM_RGBA}, width={scaling.width}, height={scaling.height}, "
        f"framerate={numerator}/{denominator}, pixel-aspect-ratio=1/1"
    )
    start = Gst.Event.new_stream_start(f"{name}/batches")
    start.set_group_id(Gst.util_group_id_next())
    segment = Gst.Segment()
    segment.init(Gst.Format.TIME)
    return start, Gst.Event.new_caps(caps), Gst.Event.new_segment(segment)


def news_of(inputs: Sequence[MuxInput]) -> Iterator[Gst.Event]:
    """What is to be told of sources before the next batch, each thing once."""
    for entry in inputs:
        if not entry.added_told:
            entry.added_told = True
            yield source_event(PAD_ADDED, entry.index)
        if not entry.segment_told and entry.segment.format == Gst.Format.TIME:
            entry.segment_told = True
            yield segment_event(entry.index, entry.segment)
        if entry.reset:
            entry.reset = False
            yield source_event(STREAM_RESET, entry.index)
