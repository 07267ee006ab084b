"""Windows of scenes in which people meet: drawn by seed, acted, and filmed with neighbours."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from recognition.frames import Float
from recognition.taxonomy import load_taxonomy
from training.cameras import Camera
from training.dataset import Dataset, Filming
from training.scenario.library import MoveLibrary
from training.scenario.random_script import random_script
from training.scenario.script import ScenarioError
from training.scenario.stage import act
from training.scenario.viewing import pinhole
from training.scenario.world import World
from training.scenario_windows import world_sound
from training.social_windows import film_meeting, joined_social

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
    try:
        world = act(script, MoveLibrary.of(side))
    except ScenarioError:
        return None
    return world, [pinhole(camera, script.size_px) for camera in script.cameras[:cameras]]


def act_meeting(seed: int, meeting: Meeting) -> list[Dataset]:
    """The windows of one scene by its seed, a data set for each camera that shows anybody."""
    rng = np.random.default_rng([seed, 7])
    scene = meeting_scene(seed, meeting.side, rng, cameras=meeting.cameras - 1)
    if scene is None:
        return []
    world, cameras = scene
    parts = []
    for camera in (*cameras, None):
        heard = rng.random() < meeting.filming.sound
        sound: Float | None = world_sound(world, rng) if heard else None
        part = film_meeting(
            world, sound, meeting.filming, rng, subject=f"meeting_{seed}", camera=camera
        )
        if part is not None:
            parts.append(part)
    return parts


def act_meetings(meeting: Meeting, report: Callable[[str], None] = lambda _: None) -> Dataset:
    """All windows of a set of scenes, made on all cores."""
    first = SEEDS[meeting.side]
    seeds = range(first, first + meeting.scenes)
    parts: list[Dataset] = []
    context = multiprocessing.get_context("spawn")
    with context.Pool(min(meeting.scenes, os.cpu_count() or 1)) as pool:
        made = pool.imap(partial(act_meeting, meeting=meeting), seeds, chunksize=4)
        for number, scene in enumerate(made, 1):
            parts += scene
            report(f"{meeting.side}: acted {number} of {meeting.scenes} meetings")
    return joined_social(parts)
