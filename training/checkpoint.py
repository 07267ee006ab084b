"""The file that a training run leaves: weights, and the record of how they came about."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from pydantic import ValidationError

from engines.errors import EngineError
from recognition.layouts import LAYOUTS
from training.cache import ROOT
from training.config import ModelConfig
from training.model import FusionModel, build
from training.model.older import upgraded


def git_sha() -> str:
    """Short commit of the program, with ``-dirty`` where it was changed since.

    ``unknown`` outside a repository.
    """
    command = [
        "git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=12", "--exclude", "*"
    ]  # fmt: skip
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return result.stdout.strip() or "unknown"


def save(content: Mapping[str, object], path: Path) -> None:
    """Write tensors and plain values; a broken-off write leaves the older file as it was."""
    unfinished = path.with_suffix(".part")
    torch.save(dict(content), unfinished)
    unfinished.replace(path)


def load_checkpoint(path: Path) -> tuple[FusionModel, dict[str, Any]]:
    """The network of a checkpoint, ready to predict, and the record of its run.

    Raises:
        EngineError: the file is no checkpoint of this project, or is of another feature layout or
            of a form that is not known.
    """
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
        record = stored["record"]
        form = record["config"]["model"]
    except FileNotFoundError:
        raise EngineError(f"{path}: no such file; wanted a checkpoint of edgeact train") from None
    except (OSError, EOFError, KeyError, TypeError, RuntimeError, UnpicklingError):
        raise EngineError(f"{path}: not a checkpoint of edgeact train") from None
    if record["layout_version"] not in LAYOUTS:
        raise EngineError(
            f"{path}: features of layout {record['layout_version']}, this program makes "
            f"{', '.join(LAYOUTS)}. Train again: edgeact train CONFIG"
        )
    try:
        model = build(ModelConfig.model_validate(form), len(record["labels"]))
        model.load_state_dict(upgraded(stored["weights"]))
    except (ValidationError, RuntimeError):  # the second: weights of another build of that form
        raise EngineError(
            f"{path}: a network of a form that this program does not have: {form}. Use the "
            "version that trained it, or train again: edgeact train CONFIG"
        ) from None
    return model.eval(), record
