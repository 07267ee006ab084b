"""Fits what turns the network's answers into probabilities, on windows that it has not learnt."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from training.model import FusionModel
from training.model.late import LateFusion, Stacker
from training.model.presence import pattern_bits, patterns

Ask = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""Indices of windows (N,) and the modalities to leave in (M,): logits (N, C), uni (N, M, C)."""

_LEAST_WINDOWS = 100
_MOST_WINDOWS = 3000  # for each pattern; a single number is known well enough from that many
_STACKER_DECAY = 1e-3
_BOUNDS = (0.25, 4.0)


def _minimise(parameters: list[Tensor], loss_of: Callable[[], Tensor], steps: int) -> None:
    lbfgs = torch.optim.LBFGS(parameters, max_iter=steps, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        lbfgs.zero_grad()
        loss = loss_of()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    lbfgs.step(closure)  # type: ignore[no-untyped-call]


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """Temperature with the least cross-entropy (Guo et al. 2017): logits (N, C), labels (N,)."""
    log_t = torch.zeros(1, requires_grad=True)
    _minimise([log_t], lambda: functional.cross_entropy(logits / log_t.exp(), labels), 60)
    return float(log_t.detach().exp().clamp(*_BOUNDS))


def fit_stacker(late: LateFusion, uni: Tensor, mod: Tensor, labels: Tensor) -> Stacker:
    """Weights of the unimodal answers uni (N, M, C), by which modalities are present: mod (N, M).

    Every window counts once for each pattern, with only the modalities that the two share, so that
    the weights of patterns that hardly occur are fitted, too. A small decay draws all weights to
    the plain average.
    """
    modalities = mod.shape[1]
    count = patterns(modalities)
    average = Stacker.average(*uni.shape[1:])
    weights = Stacker(*(value.clone().requires_grad_() for value in average))
    shown = torch.cat([(mod > 0.5) & kept for kept in pattern_bits(modalities)[1:].bool()])
    rows = torch.arange(len(mod)).repeat(count - 1)
    drawn = _some(torch.nonzero(shown.any(dim=1)).flatten(), _MOST_WINDOWS * count)
    rows, shown = rows[drawn], shown[drawn]

    def loss() -> Tensor:
        logits = late.stacked(uni[rows], shown, weights)
        far = [((w - a) ** 2).sum() for w, a in zip(weights, average, strict=True)]
        decay = _STACKER_DECAY * torch.stack(far).sum()
        return functional.cross_entropy(logits, labels[rows]) + decay

    _minimise(list(weights), loss, 100)
    return Stacker(*(value.detach() for value in weights))


def forget(model: FusionModel) -> None:
    """Undo ``calibrate``: all temperatures one, the plain average in late fusion."""
    model.temperature.fill_(1.0)
    model.uni_temperature.fill_(1.0)
    if isinstance(model.fusion, LateFusion):
        model.fusion.take(Stacker.average(*model.fusion.by_class.shape))


def calibrate(model: FusionModel, ask: Ask, mod: Tensor, labels: Tensor) -> None:
    """Set the stacker of late fusion and a temperature for each pattern of presence.

    ask: answers of ``model`` as it is at that moment. mod: (N, M). labels: (N,).
    A pattern is fitted on the windows that have all its modalities, the others taken away; where
    fewer than 100 have them, it gets the temperature of all windows as they are.
    """
    forget(model)
    modalities = mod.shape[1]
    everything = torch.ones(modalities)
    logits, uni = ask(torch.arange(len(labels)), everything)
    if isinstance(model.fusion, LateFusion):
        model.fusion.take(fit_stacker(model.fusion, uni, mod, labels))
        logits, _ = ask(torch.arange(len(labels)), everything)
    overall = fit_temperature(logits, labels)
    temperatures = torch.full((patterns(modalities), 1), overall)
    for pattern, bits in enumerate(pattern_bits(modalities)):
        rows = _some(torch.nonzero((mod >= bits).all(dim=1)).flatten(), _MOST_WINDOWS)
        if pattern and len(rows) >= _LEAST_WINDOWS:
            temperatures[pattern] = fit_temperature(ask(rows, bits)[0], labels[rows])
    for m in range(modalities):
        rows = torch.nonzero(mod[:, m] > 0.5).flatten()
        if len(rows) >= _LEAST_WINDOWS:
            model.uni_temperature[m] = fit_temperature(uni[rows, m], labels[rows])
    model.temperature.copy_(temperatures)


def _some(rows: Tensor, most: int) -> Tensor:
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(0))
    return rows[order[:most]]
