"""What is wrong with a recorded file, as far as that can be told before it is played."""

from __future__ import annotations

import struct
from pathlib import Path

from pipelines.config import SourceConfig

_MP4_SUFFIXES = {".mp4", ".m4v", ".mov"}


def missing_file(source: SourceConfig) -> str:
    """Why the file of a source cannot be played; empty when it is there, or is no file."""
    if not source.is_file or source.path.is_file():
        return ""
    kind = "is a folder" if source.path.is_dir() else "does not exist"
    return (
        f"camera '{source.name}': {source.path} {kind}; wanted a video file. "
        f"Mend its uri, or give one: --source {source.name}=FILE"
    )


def truncated_file(source: SourceConfig) -> str:
    """How much of an MP4 is missing; empty when nothing is, or when it is no MP4."""
    if not source.is_file or source.path.suffix.lower() not in _MP4_SUFFIXES:
        return ""
    there, stated = source.path.stat().st_size, _stated_size(source.path)
    if stated <= there:
        return ""
    return (
        f"camera '{source.name}': {source.path} is cut off: {there} bytes of {stated} are there; "
        "what is there is played, wanted the whole file"
    )


def _stated_size(path: Path) -> int:
    """Size of an MP4 by its top-level boxes (ISO/IEC 14496-12, section 4.2), bytes.

    Zero where the file does not begin like one.
    """
    end, there = 0, path.stat().st_size
    with path.open("rb") as file:
        while end + 8 <= there:
            file.seek(end)
            size, kind = struct.unpack(">I4s", file.read(8))
            if end == 0 and kind != b"ftyp":
                return 0
            if size == 1:  # the size is a 64-bit number after the kind
                extended = file.read(8)
                size = struct.unpack(">Q", extended)[0] if len(extended) == 8 else 0
            if size < 8:  # 0 means to the end of the file; anything else is no box
                return there
            end += size
    return end
