"""What a fusion network says of windows, and how much of it is right."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from sklearn.metrics import f1_score
from torch import Tensor, nn

from recognition.frames import Float
from training.augment import Batch
from training.dataset import Dataset


class Windows:
    """A data set as tensors. Rows are widened to float32 when they are drawn."""

    def __init__(self, data: Dataset) -> None:
        self.inputs = {name: torch.from_numpy(values) for name, values in data.inputs.items()}
        self.labels = torch.from_numpy(data.labels)

    def rows(self, index: Tensor) -> Batch:
        """The arrays of some windows."""
        return {name: values[index].float() for name, values in self.inputs.items()}


def on(device: torch.device, batch: Batch) -> Batch:
    """A batch on the device that computes."""
    return {name: values.to(device, non_blocking=True) for name, values in batch.items()}


def ask(model: nn.Module, windows: Windows, rows: Tensor, kept: Tensor) -> tuple[Tensor, Tensor]:
    """Logits (N, C) and unimodal logits (N, M, C) of some windows (N,).

    kept: (M,) 0 for modalities that are taken away from all of them, else 1.
    """
    model.eval()
    device = next(model.parameters()).device
    fused, alone = [], []
    with torch.no_grad():
        for index in torch.split(rows, 512):
            batch = windows.rows(index)
            logits, _, _, uni = model(**on(device, {**batch, "mod": batch["mod"] * kept}))
            fused.append(logits.cpu())
            alone.append(uni.cpu())
    return torch.cat(fused), torch.cat(alone)


def predict(model: nn.Module, windows: Windows) -> tuple[Float, Float]:
    """Logits (N, C) and unimodal logits (N, M, C) of a whole data set."""
    everything = torch.arange(len(windows.labels)), torch.ones(windows.inputs["mod"].shape[1])
    logits, uni = ask(model, windows, *everything)
    return logits.numpy(), uni.numpy()


def macro_f1(labels: npt.NDArray[np.int64], logits: Float) -> float:
    """Macro-F1 over the classes that occur in ``labels``."""
    present = np.unique(labels)
    return float(
        f1_score(labels, logits.argmax(axis=1), labels=present, average="macro", zero_division=0)
    )
