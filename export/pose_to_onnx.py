"""``python -m export.pose_to_onnx CHECKPOINT``: the pose network as one ONNX file, checked."""

from __future__ import annotations

import argparse
import copy
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from engines.load import load_engine
from export.listing import list_model
from export.pose_features import add_features
from export.single_file import write_onnx
from recognition.skeleton import JOINTS
from training.pose.network import INPUT, PoseNet
from training.pose.start import load_checkpoint

MODELS = Path(__file__).resolve().parents[1] / "engines" / "models"
OUTPUTS = ("simcc_x", "simcc_y")
TOLERANCE = 1e-4
BATCHES = (1, 3, 8)
LARGEST_BYTES = 2_500_000
TRAINED_ON = (
    "rendered people moved by CMU (free for all uses), Berkeley MHAD (BSD-2-Clause), ACCAD "
    "(CC BY 3.0); teachers' labels on clips under CC BY 4.0 and in the public domain; see "
    "nano_pose.md"
)


def export(model: PoseNet, path: Path, metadata: Mapping[str, str]) -> None:
    """Write the network into one file, weights as halves; only the batch is free."""
    example = {"image": torch.zeros(2, 3, INPUT[1], INPUT[0])}
    write_onnx(model, example, path, outputs=OUTPUTS, metadata=metadata, halves=True)
    written = onnx.load(str(path))
    add_features(written)
    path.write_bytes(written.SerializeToString())


def as_stored(model: PoseNet) -> PoseNet:
    """The network as the file will hold it: batch norms inside convolutions, 16-bit weights."""
    plain = copy.deepcopy(model).eval()
    for block in plain.modules():
        if not (isinstance(block, nn.Sequential) and isinstance(block[0], nn.Conv2d)):
            continue
        norm = block[1]
        assert isinstance(norm, nn.BatchNorm2d)
        block[0], block[1] = fuse_conv_bn_eval(block[0], norm), nn.Identity()
    return plain.half().float()


def largest_difference(model: PoseNet, path: Path) -> float:
    """Largest difference of an output, 0..1, between torch and ONNX Runtime over batch sizes."""
    engine = load_engine(path)
    worst = 0.0
    for batch in BATCHES:
        rng = np.random.default_rng(batch)
        image = rng.uniform(-1, 1, (batch, 3, INPUT[1], INPUT[0])).astype(np.float32)
        with torch.no_grad():
            wanted = model(torch.from_numpy(image))
        given = engine.run({"image": image})
        for name, values in zip(OUTPUTS, wanted, strict=True):
            worst = max(worst, float(np.abs(given[name] - values.numpy()).max()))
    return worst


def convert(checkpoint: Path, target: Path) -> float:
    """Checkpoint to ONNX; returns the largest difference of an output.

    Raises:
        ValueError: the checkpoint is unusable, the file would be too large, or torch and ONNX
            Runtime disagree; nothing is written then.
    """
    model, record = load_checkpoint(checkpoint)
    model = as_stored(model)
    metadata = {
        "name": target.stem,
        "joints": json.dumps(JOINTS),
        "training": json.dumps(record, sort_keys=True),
    }
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / target.name
        export(model, made, metadata)
        content = made.read_bytes()
        if len(content) >= LARGEST_BYTES:
            raise ValueError(
                f"{checkpoint}: {len(content)} bytes; wanted less than {LARGEST_BYTES}. "
                "Make model.channels smaller"
            )
        worst = largest_difference(model, made)
        if not worst < TOLERANCE:
            raise ValueError(
                f"{checkpoint}: ONNX Runtime differs from torch by {worst:.2e}; wanted less than "
                f"{TOLERANCE}. Nothing was written."
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return worst


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m export.pose_to_onnx", description=__doc__)
    parser.add_argument("checkpoint", type=Path, help="checkpoint.pt of training.pose.train")
    parser.add_argument("--out", type=Path, default=MODELS / "nano_pose.onnx")
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
