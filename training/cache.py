"""Prepares data sets on all cores once and keeps them until the code or the data changes."""

from __future__ import annotations

import ast
import hashlib
import multiprocessing
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from training.dataset import INPUTS, Dataset, Filming, film_pass, joined
from training.mocap import Clip, by_split, data_hash, load_clips

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / "runs" / "cache"

_MAKERS = (
    "labels", "mocap", "motion", "figure", "poses", "generated", "generated_background",
    "cameras", "pose_noise", "object_noise", "filmed_props", "sound_synthesis", "scenes", "dataset",
)  # fmt: skip
"""Modules of ``training`` that decide what a data set is."""

_clips: list[Clip] = []  # of one worker process


def recipe_hash(filming: Filming) -> str:
    """Digest of everything that decides a data set: settings, code and recordings."""
    digest = hashlib.sha256(f"{filming}{data_hash()}".encode())
    sources = [ROOT / "training" / f"{name}.py" for name in _MAKERS]
    for path in [*sources, *sorted((ROOT / "recognition").glob("*.py"))]:
        if path.parent.name == "training" or path.stem in {
            "fusion_input", "windows", "skeleton", "sound", "objects", "object_memory",
        }:  # fmt: skip
            # The syntax tree, so that a comment or a line break films nothing anew.
            digest.update(ast.dump(ast.parse(path.read_text(encoding="utf-8"))).encode())
    return digest.hexdigest()[:16]


def _open_clips(side: str) -> None:
    _clips[:] = by_split(load_clips())[side]


def _film(number: int, *, filming: Filming) -> Dataset:
    return joined(film_pass(_clips, filming, number))


def prepare(filming: Filming, report: Callable[[str], None] = lambda _: None) -> Dataset:
    """The data set of one split, from the cache where it is there.

    Raises:
        FileNotFoundError: the recordings are not there.
        ValueError: the split leaks.
    """
    path = CACHE / f"{filming.side}-{recipe_hash(filming)}.npz"
    if path.is_file():
        with np.load(path) as file:
            return Dataset(
                inputs={name: file[name] for name in INPUTS},
                labels=file["labels"],
                subjects=file["subjects"],
            )
    by_split(load_clips())  # a leak is found before the work begins
    parts = []
    workers = min(filming.passes, os.cpu_count() or 1)
    context = multiprocessing.get_context("spawn")
    with context.Pool(workers, _open_clips, (filming.side,)) as pool:
        work = pool.imap(partial(_film, filming=filming), range(filming.passes))
        for number, part in enumerate(work, 1):
            parts.append(part)
            report(f"{filming.side}: filmed {number} of {filming.passes} times")
    data = joined(parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    part_path = path.with_suffix(".part")
    with part_path.open("wb") as out:
        arrays = {**data.inputs, "labels": data.labels, "subjects": data.subjects}
        np.savez(out, **arrays)  # type: ignore[arg-type]
    part_path.rename(path)
    return data
