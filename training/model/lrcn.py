"""Encoder of what people look like, ``lrcn``: an LSTM over features of each person's crop.

"Long-term Recurrent Convolutional Networks" (Donahue et al. 2015). The convolutional part is the
pose network, which runs once for each person and frame, whatever windows the frame is in; here is
what comes after it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from recognition.frames import APPEARANCE_SIZE
from recognition.fusion_input import SLOTS
from training.model.blocks import WIDTH
from training.model.lstm import lstm_step


class LrcnEncoder(nn.Module):
    """(B, SLOTS, APPEARANCE_SIZE), zero in a slot in which nobody looked -> (B, SLOTS, WIDTH).

    One step for each slot, written out, so that the exported graph has no loop.

    hidden: size of the state.
    """

    def __init__(self, hidden: int, dropout: float) -> None:
        super().__init__()
        self.level = nn.BatchNorm1d(APPEARANCE_SIZE)
        self.drop = nn.Dropout(dropout)
        self.seen = nn.Linear(APPEARANCE_SIZE, 4 * hidden)
        self.kept = nn.Linear(hidden, 4 * hidden, bias=False)
        self.out = nn.Linear(hidden, WIDTH)

    def forward(self, ctx: Tensor) -> Tensor:
        """See the class."""
        usual = self.level.running_mean
        assert usual is not None
        # Where nobody looked stands what is usual, so that its zeros do not shift the norm.
        looked = ctx.abs().amax(dim=2, keepdim=True) > 0
        level = self.level(torch.where(looked, ctx, usual).flatten(0, 1))
        steps = self.seen(self.drop(level)).unflatten(0, (-1, SLOTS)).unbind(dim=1)
        memory, state = lstm_step(steps[0], None)
        states = [state]
        for step in steps[1:]:
            memory, state = lstm_step(step + self.kept(state), memory)
            states.append(state)
        tokens: Tensor = self.out(self.drop(torch.stack(states, dim=1)))
        return tokens
