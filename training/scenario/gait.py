"""Ways of walking and running: a stretch of steps that can be walked on and on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.signal import find_peaks

from recognition.frames import Float
from training.figure import ANGLES, pose_joints
from training.motion import heading, turn
from training.scenario.feet import Flags, flat_feet
from training.scenario.skeleton import PELVIS, bones_of, on_bones, retargeted
from training.scenario.world import FPS

Kind = Literal["walk", "run"]
Rng = np.random.Generator

SPEEDS_M_S = {"walk": (0.7, 2.0), "run": (2.2, 4.5)}
_STRAIGHT_M, _AHEAD_DEG, _CLOSED_M = 0.2, 20.0, 0.25
_HANDS_AHEAD_M = {"walk": 0.12, "run": 0.32}  # of the shoulders, both; beyond, they carry something
_STILL_M_S = {"walk": 0.35, "run": 1.2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gait:
    """Whole strides of one person, at one speed, straight on along x.

    joints: (N, 26, 3) metres with the way taken out, the pelvis about x = y = 0; frame N would be
    frame 0 again. rests: (N, 2) which foot, left and right, is flat on the floor. way_m: how far
    the N frames lead.
    """

    kind: Kind
    joints: Float
    rests: Flags
    way_m: float

    @property
    def speed_m_s(self) -> float:
        """Metres per second."""
        return self.way_m / len(self.joints) * FPS

    def at(self, phase: Float) -> tuple[Float, Flags]:
        """Joints (T, 26, 3) and resting feet (T, 2) at phases (T,), in frames from 0."""
        count = len(self.joints)
        low = np.floor(phase).astype(int)
        share = (phase - low)[:, None, None].astype(np.float32)
        first, second = self.joints[low % count], self.joints[(low + 1) % count]
        lengths = bones_of(self.joints[0])
        return on_bones(first * (1 - share) + second * share, lengths), self.rests[low % count]


def recorded_gait(kind: Kind, joints: Float, bones: Float) -> Gait | None:
    """The straight steps of a recording (T, 26, 3), on the bones (26,) of somebody else.

    None where the recording is no gait of that kind straight ahead, arms free, with one whole
    stride or more.
    """
    way = joints[-1, PELVIS] - joints[0, PELVIS]
    level = turn(joints - joints[0, PELVIS] * [1, 1, 0], -float(np.arctan2(way[1], way[0])))
    level = retargeted(level.astype(np.float32), bones)
    lead = level[:, 15, 0] - level[:, 16, 0]
    strides, _ = find_peaks(lead, distance=8, prominence=0.25)
    if len(strides) < 2:
        return None
    start, end = int(strides[0]), int(strides[min(len(strides) - 1, 4)])
    part = level[start : end + 1]
    steps = part[-1, PELVIS] - part[0, PELVIS]
    speed = float(steps[0]) / (end - start) * FPS
    straight = np.abs(part[:, PELVIS, 1] - np.linspace(0, steps[1], len(part)) - part[0, PELVIS, 1])
    low, high = SPEEDS_M_S[kind]
    if (
        not low <= speed <= high
        or straight.max() > _STRAIGHT_M
        or np.abs(np.degrees(heading(part))).mean() > _AHEAD_DEG
        or (part[:, (9, 10), 0] - part[:, (5, 6), 0]).min(axis=1).mean() > _HANDS_AHEAD_M[kind]
    ):
        return None
    return _closed(kind, part, bones)


def _closed(kind: Kind, part: Float, bones: Float) -> Gait | None:
    """Take the way out of frames 0..N and let frame N be frame 0 again."""
    rests = flat_feet(part, _STILL_M_S[kind])[:-1]
    share = np.linspace(0, 1, len(part), dtype=np.float32)[:, None]
    steps = part[-1, PELVIS] - part[0, PELVIS]
    still = part - (part[0, PELVIS] * [1, 1, 0] + share * steps)[:, None]
    gap = still[-1] - still[0]
    if np.linalg.norm(gap, axis=1).max() > _CLOSED_M:
        return None
    still = (still - share[..., None] * gap).astype(np.float32)
    still[..., :2] -= still[:, PELVIS, :2].mean(axis=0)
    return Gait(kind=kind, joints=on_bones(still, bones)[:-1], rests=rests, way_m=float(steps[0]))


_HIP = {
    "walk": (30, 28, 20, 10, 0, -8, -10, 0, 18, 32),
    "run": (35, 30, 17, 0, -14, -10, 4, 26, 45, 47),
}
"""Flexion of the hip at each tenth of a stride from heel strike, degrees (after D. Winter)."""
_KNEE = {
    "walk": (6, 16, 14, 8, 5, 10, 35, 60, 52, 20),
    "run": (20, 38, 34, 22, 20, 45, 85, 95, 70, 35),
}
_PERIOD_S = {"walk": (1.0, 1.18), "run": (0.66, 0.78)}
_FLAT_UNTIL = {"walk": 0.46, "run": 0.24}
"""Share of a stride after its heel strike at which the heel leaves the floor."""


def parametric_gait(kind: Kind, bones: Float, rng: Rng) -> Gait:
    """Steps after textbook angles of hip and knee, varied per person: where nothing is recorded."""
    count = round(float(rng.uniform(*_PERIOD_S[kind])) * FPS)
    size = float(rng.uniform(0.85, 1.1))
    swing, elbow = rng.uniform(0.5, 1.0), (rng.uniform(8, 30) if kind == "walk" else 85.0)
    stoop = rng.uniform(0, 6) if kind == "walk" else rng.uniform(5, 14)
    phase = np.arange(count, dtype=np.float32) / np.float32(count)
    track: dict[str, Float] = {name: np.zeros(count, np.float32) for name in ANGLES}
    for leg, arm, start in (("l", "r", 0.0), ("r", "l", 0.5)):
        hip = _curve(_HIP[kind], phase + np.float32(start), size)
        track[f"{leg}_thigh"] = hip
        track[f"{leg}_shin"] = hip - _curve(_KNEE[kind], phase + np.float32(start), size)
        track[f"{leg}_thigh_out"] = track[f"{leg}_shin_out"] = 0 * hip + 2
        track[f"{arm}_arm"] = swing * (hip - 10)
        track[f"{arm}_fore"] = track[f"{arm}_arm"] + elbow + 0.3 * swing * (hip - 10)
        track[f"{arm}_arm_out"], track[f"{arm}_fore_out"] = 0 * hip + 9, 0 * hip - 2
    track["pitch"] = np.full(count, stoop, np.float32)
    track["nod"] = -track["pitch"]
    track["yaw"] = 0.2 * (track["r_arm"] - track["l_arm"])
    if kind == "run":
        # Flight: both feet are off the floor about the end of each push.
        push = np.sin(4 * np.pi * (phase - 0.32)).astype(np.float32)
        track["lift"] = np.float32(0.07) * np.clip(push, 0, 1)
    angles = np.stack([track[name] for name in ANGLES], axis=1).astype(np.float32)
    joints = pose_joints(angles, bones)
    joints[..., :2] -= joints[:, PELVIS, None, :2]
    back = -np.diff(np.concatenate([joints, joints[:1]])[:, (15, 16), 0], axis=0)
    lower = joints[:, (24, 25), 2].argmin(axis=1)
    stance = back[np.arange(count), lower]
    speed = float(np.median(stance[stance > 0]))
    left = (phase > 0.06) & (phase < _FLAT_UNTIL[kind])
    rests = np.stack([left, np.roll(left, -(count // 2))], axis=1)
    return Gait(kind=kind, joints=joints, rests=rests, way_m=count * speed)


def _curve(tenths: tuple[float, ...], phase: Float, size: float) -> Float:
    """A closed curve through ten equally spaced values, smooth by its first four harmonics."""
    spectrum = np.fft.rfft(np.array(tenths, np.float64)) / len(tenths)
    angle = 2 * np.pi * np.outer(phase, np.arange(1, 5))
    waves = 2 * (spectrum[1:5] * np.exp(1j * angle)).real.sum(axis=1)
    curve: Float = (size * (spectrum[0].real + waves)).astype(np.float32)
    return curve
