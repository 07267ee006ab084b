"""What the CPU twins share: caps, properties, and errors that reach the bus."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstBase", "1.0")
from gi.repository import GLib, GObject, Gst, GstBase  # noqa: E402

from plugins.cpu.metadata.carrier import batch_of  # noqa: E402
from plugins.cpu.metadata.meta import NvDsBatchMeta  # noqa: E402

Gst.init(None)

NVMM_RGBA = "video/x-raw(memory:NVMM), format=(string)RGBA"
READ_WRITE = GObject.ParamFlags.READWRITE
UINT_MAX = GLib.MAXUINT

Setting = bool | int | float | str | None


def template(name: str, direction: Gst.PadDirection, caps: str = NVMM_RGBA) -> Gst.PadTemplate:
    """Make an always-pad template."""
    return Gst.PadTemplate.new(name, direction, Gst.PadPresence.ALWAYS, Gst.Caps.from_string(caps))


def sink_and_src(caps: str = NVMM_RGBA) -> tuple[Gst.PadTemplate, Gst.PadTemplate]:
    """Make the templates of an element with one pad on each side."""
    return (
        template("sink", Gst.PadDirection.SINK, caps),
        template("src", Gst.PadDirection.SRC, caps),
    )


def uint(default: int) -> tuple[Any, ...]:
    """Describe an unsigned GObject property."""
    return GObject.TYPE_UINT, "", "", 0, UINT_MAX, default, READ_WRITE


def integer(default: int) -> tuple[Any, ...]:
    """Describe a signed GObject property."""
    return GObject.TYPE_INT, "", "", GLib.MININT, GLib.MAXINT, default, READ_WRITE


def boolean(default: bool) -> tuple[Any, ...]:
    """Describe a GObject property that is true or false."""
    return GObject.TYPE_BOOLEAN, "", "", default, READ_WRITE


def real(default: float) -> tuple[Any, ...]:
    """Describe a floating-point GObject property."""
    return GObject.TYPE_DOUBLE, "", "", -GLib.MAXDOUBLE, GLib.MAXDOUBLE, default, READ_WRITE


def string(default: str | None = None) -> tuple[Any, ...]:
    """Describe a GObject property that is a text or None."""
    return GObject.TYPE_STRING, "", "", default, READ_WRITE


class Settings:
    """Property plumbing: values live in a dict, with the defaults of ``__gproperties__``.

    Mix it in before the GStreamer class. ``changed`` is called after each set_property.
    """

    __gproperties__: ClassVar[Mapping[str, tuple[Any, ...]]]
    find_property: ClassVar[Callable[[str], GObject.ParamSpec]]

    def setting(self, name: str) -> Any:
        """Give the value of a property by its dashed name."""
        values: dict[str, Setting] = self.__dict__.setdefault("_settings", {})
        if name in values:
            return values[name]
        defaults: dict[str, Setting] = self.__dict__.setdefault("_defaults", {})
        if name not in defaults:
            defaults[name] = type(self).find_property(name).default_value
        return defaults[name]

    def was_set(self, name: str) -> bool:
        """Tell whether a property was set, by its dashed name."""
        return name in self.__dict__.get("_settings", {})

    def changed(self, name: str) -> None:
        """Take note of a property that was set; the usual twin reads it when it needs it."""

    def do_get_property(self, pspec: GObject.ParamSpec) -> Any:
        """Answer ``get_property``."""
        return self.setting(pspec.name)

    def do_set_property(self, pspec: GObject.ParamSpec, value: Any) -> None:
        """Answer ``set_property``."""
        self.__dict__.setdefault("_settings", {})[pspec.name] = value
        self.changed(pspec.name)


def post_error(element: Gst.Element, error: Exception) -> None:
    """Put an exception on the bus as an error of the element."""
    text = f"{element.get_name()}: {error}" if str(error) else f"{element.get_name()}: {error!r}"
    gerror = GLib.Error.new_literal(Gst.StreamError.quark(), text, int(Gst.StreamError.FAILED))
    element.post_message(Gst.Message.new_error(element, gerror, repr(error)))


def post_warning(element: Gst.Element, text: str) -> None:
    """Put a warning of the element on the bus: something in its settings has no effect."""
    domain, code = Gst.LibraryError.quark(), int(Gst.LibraryError.SETTINGS)
    warning = GLib.Error.new_literal(domain, text, code)
    element.post_message(Gst.Message.new_warning(element, warning, ""))


class BatchTwin(Settings, GstBase.BaseTransform):  # type: ignore[misc]
    """An element that works on batches in place: pixels are only read, metadata is changed.

    Subclasses give ``__gstmetadata__``, ``__gsttemplates__ = sink_and_src()``,
    ``__gproperties__`` and ``on_batch``; ``on_start`` and ``on_stop`` where they hold something.
    An exception in any of these becomes an error on the bus and ends the stream.
    """

    __gstmetadata__ = ("Batch twin", "Filter/Video", "Base of the in-place CPU twins", "edgeact")
    __gsttemplates__ = sink_and_src()

    def __init__(self) -> None:
        super().__init__()
        # Passthrough keeps buffers as they are: no copy because someone else holds one too.
        self.set_passthrough(True)

    def on_start(self) -> None:
        """Get ready: read configuration, load models. Runs on NULL/READY to PAUSED."""

    def on_stop(self) -> None:
        """Let go of what ``on_start`` took."""

    def on_batch(self, buffer: Gst.Buffer, batch_meta: NvDsBatchMeta) -> None:
        """Work on one batch; runs on the streaming thread."""
        raise NotImplementedError

    def on_event(self, event: Gst.Event) -> None:
        """Look at an event that comes down the stream, before it goes on."""

    def do_start(self) -> bool:
        """GstBaseTransform: start."""
        return self._guarded(self.on_start)

    def do_stop(self) -> bool:
        """GstBaseTransform: stop."""
        return self._guarded(self.on_stop)

    def do_sink_event(self, event: Gst.Event) -> bool:
        """GstBaseTransform: an event arrived."""
        self._guarded(self.on_event, event)
        return bool(GstBase.BaseTransform.do_sink_event(self, event))

    def do_transform_ip(self, buffer: Gst.Buffer) -> Gst.FlowReturn:
        """GstBaseTransform: a buffer arrived; it goes on unchanged."""
        batch_meta = batch_of(buffer)
        if batch_meta is None:
            done = self._guarded(self._no_batch)
        else:
            done = self._guarded(self.on_batch, buffer, batch_meta)
        return Gst.FlowReturn.OK if done else Gst.FlowReturn.ERROR

    def _no_batch(self) -> None:
        raise ValueError(
            "the buffer carries no batch metadata; put nvstreammux before this element"
        )

    def _guarded(self, work: Any, *arguments: Any) -> bool:
        try:
            work(*arguments)
        except Exception as error:  # noqa: BLE001 - a raised exception would drop the buffer unseen
            post_error(self, error)
            return False
        return True
