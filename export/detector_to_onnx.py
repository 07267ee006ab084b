"""``python -m export.detector_to_onnx CHECKPOINT``: the detector as one ONNX file, checked."""

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
from training.detector.evaluate import INPUT, NAMES
from training.detector.network import YoloxNano
from training.detector.train import load_detector

MODELS = Path(__file__).resolve().parents[1] / "engines" / "models"
INPUT_NAME, OUTPUT_NAME = "images", "output"
TOLERANCE = 1e-3
BATCHES = (1, 3, 8)
LARGEST_BYTES = 2_500_000
TRAINED_ON = (
    "begun with YOLOX-nano's weights (Apache-2.0; COCO 2017); rendered people moved by CMU "
    "(free for all uses), Berkeley MHAD (BSD-2-Clause), ACCAD (CC BY 3.0); boxes of YOLOX-nano and "
    "RTMDet-nano on clips under CC BY 4.0 and in the public domain; see nano_detector.md"
)


def export(network: YoloxNano, path: Path, metadata: Mapping[str, str]) -> None:
    """Write the network into one file, weights as halves; only the batch is free."""
    example = {INPUT_NAME: torch.zeros(2, 3, INPUT[1], INPUT[0])}
    write_onnx(network, example, path, outputs=[OUTPUT_NAME], metadata=metadata, halves=True)


def largest_difference(network: YoloxNano, path: Path) -> float:
    """Largest difference of a value between torch and ONNX Runtime over several batch sizes."""
    engine = load_engine(path)
    worst = 0.0
    for batch in BATCHES:
        rng = np.random.default_rng(batch)
        pictures = rng.uniform(0, 1, (batch, 3, INPUT[1], INPUT[0])).astype(np.float32)
        with torch.no_grad():
            wanted = network.eval()(torch.from_numpy(pictures)).numpy()
        given = engine.run({INPUT_NAME: pictures})[OUTPUT_NAME]
        worst = max(worst, float(np.abs(given - wanted).max()))
    return worst


def convert(checkpoint: Path, target: Path) -> float:
    """Checkpoint to ONNX; returns the largest difference of a value.

    Raises:
        ValueError: the checkpoint is unusable, the file would be too large, or torch and ONNX
            Runtime disagree; nothing is written then.
    """
    network, record = load_detector(checkpoint)
    network = network.half().float()  # the weights as the file will hold them
    metadata = {
        "name": target.stem, "labels": json.dumps(NAMES),
        "training": json.dumps(record, sort_keys=True),
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / target.name
        export(network, made, metadata)
        content = made.read_bytes()
        if len(content) >= LARGEST_BYTES:
            raise ValueError(
                f"{checkpoint}: {len(content)} bytes; wanted less than {LARGEST_BYTES}. "
                "Choose a smaller network"
            )
        worst = largest_difference(network, made)
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
    parser = argparse.ArgumentParser(prog="python -m export.detector_to_onnx", description=__doc__)
    parser.add_argument("checkpoint", type=Path, help="checkpoint.pt of training.detector.train")
    parser.add_argument("--out", type=Path, default=MODELS / "nano_detector.onnx")
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
