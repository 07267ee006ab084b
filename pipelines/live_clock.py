"""When a live camera's PTS 0 was, by the time at which its pictures arrive."""

from __future__ import annotations

from plugins.recognizer import CLOCK_RESET_NS

STEP_NS = 60_000_000_000
"""Pictures are never this late: it is the clock of this machine that was set, or the camera's."""


class LiveClock:
    """Follows one source; the first picture counts, until something does not fit any more."""

    def __init__(self) -> None:
        self._base_ns: int | None = None
        self._newest_ns = 0

    def set_by(self, pts_ns: int, now_ns: int) -> int | None:
        """Take a picture's PTS and when it came, UTC; the UTC time of PTS 0 where that is new."""
        base_ns, back = now_ns - pts_ns, pts_ns < self._newest_ns - CLOCK_RESET_NS
        self._newest_ns = pts_ns
        if self._base_ns is not None and not back and abs(base_ns - self._base_ns) < STEP_NS:
            return None
        self._base_ns = base_ns
        return base_ns
