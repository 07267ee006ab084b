"""A file whose age tells whether a run gets on, for whatever watches over the process."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from settings.errors import ConfigError

_PAUSE_S = 1.0


class Heartbeat:
    """Touches a file about once a second; it appears with the first batch of frames.

    Raises on construction:
        ConfigError: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._next_s = 0.0
        try:
            path.touch()
            path.unlink()  # the last run's says nothing of this one
        except OSError as error:
            raise ConfigError(
                [f"--heartbeat {path}: cannot be written: {error.strerror}"]
            ) from None

    def beat(self) -> None:
        """Say that a batch was worked on just now."""
        now_s = time.monotonic()
        if now_s >= self._next_s:
            self._next_s = now_s + _PAUSE_S
            with contextlib.suppress(OSError):  # whoever watches sees the age of the file
                self._path.touch()
