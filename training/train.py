"""One training run: gathers the data, fits the fusion network, keeps the best."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from training.checkpoint import git_sha
from training.config import TrainConfig
from training.dataset import Sides
from training.fit import NOBODY, Listener, State, fit
from training.gather import both_sides, content_hash, subjects_of
from training.hearing import open_encoder
from training.leaks import check_leaks
from training.model import FusionModel, build
from training.model.presence import pattern_name, patterns
from training.processes import ALONE, Processes
from training.run_folder import Record, RunFolder
from training.start import take_weights

Say = Callable[[str], None]


def shortened(config: TrainConfig) -> TrainConfig:
    """The same run, cut to what shows that it works."""
    fit_config = config.fit.model_copy(
        update={
            "epochs": min(config.fit.epochs, 2),
            "epoch_windows": min(config.fit.epoch_windows, 1024),
        }
    )
    return config.model_copy(update={"fit": fit_config})


def train(
    config: TrainConfig, folder: RunFolder, *, sides: Sides | None = None, fresh: bool = False,
    start: Path | None = None, processes: Processes = ALONE, say: Say = lambda _: None,
) -> dict[str, float]:  # fmt: skip
    """Train once, or go on where a run of the same configuration was broken off.

    sides: windows to train on instead of gathering those of the configuration: synthetic ones, or
    those that several runs share. fresh: overwrite what an earlier run left. start: checkpoint
    whose weights are trained on, None to begin anew.

    Returns measures on the validation side.

    Raises:
        ConfigError: the data leaks or is not there; the folder holds another run.
        EngineError: ``start`` is no checkpoint of this network.
    """
    _make_repeatable(config.seed)
    if fresh:
        processes.in_turn(folder.forget)
    else:
        folder.check_free()
    if sides is None:
        sides = processes.in_turn(lambda: both_sides(config, say))
    check_leaks(sides.train, sides.validation)
    model = build(config.model, len(sides.classes))
    if start is not None:
        take_weights(model, start, config.model, sides.classes, sides.train)
    record = _record(config, start, sides, processes)
    state = folder.state(record)
    listener = NOBODY
    if processes.first:
        listener = _opened(folder, config, record, state, say)
    best, measures = fit(
        model, sides, config.fit,
        seed=config.seed, listener=listener, processes=processes, state=state,
    )  # fmt: skip
    weights = processes.check_equal(model)
    if processes.first:
        temperature = _temperatures(best)
        folder.finish(best, record | {"temperature": temperature, "weights": weights, **measures})
    return measures


def _temperatures(model: FusionModel) -> dict[str, float]:
    """By the name of each pattern of presence."""
    names = model.layout.modalities
    return {
        pattern_name(p, names): float(model.temperature[p]) for p in range(1, patterns(len(names)))
    }


def _opened(
    folder: RunFolder, config: TrainConfig, record: Record, state: State | None, say: Say
) -> Listener:
    """The folder, ready to take in what a run tells."""
    folder.begin(config, record, epoch=state["epoch"] if state else 0)
    if state:
        say(f"going on after epoch {state['epoch']} of {folder.path}")
    return Listener(
        report=say,
        scalars=folder.scalars,
        keep=partial(folder.keep, record=record),
        save=partial(folder.save, record=record),
    )


def _make_repeatable(seed: int) -> None:
    """Let the same run give the same weights; on a GPU as far as its libraries can."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True, warn_only=torch.cuda.is_available())
    torch.manual_seed(seed)


def _record(config: TrainConfig, start: Path | None, sides: Sides, processes: Processes) -> Record:
    """What a checkpoint says of the run that made it."""
    data, validation, classes = sides
    own = open_encoder(config.sound) if config.sound.tokens == "audio_encoder" else None
    return {
        "config": config.model_dump(mode="json"),
        "started_from": str(start) if start else None,
        "name": config.name,
        "labels": list(classes),
        "layout_version": config.model.features.version,
        "sound_tokens": config.sound.tokens,
        "sound_encoder": own and own.sha256,  # of YAMNet there is but one
        "git_sha": git_sha(),
        "data_hash": content_hash(data, validation),
        "processes": processes.count,
        "device": processes.device.type,
        "train_windows": len(data),
        "train_subjects": subjects_of(data),
        "validation_subjects": subjects_of(validation),
    }
