"""Events that nvstreammux sends down the stream about its sources, as in NVIDIA's gst-nvevent.h."""

from __future__ import annotations

from plugins.gst import Gst

PAD_ADDED, PAD_DELETED = "nv-pad-added", "nv-pad-deleted"
STREAM_EOS, STREAM_RESET = "nv-stream-eos", "nv-stream-reset"
STREAM_SEGMENT = "nv-stream-segment"
INTERVAL_UPDATE = "nv-infer-interval-update"

_ABOUT_SOURCES = (PAD_ADDED, PAD_DELETED, STREAM_EOS, STREAM_RESET)


def source_event(name: str, pad_index: int) -> Gst.Event:
    """Make an event about the source of pad ``sink_<pad_index>`` of the mux."""
    structure = Gst.Structure.new_from_string(f"{name}, source-id=(uint){pad_index}")
    return Gst.Event.new_custom(Gst.EventType.CUSTOM_DOWNSTREAM, structure)


def about_source(event: Gst.Event) -> tuple[str, int] | None:
    """Give an event's name and pad_index; None where it is not about a source."""
    structure = event.get_structure()
    full = structure.get_name() if structure is not None else ""
    name = next((known for known in _ABOUT_SOURCES if full.startswith(known)), None)
    if name is None:
        return None
    found, pad_index = structure.get_uint("source-id")
    return name, pad_index if found else int(full.rpartition("-")[2])


def segment_event(pad_index: int, segment: Gst.Segment) -> Gst.Event:
    """Make the event that tells of a source's own segment, which its ``buf_pts`` lie in."""
    structure = Gst.Structure.new_from_string(f"{STREAM_SEGMENT}, source-id=(uint){pad_index}")
    structure.set_value("segment", segment)
    return Gst.Event.new_custom(Gst.EventType.CUSTOM_DOWNSTREAM, structure)


def stream_segment(event: Gst.Event) -> tuple[int, Gst.Segment] | None:
    """Give the pad_index and segment of such an event; None for other events."""
    structure = event.get_structure()
    if structure is None or structure.get_name() != STREAM_SEGMENT:
        return None
    return structure.get_uint("source-id").value, structure.get_value("segment").copy()


def new_interval(event: Gst.Event) -> int | None:
    """Give the interval that an infer-interval-update event asks for; None for other events."""
    structure = event.get_structure()
    if structure is None or structure.get_name() != INTERVAL_UPDATE:
        return None
    found, interval = structure.get_uint("interval")
    return interval if found else None
