"""Fits the group head: every class as often, members left out at random, averaged weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from sklearn.metrics import confusion_matrix, f1_score
from torch import Tensor
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from recognition.groups import EMBEDDING
from training.fit import schedule
from training.group.config import GroupConfig, GroupFit
from training.group.network import GroupHead
from training.group.scenes import BACKGROUND, CLASSES

Clusters = tuple[Tensor, Tensor, Tensor, Tensor]
"""Members (G, 16, 149), mask (G, 16), labels (G,), parts (G, 16): who takes part."""

Look = Callable[[GroupHead, int, float], None]
"""Gets the averaged network, the step, and the mean loss since the last look."""

_SMOOTHING = 0.05  # a head that is sure of everything tells no events apart by their scores
_PART_WEIGHT = 1.0  # of who takes part, beside what is done


def thinned(
    members: Tensor, mask: Tensor, parts: Tensor, fit: GroupFit, draws: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Clusters some of whose members were not seen, or were seen and not looked at.

    As COMPOSER's actor dropout (Zhou et al., 2022): no single member may be what tells a group.
    Never are all but one left out, nor so many that fewer than three of a group remain.
    """
    kept = mask * (torch.rand(mask.shape, generator=draws) >= fit.actor_dropout)
    few = (kept.sum(dim=1) < 2) | ((kept * parts).sum(dim=1) < parts.sum(dim=1).clamp(max=3))
    kept = torch.where(few[:, None], mask, kept)
    blind = torch.rand(mask.shape, generator=draws) < fit.emb_dropout
    emb = torch.where(blind[..., None], 0.0, members[..., :EMBEDDING])
    return torch.cat([emb, members[..., EMBEDDING:]], dim=-1), kept


def loss_of(answers: tuple[Tensor, Tensor], labels: Tensor, parts: Tensor, mask: Tensor) -> Tensor:
    """What is done, by cross-entropy; and who takes part in it, where anything is done."""
    logits, part = answers
    what = functional.cross_entropy(logits, labels, label_smoothing=_SMOOTHING)
    who = functional.binary_cross_entropy_with_logits(
        torch.where(mask > 0, part, 0.0), parts, reduction="none"
    )
    asked = mask * (labels != BACKGROUND)[:, None]
    return what + _PART_WEIGHT * (who * asked).sum() / asked.sum().clamp(min=1)


def fit_head(train: Clusters, config: GroupConfig, look: Look) -> GroupHead:
    """Fit from scratch; returns the network of averaged weights, ready to predict."""
    torch.manual_seed(config.seed)
    fit, (members, mask, labels, parts) = config.fit, train
    network = GroupHead(len(CLASSES), **config.model.model_dump()).train()
    follow = get_ema_multi_avg_fn(fit.ema)  # type: ignore[no-untyped-call]
    average = AveragedModel(network, multi_avg_fn=follow)
    optimizer = torch.optim.AdamW(network.parameters(), lr=fit.lr, weight_decay=fit.weight_decay)
    draws = torch.Generator().manual_seed(config.seed)
    count = torch.bincount(labels, minlength=len(CLASSES)).clamp(min=1)
    weights, losses = 1 / count[labels].double(), []
    for step in range(fit.steps):
        for group in optimizer.param_groups:
            group["lr"] = fit.lr * schedule(step, fit.steps)
        rows = torch.multinomial(weights, fit.batch, replacement=True, generator=draws)
        seen, there = thinned(members[rows], mask[rows], parts[rows], fit, draws)
        loss = loss_of(network(seen, there), labels[rows], parts[rows], there)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        average.update_parameters(network)
        losses.append(float(loss.detach()))
        if (step + 1) % fit.check_steps == 0 or step + 1 == fit.steps:
            look(_averaged(average), step + 1, float(np.mean(losses)))
            losses = []
    return _averaged(average)


def _averaged(average: AveragedModel) -> GroupHead:
    network = average.module.eval()
    assert isinstance(network, GroupHead)
    return network


def measures(network: GroupHead, clusters: Clusters) -> dict[str, Any]:
    """Macro-F1, F1 of each class, and the confusions, over single seconds of clusters.

    Beside them, the F1 of members of groups who are told to take part; None without any group.
    """
    members, mask, labels, parts = clusters
    with torch.no_grad():
        logits, part = network(members, mask)
    answers = logits.argmax(dim=1).numpy()
    asked = (mask > 0) & (labels != BACKGROUND)[:, None]
    known = range(len(CLASSES))
    each = f1_score(labels, answers, labels=known, average=None, zero_division=0)
    wrong = confusion_matrix(labels, answers, labels=known)
    np.fill_diagonal(wrong, 0)
    return {
        "clusters": len(labels),
        "macro_f1": round(float(np.mean(each)), 4),
        "part_f1": _part_f1(parts[asked], part[asked]),
        "f1": {name: round(float(f1), 3) for name, f1 in zip(CLASSES, each, strict=True)},
        "confused": {
            f"{CLASSES[row]} for {CLASSES[column]}": int(wrong[row, column])
            for row, column in np.argwhere(wrong)
        },
    }


def _part_f1(parts: Tensor, said: Tensor) -> float | None:
    """Of members (N,): who takes part, and the logits of what was said."""
    if not len(parts):
        return None
    return round(float(f1_score(parts > 0, said > 0, zero_division=0)), 4)
