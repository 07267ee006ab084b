"""Python on pads and signals that neither leaks its element nor loses an exception."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from plugins.cpu.elements.element import Settings, boolean, post_error, sink_and_src
from plugins.gst import Gst

Chain = Callable[[Gst.Pad, Gst.Buffer], Gst.FlowReturn]
Events = Callable[[Gst.Pad, Gst.Event], bool]


def weakly(method: Callable[..., Any]) -> Callable[..., Any]:
    """Give a function that calls a method while its object lives, then nothing.

    For signals of an element's children: a child that held its parent would keep both for ever.
    """
    weak = weakref.WeakMethod(method)

    def call(*arguments: Any) -> Any:
        alive = weak()
        return alive(*arguments) if alive else None

    return call


def serve(pad: Gst.Pad, on_buffer: Chain, on_event: Events) -> None:
    """Let two methods of the pad's element answer for its buffers and events.

    The methods are held weakly. An exception becomes an error of the element on the bus.
    """
    pad.set_chain_function_full(guarded(on_buffer, Gst.FlowReturn.ERROR))
    pad.set_event_function_full(guarded(on_event, False))


def guarded(method: Callable[..., Any], failed: Any) -> Callable[..., Any]:
    """Give a pad's function that calls a method of its element, held weakly.

    An exception becomes an error of the element on the bus, and ``failed`` is returned.
    """
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


class PadTwin(Settings, Gst.Element):  # type: ignore[misc]
    """An element with one pad on each side that makes its own buffers.

    Subclasses give ``on_buffer`` and, where events do not just pass, ``on_event``. ``qos`` is there
    because NVIDIA's are GstBaseTransforms; nothing is dropped for being late.
    """

    __gstmetadata__ = ("Pad twin", "Filter/Video", "Base of CPU twins that make frames", "edgeact")
    __gsttemplates__ = sink_and_src()
    __gproperties__: ClassVar[Mapping[str, tuple[Any, ...]]] = {"qos": boolean(False)}

    def __init__(self) -> None:
        super().__init__()
        self.sink = Gst.Pad.new_from_template(self.get_pad_template("sink"), "sink")
        self.src = Gst.Pad.new_from_template(self.get_pad_template("src"), "src")
        serve(self.sink, self._on_buffer, self._on_event)
        self.add_pad(self.sink)
        self.add_pad(self.src)

    def on_buffer(self, buffer: Gst.Buffer) -> Gst.Buffer | None:
        """Give the buffer that goes on, None for none; runs on the streaming thread."""
        raise NotImplementedError

    def on_event(self, event: Gst.Event) -> Gst.Event | None:
        """Give the event that goes on, None for none; runs on the streaming thread."""
        return event

    def _on_buffer(self, pad: Gst.Pad, buffer: Gst.Buffer) -> Gst.FlowReturn:
        result = self.on_buffer(buffer)
        return self.src.push(result) if result is not None else Gst.FlowReturn.OK

    def _on_event(self, pad: Gst.Pad, event: Gst.Event) -> bool:
        result = self.on_event(event)
        return bool(self.src.push_event(result)) if result is not None else True
