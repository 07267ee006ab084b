"""Loads GStreamer once, before warnings become errors."""

import tests.plugins.conftest  # noqa: F401
