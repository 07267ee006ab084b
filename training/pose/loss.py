"""What the pose network is fitted to: where the joints are, and how well it will find them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from training.pose.network import INPUT

SIGMAS = torch.tensor(
    [.026, .025, .025, .035, .035, .079, .079, .072, .072, .062, .062, .107, .107, .087, .087,
     .089, .089]
)  # fmt: skip
"""Spread of human annotators by joint, in person sizes (COCO keypoint evaluation)."""

WEIGHTS = torch.tensor([1.0] * 7 + [1.2, 1.2, 1.5, 1.5, 1.0, 1.0, 1.2, 1.2, 1.5, 1.5])
"""Weight of each joint's place: the ends of limbs are the hardest (Sun et al., CVPR 2019)."""

ABSENT, HIDDEN, SEEN, UNKNOWN = 0, 1, 2, -1
"""Visibility of a joint; unknown ones (teachers disagree) take no part in the loss."""


def similarity(points: Tensor, truth: Tensor, size: Tensor) -> Tensor:
    """Object keypoint similarity of each joint (B, 17), 0..1.

    points: (B, 17, 2) px. truth: (B, 17, 3) px, px, visibility. size: (B,) square root of the
    person's area, px.
    """
    squared = (points - truth[..., :2]).square().sum(dim=2)
    spread = (2 * SIGMAS.to(points.device) * size[:, None]).square()
    return torch.exp(-squared / (2 * spread))


def peaks(along_x: Tensor, along_y: Tensor) -> Tensor:
    """Places of the highest bins, (B, 17, 2) px."""
    return torch.stack([along_x.argmax(dim=2), along_y.argmax(dim=2)], dim=2).float()


def place_loss(logits: Tensor, at: Tensor, spread_px: float) -> Tensor:
    """Kullback-Leibler divergence (B, 17) from a Gaussian round ``at`` (B, 17) to the logits."""
    bins = torch.arange(logits.shape[2], device=logits.device)
    wanted = torch.softmax(-0.5 * ((bins - at[..., None]) / spread_px).square(), dim=2)
    given = torch.log_softmax(logits, dim=2)
    return functional.kl_div(given, wanted, reduction="none").sum(dim=2)


def pose_loss(
    outputs: tuple[Tensor, Tensor, Tensor], truth: Tensor, size: Tensor, *, spread_px: float,
    hidden_weight: float, score_weight: float,
) -> Tensor:  # fmt: skip
    """Loss of a batch.

    outputs: of ``PoseNet.logits``. truth: (B, 17, 3) px of the input, px, visibility. size: (B,)
    px of the input.

    The score learns the similarity that the joint will have with the truth, and zero where there
    is no joint in the crop; its mean over a person is then the expected OKS.
    """
    along_x, along_y, score = outputs
    visibility = truth[..., 2]
    weight = (visibility == SEEN).float() + hidden_weight * (visibility == HIDDEN).float()
    weight = weight * WEIGHTS.to(weight.device)
    limit = torch.tensor(INPUT, device=truth.device) - 1
    at = torch.minimum(truth[..., :2].clamp(min=0), limit)
    off = place_loss(along_x, at[..., 0], spread_px) + place_loss(along_y, at[..., 1], spread_px)
    place = (off * weight).sum() / weight.sum().clamp(min=1)
    with torch.no_grad():
        reached = similarity(peaks(along_x, along_y), truth, size) * (visibility > ABSENT)
        known = (visibility != UNKNOWN).float()
    doubt = functional.binary_cross_entropy_with_logits(score, reached, reduction="none")
    return place + score_weight * (doubt * known).sum() / known.sum().clamp(min=1)
