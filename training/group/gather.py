"""Films the scenes of a run on all cores once, and has a fusion model look at everybody in them."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engines.errors import EngineError
from engines.load import load_engine
from engines.protocol import Engine
from recognition.groups import EMBEDDING, MEMBER_SIZE, MOST_MEMBERS
from recognition.layouts import LAYOUTS
from recognition.sound_encoders import SoundConfig
from training.cache import CACHE, ROOT, scenes_hash
from training.group.config import GroupData
from training.group.scenes import SEEDS, Looks, film_seed, joined
from training.social_windows import of_layout

Report = Callable[[str], None]

_BATCH = 64
_CHUNK = 4  # scenes that one process makes at once
_OWN = ("rows", "statistics", "labels", "parts")


def film_all(side: str, data: GroupData, hearing: SoundConfig, report: Report) -> Looks:
    """All clusters of a side's scenes, in the order of their seeds.

    Raises:
        ValueError: nobody is together in any of them.
    """
    scenes = data.scenes if side == "train" else data.validation_scenes
    seeds = range(SEEDS[side], SEEDS[side] + scenes)
    parts: list[Looks] = []
    context = multiprocessing.get_context("spawn")
    with context.Pool(min(scenes, os.cpu_count() or 1)) as pool:
        made = pool.imap(
            partial(film_seed, side=side, data=data, hearing=hearing), seeds, chunksize=_CHUNK
        )
        for number, looks in enumerate(made, 1):
            parts += looks
            if number % _CHUNK == 0 or number == scenes:
                report(f"{side}: filmed {number} of {scenes} scenes")
    if not parts:
        raise ValueError(f"nobody is together in {scenes} {side} scenes; wanted more scenes")
    return joined(parts)


def kept_looks(side: str, data: GroupData, hearing: SoundConfig, report: Report) -> Looks:
    """``film_all`` from the cache, or made now and kept there: no fusion model has a part in it.

    hearing: whose sound tokens the windows have.
    """
    names = ("groups", "group_clock", "neighbours", "layouts")
    makers = [ROOT / "recognition" / f"{name}.py" for name in names]
    makers += [ROOT / "training" / name for name in ("acted.py", "group/scenes.py")]
    count = data.scenes if side == "train" else data.validation_scenes
    made = (side, count, data.cameras, data.sound, data.objects)
    path = CACHE / f"groups-{side}-{scenes_hash(made, *makers, hearing=hearing)}.npz"
    if path.is_file():
        with np.load(path) as file:
            own = {name: file[name] for name in _OWN}
            inputs = {name: file[name] for name in file.files if name not in own}
        return Looks(inputs=inputs, **own)
    looks = film_all(side, data, hearing, report)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial_path = path.with_suffix(".part")
    with partial_path.open("wb") as out:
        own = {name: getattr(looks, name) for name in _OWN}
        np.savez_compressed(out, **looks.inputs, **own)  # type: ignore[arg-type]
    partial_path.replace(path)
    return looks


def fusion_model(path: Path) -> Engine:
    """The model whose embeddings a head is trained on.

    Raises:
        EngineError: the file is missing, is no fusion model, or gives no embeddings.
    """
    engine = load_engine(path)
    version = engine.metadata.get("layout_version", "none")
    if version not in LAYOUTS:
        raise EngineError(
            f"{path}: made for feature layout {version}; this program makes "
            f"{', '.join(LAYOUTS)}. Name a fusion model under fusion:"
        )
    if engine.outputs.get("emb", (None, 0))[1] != EMBEDDING:
        raise EngineError(
            f"{path}: gives no output emb of {EMBEDDING} values. Export it again: edgeact export"
        )
    return engine


def embedded(looks: Looks, fusion: Engine) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Members (G, 16, 149), mask (G, 16), labels (G,) and parts (G, 16) of clusters."""
    layout = LAYOUTS[fusion.metadata["layout_version"]]
    inputs = of_layout(looks.inputs, layout, alone=False)
    count = len(inputs["mod"])
    embs = [
        fusion.run({k: v[first : first + _BATCH].astype(np.float32) for k, v in inputs.items()})
        for first in range(0, count, _BATCH)
    ]
    emb = np.concatenate([*(each["emb"] for each in embs), np.zeros((1, EMBEDDING), np.float32)])
    members = np.zeros((len(looks), MOST_MEMBERS, MEMBER_SIZE), np.float32)
    members[..., :EMBEDDING] = emb[looks.rows]  # -1 finds the row of zeros at the end
    members[..., EMBEDDING:] = looks.statistics
    mask = (looks.rows >= 0).astype(np.float32)
    arrays = (members, mask, looks.labels, looks.parts)
    return tuple(torch.from_numpy(values) for values in arrays)  # type: ignore[return-value]
