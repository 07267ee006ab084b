"""``python -m training.audio.train CONFIG``: makes and reads the sounds, fits the sound encoder."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
import torch

from settings.errors import ConfigError
from training.audio.clips import CLASSES, ESC10, HUMAN, Clips, Report, made_clips, recorded_clips
from training.audio.config import AudioConfig, AudioFit, load_config
from training.audio.evaluate import measures
from training.audio.fit import fit_encoder, predictor
from training.audio.network import MOST_WEIGHTS, AudioEncoder, weights_of
from training.cache import CACHE, ROOT, code_hash
from training.checkpoint import git_sha

_TEST_SEED = 1_000_000
"""Added to the seed of the clips that are measured on: none of them is ever trained on."""

_SMOKE = {"made": 6, "made_test": 2, "folds": (), "test_folds": ()}


def gather(config: AudioConfig, report: Report) -> tuple[Clips, Clips]:
    """Clips to train on and clips to measure on.

    Raises:
        FileNotFoundError, ValueError: the recordings are not there or not complete.
    """
    data = config.data
    sides = []
    for folds, made, seed in (
        (data.folds, data.made, config.seed),
        (data.test_folds, data.made_test, config.seed + _TEST_SEED),
    ):
        clips = kept_made_clips(made, seed=seed, report=report)
        if folds:
            clips += recorded_clips(folds, names=CLASSES, left_out=data.left_out)
        sides.append(clips)
    return sides[0], sides[1]


def kept_made_clips(count: int, *, seed: int, report: Report) -> Clips:
    """``made_clips`` from the cache, or made now and kept there."""
    scenario = ROOT / "training" / "scenario"
    makers = [
        *(scenario / f"{name}.py" for name in ("mixing", "voices", "speech")),
        ROOT / "training" / "sound_synthesis.py", ROOT / "training" / "audio" / "clips.py",
        ROOT / "recognition" / "sound.py",
    ]  # fmt: skip
    path = CACHE / f"sounds-{count}-{seed}-{code_hash(makers)}.npz"
    if path.is_file():
        with np.load(path) as file:
            return Clips(file["log_mel"].astype(np.float32), file["labels"], CLASSES)
    clips = made_clips(count, seed=seed, report=report)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    with partial.open("wb") as out:
        np.savez(out, log_mel=clips.log_mel.astype(np.float16), labels=clips.labels)
    partial.replace(path)
    return clips


def data_hash(clips: Clips) -> str:
    """Digest of what was trained on."""
    return hashlib.sha256(clips.log_mel.tobytes() + clips.labels.tobytes()).hexdigest()[:16]


def train(config: AudioConfig, folder: Path) -> dict[str, Any]:
    """Train; writes ``checkpoint.pt`` and ``run.json`` into ``folder``; returns the measures.

    Raises:
        ValueError: the network would be too large, or the data is wrong.
        FileNotFoundError: the recordings are not there.
    """
    network = AudioEncoder(len(CLASSES), **config.model.model_dump())
    if (weights := weights_of(network)) > MOST_WEIGHTS:
        raise ValueError(
            f"model.channels: {weights} weights; wanted at most {MOST_WEIGHTS}. Make them smaller"
        )
    folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()

    def report(line: str) -> None:
        sys.stderr.write(f"{time.monotonic() - started:6.0f} s  {line}\n")
        sys.stderr.flush()

    clips, held_back = gather(config, report)

    def look(network: AudioEncoder, step: int, loss: float) -> None:
        right = measures(predictor(network), held_back)["accuracy"] if len(held_back) else 0.0
        report(f"step {step}/{config.fit.steps} loss={loss:.3f} test_accuracy={right:.3f}")

    best = fit_encoder(clips, config, look)
    figures = measures(predictor(best), held_back) if len(held_back) else {}
    record = {
        "name": config.name, "config": config.model_dump(mode="json"), "labels": list(CLASSES),
        "human": list(HUMAN), "weights": weights, "clips": len(clips), "git_sha": git_sha(),
        "data_hash": data_hash(clips), "recordings": ESC10.is_dir(), "measures": figures,
    }  # fmt: skip
    torch.save({"weights": best.state_dict(), "record": record}, folder / "checkpoint.pt")
    (folder / "run.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return figures


def load_encoder(path: Path) -> tuple[AudioEncoder, dict[str, Any]]:
    """The network of a checkpoint, ready to predict, and the record of its run.

    Raises:
        ValueError: the file is no checkpoint of this command.
    """
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
        record: dict[str, Any] = stored["record"]
        network = AudioEncoder(len(record["labels"]), **record["config"]["model"])
        network.load_state_dict(stored["weights"])
    except (OSError, KeyError, TypeError, RuntimeError, UnpicklingError):
        raise ValueError(f"{path}: not a checkpoint of training.audio.train") from None
    return network.eval(), record


def smoke(config: AudioConfig) -> AudioConfig:
    """A few seconds instead of minutes, with made sounds only: it shows that everything runs."""
    data = config.data.model_copy(update=_SMOKE)
    fit = AudioFit(steps=40, batch=16, check_steps=20, ema=0.9)
    return config.model_copy(update={"data": data, "fit": fit})


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.audio.train", description=__doc__)
    parser.add_argument("config", type=Path, help="such as configs/training/audio_encoder.yaml")
    parser.add_argument("--smoke", action="store_true", help="few made sounds, under a minute")
    parser.add_argument("--threads", type=int, default=1, help="more where nobody else computes")
    parser.add_argument("--out", type=Path, help="folder of the run (default runs/NAME)")
    options = parser.parse_args(argv)
    torch.set_num_threads(options.threads)
    try:
        config = load_config(options.config)
        config = smoke(config) if options.smoke else config
        folder = options.out or ROOT / "runs" / config.name
        figures = train(config, folder)
    except (ConfigError, ValueError, FileNotFoundError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps({"checkpoint": str(folder / "checkpoint.pt"), **figures}) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
