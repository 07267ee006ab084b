"""``python -m export.to_onnx CHECKPOINT``: the fusion network as one ONNX file, checked."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from engines.load import load_engine
from export.listing import list_model
from export.single_file import write_onnx
from recognition.frames import Float
from recognition.fusion_input import MODALITIES, input_shapes
from recognition.windows import WindowConfig
from training.model import FusionModel
from training.train import load_checkpoint

OUTPUTS = ("logits", "emb", "gate", "uni")
TOLERANCE = 1e-4
BATCHES = (1, 7, 64)
MODELS = Path(__file__).resolve().parents[1] / "engines" / "models"
VERSION = "1"
TRAINED_ON = (
    "CMU (free for all uses), Berkeley MHAD (BSD-2-Clause), ACCAD (CC BY 3.0); see fusion.md"
)


def sample_inputs(batch: int, steps: int, seed: int) -> dict[str, Float]:
    """Random arrays in the shapes of ``fusion_input``, each modality present in most rows."""
    rng = np.random.default_rng(seed)
    shapes = input_shapes(steps)
    arrays = {
        name: rng.normal(size=(batch, *(size or 0 for size in shape[1:]))).astype(np.float32)
        for name, shape in shapes.items()
    }
    arrays["pose"][..., 2] = rng.uniform(0, 1, arrays["pose"].shape[:-1])
    arrays["obj_mask"] = (rng.random(arrays["obj_mask"].shape) < 0.5).astype(np.float32)
    arrays["mod"] = (rng.random(arrays["mod"].shape) < 0.7).astype(np.float32)
    return arrays


def export(model: FusionModel, metadata: Mapping[str, str], path: Path, *, steps: int) -> None:
    """Write the network with its weights and metadata into one file; only the batch is free."""
    example = {name: torch.from_numpy(x) for name, x in sample_inputs(2, steps, 0).items()}
    write_onnx(model, example, path, outputs=OUTPUTS, metadata=metadata)


def largest_difference(model: FusionModel, path: Path, *, steps: int) -> float:
    """Largest |difference of a logit| between torch and ONNX Runtime over several batch sizes."""
    engine = load_engine(path)
    worst = 0.0
    for batch in BATCHES:
        arrays = sample_inputs(batch, steps, batch)
        with torch.no_grad():
            wanted = model(**{name: torch.from_numpy(x) for name, x in arrays.items()})[0].numpy()
        worst = max(worst, float(np.abs(engine.run(arrays)["logits"] - wanted).max()))
    return worst


def metadata_of(record: Mapping[str, object], steps: int, rate_hz: int) -> dict[str, str]:
    """What the file says about itself; the program checks layout_version and labels on load."""
    return {
        "name": str(record["name"]),
        "version": VERSION,
        "layout_version": str(record["layout_version"]),
        "labels": json.dumps(record["labels"]),
        "modalities": json.dumps(MODALITIES),
        "steps": str(steps),
        "rate_hz": str(rate_hz),
        "git_sha": str(record["git_sha"]),
        "data_hash": str(record["data_hash"]),
    }


def convert(checkpoint: Path, target: Path) -> float:
    """Checkpoint to ONNX; returns the largest difference of a logit.

    Raises:
        ValueError: the checkpoint is unusable, or torch and ONNX Runtime disagree; nothing is
            written then.
    """
    model, record = load_checkpoint(checkpoint)
    window = WindowConfig()
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / target.name
        named = {**record, "name": target.stem}  # as the program and its events call it
        export(model, metadata_of(named, window.steps, window.rate_hz), made, steps=window.steps)
        worst = largest_difference(model, made, steps=window.steps)
        if not worst < TOLERANCE:
            raise ValueError(
                f"{checkpoint}: ONNX Runtime differs from torch by {worst:.2e} in a logit; "
                f"wanted less than {TOLERANCE}. Nothing was written."
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(made.read_bytes())
    return worst


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m export.to_onnx", description=__doc__)
    parser.add_argument("checkpoint", type=Path, help="checkpoint.pt of training.train")
    parser.add_argument("--out", type=Path, default=MODELS / "fusion.onnx")
    options = parser.parse_args(argv)
    try:
        worst = convert(options.checkpoint, options.out)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    entry = list_model(options.out, data=TRAINED_ON)
    sys.stdout.write(json.dumps({**entry, "largest_difference": worst}) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
