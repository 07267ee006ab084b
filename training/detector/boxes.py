"""Cells of the detector's three grids, and boxes made from and compared with what they say."""

from __future__ import annotations

import functools

import torch
from torch import Tensor

from training.detector.network import STRIDES


@functools.cache
def cells(width: int, height: int, device: str = "cpu") -> Tensor:
    """(N, 3) float32: column, row and stride of every cell of an input of that size."""
    grids = []
    for stride in STRIDES:
        rows, columns = torch.meshgrid(
            torch.arange(height // stride), torch.arange(width // stride), indexing="ij"
        )
        grids.append(torch.stack([columns, rows, torch.full_like(rows, stride)], -1).flatten(0, 1))
    return torch.cat(grids).float().to(device)


def decode(values: Tensor, grid: Tensor) -> Tensor:
    """Boxes (..., N, 4) x1 y1 x2 y2 px of the first four values of cells (..., N, V).

    Centre = (value + cell) * stride, size = exp(value) * stride (YOLOX, yolo_head.py).
    """
    centre = (values[..., :2] + grid[:, :2]) * grid[:, 2:]
    half = values[..., 2:4].clamp(max=8.0).exp() * grid[:, 2:] / 2
    return torch.cat([centre - half, centre + half], dim=-1)


def pairwise_iou(first: Tensor, second: Tensor) -> Tensor:
    """(..., G, N) of boxes (..., G, 4) and (..., N, 4)."""
    a, b = first[..., :, None, :], second[..., None, :, :]
    size = (torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])).clamp(0)
    both = size[..., 0] * size[..., 1]
    return both / (area(a) + area(b) - both).clamp(min=1e-6)


def giou(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """IoU and generalised IoU (Rezatofighi et al., 2019) of boxes (N, 4) pair by pair."""
    low = torch.maximum(first[:, :2], second[:, :2])
    high = torch.minimum(first[:, 2:], second[:, 2:])
    both = (high - low).clamp(0).prod(dim=1)
    union = (area(first) + area(second) - both).clamp(min=1e-6)
    hull_low = torch.minimum(first[:, :2], second[:, :2])
    hull_high = torch.maximum(first[:, 2:], second[:, 2:])
    hull = (hull_high - hull_low).prod(dim=1).clamp(min=1e-6)
    iou = both / union
    return iou, iou - (hull - union) / hull


def area(boxes: Tensor) -> Tensor:
    """(...) px of boxes (..., 4)."""
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def suppress(boxes: Tensor, scores: Tensor, *, iou: float, most: int = 100) -> Tensor:
    """Rows (K,) that greedy non-maximum suppression keeps, best first."""
    order = scores.argsort(descending=True)[:1000]
    overlap = pairwise_iou(boxes[order], boxes[order]) > iou
    alive = torch.ones(len(order), dtype=torch.bool)
    kept = []
    for row in range(len(order)):
        if alive[row]:
            kept.append(row)
            alive &= ~overlap[row]
            if len(kept) == most:
                break
    return order[kept]
