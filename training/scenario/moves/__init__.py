"""What actors can do: makers of moves by the ids of the taxonomy."""

from __future__ import annotations

from collections.abc import Mapping

from training.scenario.move import Maker
from training.scenario.moves import (
    actions,
    drinking,
    falls,
    gestures,
    objects,
    picking,
    seated,
    work,
)
from training.scenario.moves.arms import holding_arms
from training.scenario.moves.recorded import ON_A_CHAIR, NoRecordings, Recordings, mixed

_PARAMETRIC: Mapping[str, Maker] = {
    "stand": gestures.stand, "wave": gestures.wave, "point": gestures.point,
    "clap": gestures.clap, "raise_hands": gestures.raise_hands,
    "sit_down": seated.sit_down, "stand_up": seated.stand_up, "jump": actions.jump,
    "fall": falls.fall, "pick_up": picking.pick_up, "punch": actions.punch, "kick": actions.kick,
    "squat": actions.squat, "lie_down": falls.lie_down,
    "drink": drinking.drink, "phone_call": objects.phone_call, "read": objects.read,
    "hammer": work.hammer, "carry_box": work.carry_box, "throw_ball": picking.throw_ball,
}  # fmt: skip


def makers(recordings: Recordings) -> dict[str, Maker]:
    """The makers, with about half of the moves taken from recordings where there are any.

    recordings: such as ``training.scenario.library.MoveLibrary.of("train")``.
    """
    return {name: mixed(name, maker, recordings) for name, maker in _PARAMETRIC.items()}


MOVES: Mapping[str, Maker] = makers(NoRecordings())
"""Every maker, without recordings: all motion is parametric."""

__all__ = ["MOVES", "ON_A_CHAIR", "Maker", "Recordings", "holding_arms", "makers"]
