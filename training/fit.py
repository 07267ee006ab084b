"""Fits the fusion network: sampling, loss, averaged weights, early stop, calibration."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from sklearn.metrics import f1_score
from torch import Tensor, nn
from torch.nn import functional

from recognition.frames import Float
from recognition.fusion_input import MODALITIES
from training.augment import Batch, augment
from training.calibration import calibrate
from training.config import FitConfig
from training.dataset import INPUTS, Dataset
from training.labels import CLASSES
from training.model import FusionModel

Report = Callable[[str], None]


class Windows:
    """A data set as tensors. Rows are widened to float32 when they are drawn."""

    def __init__(self, data: Dataset) -> None:
        self.inputs = {name: torch.from_numpy(data.inputs[name]) for name in INPUTS}
        self.labels = torch.from_numpy(data.labels)

    def rows(self, index: Tensor) -> Batch:
        """The arrays of some windows."""
        return {name: values[index].float() for name, values in self.inputs.items()}


def draw_weights(labels: Tensor, balance: float, boost: dict[str, float]) -> Tensor:
    """Weight of each window in the draw: its class's count to the power of minus ``balance``.

    Raises:
        ValueError: ``boost`` names an unknown class.
    """
    if unknown := set(boost) - set(CLASSES):
        raise ValueError(f"boost: unknown classes {sorted(unknown)}; wanted some of {CLASSES}")
    count = torch.bincount(labels, minlength=len(CLASSES)).clamp(min=1).double()
    weight = count**-balance * torch.tensor([boost.get(name, 1.0) for name in CLASSES]).double()
    return weight[labels]


def loss_of(
    outputs: tuple[Tensor, Tensor, Tensor, Tensor], labels: Tensor, mod: Tensor, config: FitConfig
) -> Tensor:
    """Cross-entropy of the fused answer plus that of each present modality alone."""
    logits, _, _, uni = outputs
    total = functional.cross_entropy(logits, labels, label_smoothing=config.smoothing)
    alone = functional.cross_entropy(
        uni.flatten(0, 1), labels.repeat_interleave(uni.shape[1]), reduction="none"
    ).reshape(mod.shape)
    return total + config.uni_weight * (alone * mod).sum(dim=1).mean()


class Average:
    """Exponential moving average of a network's weights and statistics."""

    def __init__(self, model: FusionModel, decay: float) -> None:
        self.model = copy.deepcopy(model).eval()
        self._decay = decay
        self._steps = 0

    def update(self, model: nn.Module) -> None:
        """Take in the weights after a step; early steps count more."""
        self._steps += 1
        decay = min(self._decay, (1 + self._steps) / (10 + self._steps))
        with torch.no_grad():
            own = self.model.state_dict()
            for name, value in model.state_dict().items():
                if value.dtype.is_floating_point:
                    own[name].lerp_(value, 1 - decay)
                else:
                    own[name].copy_(value)


_UNDECAYED = {"null", "place", "bottleneck", "adjacency"}
"""Parts of a parameter's name that say that zero is nothing to be drawn to."""


def optimiser(model: nn.Module, config: FitConfig) -> torch.optim.Optimizer:
    """AdamW, without decay on norms, biases, learned tokens and adjacency."""
    decayed: list[nn.Parameter] = []
    free: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        kept = parameter.ndim <= 1 or _UNDECAYED & set(name.split("."))
        (free if kept else decayed).append(parameter)
    groups = [
        {"params": decayed, "weight_decay": config.weight_decay},
        {"params": free, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.lr)


def schedule(step: int, steps: int) -> float:
    """Factor on the learning rate: 5 % warm-up, then a cosine to one thousandth."""
    warm = max(1, steps // 20)
    if step < warm:
        return (step + 1) / warm
    return 0.001 + 0.999 * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def ask(model: nn.Module, windows: Windows, rows: Tensor, kept: Tensor) -> tuple[Tensor, Tensor]:
    """Logits (N, C) and unimodal logits (N, M, C) of some windows (N,).

    kept: (M,) 0 for modalities that are taken away from all of them, else 1.
    """
    model.eval()
    fused, alone = [], []
    with torch.no_grad():
        for index in torch.split(rows, 512):
            batch = windows.rows(index)
            logits, _, _, uni = model(**{**batch, "mod": batch["mod"] * kept})
            fused.append(logits)
            alone.append(uni)
    return torch.cat(fused), torch.cat(alone)


def predict(model: nn.Module, windows: Windows) -> tuple[Float, Float]:
    """Logits (N, C) and unimodal logits (N, M, C) of a whole data set."""
    everything = torch.arange(len(windows.labels)), torch.ones(len(MODALITIES))
    logits, uni = ask(model, windows, *everything)
    return logits.numpy(), uni.numpy()


def macro_f1(labels: npt.NDArray[np.int64], logits: Float) -> float:
    """Macro-F1 over the classes that occur in ``labels``."""
    present = np.unique(labels)
    return float(
        f1_score(labels, logits.argmax(axis=1), labels=present, average="macro", zero_division=0)
    )


def train_epoch(
    model: FusionModel,
    average: Average,
    draws: tuple[Windows, Tensor],
    config: FitConfig,
    steering: tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler],
    generator: torch.Generator,
) -> float:
    """One epoch of weighted draws; returns the mean loss."""
    windows, weights = draws
    optimizer, scheduler = steering
    model.train()
    losses = []
    drawn = torch.multinomial(weights, config.epoch_windows, replacement=True, generator=generator)
    for index in torch.split(drawn, config.batch):
        batch = augment(windows.rows(index), generator)
        loss = loss_of(model(**batch), windows.labels[index], batch["mod"], config)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        average.update(model)
        losses.append(float(loss.detach()))
    return float(np.mean(losses))


def fit(
    model: FusionModel, train: Dataset, validation: Dataset, config: FitConfig, *, seed: int,
    report: Report, keep: Callable[[FusionModel], None] = lambda _: None,
) -> tuple[FusionModel, dict[str, float]]:  # fmt: skip
    """Fit until validation macro-F1 stops growing.

    keep: called with each network that is the best so far, so that a broken-off run is not lost.

    Returns the best averaged network, calibrated on validation, and its measures there.
    """
    generator = torch.Generator().manual_seed(seed)
    windows, held_back = Windows(train), Windows(validation)
    weights = draw_weights(windows.labels, config.balance, config.boost)
    if train.importance is not None:
        weights = weights * torch.from_numpy(train.importance)
    optimizer = optimiser(model, config)
    steps = config.epochs * math.ceil(config.epoch_windows / config.batch)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: schedule(step, steps))
    average = Average(model, config.ema)
    best, best_epoch, kept = -1.0, 0, average.model.state_dict()
    for epoch in range(1, config.epochs + 1):
        loss = train_epoch(
            model, average, (windows, weights), config, (optimizer, scheduler), generator
        )
        score = macro_f1(validation.labels, predict(average.model, held_back)[0])
        if score > best + 1e-3:
            best, best_epoch = score, epoch
            kept = copy.deepcopy(average.model.state_dict())
            keep(average.model)
        report(f"epoch {epoch}/{config.epochs} loss={loss:.3f} val_macro_f1={score:.4f}")
        if epoch - best_epoch >= config.patience:
            break
    chosen = average.model
    chosen.load_state_dict(kept)
    mod = held_back.inputs["mod"].float()
    calibrate(chosen, partial(ask, chosen, held_back), mod, held_back.labels)
    return chosen, {"validation_macro_f1": best, "epoch": best_epoch}
