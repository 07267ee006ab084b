"""One performed action, in the actor's own space, before it is put into a scene."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from recognition.frames import Float

Posture = Literal["standing", "seated", "lying"]
Rng = np.random.Generator


@dataclass(frozen=True, slots=True, kw_only=True)
class Grip:
    """A prop is in a hand for frames start..end-1 of a move; before and after it rests.

    kind: a prop kind. hand: which; ``both`` is midway. offset: (3,) metres from the hand joint
    (22 left, 23 right) to the prop's centre, in the frame of the forearm: x along the forearm
    towards the hand, z as near to world up as that allows. axes: (3, 3) of the prop in that same
    frame. Where ``level`` is set, offset and axes are along the actor's own axes instead (x ahead,
    z up; a cup that is not spilt). Either may be one for all frames, or one for each frame of the
    grip: (end - start, 3) and (end - start, 3, 3). flies: the prop leaves the hand at ``end`` with
    the hand's velocity and falls, bounces and rolls (a ball). A grip that starts with the move's
    first frame has the prop in the hand already; one that ends with the last keeps it.
    """

    kind: str
    hand: Literal["left", "right", "both"]
    start: int
    end: int
    offset: Float
    axes: Float
    level: bool = False
    flies: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One action of one person.

    joints: (T, 26, 3) metres at 30 fps; the first frame's pelvis is at x = y = 0 and the body faces
    +x; floor at z = 0. onset, end: frames onset..end-1 are the action proper, the rest leads in and
    out. sounds: (frame, kind, level_db). source: whose recording it is, None for parametric motion.
    begins, ends: posture at either side; the stage refuses a
    move whose posture does not fit, or adds sit_down and stand_up.
    """

    action: str
    joints: Float
    onset: int
    end: int
    grips: tuple[Grip, ...] = ()
    sounds: tuple[tuple[int, str, float], ...] = ()
    source: str | None = None
    begins: Posture = "standing"
    ends: Posture = "standing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Direction:
    """What a script asks of a move.

    for_s: wished length of the action proper, None for its natural length. hand: which hand, None
    for a random one. seated: whether it is done on a chair. other_m: where the partner (of a pair)
    or the target (of pointing, throwing) is, in the actor's own space. prop: the kind of thing to
    do it with, None for the maker's choice. prop_m: where its centre lies at first, in the actor's
    own space; None where the actor has it already or finds it where the maker likes.
    """

    for_s: float | None = None
    hand: Literal["left", "right"] | None = None
    seated: bool = False
    other_m: tuple[float, float, float] | None = None
    prop: str | None = None
    prop_m: tuple[float, float, float] | None = None
    seat_m: float = 0.45
    """Height of the seat, metres."""


Maker = Callable[[Float, Direction, Rng], Move]
"""(bones (26,) metres, see training.figure.bone_lengths; direction; rng) -> move."""
