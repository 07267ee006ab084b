"""Turns recorded and generated motion into the short scenes that are filmed for training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from recognition.frames import Float
from training.figure import animate, bone_lengths
from training.generated import ACTIONS, OFTEN, generate
from training.mocap import FPS, Clip, Segment
from training.motion import cut, follow, mirror_body, random_bones, reach, upright, with_arms
from training.poses import resting_arms

Rng = np.random.Generator

_LONGEST_S = 9.0

_SHARE_USED = {"cmu_60": 0.2, "cmu_61": 0.2, "cmu_01": 0.5}
"""Share of the pieces that one pass uses: a quarter of an hour of one dance, and a playground."""

_QUIET_ARMS = frozenset({"walk", "stand", "run"})
"""Classes that stay what they are when the arms are held differently."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How often scenes are changed; all zero films the recordings as they are."""

    bones: float = 0.0
    mirror: float = 0.0
    speed: float = 0.0
    arms: float = 0.0
    join: float = 0.0
    generated: int = 0  # clips of each generated action in one pass


AS_RECORDED = Recipe()


def retimed(clip: Clip, speed: float) -> Clip:
    """The same motion ``speed`` times as fast, again at 30 fps."""
    count = max(2, int((len(clip.joints) - 1) / speed) + 1)
    at = np.minimum(np.arange(count) * speed, len(clip.joints) - 1)
    low = at.astype(int)
    high = np.minimum(low + 1, len(clip.joints) - 1)
    share = (at - low).astype(np.float32)[:, None, None]
    joints = clip.joints[low] * (1 - share) + clip.joints[high] * share
    segments = tuple(
        Segment(start=int(s.start / speed), end=min(round(s.end / speed), count), label=s.label)
        for s in clip.segments
    )
    return replace(clip, joints=joints, segments=segments)


def pieces(clip: Clip, rng: Rng) -> Iterator[Clip]:
    """A clip cut into parts of at most nine seconds, so that long ones get several cameras."""
    longest = int(_LONGEST_S * FPS)
    start = 0
    while start < len(clip.joints):
        end = start + int(rng.uniform(0.6, 1.0) * longest)
        if len(clip.joints) - end < 2 * FPS:
            end = len(clip.joints)
        yield cut(clip, start, end)
        start = end


def scenes(clips: Sequence[Clip], recipe: Recipe, rng: Rng) -> Iterator[Clip]:
    """One pass over the clips of a split: changed by ``recipe``, then the generated ones.

    Very long recordings of one kind are thinned; nothing is left out of ``AS_RECORDED``.
    """
    if recipe == AS_RECORDED:
        yield from clips
        return
    for clip in clips:
        for piece in pieces(clip, rng):
            if rng.random() < _SHARE_USED.get(clip.subject, 1.0):
                yield changed(piece, clips, recipe, rng)
    for action in ACTIONS:
        for _ in range(round(recipe.generated * OFTEN.get(action, 1.0))):
            owner = clips[int(rng.integers(len(clips)))]
            made = generate(action, bone_lengths(owner), owner.subject, rng)
            yield changed(made, clips, recipe, rng)


def changed(clip: Clip, others: Sequence[Clip], recipe: Recipe, rng: Rng) -> Clip:
    """One scene made from one clip.

    others: clips of the same side, from which a beginning may be taken.
    """
    bones = bone_lengths(clip)
    if rng.random() < recipe.arms and {s.label for s in clip.segments} <= _QUIET_ARMS:
        held = animate([(0, resting_arms(rng)), (0.1, {})], bones, rng)[0]
        clip = replace(clip, joints=with_arms(clip.joints, held))
    if rng.random() < recipe.join and upright(clip.joints[0]):
        clip = _with_beginning(clip, others, bones, rng)
    joints = clip.joints
    if rng.random() < recipe.mirror:
        joints = mirror_body(joints)
    if rng.random() < recipe.bones:
        joints = reach(joints, random_bones(rng))
    clip = replace(clip, joints=joints)
    if rng.random() < recipe.speed:
        clip = retimed(clip, float(np.exp(rng.uniform(np.log(0.75), np.log(1.35)))))
    return clip


def _with_beginning(clip: Clip, others: Sequence[Clip], bones: Float, rng: Rng) -> Clip:
    """Something else comes before: standing, a gait, or anything that ends on its feet.

    A clip of somebody else is put on this person's bones first.
    """
    choice = rng.random()
    if choice < 0.3:
        before = generate("stand", bones, clip.subject, rng)
    else:
        gaits = [c for c in others if c.segments and c.segments[-1].label in {"walk", "run"}]
        pool = gaits if choice < 0.7 and gaits else others
        before = pool[int(rng.integers(len(pool)))]
    length = len(before.joints)
    keep = min(length, int(rng.uniform(0.8, 3.0) * FPS))
    before = cut(before, length - keep, length)
    if not upright(before.joints[-1]):
        return clip
    ratio = (bones / np.maximum(bone_lengths(before), 1e-3)).astype(np.float32)
    return follow(replace(before, joints=reach(before.joints, ratio)), clip)
