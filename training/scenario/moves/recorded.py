"""Moves taken from recordings: turned ahead, put on the actor's bones, with rest at both ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from recognition.frames import Float
from training.mocap import action_core
from training.motion import heading, mirror_body, turn
from training.scenario import skeleton
from training.scenario.move import Direction, Maker, Move
from training.scenario.moves.acting import sounds_at
from training.scenario.moves.body import Body, Rng, arms_down, bearing, planted, sitting
from training.scenario.world import FPS

LABELS: Mapping[str, str] = {
    "wave": "wave", "clap": "clap", "jump": "jump", "punch": "punch", "kick": "kick",
    "sit_down": "sit_down", "stand_up": "stand_up", "squat": "squat",
}  # fmt: skip
"""Actions of which there are recordings, and their labels there.

Recorded people who lie down begin in a crouch; recorded throws and pick-ups are of balls and boxes
that are not in the data, so that nobody knows when they are in the hand. These are parametric.
"""

ON_A_CHAIR = frozenset(
    {
        "stand", "wave", "point", "clap", "raise_hands", "drink", "phone_call", "read", "hammer",
        "stand_up",
    }
)  # fmt: skip
"""What can be done seated; the makers of the others refuse ``Direction.seated``."""

_SHARE = 0.5  # of the moves of such an action that are taken from recordings
_REPEATED = frozenset({"wave", "clap", "punch", "jump"})
_LOWEST_M = 0.01
_LEAD = 16  # frames from rest into a recording, and out of it
_SEATED = {"sit_down": ("standing", "seated"), "stand_up": ("seated", "standing")}


class Recordings(Protocol):
    """Where recordings come from, such as ``training.scenario.library.MoveLibrary``."""

    def segments(self, label: str) -> list[tuple[str, Float]]:
        """Subjects and their joints (T, 26, 3), metres at 30 fps."""
        ...


@dataclass(frozen=True, slots=True)
class NoRecordings:
    """All motion is parametric."""

    def segments(self, label: str) -> list[tuple[str, Float]]:
        """None."""
        return []


def mixed(action: str, parametric: Maker, recordings: Recordings) -> Maker:
    """A maker that takes half of its moves from recordings, where these fit the direction."""
    label = LABELS.get(action)

    def make(bones: Float, direction: Direction, rng: Rng) -> Move:
        if direction.seated and action not in ON_A_CHAIR:
            raise ValueError(
                f"{action} cannot be done on a chair; have the actor stand up first, or choose "
                f"one of {', '.join(sorted(ON_A_CHAIR))}"
            )
        known = recordings.segments(label) if label else []
        # The draw is made in any case: the same seed gives the same parametric move.
        chance, choice = rng.random(), rng.random()
        if known and chance < _SHARE and _fits(action, direction):
            subject, joints = known[int(choice * len(known))]
            made = replayed(action, joints, bones, direction, rng)
            if made is not None:
                return replace(made, source=subject)
        return parametric(bones, direction, rng)

    return make


def _fits(action: str, direction: Direction) -> bool:
    return not direction.seated or action == "stand_up"


def replayed(
    action: str, joints: Float, bones: Float, direction: Direction, rng: Rng
) -> Move | None:
    """One recording as a move; None where it cannot be what the direction asks for.

    joints: (T, 26, 3) of the recording.
    """
    start, end = action_core(action, joints, 0, len(joints))
    part = _cut(action, joints[start:end], direction, rng)
    if part is None or len(part) < 12:
        return None
    if _wants_mirror(part, direction, rng):
        part = mirror_body(part)
    part = turn(part, -float(np.median(heading(part[:8]))))
    part = skeleton.retargeted(part.astype(np.float32), bones)
    part[..., :2] -= part[0, 17, :2]
    part[..., 2] += np.maximum(_LOWEST_M - part[..., 2].min(axis=1), 0)[:, None]
    if action in _SEATED and (part := _on_seat(part, bones, direction, action)) is None:
        return None
    begins, ends = _SEATED.get(action, ("standing", "standing"))
    whole, onset = _with_rest(part, bones, (begins, ends), direction, rng)
    end = onset + len(part)
    if action == "squat":  # the recordings are of the low part alone
        onset, end = onset - _LEAD, min(end + _LEAD, len(whole))
    whole[..., :2] -= whole[0, 17, :2]
    sounds: tuple[tuple[int, str, float], ...] = ()
    if action == "clap":
        sounds = sounds_at(_claps(whole, onset, end), "clap", rng, -17)
    return Move(
        action=action, joints=whole, onset=onset, end=end, sounds=sounds,
        begins=begins, ends=ends,  # type: ignore[arg-type]
    )  # fmt: skip


def _cut(action: str, joints: Float, direction: Direction, rng: Rng) -> Float | None:
    """As long as wished, by a cut where the action repeats itself, else by playing it faster."""
    speed = rng.uniform(0.85, 1.2)
    if action in _REPEATED and direction.for_s is None:
        longest = round(rng.uniform(2.0, 5.0) * FPS)
        joints = joints[:longest]
    elif direction.for_s is not None:
        wanted = direction.for_s * FPS
        if action in _REPEATED and len(joints) > wanted:
            joints = joints[: round(wanted * speed)]
        speed = len(joints) / wanted
        if not 0.7 <= speed <= 1.4:
            return None
    count = max(2, round(len(joints) / speed))
    at = np.linspace(0, len(joints) - 1, count)
    low = np.minimum(at.astype(int), len(joints) - 2)
    share = (at - low).astype(np.float32)[:, None, None]
    out: Float = joints[low] * (1 - share) + joints[low + 1] * share
    return out


def _wants_mirror(joints: Float, direction: Direction, rng: Rng) -> bool:
    """Whether the mirror image has the hand that the direction asks for; else by chance."""
    if direction.hand is None:
        return bool(rng.random() < 0.5)
    moved = np.abs(np.diff(joints[:, (9, 10)] - joints[:, 17, None], axis=0)).sum(axis=(0, 2))
    busy = "left" if moved[0] > moved[1] else "right"
    return busy != direction.hand


def _on_seat(joints: Float, bones: Float, direction: Direction, action: str) -> Float | None:
    """The recording with the hips as high as on the wished seat; legs by inverse kinematics."""
    sits = -1 if action == "sit_down" else 0
    stands = 0 if sits else -1
    high, low = float(joints[stands, 17, 2]), float(joints[sits, 17, 2])
    wanted = direction.seat_m + 0.11
    if high - low < 0.15 or abs(wanted - low) > 0.15:
        return None
    out = joints.copy()
    share = np.clip((high - joints[:, 17, 2]) / (high - low), 0, 1.1)
    out[..., 2] += (share * (wanted - low))[:, None]
    feet = joints[stands, [15, 16]].copy()
    feet[:, 2] = 0.085
    return planted(out, bones, np.repeat(feet[None], len(out), axis=0))


def _with_rest(
    part: Float, bones: Float, ways: tuple[str, str], direction: Direction, rng: Rng
) -> tuple[Float, int]:
    """The recording between two rests, and the frame in which it begins."""
    own = bearing(rng)
    before, after = (
        _rest(frame, posture, (bones, direction), own, rng)
        for frame, posture in zip((part[0], part[-1]), ways, strict=True)
    )
    lead = skeleton.change_over(before[-1], np.repeat(part[:1], _LEAD, axis=0), _LEAD)
    pieces = [before, lead, part]
    way_out = skeleton.change_over(after[0], np.repeat(part[-1:], _LEAD, axis=0), _LEAD)
    pieces += [way_out[::-1], after]
    return np.concatenate(pieces).astype(np.float32), len(before) + len(lead)


def _rest(frame: Float, posture: str, who: tuple[Float, Direction], own: object, rng: Rng) -> Float:
    """A short rest (T, 26, 3) in a posture, with the feet and the heading of a frame (26, 3)."""
    bones, direction = who
    seated = posture == "seated"
    pose = sitting(bones, direction.seat_m, rng) if seated else arms_down(rng)
    body = Body(bones, own, pose, on_feet=not seated)  # type: ignore[arg-type]
    body.hold(rng.uniform(0.15, 0.35))
    joints = turn(body.joints(feet="planted"), float(heading(frame[None])[0]))
    if seated:
        joints[..., :2] += frame[17, :2] - joints[0, 17, :2]
        return joints
    feet = frame[[15, 16]].copy()
    feet[:, 2] = 0.085
    apart = turn(feet[0] - feet[1], -float(heading(frame[None])[0]))
    if np.linalg.norm(apart[:2]) > 0.7 or apart[1] < 0.08:
        # In the middle of a stride, or with crossed legs: the feet are put together.
        joints[..., :2] += feet[:, :2].mean(axis=0) - joints[0, [15, 16], :2].mean(axis=0)
        return joints
    return planted(joints, bones, np.repeat(feet[None], len(joints), axis=0))


def _claps(joints: Float, start: int, end: int) -> list[int]:
    """Frames in which the hands meet: the nearest they come between two partings."""
    gap = np.linalg.norm(joints[:, 22] - joints[:, 23], axis=1)
    near = np.percentile(gap[start:end], 30)
    return [
        frame
        for frame in range(start + 1, end - 1)
        if gap[frame] <= near and gap[frame] < gap[frame - 1] and gap[frame] <= gap[frame + 1]
    ]
