"""Scenes acted by people that no training sees: what they are, and how their windows are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from recognition.layouts import Layout
from recognition.sound_encoders import SoundConfig
from training.acted import Acting, act_scene, act_seeds
from training.cache import acting_hash, kept, meeting_hash
from training.dataset import LABEL_SPAN_S, Dataset, Filming, joined
from training.hearing import BANDS
from training.meetings import Meeting, act_meeting
from training.social_windows import of_layout

TEST = Filming(side="test", passes=1, seed=20_241, sound=0.7)

_FIRST_SEED = 910_000
_SCENES, _MEETINGS, _CAMERAS = 48, 24, 2

ABOUT = (
    f"{_SCENES} scenes acted by script in rooms that no training saw, by figures that move as the "
    "held-out people of the motion capture do where those are there, else by formula, with "
    f"everything that people do with things. {_CAMERAS} cameras each, one of them anywhere.",
    "Pictures, detector and pose model are simulated with their errors. The end-to-end checks "
    "measure whole pictures.",
    f"A window is named by the class that covers most of its last {LABEL_SPAN_S} s; windows "
    "between two actions are named, too. Intervals draw whole scenes.",
)
ABOUT_MEETINGS = f"{_MEETINGS} more scenes in which people shake hands, hug and push."


def acted_windows(
    layout: Layout, tell: Callable[[str], None], *, hearing: SoundConfig = BANDS,
    scenes: int = _SCENES, meetings: int = _MEETINGS,
) -> Dataset:  # fmt: skip
    """The windows of all test scenes, kept for the next time. A scene is a subject.

    meetings: scenes of pairs, for a layout that tells what two people do.
    """
    filming = replace(TEST, hearing=hearing)
    acting = Acting(side="test", scenes=scenes, cameras=_CAMERAS, filming=filming)
    seeds = range(_FIRST_SEED, _FIRST_SEED + scenes)
    data = kept(
        f"acted-test-{acting_hash(acting)}",
        lambda: act_seeds(partial(act_scene, acting=acting), seeds, "acted", tell),
    )
    if not layout.social:
        return data
    meeting = Meeting(side="test", scenes=meetings, cameras=_CAMERAS, filming=filming)
    others = range(seeds.stop, seeds.stop + meetings)
    met = kept(
        f"meetings-test-{meeting_hash(meeting)}",
        lambda: act_seeds(partial(act_meeting, meeting=meeting), others, "meetings acted", tell),
    )
    return joined(
        [
            Dataset(
                inputs=of_layout(part.inputs, layout, alone=False),
                labels=part.labels,
                subjects=part.subjects,
            )
            for part in (data, met)
        ]
    )
