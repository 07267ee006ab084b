"""Kinetics: a CSV of label, youtube_id, time_start, time_end and split.

Layout: github.com/cvdfoundation/kinetics-dataset; clips are files ID_SSSSSS_EEEEEE.mp4, cut to the
seconds of their names, or whole videos ID.mp4.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from training.readers.clips import (
    DatasetError,
    LabelledClip,
    number,
    read_table,
    shortened,
    side_of,
)

COLUMNS = ("label", "youtube_id", "time_start", "time_end")


def read_kinetics(path: Path, media: Path | None = None) -> list[LabelledClip]:
    """The clips of a CSV.

    media: the folder with the videos, however it is nested; without it the official place of a
    cut clip is given, LABEL/ID_SSSSSS_EEEEEE.mp4. A clip's group is its video.

    Raises:
        DatasetError: a column is missing, or a line does not fit.
    """
    files = _videos(media) if media else {}
    problems: list[str] = []
    clips: list[LabelledClip] = []
    for line, row in read_table(path, needed=COLUMNS):
        try:
            clips.append(_clip(row, files, path, line))
        except ValueError as error:
            problems.append(f"{path}:{line}: {error}")
    if problems:
        raise DatasetError(shortened(problems))
    return clips


def _videos(media: Path) -> dict[str, str]:
    """Path below the folder by name without suffix."""
    return {
        file.stem: file.relative_to(media).as_posix()
        for file in sorted(media.rglob("*"))
        if file.is_file()
    }


def _clip(row: Mapping[str, str], files: Mapping[str, str], path: Path, line: int) -> LabelledClip:
    start_s = number(row["time_start"], "time_start")
    end_s = number(row["time_end"], "time_end")
    video = row["youtube_id"]
    if not (video and row["label"]):
        raise ValueError("has no label or no youtube_id; a clip to train on has both")
    cut = f"{video}_{int(start_s):06d}_{int(end_s):06d}"
    whole = cut not in files and video in files
    return LabelledClip(
        path=files[video] if whole else files.get(cut, f"{row['label']}/{cut}.mp4"),
        label=row["label"],
        start_s=start_s if whole else 0.0,
        end_s=end_s if whole else None,
        group=video,
        split=side_of(row.get("split") or path.stem),
        where=f"{path}:{line}",
    )
