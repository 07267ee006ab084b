"""Windows of scenes that are acted out by script: drawn by seed, filmed without pixels."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from recognition.frames import Float
from training.cameras import Camera
from training.dataset import Dataset, Filming, joined
from training.scenario.library import MoveLibrary
from training.scenario.random_script import random_script
from training.scenario.script import ScenarioError
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
    try:
        world = act(script, MoveLibrary.of(side))
    except ScenarioError:
        return None
    return world, [pinhole(camera, script.size_px) for camera in script.cameras[:cameras]]


def act_scene(seed: int, acting: Acting) -> list[Dataset]:
    """One scene by its seed, before several cameras; at times with wrong sound or none."""
    rng = np.random.default_rng([seed, 5])
    scene = drawn_scene(seed, acting.side, rng, cameras=acting.cameras - 1)
    if scene is None:
        return []
    world, cameras = scene
    parts = []
    for camera in (*cameras, None):
        sound: Float | None = None
        if rng.random() < acting.filming.sound:
            sound = world_sound(world, rng)
            if rng.random() < acting.filming.wrong_sound:  # of another time of the same scene
                sound = np.roll(sound, int(rng.integers(len(sound))))
        part = film_world(world, sound, acting.filming, rng, subject=f"acted_{seed}", camera=camera)
        if part is not None:
            parts.append(part)
    return parts


def _act_chunk(number: int, *, acting: Acting) -> list[Dataset]:
    first = SEEDS[acting.side] + number * _CHUNK
    last = min(first + _CHUNK, SEEDS[acting.side] + acting.scenes)
    return [part for seed in range(first, last) for part in act_scene(seed, acting)]


def act_all(acting: Acting, report: Callable[[str], None] = lambda _: None) -> Dataset:
    """All windows of a set of scenes, made on all cores."""
    chunks = -(-acting.scenes // _CHUNK)
    parts: list[Dataset] = []
    context = multiprocessing.get_context("spawn")
    with context.Pool(min(chunks, os.cpu_count() or 1)) as pool:
        for number, made in enumerate(pool.imap(partial(_act_chunk, acting=acting), range(chunks))):
            parts += made
            report(f"{acting.side}: acted {min((number + 1) * _CHUNK, acting.scenes)} scenes")
    return joined(parts)
