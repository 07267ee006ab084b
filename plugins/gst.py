"""GStreamer's Python modules at the version this program is written for."""

from __future__ import annotations

import gi
from gi.module import EnumInfo

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

__all__ = ["GLib", "Gst", "load_enumerations"]


def load_enumerations(module: object, namespace: str) -> None:
    """Make all enumerations of a module of ``gi.repository``, such as ``Gst``.

    PyGObject makes an enumeration when it is first asked for, and another thread that asks
    meanwhile gets it without its values (``__getattr__`` of its gi/module.py). Streaming threads
    ask at once when several sources start, so this is done before there are any.
    """
    known = gi.Repository.get_default()
    for name in dir(module):
        if isinstance(known.find_by_name(namespace, name), EnumInfo):
            getattr(module, name)


load_enumerations(Gst, "Gst")
