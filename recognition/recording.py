"""A recording of what was seen and heard, without a picture: frames and sound as plain arrays.

One run is one NPZ file; many are kept as Parquet, see ``training.readers.tracks``. Both hold the
columns of ``columns``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from recognition.frames import APPEARANCE_SIZE, Float, Frame, Object, Person, SoundFrame

VERSION = 1


@dataclass(frozen=True, slots=True)
class Recording:
    """What one run saw and heard, in order.

    sources: their names, by source id. knows_objects: whether the detector knew things.
    """

    sources: tuple[str, ...]
    knows_objects: bool
    frames: tuple[Frame, ...]
    sounds: tuple[SoundFrame, ...]


def columns(recording: Recording) -> dict[str, Any]:
    """A recording as arrays: a row per frame, per person, per thing and per stretch of sound.

    Names are ``TABLE_COLUMN``. Persons and things name their frame's row; ``sound_log_mel`` and
    ``sound_rms`` hold the columns of all stretches one after the other. Where anybody's look was
    kept, there is ``person_appearance``, zero for those whose was not.
    """
    frames = recording.frames
    persons = [(row, p) for row, frame in enumerate(frames) for p in frame.persons]
    things = [(row, item) for row, frame in enumerate(frames) for item in frame.objects]
    blind = np.zeros((17, 3), np.float32)
    return {
        **_appearance([p for _, p in persons]),
        "frame_source": np.array([f.source_id for f in frames], np.int32),
        "frame_pts_ns": np.array([f.pts_ns for f in frames], np.int64),
        "frame_size": np.array([(f.width, f.height) for f in frames], np.int32).reshape(-1, 2),
        "person_frame": np.array([row for row, _ in persons], np.int64),
        "person_track": np.array([p.track_id for _, p in persons], np.uint64),
        "person_box": _stacked([p.box for _, p in persons], (4,)),
        "person_confidence": np.array([p.confidence for _, p in persons], np.float32),
        "person_posed": np.array([p.keypoints is not None for _, p in persons], np.bool_),
        "person_keypoints": _stacked(
            [blind if p.keypoints is None else p.keypoints for _, p in persons], (17, 3)
        ),
        "object_frame": np.array([row for row, _ in things], np.int64),
        "object_label": np.array([item.label for _, item in things], np.str_),
        "object_track": np.array([item.track_id for _, item in things], np.uint64),
        "object_box": _stacked([item.box for _, item in things], (4,)),
        "object_confidence": np.array([item.confidence for _, item in things], np.float32),
        "sound_source": np.array([s.source_id for s in recording.sounds], np.int32),
        "sound_pts_ns": np.array([s.pts_ns for s in recording.sounds], np.int64),
        "sound_columns": np.array([len(s.log_mel) for s in recording.sounds], np.int64),
        "sound_log_mel": _joined([s.log_mel for s in recording.sounds], (64,)).astype(np.float16),
        "sound_rms": _joined([s.rms for s in recording.sounds], ()),
    }


def _appearance(persons: Sequence[Person]) -> dict[str, Any]:
    """Halves are exact enough for what is averaged over several frames."""
    if all(person.appearance is None for person in persons):
        return {}
    unseen = np.zeros(APPEARANCE_SIZE, np.float32)
    looks = [unseen if one.appearance is None else one.appearance for one in persons]
    return {"person_appearance": np.stack(looks).astype(np.float16)}


def from_columns(
    arrays: Mapping[str, Any], *, sources: Sequence[str], knows_objects: bool
) -> Recording:
    """The recording of such arrays."""
    return Recording(
        sources=tuple(str(name) for name in sources),
        knows_objects=knows_objects,
        frames=tuple(_frames(arrays)),
        sounds=tuple(_sounds(arrays)),
    )


def write_recording(recording: Recording, path: Path) -> None:
    """Write a recording as one NPZ file, whole or not at all."""
    arrays = {
        "version": VERSION,
        "sources": np.array(recording.sources),
        "knows_objects": recording.knows_objects,
        **columns(recording),
    }
    part = path.with_suffix(".part")
    with part.open("wb") as out:
        np.savez_compressed(out, **arrays)
    part.replace(path)


def read_recording(path: Path) -> Recording:
    """Read a recording.

    Raises:
        ValueError: the file is none, or of another version.
    """
    try:
        with np.load(path) as file:
            arrays = dict(file)
    except (OSError, ValueError):
        raise ValueError(f"{path}: cannot be read as a recording of edgeact record") from None
    if int(arrays.get("version", 0)) != VERSION:
        raise ValueError(
            f"{path}: a recording of version {arrays.get('version', 'none')}; this program reads "
            f"{VERSION}. Record it again: edgeact record"
        )
    return from_columns(
        arrays, sources=arrays["sources"], knows_objects=bool(arrays["knows_objects"])
    )


def _stacked(rows: Sequence[Float], shape: tuple[int, ...]) -> Float:
    return np.stack(rows).astype(np.float32) if rows else np.zeros((0, *shape), np.float32)


def _joined(parts: Sequence[Float], shape: tuple[int, ...]) -> Float:
    return np.concatenate(parts) if parts else np.zeros((0, *shape), np.float32)


def _frames(arrays: Mapping[str, Any]) -> list[Frame]:
    count = len(arrays["frame_pts_ns"])
    persons: list[list[Person]] = [[] for _ in range(count)]
    for row, frame in enumerate(arrays["person_frame"].tolist()):
        persons[frame].append(
            Person(
                track_id=int(arrays["person_track"][row]),
                box=arrays["person_box"][row],
                confidence=float(arrays["person_confidence"][row]),
                keypoints=arrays["person_keypoints"][row] if arrays["person_posed"][row] else None,
                appearance=_look(arrays, row),
            )
        )
    things: list[list[Object]] = [[] for _ in range(count)]
    for row, frame in enumerate(arrays["object_frame"].tolist()):
        things[frame].append(
            Object(
                label=str(arrays["object_label"][row]),
                track_id=int(arrays["object_track"][row]),
                box=arrays["object_box"][row],
                confidence=float(arrays["object_confidence"][row]),
            )
        )
    return [
        Frame(
            source_id=int(arrays["frame_source"][row]),
            pts_ns=int(arrays["frame_pts_ns"][row]),
            width=int(arrays["frame_size"][row, 0]),
            height=int(arrays["frame_size"][row, 1]),
            persons=tuple(persons[row]),
            objects=tuple(things[row]),
        )
        for row in range(count)
    ]


def _look(arrays: Mapping[str, Any], row: int) -> Float | None:
    look = arrays["person_appearance"][row] if "person_appearance" in arrays else np.zeros(0)
    return look.astype(np.float32) if look.any() else None


def _sounds(arrays: Mapping[str, Any]) -> list[SoundFrame]:
    ends = np.cumsum(arrays["sound_columns"])
    return [
        SoundFrame(
            source_id=int(arrays["sound_source"][row]),
            pts_ns=int(arrays["sound_pts_ns"][row]),
            log_mel=arrays["sound_log_mel"][end - columns : end].astype(np.float32),
            rms=arrays["sound_rms"][end - columns : end],
        )
        for row, (columns, end) in enumerate(
            zip(arrays["sound_columns"].tolist(), ends.tolist(), strict=True)
        )
    ]
