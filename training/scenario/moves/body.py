"""A body that is led through poses: trunk and head by angles, feet where they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from recognition.frames import Float
from training.figure import ANGLES, STANDING, Pose, pose_joints
from training.poses import arms, legs
from training.scenario.moves.limbs import LEG, bend_of, face, two_bones
from training.scenario.world import FPS

Rng = np.random.Generator
Ease = Literal["smooth", "in", "out", "even"]
Feet = Literal["planted", "free", "left", "right"]

CHANNELS = (*ANGLES, "lean", "look", "tip", "ahead", "side")
"""The angles of the jointed figure, and: lean, the trunk to the left, look, the head to the left,
tip, the whole body to the left, degrees; ahead and side (to the left), the pelvis over
planted feet, metres.
"""

_LIVELY = (
    *(name for name in CHANNELS if "_arm" in name or "_fore" in name),
    "pitch", "roll", "bend", "nod", "yaw", "lean", "look",
)  # fmt: skip
_OWN_PACE = tuple(n for n in _LIVELY if n not in {"pitch", "bend", "roll", "lean"})
_FLESH = np.full(26, 0.03, np.float32)  # between a joint and the skin, metres
_FLESH[[5, 6, 11, 12, 17, 18, 19]] = 0.09
_FLESH[[0, 1, 2, 3, 4, 20, 21]] = 0.08
_FLESH[[13, 14]] = 0.05
_FLESH[[15, 16]] = 0.07
_ANKLE_M, _TOE_M = 0.085, 0.03
_HIP_OVER_SEAT_M = 0.09
_HEAD = [0, 1, 2, 3, 4, 21]
_UPPER = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 18, 19, 20, 21, 22, 23]
_TRUNK = [*_UPPER, 11, 12, 17]


@dataclass(frozen=True, slots=True)
class Bearing:
    """How one person holds itself and moves: (C,) added angles, trembling, and own paces."""

    added: Float
    size: Float
    rate: Float
    phase: Float
    pace: Float


def neutral() -> Bearing:
    """Somebody who stands straight and never trembles."""
    zero = np.zeros(len(CHANNELS), np.float32)
    return Bearing(zero, zero, zero, zero, zero + 1)


def bearing(rng: Rng) -> Bearing:
    """Somebody: stooped or straight, feet together or apart, lively or calm."""
    count = len(CHANNELS)
    stride, apart = rng.uniform(-7, 7), rng.uniform(-2, 6)
    added = {
        "pitch": rng.uniform(-2, 6), "bend": rng.uniform(-2, 9), "nod": rng.uniform(-10, 8),
        "l_thigh": stride, "r_thigh": -stride, "l_shin": stride, "r_shin": -stride,
        "l_thigh_out": apart, "r_thigh_out": apart, "l_shin_out": apart, "r_shin_out": apart,
        "lean": rng.normal(0, 1), "roll": rng.normal(0, 4), "look": rng.normal(0, 5),
    }  # fmt: skip
    size = rng.uniform(0, 1.6, count) * rng.uniform(0.4, 1.2) * np.isin(CHANNELS, _LIVELY)
    size += np.isin(CHANNELS, ("ahead", "side")) * rng.uniform(0.002, 0.012, count)
    size += np.isin(CHANNELS, ("look", "nod")) * rng.uniform(0, 2.5)
    own = np.isin(CHANNELS, _OWN_PACE)
    return Bearing(
        added=_row(added),
        size=size.astype(np.float32),
        rate=rng.uniform(0.6, 3.5, count).astype(np.float32),
        phase=rng.uniform(0, 6.28, count).astype(np.float32),
        pace=np.where(own, rng.uniform(0.82, 1.2, count), 1.0).astype(np.float32),
    )


def arms_down(rng: Rng) -> Pose:
    """Arms that hang at the sides, each a little different."""
    pose: dict[str, float] = {}
    for side in "lr":
        pose |= {
            f"{side}_arm": rng.uniform(-6, 7), f"{side}_arm_out": rng.uniform(5, 14),
            f"{side}_fore": rng.uniform(5, 26), f"{side}_fore_out": rng.uniform(-6, 7),
        }  # fmt: skip
    return pose


def sitting(bones: Float, seat_m: float, rng: Rng) -> Pose:
    """On a seat of that height, feet on the floor, hands on the thighs."""
    shin = rng.uniform(-14, 10)
    knee = _ANKLE_M + bones[15] * np.cos(np.radians(shin))
    drop = (seat_m + _HIP_OVER_SEAT_M - knee) / bones[13]
    thigh = float(np.degrees(np.arccos(np.clip(drop, -0.3, 0.8))))
    lap = arms(rng.uniform(14, 26), rng.uniform(6, 13), rng.uniform(56, 68), rng.uniform(-14, -3))
    return {**legs(thigh, shin, rng.uniform(3, 12)), **lap, "pitch": rng.uniform(-8, 5)}


class Body:
    """Collects poses one after the other, then gives the joints.

    bones: (26,) metres. start: the first pose, upon standing. on_feet: whether the bearing of
    the legs (one foot ahead, feet apart) is added.
    """

    def __init__(
        self, bones: Float, bearing: Bearing, start: Pose | None = None, *, on_feet: bool = True
    ) -> None:
        self._bones = bones
        self._bearing = bearing
        self._on_feet = on_feet
        self._rows = [_row({**STANDING, **(start or {})})]

    @property
    def frame(self) -> int:
        """The last frame so far."""
        return len(self._rows) - 1

    def to(self, seconds: float, pose: Pose, ease: Ease = "smooth") -> int:
        """Go to a pose; what it does not name stays. Returns the frame of arrival."""
        before = self._rows[-1]
        after = before.copy()
        for name, value in pose.items():
            after[CHANNELS.index(name)] = value
        count = max(1, round(seconds * FPS))
        share = np.linspace(0, 1, count + 1, dtype=np.float32)[1:, None]
        share = _eased(share**self._bearing.pace if ease == "smooth" else share, ease)
        self._rows.extend(before + (after - before) * share)
        return self.frame

    def hold(self, seconds: float) -> int:
        """Stay. Returns the last frame of it."""
        return self.to(seconds, {}) if seconds > 0 else self.frame

    def joints(self, *, feet: Feet) -> Float:
        """(T, 26, 3) metres.

        feet: ``planted`` both stay where they are at first, ``left`` or ``right`` only that one
        does, ``free`` their middle is at ``forward`` and the lowest part is on the floor.
        """
        own = self._bearing
        track: Float = np.stack(self._rows).astype(np.float32)
        channel = {name: track[:, index] for index, name in enumerate(CHANNELS)}
        upright = np.cos(np.radians(np.clip(channel["pitch"], -90, 90)))
        upright = (upright * np.cos(np.radians(channel["tip"])))[:, None]
        added = own.added.copy()
        if not self._on_feet:
            added[[n.endswith(("thigh", "shin", "_out")) for n in CHANNELS]] = 0
        times = np.arange(len(track))[:, None] / FPS
        track = track + added * upright + own.size * np.sin(times * own.rate + own.phase)
        joints = _figure(track.astype(np.float32), self._bones)
        if feet == "planted":
            over = track[:, [CHANNELS.index("ahead"), CHANNELS.index("side")]]
            joints[:, _TRUNK, :2] += over[:, None].astype(np.float32)
            joints = planted(joints, self._bones)
        elif feet in {"left", "right"}:
            stance = joints[:, LEG[feet][2], :2]
            joints[..., :2] += (stance[0] - stance)[:, None]
        return joints


def _row(pose: Mapping[str, float]) -> Float:
    return np.array([pose.get(name, 0.0) for name in CHANNELS], np.float32)


def _eased(share: Float, ease: Ease) -> Float:
    """smooth: least jerk, from rest to rest (Flash and Hogan 1985); in: speeds up; out: slows."""
    if ease == "in":
        return share * share
    if ease == "out":
        return 1 - (1 - share) ** 2
    return share if ease == "even" else share**3 * (10 - 15 * share + 6 * share * share)


def _figure(track: Float, bones: Float) -> Float:
    channel = {name: track[:, index].copy() for index, name in enumerate(CHANNELS)}
    angles = track[:, : len(ANGLES)].copy()
    angles[:, [ANGLES.index(name) for name in ("turn", "forward", "lift")]] = 0
    joints = pose_joints(angles, bones)
    axes = face(joints)
    axes[:, :, 0] = np.cross(axes[:, :, 1], axes[:, :, 2])
    held = np.einsum("tji,tkj->tki", axes, joints[:, _HEAD] - joints[:, 20, None])
    held = _spun(held, channel["look"], 0, 1)
    joints[:, _HEAD] = joints[:, 20, None] + np.einsum("tij,tkj->tki", axes, held)
    pelvis = joints[:, 17, None].copy()
    joints[:, _UPPER] = pelvis + _spun(joints[:, _UPPER] - pelvis, channel["lean"], 2, 1)
    joints = _spun(joints, channel["tip"], 2, 1)
    joints[..., 2] -= (joints[..., 2] - _FLESH).min(axis=1)[:, None]
    joints[..., 2] += channel["lift"][:, None]
    joints[..., 0] += channel["forward"][:, None]
    return _spun(joints, channel["turn"], 0, 1)


def _spun(points: Float, degrees: Float, first: int, second: int) -> Float:
    """Points (T, V, 3) turned from axis ``first`` towards ``second``, degrees (T,)."""
    out: Float = points.copy()
    c, s = np.cos(np.radians(degrees))[:, None], np.sin(np.radians(degrees))[:, None]
    out[..., first] = points[..., first] * c - points[..., second] * s
    out[..., second] = points[..., first] * s + points[..., second] * c
    return out


def planted(joints: Float, bones: Float, stands: Float | None = None) -> Float:
    """The same motion with both feet flat where they are at first; hips follow, knees bend.

    joints: (T, 26, 3). stands: (T, 2, 3) left and right ankle, None: as in the first frame, on
    the floor. A hip too far from its foot is lowered with the whole trunk.
    """
    out: Float = joints.copy()
    if stands is None:
        first = joints[:1, [15, 16]].copy()
        first[..., 2] = _ANKLE_M
        stands = np.repeat(first, len(joints), axis=0)
    out[:, _TRUNK, :2] += (stands[:, :, :2] - joints[:, [15, 16], :2]).mean(axis=1)[:, None]
    out[:, _TRUNK, 2] += (_ANKLE_M - joints[:, [15, 16], 2].min(axis=1))[:, None]
    low = np.zeros(len(joints), np.float32)
    for index, (hip, knee, ankle, _) in enumerate(LEG.values()):
        reach = 0.995 * (bones[knee] + bones[ankle])
        level = np.linalg.norm(out[:, hip, :2] - stands[:, index, :2], axis=1)
        highest = stands[:, index, 2] + np.sqrt(np.maximum(reach**2 - level**2, 0.01))
        low = np.maximum(low, out[:, hip, 2] - highest)
    out[:, _TRUNK, 2] -= low[:, None]
    for index, chain in enumerate(LEG.values()):
        hip, knee, ankle, toe = chain
        pole = bend_of(joints, chain) + np.array([0.35, 0, 0], np.float32)
        lengths = float(bones[knee]), float(bones[ankle])
        out[:, [knee, ankle]] = two_bones(out[:, hip], stands[:, index], lengths, pole)
        way = joints[0, toe] - joints[0, ankle]
        level_way = way[:2] / max(float(np.linalg.norm(way[:2])), 1e-6)
        sine = min((_ANKLE_M - _TOE_M) / float(bones[toe]), 0.9)
        flat = np.array([*(level_way * np.sqrt(1 - sine**2)), -sine], np.float32)
        out[:, toe] = out[:, ankle] + bones[toe] * flat
    return out


def travel(count: int, moments: Sequence[tuple[float, float]]) -> Float:
    """A share (T,) that goes smoothly through (frame, value) moments and rests between them."""
    frames = np.arange(count, dtype=np.float32)
    value = np.full(count, moments[0][1], np.float32)
    for (start, before), (end, after) in pairwise(moments):
        share = np.clip((frames - start) / max(end - start, 1e-6), 0, 1)
        share = share**3 * (10 - 15 * share + 6 * share * share)
        value = np.where(frames >= start, before + (after - before) * share, value)
    out: Float = value.astype(np.float32)
    return out
