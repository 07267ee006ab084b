"""Gates: figures that a model must reach before it ships, read from ``acceptance.yaml``."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, model_validator

from settings.strict_yaml import StrictFile, read_yaml, suggestion


class Gate(BaseModel, extra="forbid", frozen=True):
    """One figure of ``metrics.json`` and where it must lie.

    data: kind of data that the gate is about; without one, any.
    """

    figure: str
    at_least: float | None = None
    at_most: float | None = None
    data: str | None = None
    why: str = ""

    @model_validator(mode="after")
    def _has_a_bound(self) -> Gate:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError(f"{self.figure}: wanted one of at_least and at_most")
        return self

    def holds(self, value: float | None) -> bool:
        """Whether a figure is good enough; one that could not be measured is not."""
        if value is None or math.isnan(value):
            return False
        low = -math.inf if self.at_least is None else self.at_least
        high = math.inf if self.at_most is None else self.at_most
        return low <= value <= high


class Acceptance(BaseModel, extra="forbid", frozen=True):
    """All gates of a file."""

    gates: tuple[Gate, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class GateFile:
    """Gates, and the file that can say on which line each of them stands."""

    file: StrictFile
    gates: tuple[Gate, ...]

    def judge(self, metrics: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
        """``gates`` of ``metrics.json``.

        passed is None for a gate about other data. problem says, with file and line, that a gate
        names a figure that there is not; such a gate fails.
        """
        known = dict(figures(metrics))
        rows: list[dict[str, Any]] = []
        for number, gate in enumerate(self.gates):
            row = {**gate.model_dump(), "value": None, "passed": None, "problem": None}
            if gate.data in (None, kind):
                row["value"] = known.get(gate.figure)
                row["passed"] = gate.holds(row["value"])
                if gate.figure not in known:
                    told = f"'{gate.figure}' is no figure; {_nearest(gate.figure, known)}"
                    row["problem"] = self.file.tell(("gates", number, "figure"), told)
            rows.append(row)
        return rows


def _nearest(path: str, known: Iterable[str]) -> str:
    sections: dict[str, list[str]] = {}
    for other in known:
        sections.setdefault(other.split(".")[0], []).append(other)
    return suggestion(path, sections.get(path.split(".")[0], sections))


def read_gates(path: Path) -> GateFile:
    """Read a file of gates.

    Raises:
        ConfigError: it cannot be read or does not fit; says which line and why.
    """
    file = read_yaml(path, wanted="a file of gates has a list 'gates'; see configs/acceptance.yaml")
    return GateFile(file, file.validated(Acceptance).gates)


def figures(metrics: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float | None]]:
    """Every number of ``metrics.json`` that stands at a path of names, with that path."""
    for key, value in metrics.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from figures(value, f"{path}.")
        elif value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)):
            yield path, value
