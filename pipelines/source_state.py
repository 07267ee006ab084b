"""How a source fares while it runs, and when a camera counts as dark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Change = Literal["dark", "back"]


@dataclass(slots=True)
class SourceState:
    """How a source fares.

    dark_after_s: a camera that gave pictures and gives none for so long is dark; None for a file.
    problem: why it ended before its time, for people; empty while all is well.
    attempts: warnings before its first picture. said: the warning that stands, said once.
    """

    name: str
    dark_after_s: float | None = None
    over: bool = False
    problem: str = ""
    attempts: int = 0
    said: str = ""
    dark: bool = False
    _frames: int = 0
    _newest_s: float = 0.0

    def warn(self, text: str) -> bool:
        """Note a warning; whether it is another one than stands."""
        self.attempts += 1
        new = text != self.said
        self.said = text
        return new

    def look(self, frames: int, now_s: float) -> Change | None:
        """Take how many frames were worked on until now; what has become of the source by that."""
        if frames > self._frames:
            was_well = not (self.said or self.dark)
            self._frames, self._newest_s, self.said, self.dark = frames, now_s, "", False
            return None if was_well else "back"
        if self.over or self.dark or not frames or self.dark_after_s is None:
            return None
        self.dark = now_s - self._newest_s >= self.dark_after_s
        return "dark" if self.dark else None
