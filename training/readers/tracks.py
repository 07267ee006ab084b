"""Many recordings in one folder of Parquet files, ``NAME.hactrack``.

manifest.json           parts in their order, each with its sources and the sha256 of its files
frames-000.parquet      a row per picture: source, pts_ns, width, height
persons-000.parquet     a row per person in a picture: frame (row), track, box, keypoints ...;
                        appearance, where the pose network tells it
objects-000.parquet     a row per thing in a picture: frame (row), label, track, box, confidence
sound-000.parquet       a row per stretch of sound: source, pts_ns, log_mel, rms
clips.csv               what is done in which source; see ``training.readers.clips``

The columns are those of ``recognition.recording``: an NPZ and a part hold the same. An NPZ is what
``edgeact record`` writes on a device, which needs no pyarrow; Parquet is what thousands of them
become, appended to a part at a time: a part that is not in the manifest is not there, so that a
crash loses only what was being written. Keypoints are float32: float16 would round x beyond 1024 px
to whole pixels. Pictures with nobody in them are kept, as they say when somebody was not there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from recognition.frames import APPEARANCE_SIZE, Frame, SoundFrame
from recognition.recording import Recording, columns, from_columns
from training.readers.clips import DatasetError

FORMAT = 1
SUFFIX = ".hactrack"
MANIFEST = "manifest.json"
CLIPS = "clips.csv"

_TABLES = ("frame", "person", "object", "sound")
_FILES = {"frame": "frames", "person": "persons", "object": "objects", "sound": "sound"}


def append_recording(folder: Path, recording: Recording) -> None:
    """Add a recording to a folder, which is made where it is not there.

    Raises:
        DatasetError: the folder is of another format, or has one of its sources already.
    """
    parts = read_manifest(folder) if (folder / MANIFEST).exists() else []
    taken = {name for part in parts for name in part["sources"]}
    if twice := sorted(taken & set(recording.sources)):
        raise DatasetError([f"{folder}: has '{twice[0]}' already; a source is recorded once"])
    folder.mkdir(parents=True, exist_ok=True)
    arrays = columns(recording)
    files = {}
    for name in _TABLES:
        path = folder / f"{_FILES[name]}-{len(parts):03d}.parquet"
        pq.write_table(_table(arrays, name), path, compression="zstd")
        files[path.name] = _sha256(path)
    part = {
        "sources": list(recording.sources),
        "knows_objects": recording.knows_objects,
        "files": files,
    }
    _write_manifest(folder, [*parts, part])


def read_manifest(folder: Path) -> list[dict[str, Any]]:
    """The parts of a folder.

    Raises:
        DatasetError: there is no manifest, or one of another format.
    """
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        found, parts = manifest["format"], list(manifest["parts"])
    except OSError as error:
        raise DatasetError([f"{path}: cannot be read: {error.strerror}"]) from None
    except (ValueError, KeyError, TypeError):
        raise DatasetError([f"{path}: not the manifest of a folder of recordings"]) from None
    if found != FORMAT:
        raise DatasetError([f"{path}: is of format {found}; this program reads {FORMAT}"])
    return parts


def read_tracks(folder: Path) -> Iterator[Recording]:
    """The recordings of a folder, a part at a time.

    Raises:
        DatasetError: a file is missing or is not what was written.
    """
    for number, part in enumerate(read_manifest(folder)):
        arrays: dict[str, Any] = {}
        for name in _TABLES:
            path = folder / f"{_FILES[name]}-{number:03d}.parquet"
            if not path.is_file() or _sha256(path) != part["files"].get(path.name):
                state = "is missing" if not path.is_file() else "is not the file that was written"
                raise DatasetError([f"{path}: {state}; copy the whole folder again"])
            arrays |= _columns(pq.read_table(path), name)
        yield from_columns(
            arrays, sources=part["sources"], knows_objects=bool(part["knows_objects"])
        )


def by_source(recording: Recording) -> Iterator[Recording]:
    """A recording of several sources as one of each."""
    frames: list[list[Frame]] = [[] for _ in recording.sources]
    sounds: list[list[SoundFrame]] = [[] for _ in recording.sources]
    for frame in recording.frames:
        frames[frame.source_id].append(replace(frame, source_id=0))
    for sound in recording.sounds:
        sounds[sound.source_id].append(replace(sound, source_id=0))
    for name, seen, heard in zip(recording.sources, frames, sounds, strict=True):
        yield Recording((name,), recording.knows_objects, tuple(seen), tuple(heard))


def together(recordings: Sequence[Recording]) -> Recording:
    """Recordings as one of all their sources; all of them know things, or none does."""
    sources: list[str] = []
    frames: list[Frame] = []
    sounds: list[SoundFrame] = []
    for one in recordings:
        first = len(sources)
        sources += one.sources
        frames += [replace(item, source_id=first + item.source_id) for item in one.frames]
        sounds += [replace(item, source_id=first + item.source_id) for item in one.sounds]
    knows = {one.knows_objects for one in recordings}
    if len(knows) > 1:
        raise ValueError("some recordings know things and some do not; keep them apart")
    return Recording(tuple(sources), True in knows, tuple(frames), tuple(sounds))


def _table(arrays: Mapping[str, Any], name: str) -> pa.Table:
    """One table of a recording's columns."""
    fields = {key.removeprefix(f"{name}_"): a for key, a in arrays.items() if key.startswith(name)}
    if name == "frame":
        size = fields.pop("size")
        fields |= {"width": size[:, 0], "height": size[:, 1]}
    if name == "person":
        posed = fields.pop("posed")
        flat = fields["keypoints"].reshape(-1)
        fields["keypoints"] = pa.FixedSizeListArray.from_arrays(flat, 51, mask=pa.array(~posed))
        if "appearance" in fields:
            flat = fields["appearance"].reshape(-1)
            fields["appearance"] = pa.FixedSizeListArray.from_arrays(flat, APPEARANCE_SIZE)
    if name == "sound":
        ends = np.concatenate([[0], np.cumsum(fields.pop("columns"))]).astype(np.int32)
        fields["log_mel"] = pa.ListArray.from_arrays(ends * 64, fields["log_mel"].reshape(-1))
        fields["rms"] = pa.ListArray.from_arrays(ends, fields["rms"])
    if "box" in fields:
        fields["box"] = pa.FixedSizeListArray.from_arrays(fields["box"].reshape(-1), 4)
    return pa.table(fields)


