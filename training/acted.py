"""Windows of scenes that are acted out by script: drawn by seed, filmed without pixels."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from recognition.frames import Float
from recognition.layouts import SINGLE, Layout
from training.cameras import Camera
from training.dataset import Dataset, Filming, joined
from training.scenario.library import MoveLibrary
from training.scenario.random_script import random_script
from training.scenario.script import ScenarioError, Script
from training.scenario.stage import act
from training.scenario.viewing import pinhole
from training.scenario.world import World
from training.scenario_windows import film_world, world_sound

Rng = np.random.Generator

SEEDS = {"train": 500_000, "validation": 600_000}
"""Where the seeds of each side begin; scenes of other sides have seeds of their own."""

LEVELS = ("gesture", "action", "human_object")
"""What is dealt to the people; one scene in five also has meetings of people."""

_CHUNK = 8  # scenes that one process makes at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """A set of scenes. filming: how cameras film them.

    cameras: that film each scene; one is anywhere, the others hang where scripts hang them.
    """

    side: str
    scenes: int
    cameras: int
    filming: Filming


def drawn_scene(
    seed: int, side: str, rng: Rng, *, cameras: int
) -> tuple[World, list[Camera]] | None:
    """A scene drawn by seed and acted out, and its cameras; None for one that cannot be played."""
    levels = None if rng.random() < 0.2 else LEVELS
    script = random_script(
        seed, actions=levels, actors=int(rng.integers(1, 6)),
        duration_s=float(rng.uniform(14, 24)), cameras=max(cameras, 1),
    )  # fmt: skip
    return played(script, side, cameras=cameras)


def played(script: Script, side: str, *, cameras: int) -> tuple[World, list[Camera]] | None:
    """A script acted out, and its first cameras; None for one that cannot be played."""
    try:
        world = act(script, MoveLibrary.of(side))
    except ScenarioError:
        return None
    return world, [pinhole(camera, script.size_px) for camera in script.cameras[:cameras]]


def act_scene(seed: int, acting: Acting) -> list[Dataset]:
    """The windows of one scene by its seed; see ``film_scene``."""
    rng = np.random.default_rng([seed, 5])
    scene = drawn_scene(seed, acting.side, rng, cameras=acting.cameras - 1)
    if scene is None:
        return []
    return film_scene(*scene, acting.filming, rng, subject=f"acted_{seed}")


def film_scene(
    world: World, cameras: Sequence[Camera], filming: Filming, rng: Rng, *, subject: str,
    layout: Layout = SINGLE,
) -> list[Dataset]:  # fmt: skip
    """A scene before its cameras and one that is anywhere; at times with wrong sound or none.

    Returns a data set for each camera that shows anybody.
    """
    parts = []
    for camera in (*cameras, None):
        sound: Float | None = None
        if rng.random() < filming.sound:
            sound = world_sound(world, rng)
            if rng.random() < filming.wrong_sound:  # of another time of the same scene
                sound = np.roll(sound, int(rng.integers(len(sound))))
        part = film_world(world, sound, filming, rng, subject=subject, camera=camera, layout=layout)
        if part is not None:
            parts.append(part)
    return parts


def act_all(acting: Acting, report: Callable[[str], None] = lambda _: None) -> Dataset:
    """All windows of a set of scenes, made on all cores."""
    seeds = range(SEEDS[acting.side], SEEDS[acting.side] + acting.scenes)
    return act_seeds(partial(act_scene, acting=acting), seeds, f"{acting.side}: acted", report)


def act_seeds(
    act_seed: Callable[[int], list[Dataset]],
    seeds: range,
    told: str,
    report: Callable[[str], None],
) -> Dataset:
    """All windows of the scenes of ``seeds``, in their order, made on all cores.

    act_seed: makes those of one seed; it is sent to other processes. told: how each report begins.
    """
    parts: list[Dataset] = []
    context = multiprocessing.get_context("spawn")
    with context.Pool(min(len(seeds), os.cpu_count() or 1)) as pool:
        for number, made in enumerate(pool.imap(act_seed, seeds, chunksize=_CHUNK), 1):
            parts += made
            if number % _CHUNK == 0 or number == len(seeds):
                report(f"{told} {number} of {len(seeds)} scenes")
    return joined(parts)
