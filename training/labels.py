"""The classes of the fusion model, and which recorded labels count as which class."""

from __future__ import annotations

from recognition.taxonomy import load_taxonomy

CLASSES = load_taxonomy().fusion_classes
"""Order of the logits. The same names, one per line, are in configs/labels/actions.txt."""

BACKGROUND = CLASSES.index("background")

_SAME = frozenset(CLASSES) - {"background", "stand"}

_RENAMED = {
    "idle": "stand",
    "wait": "stand",
    "look_around": "stand",
    "hop": "jump",  # a hop is a jump
    "throw": "throw_ball",
}

_AMBIGUOUS = frozenset(
    {
        "sneak",  # a way of walking
        "side_step",
        "skip",
        "martial_arts",  # forms of punches and kicks without marks
        "talk_gesture",  # half of it is standing
        "dribble",  # half of it is walking
        "direct_traffic",  # waving and pointing without marks
        "get_up",  # rises only as far as a crouch
        "carry",  # what is carried is not in the recordings, and the gait is a walk's or a run's
        "lie",  # what comes after lying down
        "lift",  # the part of pick_up that follows
        "put_down",  # picking up, backwards
        "cheer",  # raised hands, and much else
        "taunt",
        "crouch",  # many of these are gaits; see training.mocap for the part that is used
    }
)
"""Recorded labels that are instances of no single class; their windows are left out."""


def class_of(label: str) -> str | None:
    """Class of a recorded segment, None where it fits no single class.

    label: as in ``shared/assets/mocap/index.json``.
    """
    if label in _SAME:
        return label
    if label in _RENAMED:
        return _RENAMED[label]
    return None if label in _AMBIGUOUS else "background"
