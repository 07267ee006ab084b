"""Loads GStreamer once, before warnings become errors."""

import warnings

with warnings.catch_warnings():
    # PyGObject 3.42 has no exec_module, about which Python 3.11 warns at each first import.
    warnings.simplefilter("ignore", ImportWarning)
    import gi

    for name in ("Gst", "GstBase", "GstVideo"):
        gi.require_version(name, "1.0")
    from gi.repository import GLib, GObject, Gst, GstBase, GstVideo  # noqa: F401

Gst.init(None)
