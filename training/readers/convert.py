"""Writes what a reader has read in another form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from recognition.recording import Recording, write_recording
from training.readers.clips import DatasetError, LabelledClip, read_clips, write_clips
from training.readers.material import Material, read_all
from training.readers.sources import Source

_PART = 256
"""Recordings in one part of a folder of Parquet files."""


def convert(
    path: Path,
    source: Source,
    to: Path,
    *,
    listed: Sequence[LabelledClip] = (),
    fps: float | None = None,
) -> tuple[str, Material]:
    """Write a source in the form of a name; what was written, and what was left out.

    listed: clips to put beside recordings. fps: of skeletons that do not say theirs.

    Raises:
        DatasetError: the form cannot become that one, or cannot be written.
    """
    try:
        match (source.form, to.suffix):
            case ("recordings", ".hactrack"):
                return _recordings_to_tracks(path, to, listed)
            case ("skeletons", ".hactrack"):
                return _skeletons_to_tracks(path, source, to, fps)
            case ("tracks", ".pkl" | ".pickle"):
                return _tracks_to_skeletons(path, source, to)
            case ("tracks", ""):
                return _tracks_to_recordings(path, to)
            case (_, ".csv") if source.clips:
                return _to_list(path, source, to)
    except OSError as error:
        raise DatasetError([f"{to}: cannot be written: {error.strerror}"]) from None
    raise DatasetError(
        [f"{to}: {source.form} cannot become this; see edgeact dataset convert --help"]
    )


def _to_list(path: Path, source: Source, to: Path) -> tuple[str, Material]:
    from training.readers.material import look_at_material

    material = look_at_material(path, source)
    kept = material.kept(source).clips
    write_clips(to, kept)
    return f"{len(kept)} clips", material


def _recordings_to_tracks(
    path: Path, to: Path, listed: Sequence[LabelledClip]
) -> tuple[str, Material]:
    skipped: dict[str, str] = {}

    def readable() -> Iterator[Recording]:
        for name, recording, problem in read_all(path):
            if recording is None:
                skipped[name] = problem
            else:
                yield _named(recording, name)

    names = _append(to, readable())
    if listed:
        _add_clips(to, _by_recording(listed, names, skipped))
    return f"{len(names)} recordings", Material(skipped)


def _named(recording: Recording, name: str) -> Recording:
    """A recording whose sources are named after its file, so that no two are called the same."""
    several = len(recording.sources) > 1
    names = tuple(f"{name}/{one}" if several else name for one in recording.sources)
    return replace(recording, sources=names)


def _by_recording(
    listed: Sequence[LabelledClip], names: Sequence[str], skipped: dict[str, str]
) -> Iterator[LabelledClip]:
    """The clips by the names of their recordings: videos' paths without the suffix."""
    there = set(names)
    for clip in listed:
        stem = Path(clip.path).with_suffix("").as_posix()
        name = clip.path if clip.path in there else stem
        if name in there:
            yield replace(clip, path=name)
        else:
            skipped.setdefault(clip.path, "is not among the recordings")


def _skeletons_to_tracks(
    path: Path, source: Source, to: Path, fps: float | None
) -> tuple[str, Material]:
    from training.readers.skeleton_tracks import to_recording
    from training.readers.skeletons import read_skeletons

    skipped: dict[str, str] = {}

    def readable() -> Iterator[Recording]:
        for clip in read_skeletons(path).clips:
            try:
                yield to_recording(clip, fps)
            except ValueError as error:
                skipped[clip.frame_dir] = str(error)

    names = _append(to, readable())
    _add_clips(to, [clip for clip in source.clips if clip.path not in skipped])
    return f"{len(names)} clips", Material(skipped)


def _tracks_to_skeletons(path: Path, source: Source, to: Path) -> tuple[str, Material]:
    from training.readers.skeleton_tracks import to_skeletons
    from training.readers.skeletons import write_skeletons
    from training.readers.tracks import by_source, read_tracks

    if not source.clips:
        raise DatasetError([f"{path}: has no clips.csv; nothing says what is done in it"])
    recordings = {one.sources[0]: one for part in read_tracks(path) for one in by_source(part)}
    gone = {
        clip.path: "is not among the recordings"
        for clip in source.clips
        if clip.path not in recordings
    }
    material = Material(gone)
    made = to_skeletons(recordings, material.kept(source).clips)
    write_skeletons(to, made)
    return f"{len(made.clips)} clips of {len(made.classes)} labels", material


def _tracks_to_recordings(path: Path, to: Path) -> tuple[str, Material]:
    from training.readers.tracks import by_source, read_tracks

    count = 0
    for part in read_tracks(path):
        for recording in by_source(part):
            file = to / f"{recording.sources[0]}.npz"
            file.parent.mkdir(parents=True, exist_ok=True)
            write_recording(recording, file)
            count += 1
    return f"{count} recordings", Material({})


def _append(to: Path, recordings: Iterable[Recording]) -> list[str]:
    """Add recordings to a folder, many to a part; the names of their sources."""
    from training.readers.tracks import append_recording, together

    names: list[str] = []
    waiting = iter(recordings)
    while batch := list(islice(waiting, _PART)):
        for knows in (False, True):
            alike = [one for one in batch if one.knows_objects == knows]
            if alike:
                append_recording(to, together(alike))
                names += [name for one in alike for name in one.sources]
    return names


def _add_clips(folder: Path, clips: Iterable[LabelledClip]) -> None:
    from training.readers.tracks import CLIPS

    if not folder.is_dir():
        return
    path = folder / CLIPS
    before = read_clips(path) if path.is_file() else []
    write_clips(path, [*before, *clips])
