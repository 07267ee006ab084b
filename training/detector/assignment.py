"""Which cells answer for which box: SimOTA (Ge et al., YOLOX, 2021), a whole batch at once."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from training.detector.boxes import pairwise_iou

_RADIUS = 2.5
_CANDIDATES = 10
_IOU_WEIGHT = 3.0
_FAR = 1e5
_NEVER = 1e9


@dataclass(frozen=True, slots=True)
class Assignment:
    """picture, cell, truth: (F,) indices of each answering cell; iou: (F,) of its present box."""

    picture: Tensor
    cell: Tensor
    truth: Tensor
    iou: Tensor


@torch.no_grad()
def assign(
    logits: Tensor, boxes: Tensor, truth: Tensor, classes: Tensor, grid: Tensor
) -> Assignment:
    """Match cells with boxes by cost.

    logits: (B, N, 10) objectness and classes. boxes: (B, N, 4) as predicted, px. truth: (B, G, 4)
    px; rows of area 0 are padding. classes: (B, G). grid: (N, 3) from ``boxes.cells``.
    """
    real = (truth[..., 2] > truth[..., 0]) & (truth[..., 3] > truth[..., 1])
    inside, central = _near(truth, grid)
    candidate = (inside | central) & real[..., None]
    iou = pairwise_iou(truth, boxes) * candidate
    cost = _class_cost(logits, classes) - _IOU_WEIGHT * torch.log(iou + 1e-8)
    cost = cost + _FAR * ~(inside & central)
    cost = cost.masked_fill(~candidate, _NEVER)
    best = iou.topk(min(_CANDIDATES, iou.shape[-1]), dim=-1).values
    wanted = best.sum(dim=-1).int().clamp(min=1)
    order = cost.topk(_CANDIDATES, dim=-1, largest=False).indices
    taken = torch.arange(_CANDIDATES, device=cost.device) < wanted[..., None]
    match = torch.zeros_like(candidate).scatter_(-1, order, taken) & candidate
    # A cell that several boxes want goes to the one for which it is cheapest.
    cheapest = cost.masked_fill(~match, 2 * _NEVER).argmin(dim=1)
    picture, cell = match.any(dim=1).nonzero(as_tuple=True)
    chosen = cheapest[picture, cell]
    return Assignment(picture, cell, chosen, iou[picture, chosen, cell])


def _near(truth: Tensor, grid: Tensor) -> tuple[Tensor, Tensor]:
    """Whether each cell's centre is in each box, and in the square round its centre: (B, G, N)."""
    at = (grid[:, :2] + 0.5) * grid[:, 2:]
    low, high = truth[..., None, :2], truth[..., None, 2:]
    inside = ((at > low) & (at < high)).all(dim=-1)
    middle = (low + high) / 2
    central = ((at - middle).abs() < _RADIUS * grid[:, 2:]).all(dim=-1)
    return inside, central


def _class_cost(logits: Tensor, classes: Tensor) -> Tensor:
    """Cross-entropy (B, G, N) of each cell's class scores if it answered for each box."""
    score = (logits[..., 1:].sigmoid() * logits[..., :1].sigmoid()).sqrt().clamp(1e-6, 1 - 1e-6)
    absent = torch.log(1 - score)
    gain = torch.log(score) - absent
    picked = gain.transpose(1, 2).gather(1, classes[..., None].expand(-1, -1, score.shape[1]))
    return -(absent.sum(dim=-1)[:, None] + picked)
