"""The fusion network: pose, trajectory, things and sound meet in twelve time slots under a gate."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from recognition.fusion_input import MODALITIES, SLOTS
from recognition.objects import OBJECT_SIZE
from recognition.skeleton import LIMBS, MIN_SCORE
from recognition.sound import TOKEN_SIZE

WIDTH = 128
"""Size of a token and of the embedding."""

_LAST_SLOTS = 4
"""The answer is read from the newest 1.07 s; what came before arrives there by convolution."""

_SHUT = 1e4  # a gate's logit for an absent modality; still finite in half precision


def _conv(
    inputs: int, outputs: int, *, size: int = 3, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv1d(inputs, outputs, size, stride, size // 2, groups=groups, bias=False),
        nn.BatchNorm1d(outputs),
    )


class _Block(nn.Module):
    """Residual temporal block (B, C, T) -> (B, D, T / stride)."""

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.first = _conv(inputs, outputs, stride=stride)
        self.second = _conv(outputs, outputs, groups=groups)
        same = stride == 1 and inputs == outputs
        self.short = nn.Identity() if same else nn.Conv1d(inputs, outputs, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        return functional.relu(self.short(x) + self.second(functional.relu(self.first(x))))


class PoseEncoder(nn.Module):
    """Joints as channels of a temporal network: (B, T, 17, 3) -> (B, SLOTS, WIDTH).

    Bones, movements and visibility are computed in the graph, so that training and serving
    cannot differ in them.
    """

    bones: Tensor

    def __init__(self, channels: int, dropout: float) -> None:
        super().__init__()
        bones = torch.zeros(17, len(LIMBS))
        for index, (a, b) in enumerate(LIMBS):
            bones[a, index], bones[b, index] = -1.0, 1.0
        self.register_buffer("bones", bones, persistent=False)
        features = 17 * 2 + 17 * 2 + len(LIMBS) * 2 + 17
        # Movements are among the features, so the halved rate of the rest loses no fast one.
        self.stem = nn.Sequential(_conv(features, channels, size=5, stride=2), nn.ReLU())
        self.blocks = nn.Sequential(
            _Block(channels, channels, groups=4),
            nn.Dropout(dropout),
            _Block(channels, channels, stride=2, groups=4),
            _Block(channels, WIDTH, groups=4),
        )

    def features(self, pose: Tensor) -> Tensor:
        """Positions, movements per step, bones and scores: (B, T, 17, 3) -> (B, F, T)."""
        seen = pose[..., 2] >= MIN_SCORE
        zero = torch.zeros_like(pose)
        pose = torch.where(seen.unsqueeze(-1), pose, zero)
        shown = seen.to(pose.dtype)
        x, y = pose[..., 0], pose[..., 1]
        both = shown[:, 1:] * shown[:, :-1]
        still = torch.zeros_like(x[:, :1])
        dx = torch.cat([still, (x[:, 1:] - x[:, :-1]) * both], dim=1)
        dy = torch.cat([still, (y[:, 1:] - y[:, :-1]) * both], dim=1)
        whole = (shown @ self.bones.abs() >= 2).to(pose.dtype)
        streams = [
            x, y, 4 * dx, 4 * dy, (x @ self.bones) * whole, (y @ self.bones) * whole, pose[..., 2]
        ]  # fmt: skip
        return torch.cat(streams, dim=2).transpose(1, 2)

    def forward(self, pose: Tensor) -> Tensor:
        """See the class."""
        tokens: Tensor = self.blocks(self.stem(self.features(pose)))
        return tokens.transpose(1, 2)


class TrajectoryEncoder(nn.Module):
    """(B, T, 4) -> (B, SLOTS, WIDTH)."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            _Block(4, 32), _Block(32, 48, stride=2), _Block(48, 64, stride=2),
            nn.Conv1d(64, WIDTH, 1),
        )  # fmt: skip

    def forward(self, traj: Tensor) -> Tensor:
        """See the class."""
        tokens: Tensor = self.layers(traj.transpose(1, 2))
        return tokens.transpose(1, 2)