def _columns(table: pa.Table, name: str) -> dict[str, Any]:
    """The columns of a recording from one table."""
    fields = {column: table[column].combine_chunks() for column in table.column_names}
    made: dict[str, Any] = {}
    if name == "frame":
        made["size"] = np.stack([_flat(fields.pop("width")), _flat(fields.pop("height"))], axis=1)
    if name == "person":
        keypoints = fields.pop("keypoints")
        posed = np.asarray(keypoints.is_valid())
        made["posed"] = posed
        made["keypoints"] = np.zeros((len(posed), 17, 3), np.float32)
        made["keypoints"][posed] = _flat(keypoints.flatten()).reshape(-1, 17, 3)
        if "appearance" in fields:
            made["appearance"] = _flat(fields.pop("appearance").flatten())
            made["appearance"] = made["appearance"].reshape(-1, APPEARANCE_SIZE)
    if name == "sound":
        log_mel, rms = fields.pop("log_mel"), fields.pop("rms")
        made["columns"] = _flat(rms.value_lengths()).astype(np.int64)
        made["log_mel"] = _flat(log_mel.flatten()).reshape(-1, 64)
        made["rms"] = _flat(rms.flatten())
    if "box" in fields:
        made["box"] = _flat(fields.pop("box").flatten()).reshape(-1, 4)
    made |= {column: _flat(values) for column, values in fields.items()}
    return {f"{name}_{column}": values for column, values in made.items()}


def _flat(values: pa.Array) -> npt.NDArray[Any]:
    array: npt.NDArray[Any] = values.to_numpy(zero_copy_only=False)
    return array


def _write_manifest(folder: Path, parts: Sequence[Mapping[str, Any]]) -> None:
    part = folder / f"{MANIFEST}.part"
    part.write_text(json.dumps({"format": FORMAT, "parts": parts}, indent=1) + "\n", "utf-8")
    part.replace(folder / MANIFEST)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
