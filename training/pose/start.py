"""Weights that a training run begins with: of an earlier run, or of an exported network."""

from __future__ import annotations

from pathlib import Path
from pickle import UnpicklingError

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from training.pose.network import PoseNet

_HALF = "_half"
"""What the exporter adds to the name of a weight that is stored as a 16-bit float."""


def begin_with(path: Path, model: PoseNet, pictures: Tensor) -> None:
    """Give ``model`` the weights of a checkpoint, or of an exported network (.onnx).

    pictures: (B, 3, 128, 96) such as it will be trained on.

    Raises:
        ValueError: the file is neither, or a network of another size.
    """
    if path.suffix == ".onnx":
        exported_weights(path, model, pictures)
        return
    network, _ = load_checkpoint(path)
    try:
        model.load_state_dict(network.state_dict())
    except RuntimeError:
        raise ValueError(f"{path}: a network of another size than the run's `model` says") from None


def load_checkpoint(path: Path) -> tuple[PoseNet, dict[str, object]]:
    """The network of a finished or broken-off run, ready to predict, and the record of its run.

    Raises:
        ValueError: the file is no checkpoint of this command.
    """
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
        record = stored.get("record") or {"config": stored["config"], "steps": stored["step"]}
        model = PoseNet(**record["config"]["model"])
        model.load_state_dict(stored.get("average") or stored["weights"])
    except (OSError, KeyError, TypeError, AttributeError, RuntimeError, UnpicklingError):
        raise ValueError(f"{path}: not a checkpoint of training.pose.train") from None
    return model.eval(), record


def exported_weights(path: Path, model: PoseNet, pictures: Tensor) -> None:
    """Give ``model`` the weights of a network that ``export.pose_to_onnx`` wrote.

    An exported convolution holds its batch norm. Here the two part again: the norm's statistics
    are those of ``pictures`` (B, 3, 128, 96), its scale and shift undo them, so that the model
    computes what the exported network does, and goes on learning as if it had never been one.

    Raises:
        ValueError: the file is no such network, or one of another size.
    """
    try:
        stored = {
            tensor.name.removesuffix(_HALF): torch.from_numpy(
                numpy_helper.to_array(tensor).astype(np.float32)
            )
            for tensor in onnx.load(str(path)).graph.initializer
        }
        with torch.no_grad():
            _plain_weights(stored, model)
            _part(stored, model, pictures)
    except (OSError, KeyError, RuntimeError, StopIteration, ValueError) as error:
        raise ValueError(
            f"{path}: not a pose network of this size as export.pose_to_onnx writes it: {error}"
        ) from None


def _plain_weights(stored: dict[str, Tensor], model: PoseNet) -> None:
    """What export leaves as it is, and the two interpolations, which it transposes."""
    for name, weight in model.named_parameters():
        if name in stored:
            weight.copy_(stored[name])
    for layer in (model.fine_x, model.fine_y):
        wanted = (layer.in_features, layer.out_features)
        layer.weight.copy_(next(x.T for x in stored.values() if tuple(x.shape) == wanted))


def _part(stored: dict[str, Tensor], model: PoseNet, pictures: Tensor) -> None:
    """Part every convolution from its batch norm, from the first to the last."""
    hooks = []
    for name, layer in model.named_modules():
        if not (isinstance(layer, nn.Sequential) and isinstance(layer[0], nn.Conv2d)):
            continue
        norm = layer[1]
        assert isinstance(norm, nn.BatchNorm2d)
        shift = stored[f"{name}.0.bias"]

        def undo(norm: nn.Module, inputs: tuple[Tensor, ...], shift: Tensor = shift) -> None:
            assert isinstance(norm, nn.BatchNorm2d)
            assert norm.running_mean is not None
            assert norm.running_var is not None
            mean, var = inputs[0].mean(dim=(0, 2, 3)), inputs[0].var(dim=(0, 2, 3))
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(var)
            norm.weight.copy_(torch.sqrt(var + norm.eps))
            norm.bias.copy_(shift + mean)

        hooks.append(norm.register_forward_pre_hook(undo))
    model.eval()
    model(pictures)
    for hook in hooks:
        hook.remove()
