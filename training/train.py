"""``python -m training.train CONFIG``: films the data, fits the fusion network, keeps the best."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from pickle import UnpicklingError

import numpy as np
import torch
from pydantic import ValidationError

from recognition.fusion_input import LAYOUT_VERSION, SLOTS, input_shapes
from recognition.windows import WindowConfig
from settings.errors import ConfigError
from training.acted import Acting
from training.cache import ROOT, prepare, prepare_acted, recipe_hash
from training.calibration import forget
from training.config import ModelConfig, TrainConfig, load_config
from training.dataset import Dataset, Filming, joined
from training.extract import extract_folders
from training.fit import fit
from training.labels import CLASSES
from training.mocap import data_hash
from training.model import FusionModel, build
from training.model.older import upgraded
from training.model.presence import PATTERNS, pattern_name
from training.scenes import Recipe

_SCENES = ("acted_", "recorded_")


def git_sha() -> str:
    """Short commit of the working tree, ``unknown`` outside a repository."""
    command = ["git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return result.stdout.strip() or "unknown"


def filmings(config: TrainConfig) -> tuple[Filming, Filming]:
    """How the training and the validation side are filmed."""
    data = config.data
    train = Filming(
        side="train", passes=data.train_passes, seed=config.seed, hop_steps=data.hop_steps,
        recipe=data.recipe, truncate=data.truncate,
    )  # fmt: skip
    validation = Filming(
        side="validation", passes=data.validation_passes, seed=config.seed,
        recipe=Recipe(generated=data.validation_generated),
    )  # fmt: skip
    return train, validation


def gather(config: TrainConfig, side: str, report: Callable[[str], None]) -> Dataset:
    """All windows of one side, ``train`` or ``validation``, drawn from each source by its share.

    Raises:
        FileNotFoundError: the recordings of motion are not there.
        ValueError: the split leaks, or a folder holds no recorded scenes.
    """
    data, train = config.data, side == "train"
    filming = filmings(config)[0 if train else 1]
    parts = [(prepare(filming, report), data.shares.mocap)] if filming.passes else []
    scenes = data.scenes if train else data.validation_scenes
    if scenes:
        acting = Acting(
            side=side, scenes=scenes, cameras=data.cameras, filming=replace(filming, sound=0.7)
        )
        parts.append((prepare_acted(acting, report), data.shares.acted))
    folders = data.recorded if train else data.validation_recorded
    if folders:
        cut = data.truncate if train else 0.0
        recorded = extract_folders(folders, hop_steps=data.hop_steps, truncate=cut)
        parts.append((recorded, data.shares.recorded))
    return joined(
        [replace(part, importance=np.full(len(part), share / len(part))) for part, share in parts]
    )


def toy_data(count: int, seed: int) -> Dataset:
    """Synthetic windows whose pose alone tells the class; for ``--smoke`` and the tests."""
    rng = np.random.default_rng(seed)
    config = WindowConfig()
    shapes = {
        name: tuple(size or 0 for size in shape[1:])
        for name, shape in input_shapes(config.steps).items()
    }
    labels = rng.integers(0, len(CLASSES), count)
    inputs = {name: rng.normal(0, 0.1, (count, *shape)) for name, shape in shapes.items()}
    inputs["pose"][..., 2] = 0.8
    swing = np.sin(np.arange(config.steps) / 3)
    for row, label in enumerate(labels):
        joint = int(label) % 12 + 5
        inputs["pose"][row, :, joint, int(label) // 12] += 1.5 * swing
    inputs["traj"][..., 3] = 1
    inputs["mod"] = np.ones((count, *shapes["mod"]))
    inputs["obj_mask"] = rng.integers(0, 2, (count, *shapes["obj_mask"])).astype(np.float64)
    inputs["mod"][:, 2:] = rng.random((count, 2)) < 0.5
    inputs["aud"] *= inputs["mod"][:, 3, None, None] * np.ones((1, SLOTS, 1))
    return Dataset(
        inputs={name: values.astype(np.float16) for name, values in inputs.items()},
        labels=labels.astype(np.int64),
        subjects=np.array(["toy"] * count),
    )


def _subjects(data: Dataset) -> list[str]:
    """Whose motion it is; acted and recorded scenes are counted, not named."""
    names = set(data.subjects.tolist())
    scenes = Counter(name.split("_")[0] for name in names if name.startswith(_SCENES))
    named = sorted(name for name in names if not name.startswith(_SCENES))
    return [*named, *(f"{count} {kind} scenes" for kind, count in sorted(scenes.items()))]


def run(
    config: TrainConfig, folder: Path, *, smoke: bool, start: Path | None = None
) -> dict[str, float]:
    """Train once; writes ``checkpoint.pt`` and ``run.json`` into ``folder``.

    start: checkpoint whose weights are trained on, None to begin anew.

    Raises:
        ValueError: ``start`` is no checkpoint of this network, or data is wrong.
        FileNotFoundError: the recordings of motion are not there.
    """
    torch.manual_seed(config.seed)
    torch.use_deterministic_algorithms(True)
    folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()

    def report(line: str) -> None:
        if sys.stderr.isatty() or line.startswith("epoch"):
            sys.stderr.write(f"{time.monotonic() - started:6.0f} s  {line}\n")

    if smoke:
        train, validation, data = toy_data(2048, 1), toy_data(512, 2), "toy"
    else:
        train, validation = (gather(config, side, report) for side in ("train", "validation"))
        data = f"{data_hash()}-{recipe_hash(filmings(config)[0])}"
    model = build(config.model, len(CLASSES))
    if start is not None:
        _take_weights(model, start)
    record = _record(config, start, data) | {
        "train_windows": len(train),
        "train_subjects": _subjects(train),
        "validation_subjects": _subjects(validation),
    }

    def keep(network: FusionModel) -> None:
        torch.save({"weights": network.state_dict(), "record": record}, folder / "checkpoint.pt")

    best, measures = fit(
        model, train, validation, config.fit, seed=config.seed, report=report, keep=keep
    )
    temperature = {pattern_name(p): float(best.temperature[p]) for p in range(1, PATTERNS)}
    record |= {"temperature": temperature, **measures}
    keep(best)
    (folder / "run.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return measures


def _record(config: TrainConfig, start: Path | None, data: str) -> dict[str, object]:
    """What a checkpoint says of the run that made it, before its data is counted."""
    return {
        "config": config.model_dump(mode="json"),
        "started_from": str(start) if start else None,
        "name": config.name,
        "labels": list(CLASSES),
        "layout_version": LAYOUT_VERSION,
        "git_sha": git_sha(),
        "data_hash": data,
    }


def _take_weights(model: FusionModel, start: Path) -> None:
    other, _ = load_checkpoint(start)
    try:
        model.load_state_dict(other.state_dict())
    except RuntimeError:
        raise ValueError(
            f"{start}: a network of another form or size; wanted the one of the configuration"
        ) from None
    forget(model)


def load_checkpoint(path: Path) -> tuple[FusionModel, dict[str, object]]:
    """The network of a checkpoint, ready to predict, and the record of its run.

    Raises:
        ValueError: the file is no checkpoint of this project, or is of another feature layout or
            of a form that is not known.
    """
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
        record = stored["record"]
        form = record["config"]["model"]
    except (OSError, KeyError, TypeError, RuntimeError, UnpicklingError):
        raise ValueError(f"{path}: not a checkpoint of training.train") from None
    if record["layout_version"] != LAYOUT_VERSION:
        raise ValueError(
            f"{path}: features of layout {record['layout_version']}, this program makes "
            f"{LAYOUT_VERSION}. Train again: python -m training.train"
        )
    try:
        model = build(ModelConfig.model_validate(form), len(record["labels"]))
    except ValidationError:
        raise ValueError(
            f"{path}: a network of a form that this program does not have: {form}. Use the "
            "version that trained it, or train again: python -m training.train"
        ) from None
    model.load_state_dict(upgraded(stored["weights"]))
    return model.eval(), record


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.train", description=__doc__)
    parser.add_argument("config", type=Path, help="YAML file, such as configs/training/fusion.yaml")
    parser.add_argument("--epochs", type=int, help="instead of the file's")
    parser.add_argument("--smoke", action="store_true", help="synthetic data, a few seconds")
    parser.add_argument("--threads", type=int, default=2, help="fewer where others compute, too")
    parser.add_argument("--start", type=Path, help="go on from this checkpoint's weights")
    parser.add_argument("--out", type=Path, help="folder for the checkpoint (default runs/NAME)")
    options = parser.parse_args(argv)
    torch.set_num_threads(options.threads)
    try:
        config = load_config(options.config)
        if options.epochs:
            fit_config = config.fit.model_copy(update={"epochs": options.epochs})
            config = config.model_copy(update={"fit": fit_config})
        folder = options.out or ROOT / "runs" / config.name
        measures = run(config, folder, smoke=options.smoke, start=options.start)
    except (ConfigError, ValueError, FileNotFoundError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps({"checkpoint": str(folder / "checkpoint.pt"), **measures}) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
