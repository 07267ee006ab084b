"""Prepares data sets on all cores once and keeps them until the code or the data changes."""

from __future__ import annotations

import ast
import hashlib
import multiprocessing
import os
import zipfile
from collections.abc import Callable, Iterable, KeysView
from functools import partial
from pathlib import Path

import numpy as np

from recognition.layouts import LAYOUTS, Layout
from recognition.sound_encoders import SoundConfig
from recognition.windows import WindowConfig
from settings.errors import ConfigError
from training.acted import Acting, act_all
from training.dataset import INPUTS, Dataset, Filming, film_pass, joined
from training.hearing import BANDS, open_encoder
from training.meetings import Meeting, act_meetings
from training.mocap import MOCAP_DIR, Clip, by_split, data_hash, has_mocap, load_clips

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / "runs" / "cache"

_MAKERS = (
    "labels", "mocap", "motion", "figure", "poses", "generated", "generated_background",
    "cameras", "pose_noise", "object_noise", "filmed_props", "sound_synthesis", "scenes", "dataset",
    "occlusion", "scenario_windows", "doings",
)  # fmt: skip
"""Modules of ``training`` that decide what a data set is."""

_FEATURES = ("fusion_input", "windows", "skeleton", "sound", "objects", "object_memory")
"""The same of ``recognition``."""

_clips: list[Clip] = []  # of one worker process


def code_hash(paths: Iterable[Path]) -> str:
    """Digest of what code does: of its syntax trees, so that a comment makes nothing anew."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.name.encode())
        digest.update(ast.dump(ast.parse(path.read_text(encoding="utf-8"))).encode())
    return digest.hexdigest()[:16]


def _maker_paths() -> list[Path]:
    features = [ROOT / "recognition" / f"{name}.py" for name in _FEATURES]
    return [*(ROOT / "training" / f"{name}.py" for name in _MAKERS), *features]


def recipe_hash(filming: Filming) -> str:
    """Digest of everything that decides a data set: settings, code and recordings."""
    return hashlib.sha256(
        f"{filming}{_encoding(filming.hearing)}{data_hash()}{code_hash(_maker_paths())}".encode()
    ).hexdigest()[:16]


def _encoding(hearing: SoundConfig) -> str:
    """What decides an encoder's tokens besides the sound; empty for bands."""
    if (opened := open_encoder(hearing)) is None:
        return ""
    code = [ROOT / "recognition" / f"{name}.py" for name in ("sound_encoders", "sound_tokens")]
    return f"{hearing.tokens}{opened.sha256}{code_hash(code)}"


def acting_hash(acting: Acting) -> str:
    """The same for acted scenes."""
    return scenes_hash(acting, ROOT / "training" / "acted.py", hearing=acting.filming.hearing)


def meeting_hash(meeting: Meeting) -> str:
    """The same for meetings."""
    features = [ROOT / "recognition" / f"{name}.py" for name in ("neighbours", "layouts")]
    makers = [ROOT / "training" / f"{name}.py" for name in ("acted", "meetings")]
    return scenes_hash(meeting, *features, *makers, hearing=meeting.filming.hearing)


def scenes_hash(made: object, *makers: Path, hearing: SoundConfig = BANDS) -> str:
    """Digest of a set of scenes: how it is described, and all code that acts and films it.

    makers: what else decides it. hearing: whose tokens its windows have.
    """
    scenes = (ROOT / "training" / "scenario").glob("*.py")
    moves = (ROOT / "training" / "scenario" / "moves").glob("*.py")
    motion = data_hash() if has_mocap() else "none"
    code = code_hash([*_maker_paths(), *makers, *scenes, *moves])
    made_of = f"{made}{_encoding(hearing)}{motion}{code}"
    return hashlib.sha256(made_of.encode()).hexdigest()[:16]


def _open_clips(side: str) -> None:
    _clips[:] = by_split(load_clips())[side]


