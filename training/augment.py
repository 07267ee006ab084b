"""Changes windows as they are drawn for training: mirror, stretch, lost joints, absent senses."""

from __future__ import annotations

import torch
from torch import Tensor

from recognition.skeleton import LEFT, RIGHT

Batch = dict[str, Tensor]

_DROPPED = (0.1, 0.15, 0.3)
"""Share of windows that lose a modality they have, in the order of ``MODALITIES``."""


def augment(batch: Batch, generator: torch.Generator) -> Batch:
    """One batch of the fusion model's arrays, float32, changed at random; the labels still hold."""
    count = len(batch["pose"])

    def chance(share: float, *shape: int) -> Tensor:
        return torch.rand(count, *shape, generator=generator) < share

    pose, traj = _mirrored(batch["pose"], batch["traj"], chance(0.5))
    stretch = 1 + 0.08 * torch.randn(count, 1, 1, 2, generator=generator)
    pose = torch.cat([pose[..., :2] * stretch, pose[..., 2:]], dim=3)
    seen = pose[..., 2:] > 0
    noise = 0.03 * torch.rand(count, 1, 1, 1, generator=generator)
    moved = pose[..., :2] + noise * torch.randn(pose[..., :2].shape, generator=generator)
    # The exponent stands for a pose model that is more, or less, sure of itself.
    exponent = torch.exp(0.3 * torch.randn(count, 1, 1, 1, generator=generator))
    score = pose[..., 2:].clamp(0, 1) ** exponent
    pose = torch.where(seen, torch.cat([moved, score], dim=3), torch.zeros_like(pose))
    lost = chance(0.3)[:, None] & chance(0.12, 17)
    pose = torch.where(lost[:, None, :, None], torch.zeros_like(pose), pose)
    aud = _masked_bands(batch["aud"], generator)
    return {"pose": pose, "traj": traj, "aud": aud, "mod": drop_modalities(batch["mod"], generator)}


def _mirrored(pose: Tensor, traj: Tensor, which: Tensor) -> tuple[Tensor, Tensor]:
    """The windows ``which`` (B,) as in a mirror: x turned round, left joints named right."""
    order = list(range(17))
    for left, right in zip(LEFT, RIGHT, strict=True):
        order[left], order[right] = right, left
    flipped = pose[:, :, order] * torch.tensor([-1.0, 1.0, 1.0])
    turned = traj * torch.tensor([-1.0, 1.0, 1.0, 1.0])
    return (
        torch.where(which[:, None, None, None], flipped, pose),
        torch.where(which[:, None, None], turned, traj),
    )


def _masked_bands(aud: Tensor, generator: torch.Generator) -> Tensor:
    """Sound at another gain, with a stretch of its bands set to silence in half of the windows."""
    count, _, size = aud.shape
    gain = 0.15 * torch.randn(count, 1, 1, generator=generator)
    heard = aud.abs().amax(dim=(1, 2), keepdim=True) > 0
    first = torch.randint(0, size // 2, (count, 1), generator=generator)
    width = torch.randint(0, 10, (count, 1), generator=generator)
    band = torch.arange(size // 2)[None]
    masked = (band >= first) & (band < first + width)
    masked = torch.cat([masked, masked], dim=1)[:, None]  # mean and maximum of a band
    return torch.where(heard & ~masked, aud + gain, torch.zeros_like(aud))


def drop_modalities(mod: Tensor, generator: torch.Generator) -> Tensor:
    """Take away present modalities (B, 3) at random, never the last one of a window."""
    kept = mod * (torch.rand(mod.shape, generator=generator) >= torch.tensor(_DROPPED)).to(
        mod.dtype
    )
    return torch.where(kept.sum(dim=1, keepdim=True) > 0, kept, mod)
