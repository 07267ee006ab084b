"""The group head: what each member looks like, how they stand to each other, and who takes part."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from recognition.groups import EMBEDDING, MEMBER_SIZE

_OUT = -1e4  # of the softmax and of the maximum, for places without a member
_PLACE, _HEIGHT, _VELOCITY = slice(0, 2), slice(2, 3), slice(5, 7)
_TURN, _FRONT, _COURSE = slice(12, 13), slice(14, 15), slice(18, 20)
_PAIR_SIZE = 18


class GroupHead(nn.Module):
    """members (B, 16, 149), mask (B, 16) -> logits (B, classes), part (B, 16).

    What the members do together, and the logit that each of them takes part in it. Every member is
    told of each other one, by how the two stand and move to each other (a relation network:
    Santoro et al., 2017), and of all members' mean (Deep Sets: Zaheer et al., 2017). What stands
    where the mask is 0 never counts, whatever it is.
    """

    def __init__(
        self, classes: int, *, width: int = 96, pair_width: int = 32, dropout: float = 0.2
    ) -> None:
        super().__init__()
        self.lift = nn.Sequential(nn.Linear(MEMBER_SIZE, width), nn.ReLU(), nn.Dropout(dropout))
        self.relate = nn.Sequential(
            nn.Linear(_PAIR_SIZE, pair_width), nn.ReLU(), nn.Linear(pair_width, pair_width),
            nn.ReLU(),
        )  # fmt: skip
        self.mix = nn.Sequential(
            nn.Linear(2 * width + 2 * pair_width, width), nn.ReLU(), nn.Dropout(dropout)
        )
        self.part = nn.Linear(width, 1)
        self.answer = nn.Sequential(
            nn.Linear(2 * width, width // 2), nn.ReLU(), nn.Linear(width // 2, classes)
        )

    def forward(self, members: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of the classes, and of each member's taking part."""
        there = mask[..., None] > 0
        known = torch.where(there, members, torch.zeros_like(members))
        emb, statistics = known[..., :EMBEDDING], known[..., EMBEDDING:]
        # An embedding has length 1; its values are as large as the others when scaled so.
        lifted = self.lift(torch.cat([emb * math.sqrt(EMBEDDING), statistics], dim=-1))
        lifted = torch.where(there, lifted, torch.zeros_like(lifted))
        count = mask.sum(dim=1).clamp(min=1)[:, None, None]
        mean = lifted.sum(dim=1, keepdim=True) / count
        told = self._of_others(statistics, mask)
        mixed = self.mix(torch.cat([lifted, mean.expand_as(lifted), told], dim=-1))
        out = torch.full_like(mixed, _OUT)
        part: Tensor = torch.where(there, self.part(mixed), out[..., :1])
        pooled = (part.softmax(dim=1) * mixed).sum(dim=1)
        highest = torch.where(there, mixed, out).amax(dim=1)
        logits: Tensor = self.answer(torch.cat([pooled, highest], dim=-1))
        return logits, part[..., 0]

    def _of_others(self, statistics: Tensor, mask: Tensor) -> Tensor:
        """What each member is told of each other one: mean and maximum (B, 16, 2 pair_width)."""
        told = self.relate(_pairs(statistics))
        others = mask[:, None] * (1 - torch.eye(mask.shape[1], device=mask.device))
        both = (others * mask[..., None])[..., None]
        mean = (told * both).sum(dim=2) / both.sum(dim=2).clamp(min=1)
        return torch.cat([mean, (told * both).amax(dim=2)], dim=-1)  # of no other: zeros


def _pairs(statistics: Tensor) -> Tensor:
    """How each member (B, 16, 21) stands and moves to each other one: (B, 16, 16, 18)."""
    own, other = statistics[:, :, None], statistics[:, None]
    place = other[..., _PLACE] - own[..., _PLACE]
    far = (place.square().sum(dim=-1, keepdim=True) + 1e-6).sqrt()
    side = place[..., :1] / far
    turn, their_turn = own[..., _TURN] * side, -other[..., _TURN] * side
    front = own[..., _FRONT].expand_as(far)
    their_front = other[..., _FRONT].expand_as(far)
    way, their_way = (
        (course / (course.square().sum(dim=-1, keepdim=True) + 0.04).sqrt())
        for course in (own[..., _COURSE], other[..., _COURSE])
    )
    speeds = [
        (course.square().sum(dim=-1, keepdim=True) + 1e-6).sqrt().expand_as(far)
        for course in (own[..., _COURSE], other[..., _COURSE])
    ]
    height = other[..., _HEIGHT] - own[..., _HEIGHT]
    values = [
        place, far, side, height, other[..., _VELOCITY] - own[..., _VELOCITY], turn, their_turn,
        front, their_front, front * their_front, own[..., _TURN] * other[..., _TURN],
        front * height, their_front * height, *speeds, (way * their_way).sum(dim=-1, keepdim=True),
    ]  # fmt: skip
    return torch.cat(values, dim=-1)
