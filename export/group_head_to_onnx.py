"""``python -m export.group_head_to_onnx CHECKPOINT``: the group head as one ONNX file, checked."""

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
from recognition.groups import EMBEDDING, MEMBER_SIZE, MOST_MEMBERS
from training.group.network import GroupHead
from training.group.train import load_head

MODELS = Path(__file__).resolve().parents[1] / "engines" / "models"
OUTPUTS = ("logits", "part")
TOLERANCE = 1e-4
BATCHES = (1, 7, 64)
_TAUGHT = ("seed", "data", "model", "fit")
TRAINED_ON = (
    "scenes acted by this project's figures, moved by CMU (free for all uses), Berkeley MHAD "
    "(BSD-2-Clause), ACCAD (CC BY 3.0); embeddings of the fusion model beside it; see group_head.md"
)


def sample_inputs(batch: int, seed: int) -> dict[str, Float]:
    """Random clusters of two to sixteen members, whose embeddings have a length of about 1."""
    rng = np.random.default_rng(seed)
    members = rng.normal(size=(batch, MOST_MEMBERS, MEMBER_SIZE)).astype(np.float32)
    members[..., :EMBEDDING] /= np.float32(EMBEDDING**0.5)
    count = rng.integers(2, MOST_MEMBERS + 1, (batch, 1))
    return {"members": members, "mask": (np.arange(MOST_MEMBERS) < count).astype(np.float32)}


def differences(network: GroupHead, path: Path) -> dict[int, float]:
    """Largest difference of a logit, of either output, of torch and ONNX Runtime by batch size."""
    engine = load_engine(path)
    table = {}
    for batch in BATCHES:
        inputs = sample_inputs(batch, batch)
        with torch.no_grad():
            wanted = network(**{name: torch.from_numpy(x) for name, x in inputs.items()})
        said = engine.run(inputs)
        table[batch] = max(
            float(np.abs(said[name] - values.numpy()).max())
            for name, values in zip(OUTPUTS, wanted, strict=True)
        )
    return table


def metadata_of(record: Mapping[str, Any], name: str) -> dict[str, str]:
    """What the file says about itself; the program checks ``fusion_sha256`` on load.

    Of the run, what made the weights what they are: not where files were.
    """
    taught = {key: value for key, value in record["config"].items() if key in _TAUGHT}
    return {
        "name": name,
        "labels": json.dumps(record["labels"]),
        "fusion_sha256": str(record["fusion_sha256"]),
        "git_sha": str(record["git_sha"]),
        "data_hash": str(record["data_hash"]),
        "training": json.dumps(taught, sort_keys=True),
    }


def convert(checkpoint: Path, target: Path) -> dict[int, float]:
    """Checkpoint to ONNX; returns the largest difference of a logit by batch size.

    Raises:
        ValueError: the checkpoint is unusable, or torch and ONNX Runtime disagree; nothing is
            written then.
    """
    network, record = load_head(checkpoint)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / target.name
        example = {name: torch.from_numpy(x) for name, x in sample_inputs(2, 0).items()}
        write_onnx(
            network, example, made, outputs=OUTPUTS, metadata=metadata_of(record, target.stem)
        )
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
    parser = argparse.ArgumentParser(
        prog="python -m export.group_head_to_onnx", description=__doc__
    )
    parser.add_argument("checkpoint", type=Path, help="checkpoint.pt of training.group.train")
    parser.add_argument("--out", type=Path, default=MODELS / "group_head.onnx")
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
