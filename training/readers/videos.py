"""Looks into videos: can they be played, how fast are they, are two of them the same file."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
from tqdm import tqdm

from training.readers.clips import DatasetError, LabelledClip

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # FFmpeg's words on a bad file: ours follow


@dataclass(frozen=True, slots=True)
class Video:
    """rate_hz: frames per second. duration_s: as its header says; 0 where it says nothing."""

    rate_hz: float
    duration_s: float


@dataclass(frozen=True, slots=True)
class Looked:
    """videos: those that can be played, by path. skipped: why each of the others cannot."""

    videos: Mapping[str, Video]
    skipped: Mapping[str, str]


def look_into(path: Path) -> Video:
    """Open a video and decode its first picture.

    Raises:
        ValueError: it cannot be played; says why.
    """
    if not path.is_file():
        raise ValueError("does not exist" if not path.exists() else "is no file")
    if not path.stat().st_size:
        raise ValueError("is empty")
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # of a bad file we tell
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        if not capture.isOpened() or not capture.grab():
            raise ValueError("no picture can be decoded")
        rate_hz = float(capture.get(cv2.CAP_PROP_FPS))
        frames = float(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    finally:
        capture.release()
    return Video(rate_hz, max(frames, 0) / rate_hz if rate_hz > 0 else 0.0)


def look_at_all(media: Path, paths: Iterable[str]) -> Looked:
    """Open every video once, with a progress bar; a bad one never stops the rest."""
    videos: dict[str, Video] = {}
    skipped: dict[str, str] = {}
    for path in tqdm(sorted(set(paths)), desc="videos", unit="", disable=None, mininterval=0.5):
        try:
            videos[path] = look_into(media / path)
        except ValueError as error:
            skipped[path] = str(error)
    return Looked(videos, skipped)


def rate_of(media: Path | None, fps: float | None, path: str) -> float:
    """Frames per second of an annotated video: as given, else its own.

    Raises:
        DatasetError: neither is known.
    """
    if fps is not None:
        return fps
    advice = "annotations are in frames: give --media FOLDER with the video, or --fps N"
    if media is None:
        raise DatasetError([f"{path}: how many frames per second is not known; {advice}"])
    try:
        rate_hz = look_into(media / path).rate_hz
    except ValueError as error:
        raise DatasetError([f"{media / path}: {error}; {advice}"]) from None
    if rate_hz <= 0:
        raise DatasetError([f"{media / path}: does not say its frames per second; give --fps N"])
    return rate_hz


def beyond_end(clips: Sequence[LabelledClip], videos: Mapping[str, Video]) -> list[str]:
    """The clips that begin after their video has ended, for people."""
    return [
        f"{clip.where}: {clip.path}: starts at {clip.start_s:g} s, but the video has only "
        f"{videos[clip.path].duration_s:.2f} s"
        for clip in clips
        if clip.path in videos and 0 < videos[clip.path].duration_s <= clip.start_s
    ]


def same_on_two_sides(media: Path, clips: Sequence[LabelledClip]) -> list[str]:
    """Files of equal content in different splits, for people; only files of equal size are read."""
    sides: dict[str, set[str]] = defaultdict(set)
    for clip in clips:
        if clip.split and (media / clip.path).is_file():
            sides[clip.path].add(clip.split)
    by_size: dict[int, list[str]] = defaultdict(list)
    for path in sorted(sides):
        by_size[(media / path).stat().st_size].append(path)
    equal: dict[str, list[str]] = defaultdict(list)
    for paths in by_size.values():
        for path in paths if len(paths) > 1 else ():
            equal[_sha256(media / path)].append(path)
    return [
        f"{' and '.join(paths)}: the same file under several names, in "
        f"{' and '.join(sorted(set().union(*(sides[path] for path in paths))))}; keep one"
        for paths in equal.values()
        if len(set().union(*(sides[path] for path in paths))) > 1 and len(paths) > 1
    ]


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
