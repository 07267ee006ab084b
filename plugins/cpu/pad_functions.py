"""Python functions on pads that neither leak their element nor lose an exception."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

from plugins.cpu.element import post_error  # noqa: E402

Chain = Callable[[Gst.Pad, Gst.Buffer], Gst.FlowReturn]
Events = Callable[[Gst.Pad, Gst.Event], bool]


def serve(pad: Gst.Pad, on_buffer: Chain, on_event: Events) -> None:
    """Let two methods of the pad's element answer for its buffers and events.

    The methods are held weakly: an element holds its pads, so a pad that holds its element would
    keep both for ever. An exception becomes an error of the element on the bus.
    """
    pad.set_chain_function_full(_guarded(on_buffer, Gst.FlowReturn.ERROR))
    pad.set_event_function_full(_guarded(on_event, False))


def _guarded(method: Callable[..., Any], failed: Any) -> Callable[..., Any]:
    weak = weakref.WeakMethod(method)

    def call(pad: Gst.Pad, parent: Gst.Element, item: Any) -> Any:
        alive = weak()
        if alive is None:
            return failed
        try:
            return alive(pad, item)
        except Exception as error:  # noqa: BLE001 - a raised exception would vanish in C
            post_error(parent, error)
            return failed

    return call
