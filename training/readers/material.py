"""Looks at what a list's clips are about: can the videos be played, are the keypoints numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from recognition.recording import Recording, read_recording
from training.readers.sources import Source


@dataclass(frozen=True, slots=True)
class Material:
    """skipped: why, by path of a clip that cannot be used. errors: for which nothing may start."""

    skipped: Mapping[str, str]
    errors: tuple[str, ...] = ()

    def kept(self, source: Source) -> Source:
        """The source without the clips that cannot be used."""
        return replace(source, clips=[c for c in source.clips if c.path not in self.skipped])


def look_at_material(path: Path, source: Source) -> Material:
    """Open all that the clips of a source are about; what cannot be used never stops the rest."""
    match source.form:
        case "skeletons":
            from training.readers.skeletons import nan_keypoints, read_skeletons

            problems = {c.frame_dir: nan_keypoints(c) for c in read_skeletons(path).clips}
            return Material({name: problem for name, problem in problems.items() if problem})
        case "tracks":
            from training.readers.tracks import read_tracks

            return _recorded(source, read_tracks(path))
        case "recordings":
            return Material({name: problem for name, _, problem in read_all(path) if problem})
        case _:
            return _filmed(source)


def read_all(path: Path) -> Iterator[tuple[str, Recording | None, str]]:
    """Every NPZ of a folder, or the one: name without suffix, recording, or why there is none.

    Names are paths below the folder; they are those that its sources get, see ``convert``.
    """
    folder = path if path.is_dir() else path.parent
    files = sorted(path.rglob("*.npz")) if path.is_dir() else [path]
    for file in tqdm(files, desc="recordings", unit="", disable=None, mininterval=0.5):
        name = file.relative_to(folder).with_suffix("").as_posix()
        try:
            recording = read_recording(file)
        except ValueError as error:
            yield name, None, str(error).removeprefix(f"{file}: ")
            continue
        problem = nan_people(recording)
        yield name, None if problem else recording, problem


def nan_people(recording: Recording) -> str:
    """Where a recording has keypoints or boxes that are no numbers, for people; empty for none."""
    for frame in recording.frames:
        for person in frame.persons:
            joints = person.keypoints
            fine = np.isfinite(person.box).all()
            if not fine or (joints is not None and not np.isfinite(joints).all()):
                what = "keypoints" if fine else "box"
                return (
                    f"the {what} of track {person.track_id} at {frame.pts_ns / 1e9:.3f} s in "
                    f"'{recording.sources[frame.source_id]}' are no finite numbers"
                )
    return ""


def _filmed(source: Source) -> Material:
    from training.readers.videos import beyond_end, look_at_all, same_on_two_sides

    if source.media is None:
        return Material({})
    looked = look_at_all(source.media, (clip.path for clip in source.clips))
    errors = [
        *beyond_end(source.clips, looked.videos),
        *same_on_two_sides(source.media, source.clips),
    ]
    return Material(looked.skipped, tuple(errors))


def _recorded(source: Source, recordings: Iterator[Recording]) -> Material:
    from training.readers.tracks import by_source

    skipped: dict[str, str] = {}
    there: set[str] = set()
    for part in recordings:
        there.update(part.sources)
        for recording in by_source(part) if nan_people(part) else ():
            if problem := nan_people(recording):
                skipped[recording.sources[0]] = problem
    gone = {clip.path: "is not among the recordings" for clip in source.clips}
    return Material({**{path: why for path, why in gone.items() if path not in there}, **skipped})
