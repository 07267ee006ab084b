"""``python -m export.audio_to_onnx CHECKPOINT``: the sound encoder as one ONNX file, checked."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engines.load import load_engine
from export.listing import list_model
from export.single_file import write_onnx
from recognition.frames import Float
from recognition.sound import BANDS
from recognition.sound_tokens import PATCH_COLUMNS
from training.audio.clips import SILENCE
from training.audio.network import AudioEncoder
from training.audio.train import load_encoder

MODELS = Path(__file__).resolve().parents[1] / "engines" / "models"
INPUT = "log_mel"
OUTPUTS = ("tokens", "logits")
TOLERANCE = 1e-4
BATCHES = (1, 7, 64)
TRAINED_ON = (
    "clips of ESC-10 (CC BY 3.0; their sources CC0 or CC BY, credited in NOTICE) and sounds made "
    "by this project; see audio_encoder.md"
)


def sample_input(batch: int, seed: int) -> Float:
    """Random log-mel patches (B, 1, 64, 96) between silence and loud sound."""
    rng = np.random.default_rng(seed)
    patches: Float = rng.uniform(SILENCE, 2, (batch, 1, BANDS, PATCH_COLUMNS)).astype(np.float32)
    return patches


def differences(network: AudioEncoder, path: Path) -> dict[int, float]:
    """Largest difference of an output between torch and ONNX Runtime, by batch size."""
    engine = load_engine(path)
    table = {}
    for batch in BATCHES:
        sound = sample_input(batch, batch)
        with torch.no_grad():
            wanted = network.eval()(torch.from_numpy(sound))
        given = engine.run({INPUT: sound})
        table[batch] = max(
            float(np.abs(given[name] - values.numpy()).max())
            for name, values in zip(OUTPUTS, wanted, strict=True)
        )
    return table


def metadata_of(record: Mapping[str, Any], name: str) -> dict[str, str]:
    """What the file says about itself; ``sound_tokens`` names the tokens that it makes."""
    return {
        "name": name,
        "sound_tokens": "audio_encoder",
        "labels": json.dumps(record["labels"]),
        "human": json.dumps(record["human"]),
        "git_sha": str(record["git_sha"]),
        "data_hash": str(record["data_hash"]),
        "training": json.dumps(record["config"], sort_keys=True),
    }


def convert(checkpoint: Path, target: Path) -> dict[int, float]:
    """Checkpoint to ONNX; returns the largest difference of an output by batch size.

    Raises:
        ValueError: the checkpoint is unusable, or torch and ONNX Runtime disagree; nothing is
            written then.
    """
    network, record = load_encoder(checkpoint)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / target.name
        write_onnx(
            network, {INPUT: torch.from_numpy(sample_input(2, 0))}, made,
            outputs=OUTPUTS, metadata=metadata_of(record, target.stem),
        )  # fmt: skip
        table = differences(network, made)
        if not max(table.values()) < TOLERANCE:
            raise ValueError(
                f"{checkpoint}: ONNX Runtime differs from torch by {max(table.values()):.2e}; "
                f"wanted less than {TOLERANCE}. Nothing was written."
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(made.read_bytes())
    return table


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m export.audio_to_onnx", description=__doc__)
    parser.add_argument("checkpoint", type=Path, help="checkpoint.pt of training.audio.train")
    parser.add_argument("--out", type=Path, default=MODELS / "audio_encoder.onnx")
    options = parser.parse_args(argv)
    try:
        table = convert(options.checkpoint, options.out)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    entry = list_model(options.out, data=TRAINED_ON)
    sys.stdout.write(json.dumps({**entry, "largest_difference": table}) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