def _film(number: int, *, filming: Filming) -> Dataset:
    return joined(film_pass(_clips, filming, number))


def read_windows(path: Path) -> Dataset:
    """A data set that ``write_windows`` has kept.

    Raises:
        ValueError: the file is of another kind, or its arrays do not belong together.
    """
    wanted = (*INPUTS, "labels", "subjects")
    try:
        file = np.load(path)
    except (ValueError, EOFError, zipfile.BadZipFile):
        file = None
    if not isinstance(file, np.lib.npyio.NpzFile):
        raise ValueError(f"{path}: not an .npz file of windows")
    with file:
        if missing := [name for name in wanted if name not in file.files]:
            raise ValueError(f"{path}: has no {', '.join(missing)}; wanted {', '.join(wanted)}")
        layout = [one for one in LAYOUTS.values() if _arrays_of(one) <= {*file.files}][-1]
        arrays = {name: file[name] for name in (*_arrays_of(layout), "labels", "subjects")}
    labels, subjects = arrays.pop("labels"), arrays.pop("subjects")
    lengths = {len(values) for values in (labels, subjects, *arrays.values())}
    if len(lengths) != 1 or lengths == {0}:
        raise ValueError(f"{path}: arrays of {sorted(lengths)} windows; wanted one number above 0")
    last = len(layout.classes) - 1
    if (wrong := labels[(labels < 0) | (labels > last)]).size:
        raise ValueError(f"{path}: label {wrong[0]} is no class; wanted 0 to {last}")
    return Dataset(inputs=arrays, labels=labels.astype(np.int64), subjects=subjects)


def _arrays_of(layout: Layout) -> KeysView[str]:
    return layout.input_shapes(WindowConfig().steps).keys()


def write_windows(data: Dataset, path: Path) -> None:
    """Keep a data set as one ``.npz`` file; a broken-off write leaves nothing behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part_path = path.with_suffix(".part")
    with part_path.open("wb") as out:
        arrays = {**data.inputs, "labels": data.labels, "subjects": data.subjects}
        np.savez(out, **arrays)  # type: ignore[arg-type]
    part_path.rename(path)


def kept(name: str, make: Callable[[], Dataset]) -> Dataset:
    """A data set from the cache, or made now and kept there."""
    path = CACHE / f"{name}.npz"
    if path.is_file():
        return read_windows(path)
    data = make()
    write_windows(data, path)
    return data


def prepare(filming: Filming, report: Callable[[str], None] = lambda _: None) -> Dataset:
    """The data set of one split, from the cache where it is there.

    Raises:
        FileNotFoundError: the recordings are not there.
        ConfigError: the split leaks.
    """
    try:
        by_split(load_clips())  # a leak is found before the work begins
    except ValueError as leak:
        raise ConfigError([f"{MOCAP_DIR}: the split leaks: {leak}"]) from None

    def film_all() -> Dataset:
        parts = []
        workers = min(filming.passes, os.cpu_count() or 1)
        context = multiprocessing.get_context("spawn")
        with context.Pool(workers, _open_clips, (filming.side,)) as pool:
            work = pool.imap(partial(_film, filming=filming), range(filming.passes))
            for number, part in enumerate(work, 1):
                parts.append(part)
                report(f"{filming.side}: filmed {number} of {filming.passes} times")
        return joined(parts)

    return kept(f"{filming.side}-{recipe_hash(filming)}", film_all)


def prepare_acted(acting: Acting, report: Callable[[str], None] = lambda _: None) -> Dataset:
    """The windows of acted scenes, from the cache where they are there."""
    return kept(f"acted-{acting.side}-{acting_hash(acting)}", lambda: act_all(acting, report))


def prepare_meetings(meeting: Meeting, report: Callable[[str], None] = lambda _: None) -> Dataset:
    """The windows of meetings, from the cache where they are there."""
    name = f"meetings-{meeting.side}-{meeting_hash(meeting)}"
    return kept(name, lambda: act_meetings(meeting, report))
