"""The inputs as the network may use them: what a mask leaves out is zero before anything else."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from recognition.skeleton import MIN_SCORE


class Streams(NamedTuple):
    """The arrays of ``recognition.layouts``, sanitised.

    pose: (B, T, 17, 3), a joint that was not seen all zero. traj: (B, T, 4), a step without the
    person all zero. obj: (B, T, K, OBJECT_SIZE), an empty slot all zero. obj_there: (B, T, K)
    bool. aud: (B, SLOTS, TOKEN_SIZE). present: (B, M) bool, in the order of the layout.
    nei: (B, T, N, NEIGHBOUR_SIZE), an empty slot all zero, and nei_there: (B, T, N) bool; both None
    in a layout without neighbours. ctx: (B, SLOTS, APPEARANCE_SIZE), None in a layout without what
    people look like. An absent modality is zero throughout.
    """

    pose: Tensor
    traj: Tensor
    obj: Tensor
    obj_there: Tensor
    aud: Tensor
    present: Tensor
    nei: Tensor | None
    nei_there: Tensor | None
    ctx: Tensor | None


def _kept(where: Tensor, x: Tensor) -> Tensor:
    """``x`` where a mask of as many axes or fewer says so, else zero.

    A choice, never a product: a not-a-number times zero is still not a number.
    """
    return torch.where(
        where.reshape(*where.shape, *[1] * (x.ndim - where.ndim)), x, torch.zeros_like(x)
    )


def sanitised(  # noqa: PLR0913 - the names of the graph's inputs
    *, pose: Tensor, traj: Tensor, obj: Tensor, obj_mask: Tensor, aud: Tensor, mod: Tensor,
    nei: Tensor | None, nei_mask: Tensor | None, ctx: Tensor | None,
) -> Streams:  # fmt: skip
    """Apply every mask, that of whole modalities included."""
    present = mod > 0.5
    posed, placed, holding, heard, *joined = present.unbind(dim=1)
    there = holding[:, None, None] & (obj_mask > 0.5)
    nei_there = None
    if nei is not None and nei_mask is not None:
        nei_there = joined[0][:, None, None] & (nei_mask > 0.5)
        nei = _kept(nei_there, nei)
    return Streams(
        pose=_kept(posed[:, None, None] & (pose[..., 2] >= MIN_SCORE), pose),
        traj=_kept(placed[:, None] & (traj[..., 3] > 0), traj),
        obj=_kept(there, obj),
        obj_there=there,
        aud=_kept(heard, aud),
        present=present,
        nei=nei,
        nei_there=nei_there,
        ctx=None if ctx is None else _kept(joined[1], ctx),
    )
