"""Fits the sound encoder to clips: patches drawn anew at every step, averaged weights."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from recognition.frames import Float
from training.audio.augment import augment, magnitudes, shares_of, stretch_columns
from training.audio.clips import CLIP_COLUMNS, Clips
from training.audio.config import AudioAugment, AudioConfig, AudioFit
from training.audio.evaluate import Predict, loud_columns
from training.audio.network import AudioEncoder
from training.fit import schedule


class Draws:
    """Draws batches of augmented patches; every class as often as any other.

    A stretch is cut where it holds some of its clip's sound, see ``loud_columns``.
    """

    def __init__(self, clips: Clips, config: AudioAugment, *, seed: int) -> None:
        self._sound = magnitudes(torch.from_numpy(clips.log_mel))
        self._labels = torch.from_numpy(clips.labels)
        self._classes = len(clips.names)
        self._config = config
        self._length = stretch_columns(config.speed)
        loud = torch.from_numpy(loud_columns(clips.log_mel)).float()
        self._starts = functional.max_pool1d(loud[:, None], self._length, stride=1)[:, 0]
        count = torch.bincount(self._labels, minlength=self._classes)
        self._weights = 1 / count[self._labels].double()
        self._generator = torch.Generator().manual_seed(seed)

    def batch(self, size: int) -> tuple[Tensor, Tensor]:
        """Log-mel (B, 1, 64, 96) and shares of the classes (B, C)."""
        rows = torch.multinomial(self._weights, size, replacement=True, generator=self._generator)
        starts = torch.multinomial(self._starts[rows], 1, generator=self._generator)
        columns = (starts + torch.arange(self._length)).clamp(max=CLIP_COLUMNS - 1)
        shares = shares_of(self._labels[rows], self._classes)
        return augment(self._sound[rows[:, None], columns], shares, self._config, self._generator)


def optimiser(network: nn.Module, fit: AudioFit) -> torch.optim.Optimizer:
    """AdamW without decay on norms and biases."""
    decayed = [weight for weight in network.parameters() if weight.ndim > 1]
    free = [weight for weight in network.parameters() if weight.ndim <= 1]
    groups = [
        {"params": decayed, "weight_decay": fit.weight_decay},
        {"params": free, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=fit.lr)


def fit_encoder(
    clips: Clips, config: AudioConfig, look: Callable[[AudioEncoder, int, float], None]
) -> AudioEncoder:
    """Fit from scratch; ``look`` gets the averaged network, the step and the mean loss."""
    torch.manual_seed(config.seed)
    fit = config.fit
    network = AudioEncoder(len(clips.names), **config.model.model_dump()).train()
    follow = get_ema_multi_avg_fn(fit.ema)  # type: ignore[no-untyped-call]
    average = AveragedModel(network, multi_avg_fn=follow, use_buffers=True)
    optimizer, draws = optimiser(network, fit), Draws(clips, config.augment, seed=config.seed)
    losses: list[float] = []
    for step in range(fit.steps):
        for group in optimizer.param_groups:
            group["lr"] = fit.lr * schedule(step, fit.steps)
        sound, shares = draws.batch(fit.batch)
        loss = functional.cross_entropy(network(sound)[1], shares)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        average.update_parameters(network)
        losses.append(float(loss.detach()))
        if (step + 1) % fit.check_steps == 0 or step + 1 == fit.steps:
            look(_averaged(average), step + 1, float(np.mean(losses)))
            losses = []
    return _averaged(average)


def _averaged(average: AveragedModel) -> AudioEncoder:
    network = average.module.eval()
    assert isinstance(network, AudioEncoder)
    return network


def predictor(network: AudioEncoder) -> Predict:
    """The network's logits for arrays."""

    def predict(sound: Float) -> Float:
        with torch.no_grad():
            logits: Float = network(torch.from_numpy(sound))[1].numpy()
        return logits

    return predict
