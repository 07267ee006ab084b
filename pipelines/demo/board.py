"""What the demo prints: a line for each recognised event beside the truth, and a closing table."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

from recognition.scoring import MIN_IOU, Span, Tally
from recognition.truth import SceneTruth, expected, recognised

_HEAD = ("at", "camera", "who", "recognised", "truth")
_WIDTHS = (7, 9, 10, 22)
_GREEN, _RED, _DIM, _PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[2m", "\x1b[0m"


class Board:
    """Prints a line when an event begins: what the program says, and what is so."""

    def __init__(self, scene: SceneTruth, *, stream: TextIO | None = None) -> None:
        self._cameras = scene.cameras
        self._true = {name: expected(scene.spans, camera) for name, camera in scene.cameras.items()}
        self._stream = stream or sys.stdout
        self._colored = self._stream.isatty()

    def begin(self) -> None:
        """Print the head of the columns."""
        self._print(_line(_HEAD))

    def show(self, message: Mapping[str, Any]) -> None:
        """Print the line of a start message; other messages are passed over."""
        data = message["data"]
        camera = data["camera"]["name"]
        if data["event"]["phase"] != "start" or camera not in self._cameras:
            return
        (span,) = recognised([message], self._cameras[camera])
        onset = f"{span.onset_s:.1f} s"
        told = f"{span.action} {data['score']['current']:.2f}"
        what, mark = self._truth_of(camera, span)
        self._print(_line((onset, camera, str(span.person or "nobody"), told, what)), mark)

    def _truth_of(self, camera: str, span: Span) -> tuple[str, str]:
        """What the person really does then, with a mark, and the line's colour."""
        if span.person is None:
            return "x nobody is there", _RED
        mine = [true for true in self._true[camera] if true.person == span.person]
        near = [true for true in mine if _shared_s(true, span) > 0]
        right = [true for true in near if true.action == span.action]
        if right:
            best = max(right, key=lambda true: _shared_s(true, span))
            text = f"{best.action} {best.onset_s:.1f} to {best.end_s:.1f} s"
            return (f"= {text}", _GREEN) if best.counts else (f"~ {text}, hardly seen", _DIM)
        if not near:
            return "x nothing that has a name", _RED
        best = max(near, key=lambda true: _shared_s(true, span))
        return f"x {best.action} {best.onset_s:.1f} to {best.end_s:.1f} s", _RED

    def _print(self, line: str, color: str = "") -> None:
        text = f"{color}{line}{_PLAIN}" if color and self._colored else line
        print(text, file=self._stream, flush=True)


def class_table(by_action: Mapping[str, Tally]) -> list[str]:
    """Lines of the closing table: a row per action and one for all."""
    head = ("action", "true", "found", "right", "missed", "false", "F1")
    rows: list[tuple[str, ...]] = [head]
    total = sum(by_action.values(), Tally())
    for name, tally in [*sorted(by_action.items()), ("all", total)]:
        missed, false = tally.true - tally.right, tally.found - tally.right
        counts = (tally.true, tally.found, tally.right, missed, false)
        rows.append((name, *(str(count) if count else "-" for count in counts), f"{tally.f1:.2f}"))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]


def legend() -> str:
    """What the marks and counts mean, in one line."""
    return (
        "= so, x not so, ~ so but hardly visible to that camera (not counted); right: same action, "
        f"same person, at least {MIN_IOU:.0%} of the time shared (docs/scoring.md)"
    )


def _shared_s(true: Span, told: Span) -> float:
    return min(true.end_s, told.end_s) - max(true.onset_s, told.onset_s)


def _line(cells: Iterable[str]) -> str:
    first, *middle, last = cells
    padded = [cell.ljust(width) for cell, width in zip(middle, _WIDTHS[1:], strict=True)]
    return "  ".join([first.rjust(_WIDTHS[0]), *padded, last])
