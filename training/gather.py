"""Gathers what a run trains on and validates on, from all the sources that its file names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import numpy as np
import numpy.typing as npt

from recognition.layouts import Layout
from settings.errors import ConfigError
from settings.strict_yaml import suggestion
from training.acted import Acting
from training.cache import prepare, prepare_acted, prepare_meetings
from training.clip_windows import labels_of, windows_of_folders
from training.config import TrainConfig
from training.dataset import Dataset, Filming, Sides, joined
from training.extract import extract_folders
from training.hearing import open_encoder
from training.leaks import RECORDED
from training.meetings import Meeting
from training.mocap import MOCAP_DIR, has_mocap
from training.scenes import Recipe
from training.social_windows import of_layout

_SCENES = ("acted_", "meeting_", RECORDED)


def filmings(config: TrainConfig) -> tuple[Filming, Filming]:
    """How the training and the validation side are filmed."""
    data = config.data
    seed = config.seed if data.seed is None else data.seed
    train = Filming(
        side="train", passes=data.train_passes, seed=seed, hop_steps=data.hop_steps,
        recipe=data.recipe, truncate=data.truncate, hearing=config.sound,
    )  # fmt: skip
    validation = Filming(
        side="validation", passes=data.validation_passes, seed=seed,
        recipe=Recipe(generated=data.validation_generated), hearing=config.sound,
    )  # fmt: skip
    return train, validation


def both_sides(config: TrainConfig, report: Callable[[str], None] = lambda _: None) -> Sides:
    """What a run trains on and validates on, and the classes.

    Raises:
        ConfigError: recordings or the sound encoder that the run needs are not there, cannot be
            used, or leak; ``fit.boost`` names no class.
    """
    classes = labels_of(config.data.clips) or config.model.features.classes
    if unknown := [name for name in config.fit.boost if name not in classes]:
        advice = suggestion(unknown[0], classes)
        raise ConfigError([f"fit.boost: '{unknown[0]}' is no class; {advice}"])
    train, validation = (gather(config, side, report) for side in ("train", "validation"))
    return Sides(train, validation, classes)


def gather(config: TrainConfig, side: str, report: Callable[[str], None]) -> Dataset:
    """All windows of one side, ``train`` or ``validation``, drawn from each source by its share.

    Raises:
        ConfigError: see ``both_sides``.
    """
    open_encoder(config.sound)  # what is wrong with it is found before the work begins
    data, train, layout = config.data, side == "train", config.model.features
    filming = filmings(config)[0 if train else 1]
    if data.clips:
        report(f"making the windows of {side} from {', '.join(map(str, data.clips))}")
        return windows_of_folders(data.clips, side, filming, layout=layout)
    acting = replace(filming, sound=0.7)
    parts = []
    if filming.passes:
        if not has_mocap():
            raise ConfigError([_NO_MOTION.format(side=side)])
        recorded = _told(prepare(filming, report), layout, alone=True)
        parts.append((recorded, data.shares.mocap))
    if scenes := data.scenes if train else data.validation_scenes:
        made = Acting(side=side, scenes=scenes, cameras=data.cameras, filming=acting)
        acted = _told(prepare_acted(made, report), layout, alone=False)
        parts.append((acted, data.shares.acted))
    if scenes := data.meetings if train else data.validation_meetings:
        meeting = Meeting(side=side, scenes=scenes, cameras=data.cameras, filming=acting)
        met = _told(prepare_meetings(meeting, report), layout, alone=False)
        parts.append((met, data.shares.meetings))
    if data.recorded if train else data.validation_recorded:
        parts.append((_seen_by_the_program(config, side), data.shares.recorded))
    weighted = [
        replace(part, importance=np.full(len(part), share / len(part))) for part, share in parts
    ]
    return joined(weighted)


def _told(data: Dataset, layout: Layout, *, alone: bool) -> Dataset:
    """Windows as a layout has them; where nothing was kept of neighbours, they may be alone."""
    return replace(data, inputs=of_layout(data.inputs, layout, alone=alone))


def _seen_by_the_program(config: TrainConfig, side: str) -> Dataset:
    data, train = config.data, side == "train"
    try:
        return extract_folders(
            data.recorded if train else data.validation_recorded,
            hop_steps=data.hop_steps,
            truncate=data.truncate if train else 0.0,
            layout=config.model.features,
            hearing=config.sound,
        )
    except (ValueError, FileNotFoundError) as error:
        raise ConfigError([f"data.{'' if train else 'validation_'}recorded: {error}"]) from None


_NO_MOTION = (
    f"data.{{side}}_passes: no recordings of motion in {MOCAP_DIR}; wanted its index.json. "
    "Without them, set data.train_passes and data.validation_passes to 0 and train on acted scenes "
    "(data.scenes, data.validation_scenes) or recorded ones; or try edgeact train --smoke"
)


def content_hash(*sides: Dataset) -> str:
    """SHA-256 over all windows with their labels and subjects, first 16 hexadecimal digits."""
    digest = sha256()
    for data in sides:
        arrays: dict[str, npt.NDArray[Any]] = {
            **data.inputs, "labels": data.labels, "subjects": data.subjects
        }  # fmt: skip
        for name, values in sorted(arrays.items()):
            digest.update(f"{name}{values.dtype}{values.shape}".encode())
            digest.update(np.ascontiguousarray(values).view(np.uint8).data)
    return digest.hexdigest()[:16]


def subjects_of(data: Dataset) -> list[str]:
    """Whose motion it is; acted and recorded scenes are counted, not named."""
    names = set(data.subjects.tolist())
    scenes = Counter(name.split("_")[0] for name in names if name.startswith(_SCENES))
    named = sorted(name for name in names if not name.startswith(_SCENES))
    return [*named, *(f"{count} {kind} scenes" for kind, count in sorted(scenes.items()))]
