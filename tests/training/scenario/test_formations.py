"""Who forms a group: the definition of the truth, and whether acted scenes keep to it."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from recognition.frames import Float
from recognition.taxonomy import load_taxonomy
from tests.training.scenario.stages import acted, actor, truth_of
from training.scenario.formations import (
    circle_m,
    gathered,
    run_around,
    untold,
    walking_together,
)
from training.scenario.library import MoveLibrary
from training.scenario.random_script import random_script
from training.scenario.random_strangers import strangers
from training.scenario.random_world import random_world
from training.scenario.world import World

FRAMES = 60


def standing(x: float, y: float, facing_deg: float, *, pace: float = 0.0) -> Float:
    """The joints of somebody (T, 26, 3) who faces so, and goes that way. pace: m/s."""
    turn = np.radians(facing_deg)
    ahead = np.array([np.cos(turn), np.sin(turn), 0])
    left = np.array([-np.sin(turn), np.cos(turn), 0])
    joints = np.zeros((FRAMES, 26, 3))
    for joint, side in ((5, 0.2), (6, -0.2), (11, 0.12), (12, -0.12)):
        joints[:, joint] = side * left
    way = np.arange(FRAMES)[:, None, None] * ahead * pace / 30
    moved: Float = (joints + way + [x, y, 0]).astype(np.float32)
    return moved


def ring(radius: float, *turned_deg: float) -> Float:
    """People in a circle, each turned so far from facing its middle."""
    angles = [360 * n / len(turned_deg) for n in range(len(turned_deg))]
    return np.stack(
        [
            standing(
                radius * np.cos(np.radians(angle)), radius * np.sin(np.radians(angle)),
                angle + 180 + turned,
            )
            for angle, turned in zip(angles, turned_deg, strict=True)
        ]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("people", "gather"),
    [
        (ring(0.6, 0, 0, 0), True),
        (ring(0.6, 40, -40, 20), True),
        (ring(0.6, 180, 180, 180), False),  # back to back
        (ring(0.6, 0, 0, 120), False),  # one looks away
        (ring(1.4, 0, 0, 0), False),  # too far apart to be together
        (np.stack([standing(0.8 * n, 0, 90) for n in range(3)]), False),  # side by side
        (np.stack([standing(0.8 * n, 0, 0) for n in range(3)]), False),  # a queue
    ],
)
def test_a_gathering_is_people_around_a_middle_that_all_of_them_face(
    people: Float, *, gather: bool
) -> None:
    assert bool(gathered(people).all()) is gather
    assert bool(gathered(people).any()) is gather


def test_who_walks_through_a_circle_gathers_with_nobody() -> None:
    people = ring(0.6, 0, 0, 0)
    people[2] = standing(-1, 0, 0, pace=1.2)
    assert not gathered(people).any()


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        (standing(0, 0, 0, pace=1.2), standing(0, 0.7, 0, pace=1.1), True),
        (standing(0, 0, 0, pace=1.2), standing(0, 0.7, 180, pace=1.2), False),
        (standing(0, 0, 0, pace=1.2), standing(0, 3, 0, pace=1.2), False),
        (standing(0, 0, 0, pace=1.2), standing(0.5, 0.7, 0), False),
        (standing(0, 0, 0), standing(0, 0.7, 0), False),
    ],
)
def test_who_walks_together_goes_the_same_way_beside_the_other(
    one: Float, other: Float, *, together: bool
) -> None:
    assert bool(walking_together(np.stack([one, other]))[FRAMES // 2]) is together


def test_a_run_of_frames_goes_over_short_gaps_and_nowhere_without_frames() -> None:
    frames = np.zeros(200, bool)
    frames[10:50] = frames[60:90] = frames[150:160] = True
    assert run_around(frames, (30, 70)) == (10, 90)
    assert run_around(frames, (100, 120)) == (100, 120)


def test_a_large_circle_has_room_for_everybody() -> None:
    assert gathered(ring(circle_m(10), *([0.0] * 10))).all()


def crowd_of(world: World, action: str) -> Float:
    names = truth_of(world, action).actors
    return np.stack([one.joints for one in world.actors if one.name in names])


@pytest.mark.parametrize("leaves", ["walk", "turn", None])
def test_a_gathering_ends_when_the_first_leaves_or_turns_away_not_when_one_waves(
    leaves: str | None,
) -> None:
    meet = {"at_s": 4, "action": "gathering", "with": ["ben", "cleo"], "for_s": 4}
    after = {
        "walk": {"at_s": 13, "action": "walk", "to_m": [8, 7]},
        "turn": {"at_s": 13, "action": "point", "at": [8.5, 7.5], "for_s": 4},
        None: {"at_s": 13, "action": "wave", "for_s": 3},
    }[leaves]
    world = acted(
        actor("ann", (3, 3), meet), actor("ben", (5, 3)), actor("cleo", (4, 5), after),
        duration_s=18, seed=3,
    )  # fmt: skip
    held = truth_of(world, "gathering")
    assert gathered(crowd_of(world, "gathering"))[round(held.onset_s * 30) + 15]
    assert held.end_s == 18 if leaves is None else 11 < held.end_s < 15


def test_drawn_scenes_tell_every_group_that_people_form() -> None:
    library = MoveLibrary()
    for seed in range(10):
        _, world = random_world(seed, library, actions=["human_human", "group"])
        assert list(untold(world)) == []
        for item in world.truth:
            joints = np.stack([one.joints for one in world.actors if one.name in item.actors])
            inside = slice(round(item.onset_s * 30) + 15, round(item.end_s * 30) - 15)
            if item.action == "gathering":
                assert gathered(joints)[inside].mean() > 0.9
            if item.action == "walking_together":
                beside = [
                    walking_together(np.stack(two))[inside] for two in combinations(joints, 2)
                ]
                assert max(frames.mean() for frames in beside) > 0.8
            least = load_taxonomy().action(item.action).least_people
            assert len(item.actors) >= least


def test_a_group_by_chance_is_found() -> None:
    world = acted(
        *(actor(f"a{n}", (4 + 0.6 * np.cos(a), 4 + 0.6 * np.sin(a)), facing_deg=np.degrees(a) + 180)
          for n, a in enumerate((0, 2.1, 4.2)))
    )  # fmt: skip
    assert list(untold(world)) == [("gathering", ("a0", "a1", "a2"))]


def test_strangers_are_near_each_other_and_hardly_ever_a_group() -> None:
    by_chance = 0
    for seed in range(24):
        script = random_script(
            seed, actions=["action"], actors=4, duration_s=8, beginning=strangers(4)
        )
        spots = np.array([one.start.at_m for one in script.actors])
        apart = np.linalg.norm(spots[:, None] - spots, axis=-1)[np.triu_indices(4, 1)]
        assert 0.4 < apart.min() < 1.8
        still = [one.model_copy(update={"does": ()}) for one in script.actors]
        world = acted(
            *(one.model_dump(mode="json") for one in still),
            duration_s=3,
            room=script.room.model_dump(mode="json"),
        )
        by_chance += any(untold(world))
    assert by_chance <= 4
