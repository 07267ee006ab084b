"""What a run tells people while it goes and when it is over; all on standard error."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipelines.publish.sinks import Counters

if TYPE_CHECKING:
    from pipelines.runner import Runner

_CLEAR = "\r\x1b[K"


def tell(line: str) -> None:
    """Print a line for people."""
    clear = _CLEAR if sys.stderr.isatty() else ""
    print(f"{clear}edgeact: {line}", file=sys.stderr, flush=True)  # noqa: T201


def rewrite(line: str) -> None:
    """Put a line in the place of the last one; only for a terminal."""
    print(f"{_CLEAR}{line}", end="", file=sys.stderr, flush=True)  # noqa: T201


def show_progress(runner: Runner) -> None:
    """Rewrite the progress line: frames, frames per second, people, events."""
    rows = [runner.assembly.count_of(index) for index in range(len(runner.states))]
    frames = sum(row.frames for row in rows)
    people = sum(row.people for row in rows)
    events = sum(row.events for row in rows)
    fps = frames / max(runner.elapsed_s, 1e-3)
    rewrite(f"{frames} frames  {fps:.0f} fps  {people} people  {events} events")


def print_table(runner: Runner, sinks: Mapping[str, Counters]) -> None:
    """Print what each camera gave, and what became of the messages."""
    rows = [("camera", "frames", "fps", "people", "events", "sound", "state")]
    for index, state in enumerate(runner.states):
        count = runner.assembly.count_of(index)
        fps = count.frames / max(runner.elapsed_s, 1e-3)
        row = (state.name, str(count.frames), f"{fps:.1f}", str(count.people), str(count.events))
        sound = runner.assembly.sound_of(index)
        rows.append((*row, sound, state.problem or "ended" if state.over else "stopped"))
    lines = _columns(rows)
    for name, counters in sinks.items():
        lost = f", {counters.dropped} lost" if counters.dropped else ""
        lines.append(f"{name}: {counters.acknowledged} messages{lost}")
    if dropped := runner.assembly.worker.dropped:
        lines.append(f"{dropped} frames were dropped: the machine is too slow for these cameras")
    print(_CLEAR if sys.stderr.isatty() else "", end="", file=sys.stderr)  # noqa: T201
    print("\n".join(lines), file=sys.stderr, flush=True)  # noqa: T201


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines: the first and the last two columns to the left, numbers to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    texts = {0, len(widths) - 2, len(widths) - 1}
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if column in texts else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines
