"""Which people form a group, by where they are and where they face: the definition of the truth.

``configs/taxonomy.yaml`` says what groups do in words, docs/scoring.md with these numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from recognition.frames import Float
from recognition.taxonomy import load_taxonomy
from training.motion import heading
from training.scenario.skeleton import PELVIS
from training.scenario.world import FPS, Actor, World

Flags = npt.NDArray[np.bool_]

CIRCLE_M = 1.0
"""Farthest from the common middle that somebody stands who belongs to a gathering; in a circle of
more than seven people, who need more room, see ``circle_m``."""

FACING_DEG = 75.0
"""Most by which a member of a gathering faces past the middle."""

MOVING_M_S = 0.35
"""Pace of the pelvis along the floor from which on somebody walks; slower is standing."""

ABREAST_M = 1.2
"""Farthest apart of two who walk together."""

ALIKE_DEG = 30.0
"""Most by which the ways of two who walk together differ."""

LEAST_S = 1.0
"""People who form a group for a shorter time only pass by each other."""

_ELBOW_M = 0.78  # between two who stand beside each other in a circle
_SLACK_M = 0.1
_SMOOTH_S = 0.5


def circle_m(people: int) -> float:
    """Radius of the circle in which so many people stand at ease, elbow to elbow."""
    return max(0.62, _ELBOW_M / (2 * float(np.sin(np.pi / people)))) if people > 2 else 0.55


def gathered(joints: Float) -> Flags:
    """Frames (T,) in which all of N people stand around a common middle and face it.

    joints: (N, T, 26, 3) metres, z up.
    """
    most_m = max(CIRCLE_M, circle_m(len(joints)) + _SLACK_M)
    places = joints[:, :, PELVIS, :2]
    away = places.mean(axis=0) - places
    faces = np.stack([heading(body) for body in joints])
    past = np.abs(_turned(faces - np.arctan2(away[..., 1], away[..., 0])))
    ahead = _smooth((past <= np.radians(FACING_DEG)).astype(np.float32)) >= 0.5
    near = np.linalg.norm(away, axis=-1) <= most_m
    found: Flags = (near & ahead & (_pace(places) < MOVING_M_S)).all(axis=0)
    return found


def walking_together(joints: Float) -> Flags:
    """Frames (T,) in which two people (2, T, 26, 3) go the same way side by side."""
    places = joints[:, :, PELVIS, :2]
    ways = np.gradient(_smooth(places), axis=1)
    directions = np.arctan2(ways[..., 1], ways[..., 0])
    alike = np.abs(_turned(directions[0] - directions[1])) <= np.radians(ALIKE_DEG)
    near = np.linalg.norm(places[0] - places[1], axis=-1) <= ABREAST_M
    moving = (_pace(places) >= MOVING_M_S).all(axis=0)
    found: Flags = near & alike & moving
    return found


def untold(world: World) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Groups that people form for ``LEAST_S`` or longer and that the truth does not tell.

    Gives the action and the people, at least as many as the action takes.
    """
    for action, formed in (("gathering", gathered), ("walking_together", walking_together)):
        for some in combinations(world.actors, load_taxonomy().action(action).least_people):
            frames = formed(np.stack([one.joints for one in some]))
            frames &= np.all([one.present for one in some], axis=0)
            frames &= ~_told(world, action, some)
            if _longest(frames) >= LEAST_S * FPS:
                yield action, tuple(one.name for one in some)


def run_around(frames: Flags, inside: tuple[int, int]) -> tuple[int, int]:
    """The run of frames that overlaps ``inside``, first and one after the last, gaps closed.

    A gap shorter than ``LEAST_S`` is none. ``inside`` itself where no frame of it is one.
    """
    runs = list(_runs(frames))
    joined: list[tuple[int, int]] = []
    for start, end in runs:
        if joined and start - joined[-1][1] < LEAST_S * FPS:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    shared = [(min(end, inside[1]) - max(start, inside[0]), start, end) for start, end in joined]
    most = max(shared, default=(0, 0, 0))
    return (most[1], most[2]) if most[0] > 0 else inside


def _told(world: World, action: str, some: Sequence[Actor]) -> Flags:
    """Frames in which the truth tells the action of all of these, and the seconds beside it."""
    told = np.zeros(len(world.actors[0].joints), bool)
    for item in world.truth:
        if item.action == action and {one.name for one in some} <= {*item.actors}:
            beside = LEAST_S * FPS
            told[max(round(item.onset_s * FPS - beside), 0) : round(item.end_s * FPS + beside)] = 1
    return told


def _runs(frames: Flags) -> Iterator[tuple[int, int]]:
    edges = np.diff(np.concatenate([[0], frames.astype(np.int8), [0]]))
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    yield from zip(begins.tolist(), ends.tolist(), strict=True)


def _longest(frames: Flags) -> int:
    return max((end - start for start, end in _runs(frames)), default=0)


def _pace(places: Float) -> Float:
    """Metres per second (N, T) of places (N, T, 2)."""
    pace: Float = np.linalg.norm(np.gradient(_smooth(places), axis=1), axis=-1) * FPS
    return pace


def _smooth(values: Float) -> Float:
    """Moving average over time, the second axis."""
    smooth: Float = uniform_filter1d(values, round(_SMOOTH_S * FPS), axis=1, mode="nearest")
    return smooth


def _turned(angles: Float) -> Float:
    """Angles within half a turn to either side."""
    turned: Float = (angles + np.pi) % (2 * np.pi) - np.pi
    return turned
