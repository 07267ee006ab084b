"""What is said of each part, and the versions that belong together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pipelines.doctor.machine import Version

State = Literal["ok", "note", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One part of the machine: what is there, and where it is not right, what to do.

    note: the platform runs without, with less.
    """

    part: str
    state: State
    found: str
    mend: str = ""

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.part}: {self.found}" + (f"; {self.mend}" if self.mend else "")


def fine(findings: Iterable[Finding]) -> bool:
    """Whether nothing has to be mended."""
    return all(finding.state != "problem" for finding in findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What one release of DeepStream goes with; see NVIDIA's release notes and installation pages.

    pyds: of its wheel; None where pyds is built from its sources. driver: the oldest on x86_64.
    tensorrt: on x86_64. l4t: of Jetson, the first numbers.
    """

    python: Version
    pyds: str | None
    tensorrt: Version
    driver: Version
    l4t: Version


RELEASES = {
    "7.1": Release(python=(3, 10), pyds="1.2.0", tensorrt=(10, 3), driver=(535, 183), l4t=(36, 4)),
    "8.0": Release(python=(3, 12), pyds="1.2.2", tensorrt=(10, 9), driver=(570, 86), l4t=(38, 2)),
    "9.0": Release(python=(3, 12), pyds=None, tensorrt=(10, 14), driver=(590,), l4t=(38, 4)),
    "9.1": Release(python=(3, 12), pyds=None, tensorrt=(10, 16), driver=(595, 58), l4t=(39, 2)),
}
