"""Weights that a training run begins with: of an earlier run, or of an exported network."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from engines.errors import EngineError
from engines.load import load_engine
from training.answers import Windows
from training.calibration import forget
from training.checkpoint import load_checkpoint
from training.config import ModelConfig
from training.dataset import Dataset
from training.model import FusionModel, build

_WINDOWS = 256
"""By which the batch norms of an exported network, folded into its convolutions, are told."""
_AGREES = 2e-3
_OF_CLASSES = {"head", "heads", "uni", "by_class", "bias", "by_pattern"}
"""Last parts of a network that are about its classes: heads, and the stacker of ``late``."""


def take_weights(
    model: FusionModel, start: Path, config: ModelConfig, classes: Sequence[str], data: Dataset
) -> None:
    """Give ``model`` the weights of a checkpoint or an exported network (.onnx), uncalibrated.

    Where that one tells other classes, the heads stay as they are, untrained: what it knows of
    people, things and sound serves new actions. data: windows such as it will be trained on.

    Raises:
        EngineError: the file is neither, or a network of another form or size.
    """
    if start.suffix == ".onnx":
        other, known = exported(start, config, data)
    else:
        other, record = load_checkpoint(start)
        known = tuple(record["labels"])
    weights = other.state_dict()
    if known != tuple(classes):
        weights = {name: value for name, value in weights.items() if not _of_classes(name)}
    try:
        strange = model.load_state_dict(weights, strict=False)
    except RuntimeError:
        raise _misfit(start) from None
    if strange.unexpected_keys or not all(map(_of_classes, strange.missing_keys)):
        raise _misfit(start)
    forget(model)


def exported(path: Path, config: ModelConfig, data: Dataset) -> tuple[FusionModel, tuple[str, ...]]:
    """The network that ``edgeact export`` wrote, as one that learns on, and its classes.

    An exported convolution holds its batch norm. Here the two part again: the norm's statistics
    are those of ``data``, its scale and shift undo them, so that the network computes what the
    file does and goes on learning as if it had never been one. That is checked.

    Raises:
        EngineError: the file is no such network, or is of another form or size.
    """
    engine = load_engine(path)
    try:
        labels = tuple(map(str, json.loads(engine.metadata["labels"])))
    except (KeyError, ValueError):
        raise EngineError(f"{path}: not a network of edgeact export; it names no labels") from None
    model = build(config, len(labels))
    batch = Windows(data).rows(torch.arange(min(_WINDOWS, len(data))))
    try:
        with torch.no_grad():
            _copy(_stored(path), model)
            _part(_stored(path), model, batch)
            made = model(**batch)[0].numpy()
        wanted = engine.run({name: values.numpy() for name, values in batch.items()})["logits"]
    except (KeyError, RuntimeError, StopIteration, ValueError, TypeError):
        raise _misfit(path) from None
    if (worst := float(np.abs(made - wanted).max())) > _AGREES:
        raise EngineError(
            f"{path}: its weights cannot be taken up again, logits differ by {worst:.1e}; give "
            "the checkpoint that it was exported from"
        )
    return model, labels


def _misfit(start: Path) -> EngineError:
    return EngineError(
        f"{start}: a network of another form or size; wanted the one of the configuration's "
        f"`model`{'; or give the checkpoint of its run' if start.suffix == '.onnx' else ''}"
    )


def _of_classes(name: str) -> bool:
    """Whether a weight's name says that it is about classes, and not inside an encoder."""
    parts = name.split(".")
    return parts[0] != "fusion" or parts[1] in _OF_CLASSES


def _stored(path: Path) -> dict[str, Tensor]:
    """All constants of a graph that are arrays of real numbers, by name, in its order."""
    arrays = {one.name: numpy_helper.to_array(one) for one in onnx.load(path).graph.initializer}
    return {
        name: torch.from_numpy(array.astype(np.float32))
        for name, array in arrays.items()
        if array.dtype.kind == "f" and array.ndim
    }


def _copy(stored: dict[str, Tensor], model: FusionModel) -> None:
    """Everything but the batch norms.

    The exporter keeps most names. Matrices of plain layers and learned tokens it renames and turns,
    and leaves in the order of the graph, which is that of the model.
    """
    norms = {f"{name}.{part}" for name, _ in _convolutions(model) for part in ("weight", "bias")}
    wanted = {
        name: value
        for name, value in (*model.named_parameters(), ("temperature", model.temperature))
        if name not in norms
    }
    free = {name: value for name, value in stored.items() if not name.endswith("_bias")}
    for name in wanted.keys() & free.keys():
        wanted.pop(name).copy_(free.pop(name))
    for value in wanted.values():
        found, fitting = next(
            (name, turned)
            for name, one in free.items()
            for turned in _turned(one)
            if turned.shape == value.shape
        )
        value.copy_(fitting)
        del free[found]


def _turned(value: Tensor) -> Iterable[Tensor]:
    """An array as a layer may have had it; a matrix, square ones too, is stored turned."""
    plain = value.squeeze()
    turned = (value.T,) if value.ndim == 2 else ()
    return (*turned, value, plain, plain[None])


def _convolutions(model: FusionModel) -> list[tuple[str, str]]:
    """Names of the batch norms, and of the convolution before each."""
    return [
        (f"{name}.1", f"{name}.0")
        for name, layer in model.named_modules()
        if isinstance(layer, nn.Sequential)
        and len(layer) > 1
        and isinstance(layer[0], nn.Conv1d | nn.Conv2d)
        and isinstance(layer[1], nn.BatchNorm1d | nn.BatchNorm2d)
    ]


def _part(stored: dict[str, Tensor], model: FusionModel, batch: dict[str, Tensor]) -> None:
    """Part every convolution from its batch norm, from the first to the last."""
    hooks = []
    for norm, convolution in _convolutions(model):
        shift = stored[f"{convolution}.weight_bias"]

        def undo(norm: nn.Module, inputs: tuple[Tensor, ...], shift: Tensor = shift) -> None:
            assert isinstance(norm, nn.BatchNorm1d | nn.BatchNorm2d)
            assert norm.running_mean is not None
            assert norm.running_var is not None
            over = [axis for axis in range(inputs[0].ndim) if axis != 1]
            mean, var = inputs[0].mean(dim=over), inputs[0].var(dim=over)
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(var)
            norm.weight.copy_(torch.sqrt(var + norm.eps))
            norm.bias.copy_(shift + mean)

        hooks.append(model.get_submodule(norm).register_forward_pre_hook(undo))
    model.eval()
    model(**batch)
    for hook in hooks:
        hook.remove()
