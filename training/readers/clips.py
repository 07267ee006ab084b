"""The list that every data set becomes: which stretch of which video shows what."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from settings.errors import ConfigError

SPLITS = ("train", "validation", "test")
_SIDES = {"train": "train", "val": "validation", "valid": "validation", "test": "test"}


Rate = Callable[[str], float]
"""Frames per second of a video, by its path."""


class DatasetError(ConfigError):
    """A data set cannot be read or trained on; each line says where, what and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledClip:
    """One stretch of one video, and what is done in it.

    path: the video's, below the folder of all videos, with '/'; or the name of a stream of a
    recording. start_s, end_s: seconds from the video's start; end_s None is the video's end.
    group: clips of one group (a person, a source video, a camera's day) belong on one side of a
    split. split: one of ``SPLITS``, empty where none is said. where: it was read from, for people.
    """

    path: str
    label: str
    start_s: float = 0.0
    end_s: float | None = None
    group: str = ""
    split: str = ""
    where: str = field(default="", compare=False)

    def holds(self, at_s: float) -> bool:
        """Whether a time of its video is in it."""
        return at_s >= self.start_s and (self.end_s is None or at_s < self.end_s)


COLUMNS = tuple(item.name for item in fields(LabelledClip) if item.name != "where")


def side_of(name: str) -> str:
    """Our word for a split that others call val, validate, xsub_train or test1; empty for none."""
    found = [side for word, side in _SIDES.items() if word in name.lower()]
    return found[0] if found else ""


def write_clips(path: Path, clips: Iterable[LabelledClip]) -> None:
    """Write the list as CSV with a header, whole or not at all."""
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(COLUMNS)
        for clip in clips:
            end_s = "" if clip.end_s is None else _seconds(clip.end_s)
            table.writerow(
                (clip.path, clip.label, _seconds(clip.start_s), end_s, clip.group, clip.split)
            )
    part.replace(path)


def read_clips(path: Path) -> list[LabelledClip]:
    """Read such a list; only path and label must be there.

    Raises:
        DatasetError: it cannot be read; with every line that does not fit.
    """
    rows = read_table(path, needed=("path", "label"))
    problems: list[str] = []
    clips: list[LabelledClip] = []
    for line, row in rows:
        try:
            clips.append(_clip(row, f"{path}:{line}"))
        except ValueError as error:
            problems.append(f"{path}:{line}: {error}")
    if problems:
        raise DatasetError(shortened(problems))
    return clips


def read_table(path: Path, *, needed: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """The rows of a CSV file with a header, each with its line from 1.

    Raises:
        DatasetError: it cannot be read, or has not all the columns that are needed.
    """
    text = read_text(path)
    table = csv.DictReader(text.splitlines(), restval="")
    missing = [name for name in needed if name not in (table.fieldnames or ())]
    if missing:
        got = ",".join(table.fieldnames or ()) or "nothing"
        raise DatasetError(
            [f"{path}:1: has no column {', '.join(missing)}; wanted a header with it, got: {got}"]
        )
    return [
        (table.line_num, {name: value.strip() for name, value in row.items() if name})
        for row in table
    ]


def read_text(path: Path) -> str:
    """A text file, without the mark that spreadsheets put before it.

    Raises:
        DatasetError: it cannot be read, or is no text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DatasetError([f"{path}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise DatasetError([f"{path}: not a text file; wanted UTF-8"]) from None


def number(text: str, name: str) -> float:
    """A finite number from a file. Raises ValueError, for people."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{name}: wanted seconds as a number, got '{text}'")
    return value


def relabelled(
    clips: Iterable[LabelledClip], names: Mapping[str, str | None]
) -> tuple[list[LabelledClip], int]:
    """The clips by our names for their labels, and how many were left out.

    names: ours by theirs; None leaves a label's clips out, a label without a name stays.
    """
    kept, left_out = [], 0
    for clip in clips:
        label = names.get(clip.label, clip.label)
        if label is None:
            left_out += 1
        else:
            kept.append(replace(clip, label=label))
    return kept, left_out


def shortened(lines: Sequence[str], most: int = 20) -> list[str]:
    """The first lines, and how many more there are."""
    more = [f"... and {len(lines) - most} more like these"] if len(lines) > most else []
    return [*lines[:most], *more]


def _clip(row: Mapping[str, str], where: str) -> LabelledClip:
    for name in ("path", "label"):
        if not row[name]:
            raise ValueError(f"{name}: is empty; every clip has one")
    split = row.get("split", "")
    if split and split not in SPLITS:
        raise ValueError(f"split: wanted {', '.join(SPLITS)} or nothing, got '{split}'")
    end = row.get("end_s", "")
    return LabelledClip(
        path=row["path"],
        label=row["label"],
        start_s=number(row.get("start_s") or "0", "start_s"),
        end_s=number(end, "end_s") if end else None,
        group=row.get("group", ""),
        split=split,
        where=where,
    )


def _seconds(value: float) -> str:
    """Microseconds are enough for any frame rate, and read well."""
    return f"{value:.6f}".rstrip("0").rstrip(".")
