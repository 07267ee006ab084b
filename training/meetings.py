"""Windows of scenes in which people meet: drawn by seed, acted, and filmed with neighbours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from recognition.layouts import SOCIAL
from recognition.taxonomy import load_taxonomy
from training.acted import act_seeds, film_scene, played
from training.cameras import Camera
from training.dataset import Dataset, Filming
from training.scenario.random_script import random_script
from training.scenario.world import World

Rng = np.random.Generator

SEEDS = {"train": 700_000, "validation": 800_000}
"""Where the seeds of each side begin; scenes of other sides and kinds have seeds of their own."""

_ONLY_PAIRS = 0.5
"""Share of scenes in which nobody does anything alone; in the others, people also stand by."""

_BESIDE = ("gesture", "action", "human_object")


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A set of scenes. cameras: that film each, besides one that is anywhere."""

    side: str
    scenes: int
    cameras: int
    filming: Filming


def meeting_scene(
    seed: int, side: str, rng: Rng, *, cameras: int
) -> tuple[World, list[Camera]] | None:
    """A scene in which people meet, and its cameras; None for one that cannot be played.

    Scenes begin with one of the pairs' actions after the other, so that all are as frequent.
    """
    pairs = [action.name for action in load_taxonomy().of_level("human_human")]
    levels = () if rng.random() < _ONLY_PAIRS else _BESIDE
    script = random_script(
        seed, actions=(*pairs, *levels), actors=int(rng.integers(2, 6)),
        duration_s=float(rng.uniform(12, 22)), cameras=max(cameras, 1),
    )  # fmt: skip
    return played(script, side, cameras=cameras)


def act_meeting(seed: int, meeting: Meeting) -> list[Dataset]:
    """The windows of one scene by its seed, a data set for each camera that shows anybody."""
    rng = np.random.default_rng([seed, 7])
    scene = meeting_scene(seed, meeting.side, rng, cameras=meeting.cameras - 1)
    if scene is None:
        return []
    return film_scene(*scene, meeting.filming, rng, subject=f"meeting_{seed}", layout=SOCIAL)


def act_meetings(meeting: Meeting, report: Callable[[str], None] = lambda _: None) -> Dataset:
    """All windows of a set of scenes, made on all cores."""
    seeds = range(SEEDS[meeting.side], SEEDS[meeting.side] + meeting.scenes)
    act_seed = partial(act_meeting, meeting=meeting)
    return act_seeds(act_seed, seeds, f"{meeting.side}: meetings acted in", report)
