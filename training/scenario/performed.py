"""What is true of a finished scene: who stood and walked when, and what was heard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from scipy.ndimage import uniform_filter1d

from recognition.frames import Float
from recognition.taxonomy import Taxonomy
from training.mocap import Clip
from training.scenario.cast import Player
from training.scenario.formations import MOVING_M_S, gathered, run_around
from training.scenario.scene import Scene
from training.scenario.script import CueScript
from training.scenario.skeleton import PELVIS
from training.scenario.world import FPS, ActionTruth, SoundCue
from training.sound_synthesis import step_times

Point = tuple[float, float, float]

_LEAST_S = 1.0
_STEP_DB = -33.0
_MOUTH_M = {"speech": 0, "phone_ring": 22, "clap": 22, "hammer": 23}
"""The joint from which a sound comes; others come from the floor below the pelvis."""


def spans_of(player: Player, joints: Float) -> list[tuple[str, int, int]]:
    """Stretches of at least 1 s in which somebody stands idle, walks or runs.

    joints: (T, 26, 3) of the finished track. A way begins and ends where the pelvis moves at
    0.35 m/s along the floor.
    """
    speed = np.linalg.norm(np.gradient(joints[:, PELVIS, :2], axis=0), axis=1) * FPS
    moving = uniform_filter1d(speed, 5) > MOVING_M_S
    found: list[tuple[str, int, int]] = []
    for span in player.track.spans:
        if span.mark == "other":
            continue
        start, end = span.start, span.end
        if span.mark != "stand":
            frames = np.flatnonzero(moving[start:end])
            if len(frames) == 0:
                continue
            start, end = start + int(frames[0]), start + int(frames[-1]) + 1
        if found and found[-1][0] == span.mark and start - found[-1][2] <= 1:
            found[-1] = (span.mark, found[-1][1], end)
        else:
            found.append((span.mark, start, end))
    return found


def alone(
    truth: Sequence[ActionTruth], taxonomy: Taxonomy, player: Player
) -> list[tuple[int, int]]:
    """Frames in which somebody's own or a pair's action is under way already."""
    return sorted(
        (round(item.onset_s * FPS), round(item.end_s * FPS))
        for item in truth
        if player.name in item.actors and taxonomy.action(item.action).scope != "group"
    )


def complete(scene: Scene, bodies: Sequence[Float]) -> tuple[ActionTruth, ...]:
    """All truth of a scene: the doings, and everybody's standing, walking and running besides.

    Only where the actor is present; by onset. What one person does never overlaps; the actions of
    groups go on beside it.
    """
    scene.truth[:] = [
        _while_together(scene, bodies, item) if item.action == "gathering" else item
        for item in scene.truth
    ]
    own = list(scene.truth)
    for player, joints in zip(scene.players, bodies, strict=True):
        last = player.track.frames if player.leaves is None else player.leaves
        taken = alone(own, scene.taxonomy, player)
        for mark, start, end in spans_of(player, joints):
            for first, after in _free(max(start, player.enters), min(end, last), taken):
                if after - first >= _LEAST_S * FPS:
                    scene.tell(mark, [player], (first, after))
    return tuple(sorted(scene.truth, key=lambda item: (item.onset_s, item.actors, item.action)))


def _while_together(scene: Scene, bodies: Sequence[Float], item: ActionTruth) -> ActionTruth:
    """A gathering lasts from when the last one has come until the first leaves or turns away."""
    acted = round(item.onset_s * FPS), round(item.end_s * FPS)
    people = [scene.player(name) for name in item.actors]
    frames = gathered(np.stack([bodies[player.index] for player in people]))
    for player in people:
        frames &= [player.present(frame) for frame in range(len(frames))]
    first, last = run_around(frames, acted)
    return replace(item, onset_s=round(first / FPS, 3), end_s=round(last / FPS, 3))


def _free(start: int, end: int, taken: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for first, after in taken:
        if after <= start or first >= end:
            continue
        if first > start:
            yield start, first
        start = max(start, after)
    if start < end:
        yield start, end


def sounds_of(
    scene: Scene, bodies: Sequence[Float], cues: Sequence[CueScript]
) -> tuple[SoundCue, ...]:
    """Everything that is heard, by time: steps, the sounds of the moves, those of the script."""
    heard = [
        SoundCue(
            kind=cue.kind,
            at_s=cue.at_s,
            at_m=cue.at_m,
            level_db=cue.level_db,
            for_s=cue.for_s,
            text=cue.text,
        )
        for cue in cues
    ]
    for player, joints in zip(scene.players, bodies, strict=True):
        heard += [*_steps(player, joints), *_of_moves(player, joints)]
    return tuple(sorted(heard, key=lambda cue: (cue.at_s, cue.kind, cue.at_m)))


def _steps(player: Player, joints: Float) -> Iterator[SoundCue]:
    """A footstep wherever a foot is put down, the louder the faster it came."""
    clip = Clip(name=player.name, subject=player.name, joints=joints, segments=())
    for second, speed in step_times(clip):
        frame = round(second * FPS)
        if not player.present(frame) or joints[frame, PELVIS, 2] < 0.6:
            continue
        level_db = _STEP_DB + 8 * float(np.log10(max(speed, 0.1)))
        yield SoundCue(kind="footstep", at_s=second, at_m=_below(joints, frame),
                       level_db=level_db)  # fmt: skip


def _of_moves(player: Player, joints: Float) -> Iterator[SoundCue]:
    for frame, kind, level_db, for_s in player.cues:
        if not 0 <= frame < len(joints) or not player.present(frame):
            continue
        joint = _MOUTH_M.get(kind)
        place = _below(joints, frame) if joint is None else _at(joints, frame, joint)
        left_s = (len(joints) - frame) / FPS
        lasts = None if for_s is None else round(min(for_s, left_s), 3)
        yield SoundCue(
            kind=kind, at_s=round(frame / FPS, 3), at_m=place, level_db=level_db, for_s=lasts
        )


def _at(joints: Float, frame: int, joint: int) -> Point:
    x, y, z = (round(float(value), 3) for value in joints[frame, joint])
    return (x, y, z)


def _below(joints: Float, frame: int) -> Point:
    x, y, _ = _at(joints, frame, PELVIS)
    return (x, y, 0.02)
