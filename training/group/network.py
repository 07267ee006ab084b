"""The group head: what each member looks like and how they stand to each other, pooled."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from recognition.groups import EMBEDDING, MEMBER_SIZE

_OUT = -1e4  # of the softmax and of the maximum, for places without a member


class GroupHead(nn.Module):
    """members (B, 16, 145), mask (B, 16) -> logits (B, classes).

    Every member is lifted, told of the members' mean (Zaheer et al., Deep Sets, 2017), and pooled
    by attention and by maximum. What stands where the mask is 0 never counts, whatever it is.
    """

    def __init__(
        self, classes: int, *, width: int = 112, hidden: int = 64, dropout: float = 0.2
    ) -> None:
        super().__init__()
        self.lift = nn.Sequential(nn.Linear(MEMBER_SIZE, width), nn.ReLU(), nn.Dropout(dropout))
        self.mix = nn.Sequential(nn.Linear(2 * width, width), nn.ReLU(), nn.Dropout(dropout))
        self.attend = nn.Linear(width, 1)
        self.answer = nn.Sequential(
            nn.Linear(2 * width, hidden), nn.ReLU(), nn.Linear(hidden, classes)
        )

    def forward(self, members: Tensor, mask: Tensor) -> Tensor:
        """Logits of the classes."""
        there = mask[..., None] > 0
        known = torch.where(there, members, torch.zeros_like(members))
        emb, statistics = known[..., :EMBEDDING], known[..., EMBEDDING:]
        # An embedding has length 1; its values are as large as the others when scaled so.
        lifted = self.lift(torch.cat([emb * math.sqrt(EMBEDDING), statistics], dim=-1))
        lifted = torch.where(there, lifted, torch.zeros_like(lifted))
        mean = lifted.sum(dim=1, keepdim=True) / mask.sum(dim=1).clamp(min=1)[:, None, None]
        mixed = self.mix(torch.cat([lifted, mean.expand_as(lifted)], dim=-1))
        out = torch.full_like(mixed, _OUT)
        weight = torch.where(there, self.attend(mixed), out[..., :1]).softmax(dim=1)
        pooled = (weight * mixed).sum(dim=1)
        highest = torch.where(there, mixed, out).amax(dim=1)
        logits: Tensor = self.answer(torch.cat([pooled, highest], dim=-1))
        return logits
