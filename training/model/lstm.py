"""One step of a long short-term memory, for encoders that write their steps out."""

from __future__ import annotations

import torch
from torch import Tensor


def lstm_step(gates: Tensor, memory: Tensor | None) -> tuple[Tensor, Tensor]:
    """Gates (B, 4 C, ...) and memory (B, C, ...), None at first -> memory and state anew."""
    written, let, kept, new = gates.chunk(4, dim=1)
    added = torch.sigmoid(written) * torch.tanh(new)
    # Plus one: what was remembered is kept until the network learns to forget.
    memory = added if memory is None else added + torch.sigmoid(kept + 1) * memory
    return memory, torch.sigmoid(let) * torch.tanh(memory)
