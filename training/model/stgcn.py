"""Pose encoder ``stgcn``: a graph network over joints and time, after ST-GCN++.

"PYSKL: Towards Good Practices for Skeleton Action Recognition" (Duan et al. 2022): a learned
adjacency that begins as the skeleton, and a temporal part of several dilations. Smaller than
theirs, halved in time early, and fed joints, bones and movements at once instead of one network
for each.
"""

from __future__ import annotations

from collections import deque

import torch
from torch import Tensor, nn
from torch.nn import functional

from recognition.skeleton import LIMBS
from training.model.blocks import WIDTH
from training.model.pose_features import JOINT_FEATURES, JointFeatures

_CENTRE = (5, 6, 11, 12)  # shoulders and hips: inward is towards them
_DILATIONS = (1, 2, 3)


def spatial_graph() -> Tensor:
    """Where each joint's signal comes from, (3, 17, 17), columns summing to 1 or all zero.

    Itself and the joints as far from the trunk; those nearer to it; those farther: the spatial
    partition of ST-GCN (Yan et al. 2018). The face has no limb to the trunk in COCO's order; here
    the nose is joined to both shoulders.
    """
    near: list[set[int]] = [set() for _ in range(17)]
    for a, b in (*LIMBS, (0, 5), (0, 6)):
        near[a].add(b)
        near[b].add(a)
    distance = dict.fromkeys(_CENTRE, 0)
    waiting = deque(_CENTRE)
    while waiting:
        joint = waiting.popleft()
        for other in near[joint] - distance.keys():
            distance[other] = distance[joint] + 1
            waiting.append(other)
    graph = torch.zeros(3, 17, 17)
    for joint in range(17):
        graph[0, joint, joint] = 1.0
        for other in near[joint]:
            step = distance[other] - distance[joint]
            graph[0 if step == 0 else 1 if step < 0 else 2, other, joint] = 1.0
    return graph / graph.sum(dim=1, keepdim=True).clamp(min=1)


def _short_cut(inputs: int, outputs: int, stride: int) -> nn.Module:
    if stride == 1 and inputs == outputs:
        return nn.Identity()
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 1, (stride, 1), bias=False), nn.BatchNorm2d(outputs)
    )


class _GraphConv(nn.Module):
    """(B, C, T, 17) -> (B, D, T, 17): one map of channels per kind of neighbour, summed.

    Each kind is a product with a 17 x 17 matrix of its own; no einsum, which runtimes handle
    unevenly.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.adjacency = nn.Parameter(spatial_graph())
        self.maps = nn.ModuleList(
            nn.Conv2d(inputs, outputs, 1, bias=False) for _ in range(len(self.adjacency))
        )
        self.norm = nn.BatchNorm2d(outputs)
        self.short = _short_cut(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        own, inward, outward = (each(x) @ self.adjacency[k] for k, each in enumerate(self.maps))
        return functional.relu(self.norm(own + inward + outward) + self.short(x))


class _TemporalConv(nn.Module):
    """(B, C, T, 17) -> (B, C, T / stride, 17): three dilations and a maximum, side by side."""

    def __init__(self, channels: int, stride: int, dropout: float) -> None:
        super().__init__()
        part = channels // (len(_DILATIONS) + 1)

        def narrowed(last: nn.Module) -> nn.Sequential:
            return nn.Sequential(
                nn.Conv2d(channels, part, 1, bias=False), nn.BatchNorm2d(part), nn.ReLU(), last
            )

        self.branches = nn.ModuleList(
            narrowed(nn.Conv2d(part, part, (3, 1), (stride, 1), (d, 0), (d, 1), bias=False))
            for d in _DILATIONS
        )
        self.branches.append(narrowed(nn.MaxPool2d((3, 1), (stride, 1), (1, 0))))
        self.join = nn.Sequential(
            nn.BatchNorm2d(channels), nn.ReLU(), nn.Conv2d(channels, channels, 1, bias=False),
            nn.BatchNorm2d(channels), nn.Dropout(dropout),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        joined: Tensor = self.join(torch.cat([branch(x) for branch in self.branches], dim=1))
        return joined


class _GraphBlock(nn.Module):
    """Graph, then time, with a short cut: (B, C, T, 17) -> (B, D, T / stride, 17)."""

    def __init__(self, inputs: int, outputs: int, *, stride: int, dropout: float) -> None:
        super().__init__()
        self.graph = _GraphConv(inputs, outputs)
        self.time = _TemporalConv(outputs, stride, dropout)
        self.short = _short_cut(inputs, outputs, stride)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        return functional.relu(self.time(self.graph(x)) + self.short(x))


class StgcnEncoder(nn.Module):
    """(B, T, 17, 3), unseen joints zero -> (B, SLOTS, WIDTH).

    Six blocks of a quarter, half and three quarters of ``channels`` channels.
    """

    def __init__(self, channels: int, dropout: float) -> None:
        super().__init__()
        small, middle, large = channels // 4, channels // 2, channels * 3 // 4
        self.features = JointFeatures()
        self.norm = nn.BatchNorm2d(JOINT_FEATURES)
        sizes = [
            (JOINT_FEATURES, small, 2), (small, small, 1), (small, middle, 2),
            (middle, middle, 1), (middle, large, 1), (large, large, 1),
        ]  # fmt: skip
        self.blocks = nn.Sequential(
            *(_GraphBlock(a, b, stride=stride, dropout=dropout) for a, b, stride in sizes)
        )
        self.out = nn.Conv1d(large, WIDTH, 1)

    def forward(self, pose: Tensor) -> Tensor:
        """See the class."""
        joints = self.blocks(self.norm(self.features(pose)))
        tokens: Tensor = self.out(joints.mean(dim=3))
        return tokens.transpose(1, 2)