class ObjectEncoder(nn.Module):
    """(B, T, K, OBJECT_SIZE) and their mask (B, T, K) -> (B, SLOTS, WIDTH).

    Each thing by itself, then a weighted mean over those that are there, then over time. A step
    without any is zero.
    """

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.each = nn.Sequential(
            nn.Linear(OBJECT_SIZE, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU()
        )
        self.weight = nn.Linear(64, 1)
        self.layers = nn.Sequential(
            _Block(64, 64, stride=2), nn.Dropout(dropout), _Block(64, 64, stride=2),
            nn.Conv1d(64, WIDTH, 1),
        )  # fmt: skip

    def forward(self, obj: Tensor, mask: Tensor) -> Tensor:
        """See the class."""
        there = (mask > 0.5).unsqueeze(-1)  # (B, T, K, 1)
        things = self.each(torch.where(there, obj, torch.zeros_like(obj)))
        shown = there.to(obj.dtype)
        weight = torch.softmax(self.weight(things) + (shown - 1) * _SHUT, dim=2) * shown
        tokens: Tensor = self.layers((things * weight).sum(dim=2).transpose(1, 2))
        return tokens.transpose(1, 2)


class SoundEncoder(nn.Module):
    """(B, SLOTS, TOKEN_SIZE) -> (B, SLOTS, WIDTH)."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(TOKEN_SIZE, 48, 1), nn.ReLU(), nn.Dropout(dropout), _Block(48, 48),
            nn.Conv1d(48, WIDTH, 1),
        )  # fmt: skip

    def forward(self, aud: Tensor) -> Tensor:
        """See the class."""
        tokens: Tensor = self.layers(aud.transpose(1, 2))
        return tokens.transpose(1, 2)


class FusionModel(nn.Module):
    """Gated fusion of the modalities in ``recognition.fusion_input.MODALITIES``.

    Inputs as ``fusion_input`` makes them. A modality whose ``mod`` is 0 is replaced by a learned
    token, whatever its array holds. Attributes: temperature divides the logits.
    """

    temperature: Tensor

    def __init__(self, classes: int, *, channels: int = 128, dropout: float = 0.2) -> None:
        super().__init__()
        self.pose = PoseEncoder(channels, dropout)
        self.trajectory = TrajectoryEncoder()
        self.objects = ObjectEncoder(dropout)
        self.sound = SoundEncoder(dropout)
        count = len(MODALITIES)
        self.null = nn.Parameter(torch.randn(count, WIDTH) * 0.02)
        self.gate = nn.Linear(count * WIDTH, count)
        self.mixer = nn.Sequential(_Block(WIDTH, WIDTH, groups=4))
        self.drop = nn.Dropout(min(0.5, 2 * dropout))
        self.head = nn.Linear(WIDTH, classes)
        self.uni = nn.ModuleList(nn.Linear(WIDTH, classes) for _ in MODALITIES)
        self.register_buffer("temperature", torch.ones(1))

    def forward(
        self, *, pose: Tensor, traj: Tensor, obj: Tensor, obj_mask: Tensor, aud: Tensor, mod: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Returns logits (B, C), emb (B, WIDTH) of length 1, gate (B, SLOTS, 4), uni (B, 4, C)."""
        present = mod > 0.5  # (B, 4)

        def given(index: int, x: Tensor) -> Tensor:
            shown = present[:, index].reshape(-1, *[1] * (x.ndim - 1))
            return torch.where(shown, x, torch.zeros_like(x))

        made = [
            self.pose(given(0, pose)),
            self.trajectory(given(1, traj)),
            self.objects(obj, given(2, obj_mask)),  # what the mask leaves out is not looked at
            self.sound(given(3, aud)),
        ]
        tokens = [
            torch.where(present[:, index, None, None], x, self.null[index])
            for index, x in enumerate(made)
        ]  # each (B, SLOTS, WIDTH)
        closed = (present.to(pose.dtype) - 1) * _SHUT
        gate = torch.softmax(self.gate(torch.cat(tokens, dim=2)) + closed[:, None], dim=2)
        fused = sum(tokens[m] * gate[:, :, m : m + 1] for m in range(len(tokens)))
        assert isinstance(fused, Tensor)
        pooled = self.mixer(fused.transpose(1, 2))[:, :, SLOTS - _LAST_SLOTS :].mean(dim=2)
        logits = self.head(self.drop(pooled)) / self.temperature
        alone = [
            head(self.drop(x[:, SLOTS - _LAST_SLOTS :].mean(dim=1))) / self.temperature
            for head, x in zip(self.uni, tokens, strict=True)
        ]
        emb = pooled / torch.clamp(torch.linalg.vector_norm(pooled, dim=1, keepdim=True), min=1e-6)
        return logits, emb, gate, torch.stack(alone, dim=1)
