"""Changes windows as they are drawn for training: mirrors, lost joints and things, lost senses."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from recognition.neighbours import MIRROR_SIGN as NEIGHBOUR_MIRROR
from recognition.objects import CLASS_SLOTS, GEOMETRY, MIRROR_ORDER, MIRROR_SIGN, OTHER
from recognition.skeleton import LEFT, RIGHT

Batch = dict[str, Tensor]

_SPREAD = torch.tensor([0.7] * 5 + [0.9] * 2 + [1.2] * 2 + [1.7] * 2 + [1.1] * 4 + [1.4] * 2)
"""Error of each joint relative to the body's, as in ``training.pose_noise``."""

_OUTER = torch.tensor([9, 10, 15, 16])

_DROPPED = (0.1, 0.15, 0.25, 0.3, 0.3, 0.3)
"""Share of windows that lose a modality they have, in the order of the layouts."""


def augment(batch: Batch, generator: torch.Generator) -> Batch:
    """One batch of the fusion model's arrays, float32, changed at random; the labels still hold."""
    count = len(batch["pose"])

    def chance(share: float, *shape: int) -> Tensor:
        return torch.rand(count, *shape, generator=generator) < share

    mirrored = chance(0.5)
    pose, traj = _mirrored(batch["pose"], batch["traj"], mirrored)
    stretch = 1 + 0.08 * torch.randn(count, 1, 1, 2, generator=generator)
    pose = torch.cat([pose[..., :2] * stretch, pose[..., 2:]], dim=3)
    seen = pose[..., 2:] > 0
    moved = pose[..., :2] + _pose_errors(pose, generator)
    # The exponent stands for a pose model that is more, or less, sure of itself.
    exponent = torch.exp(0.3 * torch.randn(count, 1, 1, 1, generator=generator))
    score = pose[..., 2:].clamp(0, 1) ** exponent
    pose = torch.where(seen, torch.cat([moved, score], dim=3), torch.zeros_like(pose))
    lost = chance(0.3)[:, None] & chance(0.12, 17)
    pose = torch.where(lost[:, None, :, None], torch.zeros_like(pose), pose)
    gone = chance(0.25)[:, None] & _bursts(pose, generator, share=0.2)
    pose = torch.where(gone[:, :, None, None], torch.zeros_like(pose), pose)
    traj = torch.where(gone[:, :, None], torch.zeros_like(traj), traj)
    aud = _masked_bands(batch["aud"], generator)
    obj, obj_mask = _changed_things(batch["obj"], batch["obj_mask"], mirrored, generator)
    mod = drop_modalities(batch["mod"], generator)
    changed = {
        "pose": pose, "traj": traj, "obj": obj, "obj_mask": obj_mask, "aud": aud, "mod": mod
    }  # fmt: skip
    if "nei" in batch:
        nei, nei_mask = _changed_people(batch["nei"], batch["nei_mask"], mirrored, generator)
        changed |= {"nei": nei, "nei_mask": nei_mask}
    if "ctx" in batch:
        changed["ctx"] = _changed_looks(batch["ctx"], generator)
    return changed


