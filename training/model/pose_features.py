"""What every pose encoder is told of a pose: made in the graph, so train and run cannot differ."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from recognition.skeleton import LIMBS

FLAT_FEATURES = 17 * 2 + 17 * 2 + len(LIMBS) * 2 + 17

JOINT_FEATURES = 9

PARENTS = (0, 0, 0, 1, 2, 0, 0, 5, 6, 7, 8, 5, 6, 11, 12, 13, 14)
"""Each joint's neighbour towards the nose, which is its own."""

_MOVED = 4.0  # brings movements per step to the size of positions


def movements(values: Tensor, shown: Tensor) -> Tensor:
    """Change since the step before, (B, T, N) -> the same; 0 unless both were seen (shown: 1)."""
    both = shown[:, 1:] * shown[:, :-1]
    still = torch.zeros_like(values[:, :1])
    return torch.cat([still, (values[:, 1:] - values[:, :-1]) * both], dim=1) * _MOVED


class FlatFeatures(nn.Module):
    """Positions, movements per step, bones and scores of a whole pose.

    (B, T, 17, 3), unseen joints zero -> (B, FLAT_FEATURES, T).
    """

    bones: Tensor

    def __init__(self) -> None:
        super().__init__()
        bones = torch.zeros(17, len(LIMBS))
        for index, (a, b) in enumerate(LIMBS):
            bones[a, index], bones[b, index] = -1.0, 1.0
        self.register_buffer("bones", bones, persistent=False)

    def forward(self, pose: Tensor) -> Tensor:
        """See the class."""
        x, y, score = pose.unbind(dim=3)
        shown = (score > 0).to(pose.dtype)
        whole = (shown @ self.bones.abs() >= 2).to(pose.dtype)
        streams = [
            x, y, movements(x, shown), movements(y, shown),
            (x @ self.bones) * whole, (y @ self.bones) * whole, score,
        ]  # fmt: skip
        return torch.cat(streams, dim=2).transpose(1, 2)


class JointFeatures(nn.Module):
    """Position, bone, movement of both, and score of each joint.

    (B, T, 17, 3), unseen joints zero -> (B, JOINT_FEATURES, T, 17). The bone of a joint leads to
    it from its parent; it is zero where one of the two was not seen.
    """

    to_parent: Tensor

    def __init__(self) -> None:
        super().__init__()
        to_parent = torch.zeros(17, 17)
        for joint, parent in enumerate(PARENTS):
            to_parent[parent, joint] = 1.0
        self.register_buffer("to_parent", to_parent, persistent=False)

    def forward(self, pose: Tensor) -> Tensor:
        """See the class."""
        score = pose[..., 2]
        shown = (score > 0).to(pose.dtype)
        whole = shown * (shown @ self.to_parent)
        streams = []
        for values in (pose[..., 0], pose[..., 1]):
            bones = (values - values @ self.to_parent) * whole
            streams += [values, bones, movements(values, shown), movements(bones, whole)]
        return torch.stack([*streams, score], dim=1)
