"""Drawn scenes: playable, the same for a seed, even over the actions, and in view."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from recognition.taxonomy import load_taxonomy
from training.scenario.library import MoveLibrary
from training.scenario.random_script import random_script
from training.scenario.random_views import TALL_PX
from training.scenario.random_world import random_world
from training.scenario.script import Script
from training.scenario.script_check import find_problems
from training.scenario.viewing import in_picture, pinhole


def actions_of(script: Script) -> list[str]:
    return [doing.action for actor in script.actors for doing in actor.does]


def test_a_seed_always_gives_the_same_scene_and_another_seed_another() -> None:
    assert random_script(3) == random_script(3)
    assert random_script(3) != random_script(4)


@pytest.mark.parametrize("actors", [1, 2, 5])
def test_every_drawn_scene_can_be_played(actors: int) -> None:
    for seed in range(12):
        script = random_script(seed, actors=actors, duration_s=15, cameras=2)
        assert find_problems(script) == []
        assert len(script.actors) == actors
        assert len(script.cameras) == 2


def test_the_scenes_of_following_seeds_are_even_over_the_actions() -> None:
    taxonomy = load_taxonomy()
    levels = ["gesture", "action", "human_object"]
    told = Counter(a for seed in range(24) for a in actions_of(random_script(seed, actions=levels)))
    names = {name for name in taxonomy.fusion_classes if name != "background"}
    assert set(told) == names
    assert min(told.values()) >= 0.3 * max(told.values()), told


def test_only_the_wished_actions_are_done() -> None:
    told = {
        a for seed in range(6) for a in actions_of(random_script(seed, actions=["wave", "hug"]))
    }
    assert told == {"wave", "hug"}
    with pytest.raises(ValueError, match="did you mean 'drink'"):
        random_script(1, actions=["drnk"])


def test_cameras_see_most_of_the_places_with_people_of_a_fitting_size() -> None:
    shares = []
    for seed in range(12):
        script = random_script(seed)
        view = pinhole(script.cameras[0], script.size_px)
        feet = np.array([[*actor.start.at_m, 0.1] for actor in script.actors], np.float32)
        heads = feet + np.array([0, 0, 1.6], np.float32)
        tall = view.project(feet)[0][:, 1] - view.project(heads)[0][:, 1]
        fits = (tall > TALL_PX[0] * 0.8) & (tall < TALL_PX[1] * 1.1)
        shares.append(float((in_picture(view, feet) & in_picture(view, heads) & fits).mean()))
        assert 0.8 <= script.cameras[0].at_m[2] <= 5
    assert np.mean(shares) > 0.75


def test_a_drawn_scene_is_acted_without_what_cannot_be_done() -> None:
    without_recordings = MoveLibrary()
    for seed in range(3):
        drawn = random_script(seed, actors=3, duration_s=12)
        script, world = random_world(seed, without_recordings, actors=3, duration_s=12)
        assert len(actions_of(script)) >= 0.8 * len(actions_of(drawn))
        assert set(actions_of(script)) <= {truth.action for truth in world.truth}
        assert [actor.name for actor in world.actors] == [actor.name for actor in script.actors]