def _pose_errors(pose: Tensor, generator: torch.Generator) -> Tensor:
    """Errors of a small pose network, (B, T, 17, 2) in body scales.

    A slow part and a fast one, as large as 1 to 15 % of the scale, the outer joints worse; in some
    windows a wrist or an ankle is taken to be elsewhere for a while.
    """
    count, steps = pose.shape[:2]
    level = 0.01 * torch.exp(2.7 * torch.rand(count, 1, 1, 1, generator=generator))
    knots = torch.randn(count, 34, steps // 6, generator=generator)
    slow = functional.interpolate(knots, size=steps, mode="linear", align_corners=True)
    slow = slow.transpose(1, 2).reshape(count, steps, 17, 2)
    fast = torch.randn(count, steps, 17, 2, generator=generator)
    errors = level * (slow + 0.5 * fast) * _SPREAD[:, None]
    limb = torch.arange(17) == _OUTER[torch.randint(0, 4, (count,), generator=generator), None]
    astray = (torch.rand(count, generator=generator) < 0.3)[:, None] & limb
    when = _bursts(pose, generator, share=0.3)
    place = 0.7 * torch.randn(count, 1, 17, 2, generator=generator)
    return errors + torch.where((when[:, :, None] & astray[:, None])[..., None], place, 0.0)


def _bursts(pose: Tensor, generator: torch.Generator, *, share: float) -> Tensor:
    """Steps (B, T) in stretches of about a quarter of a second that make up ``share`` of all."""
    count, steps = pose.shape[:2]
    coarse = torch.rand(count, -(-steps // 4), generator=generator) < share
    return coarse.repeat_interleave(4, dim=1)[:, :steps]


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


def _changed_things(
    obj: Tensor, mask: Tensor, mirrored: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Things mirrored, shaken, lost, taken for others, in other slots, or not there at all."""
    count, steps, slots, _ = obj.shape

    def chance(share: float, *shape: int) -> Tensor:
        return torch.rand(count, *shape, generator=generator) < share

    geometry, classes = obj[..., :GEOMETRY], obj[..., GEOMETRY:]
    turned = geometry[..., list(MIRROR_ORDER)] * torch.tensor(MIRROR_SIGN).to(obj.dtype)
    geometry = torch.where(mirrored[:, None, None, None], turned, geometry)
    size = torch.tensor([0.02, 0.02, 0.01, 0.01, *[0.02] * 4, 0, 0, 0.01, 0.05, 0.1, 0.1, 0.05, 0])
    shake = torch.randn(count, steps, slots, GEOMETRY, generator=generator)
    geometry = geometry + shake * size * torch.rand(count, 1, 1, 1, generator=generator)
    smeared = classes * 0.5
    smeared[..., OTHER] += classes.sum(dim=-1) * 0.25
    wrong = torch.randint(0, CLASS_SLOTS, (count, 1, slots, 1), generator=generator)
    smeared = smeared.scatter_add(
        3, wrong.expand(-1, steps, -1, -1), 0.25 * classes.sum(dim=-1, keepdim=True)
    )
    classes = torch.where(chance(0.2, 1, slots, 1), smeared, classes)
    lost = chance(0.2)[:, None, None] & chance(0.6, 1, slots)
    flickers = chance(0.3)[:, None, None] & chance(0.3, steps, slots)
    mask = mask * ~(lost | flickers)
    obj, mask = _with_ghosts(torch.cat([geometry, classes], dim=3), mask, generator)
    order = torch.rand(count, slots, generator=generator).argsort(dim=1)
    shuffled = chance(0.2)[:, None]
    order = torch.where(shuffled, order, torch.arange(slots)).reshape(count, 1, slots)
    order = order.expand(-1, steps, -1)
    obj = obj.gather(2, order.unsqueeze(3).expand_as(obj))
    mask = mask.gather(2, order)
    return torch.where(mask.unsqueeze(-1) > 0, obj, torch.zeros_like(obj)), mask


def _changed_people(
    nei: Tensor, mask: Tensor, mirrored: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Neighbours mirrored, shaken, lost for a while, in other slots, or not there at all."""
    count, steps, slots, size = nei.shape

    def chance(share: float, *shape: int) -> Tensor:
        return torch.rand(count, *shape, generator=generator) < share

    turned = nei * torch.tensor(NEIGHBOUR_MIRROR).to(nei.dtype)
    nei = torch.where(mirrored[:, None, None, None], turned, nei)
    level = 0.04 * torch.rand(count, 1, 1, 1, generator=generator)
    nei = nei + level * torch.randn(count, steps, slots, size, generator=generator)
    lost = chance(0.1)[:, None, None] & chance(0.5, 1, slots)
    away = chance(0.2)[:, None] & _bursts(nei, generator, share=0.2)
    mask = mask * ~(lost | away[:, :, None])
    swapped = chance(0.2)[:, None, None]
    nei = torch.where(swapped[..., None], nei.flip(2), nei)
    mask = torch.where(swapped, mask.flip(2), mask)
    return torch.where(mask.unsqueeze(-1) > 0, nei, torch.zeros_like(nei)), mask


def _changed_looks(ctx: Tensor, generator: torch.Generator) -> Tensor:
    """What people look like, shaken, and some slots in which nobody looked.

    What it would be in a mirror is not known, so it stays as it is.
    """
    count, slots, size = ctx.shape
    level = 0.2 * torch.rand(count, 1, 1, generator=generator)
    shake = torch.randn(count, slots, size, generator=generator)
    lost = (torch.rand(count, 1, generator=generator) < 0.3) & (
        torch.rand(count, slots, generator=generator) < 0.2
    )
    unseen = lost | ~ctx.any(dim=2)
    return torch.where(unseen.unsqueeze(2), torch.zeros_like(ctx), ctx + level * shake)


def _with_ghosts(obj: Tensor, mask: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """In a tenth of the windows another window's thing stands in one empty slot of this one."""
    count, _, slots, _ = obj.shape
    other = torch.randperm(count, generator=generator)
    slot = torch.randint(0, slots, (count,), generator=generator)
    chosen = torch.rand(count, generator=generator) < 0.1
    here = chosen[:, None] & (torch.arange(slots) == slot[:, None])
    free = here[:, None] & (mask == 0) & (mask[other] > 0)
    return torch.where(free.unsqueeze(-1), 0.9 * obj[other], obj), torch.where(free, 1.0, mask)


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
    """Take away present modalities (B, M) at random, never the last one of a window."""
    dropped = torch.tensor(_DROPPED[: mod.shape[1]])
    kept = mod * (torch.rand(mod.shape, generator=generator) >= dropped).to(mod.dtype)
    return torch.where(kept.sum(dim=1, keepdim=True) > 0, kept, mod)
