"""Pose encoder ``convlstm``: heat maps of the joints through a convolutional LSTM.

"Convolutional LSTM Network" (Shi et al. 2015), without peepholes. For comparison with networks that
are told where joints are instead of shown it; the maps are small and made in the graph.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from recognition.fusion_input import SLOTS
from training.model.blocks import WIDTH
from training.model.lstm import lstm_step

_CELLS = 24
_EXTENT = 2.4
"""Half a map's side in body scales, from the hips: a raised hand and a foot are inside."""

_SIGMA = 2 * _EXTENT / _CELLS
"""Of a joint's blob: one cell."""

_PARTS = 3  # of a side, where the map is read: high or low, left or right


class HeatMaps(nn.Module):
    """Where each joint was in each slot: (B, T, 17, 3) -> (B, SLOTS, 17, _CELLS, _CELLS), y first.

    The mean over a slot's steps of a Gaussian at the joint, as high as its score; a joint that
    moves leaves a smear. One that was not seen, score 0, leaves nothing.
    """

    centres: Tensor

    def __init__(self) -> None:
        super().__init__()
        centres = (torch.arange(_CELLS) + 0.5) * (2 * _EXTENT / _CELLS) - _EXTENT
        self.register_buffer("centres", centres, persistent=False)

    def forward(self, pose: Tensor) -> Tensor:
        """See the class."""
        slots = pose.reshape(-1, SLOTS, pose.shape[1] // SLOTS, 17, 3).transpose(2, 3)
        x, y, score = slots.unsqueeze(4).unbind(dim=5)  # each (B, SLOTS, 17, T / SLOTS, 1)
        across, down = (torch.exp(-(((v - self.centres) / _SIGMA) ** 2) / 2) for v in (x, y))
        maps: Tensor = (down * score).transpose(3, 4) @ across / slots.shape[3]
        return maps


class ConvLstmEncoder(nn.Module):
    """(B, T, 17, 3), unseen joints zero -> (B, SLOTS, WIDTH).

    One step of the LSTM for each slot, written out, so that the exported graph has no loop.
    """

    def __init__(self, channels: int, dropout: float) -> None:
        super().__init__()
        hidden = channels // 8
        self.maps = HeatMaps()
        self.stem = nn.Sequential(
            nn.Conv2d(17, hidden, 3, 2, 1, bias=False), nn.BatchNorm2d(hidden), nn.ReLU()
        )
        self.seen = nn.Conv2d(hidden, 4 * hidden, 3, 1, 1)
        self.kept = nn.Conv2d(hidden, 4 * hidden, 3, 1, 1, bias=False)
        self.pool = nn.AvgPool2d(_CELLS // 2 // _PARTS)
        # A mean over cells, most of them empty, is small: without a norm hardly a pose is told.
        self.level = nn.BatchNorm1d(hidden * _PARTS**2)
        self.drop = nn.Dropout(dropout)
        self.out = nn.Linear(hidden * _PARTS**2, WIDTH)

    def forward(self, pose: Tensor) -> Tensor:
        """See the class."""
        told = self.seen(self.stem(self.maps(pose).flatten(0, 1)))
        steps = told.unflatten(0, (-1, SLOTS)).unbind(dim=1)
        memory, state = lstm_step(steps[0], None)
        states = [state]
        for step in steps[1:]:
            memory, state = lstm_step(step + self.kept(state), memory)
            states.append(state)
        read = self.pool(torch.stack(states, dim=1).flatten(0, 1)).flatten(1)
        tokens: Tensor = self.out(self.drop(self.level(read))).unflatten(0, (-1, SLOTS))
        return tokens
