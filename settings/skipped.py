"""The list of what a long piece of work left out, and why: a CSV of path and reason."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path


def read_skipped(path: Path) -> dict[str, str]:
    """Reasons by path; empty where there is no list."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {row["path"]: row["reason"] for row in csv.DictReader(file)}


def write_skipped(path: Path, skipped: Mapping[str, str]) -> None:
    """Write the list, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(("path", "reason"))
        table.writerows(sorted(skipped.items()))
    part.replace(path)
