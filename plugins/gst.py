"""GStreamer's Python modules at the version this program is written for."""

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

__all__ = ["GLib", "Gst"]
