"""The fusion network as one ONNX file, checked against the network that it was made of."""

from __future__ import annotations

import json
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
from recognition.layouts import LAYOUTS, SINGLE, Layout
from recognition.windows import WindowConfig
from training.checkpoint import load_checkpoint
from training.model import FusionModel

OUTPUTS = ("logits", "emb", "gate", "uni")
TOLERANCE = 1e-4
BATCHES = (1, 7, 64)
VERSION = "1"
_ORIGINS = {
    "cmu": "CMU (free for all uses)",
    "mhad": "Berkeley MHAD (BSD-2-Clause)",
    "accad": "ACCAD (CC BY 3.0)",
    "acted": "scenes acted by its figures",
    "meeting": "meetings acted by its figures",
    "recorded": "scenes recorded by the program",
    "toy": "synthetic windows",
}
"""What subjects are, by how their names begin."""


def sample_inputs(batch: int, steps: int, seed: int, layout: Layout = SINGLE) -> dict[str, Float]:
    """Random arrays in the shapes of a layout, each modality present in most rows."""
    rng = np.random.default_rng(seed)
    shapes = layout.input_shapes(steps)
    arrays = {
        name: rng.normal(size=(batch, *(size or 0 for size in shape[1:]))).astype(np.float32)
        for name, shape in shapes.items()
    }
    arrays["pose"][..., 2] = rng.uniform(0, 1, arrays["pose"].shape[:-1])
    for name in ("obj_mask", "nei_mask")[: 1 + layout.social]:
        arrays[name] = (rng.random(arrays[name].shape) < 0.5).astype(np.float32)
    arrays["mod"] = (rng.random(arrays["mod"].shape) < 0.7).astype(np.float32)
    return arrays


def export(model: FusionModel, metadata: Mapping[str, str], path: Path, *, steps: int) -> None:
    """Write the network with its weights and metadata into one file; only the batch is free."""
    sample = sample_inputs(2, steps, 0, model.layout)
    example = {name: torch.from_numpy(x) for name, x in sample.items()}
    write_onnx(model, example, path, outputs=OUTPUTS, metadata=metadata)


def differences(model: FusionModel, path: Path, *, steps: int) -> dict[int, float]:
    """Largest |difference of a logit| between torch and ONNX Runtime, by batch size."""
    engine = load_engine(path)
    table = {}
    for batch in BATCHES:
        arrays = sample_inputs(batch, steps, batch, model.layout)
        with torch.no_grad():
            wanted = model(**{name: torch.from_numpy(x) for name, x in arrays.items()})[0].numpy()
        table[batch] = float(np.abs(engine.run(arrays)["logits"] - wanted).max())
    return table


def agrees(table: Mapping[int, float]) -> bool:
    """Whether every difference is below ``TOLERANCE``; one that is no number is not."""
    return all(difference < TOLERANCE for difference in table.values())


def trained_on(record: Mapping[str, Any]) -> str:
    """What taught the network, in words, with the licences of others' recordings."""
    if clips := record.get("config", {}).get("data", {}).get("clips"):
        return f"labelled clips of {', '.join(clips)}"
    kinds = [name.split()[-2] if " " in name else name for name in record["train_subjects"]]
    known = dict.fromkeys(kind.split("_")[0] for kind in kinds)
    return ", ".join(_ORIGINS.get(kind, f"recordings of {kind}") for kind in known)


def metadata_of(record: Mapping[str, Any], steps: int, rate_hz: int) -> dict[str, str]:
    """What the file says about itself; the program checks most of it on load."""
    return {
        "name": str(record["name"]),
        "version": VERSION,
        "layout_version": str(record["layout_version"]),
        "labels": json.dumps(record["labels"]),
        "modalities": json.dumps(LAYOUTS[str(record["layout_version"])].modalities),
        "steps": str(steps),
        "rate_hz": str(rate_hz),
        "git_sha": str(record["git_sha"]),
        "data_hash": str(record["data_hash"]),
        "trained_on": trained_on(record),
        **sound_of(record),
    }


def sound_of(record: Mapping[str, Any]) -> dict[str, str]:
    """Which sound tokens the network takes, and the SHA-256 of the encoder that made them.

    Older records tell of none: they are of bands.
    """
    said = {"sound_tokens": str(record.get("sound_tokens", "bands"))}
    if encoder := record.get("sound_encoder"):
        said["sound_encoder"] = str(encoder)
    return said


def convert(checkpoint: Path, target: Path) -> dict[int, float]:
    """Checkpoint to ONNX; returns the ``differences``, and writes nothing unless it ``agrees``.

    A ``manifest.yaml`` beside the file gets its line.

    Raises:
        EngineError: the checkpoint is unusable.
    """
    model, record = load_checkpoint(checkpoint)
    window = WindowConfig()
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / target.name
        named = {**record, "name": target.stem}  # as the program and its events call it
        export(model, metadata_of(named, window.steps, window.rate_hz), made, steps=window.steps)
        table = differences(model, made, steps=window.steps)
        if agrees(table):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(made.read_bytes())
            if target.with_name("manifest.yaml").is_file():
                list_model(target, data=trained_on(record))
    return table
