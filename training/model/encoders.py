"""From the streams to tokens: every modality as twelve time slots of one width."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from recognition.neighbours import NEIGHBOUR_SIZE
from recognition.objects import OBJECT_SIZE
from recognition.sound import TOKEN_SIZE
from training.config import ModelConfig
from training.model.blocks import LAST_SLOTS, SHUT, WIDTH, Block
from training.model.convlstm import ConvLstmEncoder
from training.model.lrcn import LrcnEncoder
from training.model.stgcn import StgcnEncoder
from training.model.streams import Streams
from training.model.tcn import TcnEncoder
from training.model.transformer import TransformerEncoder


class TrajectoryEncoder(nn.Module):
    """(B, T, 4) -> (B, SLOTS, WIDTH)."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            Block(4, 32), Block(32, 48, stride=2), Block(48, 64, stride=2),
            nn.Conv1d(64, WIDTH, 1),
        )  # fmt: skip

    def forward(self, traj: Tensor) -> Tensor:
        """See the class."""
        tokens: Tensor = self.layers(traj.transpose(1, 2))
        return tokens.transpose(1, 2)


class SlotEncoder(nn.Module):
    """Things or people in slots: (B, T, K, size) and which are there (B, T, K) bool -> tokens.

    Each one by itself, then a weighted mean over those that are there, then over time. A step
    without any is zero. Tokens are (B, SLOTS, WIDTH).
    """

    def __init__(self, size: int, dropout: float) -> None:
        super().__init__()
        self.each = nn.Sequential(nn.Linear(size, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
        self.weight = nn.Linear(64, 1)
        self.layers = nn.Sequential(
            Block(64, 64, stride=2), nn.Dropout(dropout), Block(64, 64, stride=2),
            nn.Conv1d(64, WIDTH, 1),
        )  # fmt: skip

    def forward(self, slots: Tensor, there: Tensor) -> Tensor:
        """See the class."""
        things = self.each(slots)
        shown = there.unsqueeze(-1).to(slots.dtype)  # (B, T, K, 1)
        weight = torch.softmax(self.weight(things) + (shown - 1) * SHUT, dim=2) * shown
        tokens: Tensor = self.layers((things * weight).sum(dim=2).transpose(1, 2))
        return tokens.transpose(1, 2)


class SoundEncoder(nn.Module):
    """(B, SLOTS, TOKEN_SIZE) -> (B, SLOTS, WIDTH)."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(TOKEN_SIZE, 48, 1), nn.ReLU(), nn.Dropout(dropout), Block(48, 48),
            nn.Conv1d(48, WIDTH, 1),
        )  # fmt: skip

    def forward(self, aud: Tensor) -> Tensor:
        """See the class."""
        tokens: Tensor = self.layers(aud.transpose(1, 2))
        return tokens.transpose(1, 2)


def pose_encoder(config: ModelConfig) -> nn.Module | None:
    """The encoder that the configuration names: (B, T, 17, 3) -> (B, SLOTS, WIDTH).

    None where the pose is not looked at.
    """
    match config.encoder:
        case "tcn":
            return TcnEncoder(config.channels, config.dropout)
        case "stgcn":
            return StgcnEncoder(config.channels, config.dropout)
        case "transformer":
            return TransformerEncoder(config.channels, config.dropout)
        case "convlstm":
            return ConvLstmEncoder(config.channels, config.dropout)
        case "lrcn":
            return None


class Encoders(nn.Module):
    """Tokens of every modality, (B, M, SLOTS, WIDTH); a learned one stands for each absent."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.pose = pose_encoder(config)
        self.trajectory = TrajectoryEncoder()
        self.objects = SlotEncoder(OBJECT_SIZE, config.dropout)
        self.sound = SoundEncoder(config.dropout)
        layout = config.features
        self.neighbours = SlotEncoder(NEIGHBOUR_SIZE, config.dropout) if layout.social else None
        # Beside a pose encoder half as wide is enough, and all together keep their budget.
        hidden = WIDTH // 2 if self.pose else WIDTH
        self.appearance = LrcnEncoder(hidden, config.dropout) if layout.visual else None
        self.null = nn.Parameter(torch.randn(len(layout.modalities), WIDTH) * 0.02)

    def forward(self, streams: Streams) -> Tensor:
        """See the class."""
        trajectory = self.trajectory(streams.traj)
        tokens = [
            # A pose that is not looked at counts as absent, so that nothing sees what stands here.
            trajectory if self.pose is None else self.pose(streams.pose),
            trajectory,
            self.objects(streams.obj, streams.obj_there),
            self.sound(streams.aud),
        ]
        if self.neighbours is not None:
            tokens.append(self.neighbours(streams.nei, streams.nei_there))
        if self.appearance is not None:
            tokens.append(self.appearance(streams.ctx))
        shown = streams.present[:, :, None, None]
        return torch.where(shown, torch.stack(tokens, dim=1), self.null[:, None])


class UnimodalHeads(nn.Module):
    """What each modality would say by itself: (B, M, SLOTS, WIDTH) -> (B, M, C)."""

    def __init__(self, config: ModelConfig, classes: int) -> None:
        super().__init__()
        modalities = config.features.modalities
        self.heads = nn.ModuleList(nn.Linear(WIDTH, classes) for _ in modalities)
        self.drop = nn.Dropout(min(0.5, 2 * config.dropout))

    def forward(self, tokens: Tensor) -> Tensor:
        """See the class."""
        newest = tokens[:, :, -LAST_SLOTS:].mean(dim=2)
        alone = [head(self.drop(newest[:, m])) for m, head in enumerate(self.heads)]
        return torch.stack(alone, dim=1)
