"""Fits the fusion network: sampling, loss, averaged weights, early stop, calibration."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from recognition.layouts import SINGLE
from settings.errors import ConfigError
from training.answers import Windows, ask, macro_f1, on, predict
from training.augment import augment
from training.average import Average
from training.calibration import calibrate
from training.config import FitConfig
from training.dataset import Sides
from training.model import FusionModel
from training.processes import ALONE, Processes

Report = Callable[[str], None]
State = Mapping[str, Any]
"""Of a run that was broken off: what going on needs."""


def draw_weights(
    labels: Tensor, balance: float, boost: Mapping[str, float],
    importance: npt.NDArray[np.float64] | None = None, classes: Sequence[str] = SINGLE.classes,
) -> Tensor:  # fmt: skip
    """Weight of each window in the draw: its class's count to the power of minus ``balance``.

    boost: factor by class; classes: their names in the order of the labels. importance: (N,)
    factor by window; None for 1.
    """
    count = torch.bincount(labels, minlength=len(classes)).clamp(min=1).double()
    weight = count**-balance * torch.tensor([boost.get(name, 1.0) for name in classes]).double()
    return weight[labels] * (1.0 if importance is None else torch.from_numpy(importance))


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


def shared_batch(config: FitConfig, processes: int) -> int:
    """How much of a batch each process takes.

    Raises:
        ConfigError: it cannot be shared out evenly.
    """
    if config.batch % processes:
        raise ConfigError(
            [f"fit.batch: {config.batch} windows; wanted a multiple of the {processes} processes"]
        )
    return config.batch // processes


def _mixed(*numbers: int) -> int:
    """One seed of several numbers."""
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


class Fitting:
    """A network on its way: itself, its average, its optimiser, and how far they have come.

    epoch: epochs done. best, best_epoch: validation macro-F1 of the best network so far, and when.
    kept: the weights of that network's average.
    """

    def __init__(
        self, model: FusionModel, config: FitConfig, *, seed: int, processes: Processes
    ) -> None:
        self._config, self._seed, self._processes = config, seed, processes
        self.model = model.to(processes.device)
        self._spread = processes.spread(self.model)
        self.average = Average(self.model, config.ema)
        self._optimizer = optimiser(self.model, config)
        self._share = shared_batch(config, processes.count)
        self._windows = config.epoch_windows - config.epoch_windows % processes.count
        steps = config.epochs * math.ceil(self._windows / processes.count / self._share)
        self._scheduler = torch.optim.lr_scheduler.LambdaLR(
            self._optimizer, lambda step: schedule(step, steps)
        )
        self.epoch, self.best, self.best_epoch = 0, -1.0, 0
        self.kept = copy.deepcopy(self.average.model.state_dict())

    @property
    def finished(self) -> bool:
        """Whether all epochs are done, or too many since the best one."""
        config = self._config
        return self.epoch >= config.epochs or self.epoch - self.best_epoch >= config.patience

    @property
    def lr(self) -> float:
        """The learning rate of the next step."""
        return float(self._scheduler.get_last_lr()[0])

    def train_epoch(self, windows: Windows, weights: Tensor) -> float:
        """One epoch of weighted draws; returns the mean loss."""
        processes, config = self._processes, self._config
        self.model.train()
        # By epoch, not by what came before, so that a resumed run draws what it would have drawn.
        drawing = torch.Generator().manual_seed(_mixed(1, self._seed, self.epoch))
        changing = torch.Generator().manual_seed(_mixed(2, self._seed, self.epoch, processes.rank))
        torch.manual_seed(_mixed(3, self._seed, self.epoch, processes.rank))
        drawn = torch.multinomial(weights, self._windows, replacement=True, generator=drawing)
        batches = torch.split(drawn[processes.rank :: processes.count], self._share)
        losses = []
        hidden = None if processes.first else True  # None: shown where people look
        for index in tqdm(batches, desc=f"epoch {self.epoch + 1}", disable=hidden, leave=False):
            batch = on(processes.device, augment(windows.rows(index), changing))
            labels = windows.labels[index].to(processes.device)
            cuda = processes.device.type == "cuda"
            with torch.autocast(processes.device.type, dtype=torch.bfloat16, enabled=cuda):
                loss = loss_of(self._spread(**batch), labels, batch["mod"], config)
            self._optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self._optimizer.step()
            self._scheduler.step()
            self.average.update(self.model)
            losses.append(float(loss.detach()))
        self.epoch += 1
        return float(np.mean(losses))

    def judge(self, score: float) -> bool:
        """Take note of the average's score; whether it is the best so far."""
        if score <= self.best + 1e-3:
            return False
        self.best, self.best_epoch = score, self.epoch
        self.kept = copy.deepcopy(self.average.model.state_dict())
        return True

    def state(self) -> dict[str, Any]:
        """What going on needs."""
        return {
            "epoch": self.epoch, "best": self.best, "best_epoch": self.best_epoch,
            "kept": self.kept, "weights": self.model.state_dict(),
            "average": self.average.state(), "optimizer": self._optimizer.state_dict(),
            "scheduler": self._scheduler.state_dict(),
        }  # fmt: skip

    def take(self, state: State) -> None:
        """Go on from a ``state`` of the same configuration."""
        self.epoch, self.best_epoch = int(state["epoch"]), int(state["best_epoch"])
        self.best, self.kept = float(state["best"]), state["kept"]
        self.model.load_state_dict(state["weights"])
        self.average.take(state["average"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._scheduler.load_state_dict(state["scheduler"])


@dataclass(frozen=True, kw_only=True)
class Listener:
    """Who is told how a run goes.

    report: a line for people. keep: each network that is the best so far, so that a broken-off run
    is not lost. scalars: figures by name, and the epoch that they are of. save: what going on
    needs, after every epoch.
    """

    report: Report = lambda _: None
    keep: Callable[[FusionModel], None] = lambda _: None
    scalars: Callable[[Mapping[str, float], int], None] = lambda _, __: None
    save: Callable[[State], None] = lambda _: None


NOBODY = Listener()


def fit(
    model: FusionModel, sides: Sides, config: FitConfig, *, seed: int,
    listener: Listener = NOBODY, processes: Processes = ALONE, state: State | None = None,
) -> tuple[FusionModel, dict[str, float]]:  # fmt: skip
    """Fit until validation macro-F1 stops growing.

    sides: to train on and to validate on. state: of a broken-off run, from which this one goes on;
    None begins anew.

    Returns the best averaged network, calibrated on validation, and its measures there.

    Raises:
        ConfigError: the processes cannot share a batch.
    """
    train, validation, classes = sides
    windows, held_back = Windows(train), Windows(validation)
    weights = draw_weights(windows.labels, config.balance, config.boost, train.importance, classes)
    fitting = Fitting(model, config, seed=seed, processes=processes)
    if state is not None:
        fitting.take(state)
    began, first = monotonic(), fitting.epoch
    while not fitting.finished:
        lr, loss = fitting.lr, fitting.train_epoch(windows, weights)
        processes.check_equal(model)
        network = fitting.average.model
        score = processes.of_first(
            macro_f1(validation.labels, predict(network, held_back)[0]) if processes.first else 0.0
        )
        if fitting.judge(score):
            listener.keep(network)
        listener.save(fitting.state())
        figures = {"train/loss": loss, "train/lr": lr, "validation/macro_f1": score}
        listener.scalars(figures, fitting.epoch)
        left = (monotonic() - began) / (fitting.epoch - first) * (config.epochs - fitting.epoch)
        listener.report(
            f"epoch {fitting.epoch}/{config.epochs} loss={loss:.3f} val_macro_f1={score:.4f} "
            f"left={left / 60:.1f} min"
        )
    chosen = fitting.average.model.cpu()
    chosen.load_state_dict(fitting.kept)
    if processes.first:
        mod = held_back.inputs["mod"].float()
        calibrate(chosen, partial(ask, chosen, held_back), mod, held_back.labels)
    return chosen, {"validation_macro_f1": fitting.best, "epoch": fitting.best_epoch}
