"""``python -m plugins.cpu.conformance``: what of the pyds 1.2 interface the CPU twin has."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

from plugins.cpu import pyds
from plugins.cpu.pyds_api import API, NOT_HERE

_OF_THE_MODULE = ("Module", "Functions")


@dataclass(frozen=True, slots=True)
class Coverage:
    """The members of one class, or of the module: those that are there, and the others."""

    group: str
    present: tuple[str, ...]
    absent: tuple[str, ...]


def coverage() -> Iterator[Coverage]:
    """Compare the twin with the table, group by group."""
    for group, members in API.items():
        owner = pyds if group in _OF_THE_MODULE else pyds.__dict__.get(group)
        present = tuple(name for name in members if owner is not None and hasattr(owner, name))
        yield Coverage(group, present, tuple(name for name in members if name not in present))


def report() -> Iterator[str]:
    """The lines that are printed."""
    groups = list(coverage())
    present = sum(len(group.present) for group in groups)
    total = sum(len(members) for members in API.values())
    yield f"pyds 1.2: {present} of {total} names are there"
    for group in groups:
        if group.present:
            count = len(group.present) + len(group.absent)
            yield f"  {group.group} ({len(group.present)} of {count}): {' '.join(group.present)}"
    yield "not there:"
    for reason in dict.fromkeys(NOT_HERE.values()):
        names = " ".join(name for name, own in NOT_HERE.items() if own == reason)
        yield f"  {names}: {reason}"


def main() -> int:
    """Print the report; 1 where a name is missing without a reason."""
    sys.stdout.write("\n".join(report()) + "\n")
    missing = [
        f"{group.group}.{name}"
        for group in coverage()
        for name in group.absent
        if group.group not in NOT_HERE and name not in NOT_HERE
    ]
    if missing:
        sys.stderr.write(f"missing without a reason: {', '.join(missing)}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
