"""What the detector is fitted to: boxes, objectness and classes of the answering cells."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from training.detector.assignment import assign
from training.detector.boxes import cells, decode, giou

_BOX_WEIGHT = 5.0
_THING_WEIGHT = 2.5
"""A person has many answering cells, a small thing one or two; without this, things learn late."""


def detection_loss(
    output: Tensor, truth: Tensor, classes: Tensor, ignored: Tensor, *, size: tuple[int, int]
) -> tuple[Tensor, dict[str, float]]:
    """Loss of a batch and its parts.

    output: (B, N, 14) of the network while training. truth: (B, G, 4) px, padded by rows of zeros.
    classes: (B, G). ignored: (B, I, 4) px, regions of which nobody knows what is in them: cells
    there are never told that they are empty. size: width, height of the input.
    """
    output = output.float()
    grid = cells(*size, str(output.device))
    boxes = decode(output[..., :4], grid)
    found = assign(output[..., 4:].detach(), boxes.detach(), truth, classes, grid)
    count = max(len(found.cell), 1)
    rows = output[found.picture, found.cell]
    _, overlap = giou(boxes[found.picture, found.cell], truth[found.picture, found.truth])
    kinds = classes[found.picture, found.truth]
    named = functional.one_hot(kinds, output.shape[-1] - 5) * (0.5 + 0.5 * found.iou[:, None])
    weight = 1.0 + (_THING_WEIGHT - 1.0) * (kinds > 0)
    box = (weight * (1 - overlap)).sum() / count
    kind = functional.binary_cross_entropy_with_logits(
        rows[:, 5:], named, weight=weight[:, None], reduction="sum"
    )
    wanted = torch.zeros_like(output[..., 4])
    wanted[found.picture, found.cell] = 1.0
    known = (~_within(ignored, grid)).float()
    known[found.picture, found.cell] = weight
    thing = functional.binary_cross_entropy_with_logits(
        output[..., 4], wanted, weight=known, reduction="sum"
    )
    total = _BOX_WEIGHT * box + (kind + thing) / count
    parts = {"box": float(box.detach()), "class": float(kind.detach()) / count}
    return total, {**parts, "object": float(thing.detach()) / count}


def _within(regions: Tensor, grid: Tensor) -> Tensor:
    """Whether the centre of each cell is in any region: (B, N)."""
    at = (grid[:, :2] + 0.5) * grid[:, 2:]
    inside = (at > regions[..., None, :2]) & (at < regions[..., None, 2:])
    return inside.all(dim=-1).any(dim=1)
