"""DeepStream's own events, sent by an application through pyds to an element at a C address."""

from __future__ import annotations

import ctypes

from plugins.cpu.elements.nv_events import INTERVAL_UPDATE, STREAM_RESET, source_event
from plugins.gst import Gst

# CDLL lets the interpreter's lock go: whoever handles the event may be Python on another thread.
_gst = ctypes.CDLL("libgstreamer-1.0.so.0")
_send = _gst["gst_element_send_event"]
_send.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
_send.restype = ctypes.c_int
_ref = _gst["gst_mini_object_ref"]
_ref.argtypes = (ctypes.c_void_p,)
_ref.restype = ctypes.c_void_p


def gst_element_send_nvevent_new_stream_reset(gst_element: int, source_id: int) -> bool:
    """Tell the elements behind ``hash(element)`` that a source starts anew."""
    return _sent(gst_element, source_event(STREAM_RESET, source_id))


def gst_element_send_nvevent_interval_update(
    gst_element: int, stream_id: str, interval: int
) -> bool:
    """Tell the nvinfer behind ``hash(element)`` to skip so many batches from now on."""
    text = f"{INTERVAL_UPDATE}, stream-id=(string){stream_id or 0}, interval=(uint){interval}"
    structure = Gst.Structure.new_from_string(text)
    return _sent(gst_element, Gst.Event.new_custom(Gst.EventType.CUSTOM_DOWNSTREAM, structure))


def _sent(gst_element: int, event: Gst.Event) -> bool:
    # The element takes over a reference; the one of the Python object stays with it.
    return bool(_send(gst_element, _ref(hash(event))))
