"""A whole scene that has been acted: bodies, truth, sounds."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from tests.assets import needs_assets
from tests.training.scenario.stages import acted, actor, everything, speeds, truth_of
from training.motion import PARENTS, heading
from training.scenario.library import MoveLibrary
from training.scenario.random_script import random_script
from training.scenario.script import ScenarioError
from training.scenario.stage import act
from training.scenario.world import World

BONES = [joint for joint in range(26) if joint != 17]


def random_worlds() -> list[World]:
    worlds = []
    for seed in range(6):
        try:
            worlds.append(act(random_script(seed, actors=3, duration_s=12), MoveLibrary()))
        except ScenarioError:
            continue
    assert len(worlds) >= 4, "most drawn scripts can be played"
    return worlds


@pytest.fixture(scope="module")
def worlds() -> list[World]:
    return [everything(), *random_worlds()]


def test_bones_keep_their_lengths_to_a_millimetre(worlds: list[World]) -> None:
    for world in worlds:
        for person in world.actors:
            ways = person.joints - person.joints[:, [max(parent, 0) for parent in PARENTS]]
            lengths = np.linalg.norm(ways, axis=2)[:, BONES]
            assert np.abs(lengths - np.median(lengths, axis=0)).max() < 0.001


def test_nobody_jumps_from_place_to_place(worlds: list[World]) -> None:
    for world in worlds:
        for person in world.actors:
            there = person.present[1:] & person.present[:-1]
            assert speeds(person.joints[:, [17, 19]])[there].max() < 8
            # Fists, feet and a hand that throws are as fast as that in life.
            assert speeds(person.joints)[there].max() < 18


def test_feet_are_never_in_the_floor(worlds: list[World]) -> None:
    for world in worlds:
        for person in world.actors:
            assert person.joints[person.present][:, (15, 16, 24, 25), 2].min() > -0.03


def test_what_one_person_does_never_overlaps(worlds: list[World]) -> None:
    for world in worlds:
        for person in world.actors:
            own = sorted(
                (item.onset_s, item.end_s)
                for item in world.truth
                if person.name in item.actors and item.level != "group"
            )
            assert all(end <= onset for (_, end), (onset, _) in pairwise(own))
            assert all(0 <= onset < end <= world.duration_s for onset, end in own)


def test_everybody_is_whole_and_in_the_room(worlds: list[World]) -> None:
    for world in worlds:
        for person in world.actors:
            pelvis = person.joints[person.present][:, 17]
            assert np.isfinite(person.joints).all()
            assert (pelvis[:, :2] > 0).all()
            assert (pelvis[:, 0] < world.room.width_m).all()
            assert (pelvis[:, 1] < world.room.depth_m).all()


def test_the_same_script_gives_the_same_world() -> None:
    first, second = (act(random_script(3, duration_s=10), MoveLibrary()) for _ in range(2))
    assert first.truth == second.truth
    assert first.sounds == second.sounds
    for one, other in zip(first.actors, second.actors, strict=True):
        assert np.array_equal(one.joints, other.joints)
        assert one.look == other.look
    for thing, same in zip(first.props, second.props, strict=True):
        assert np.array_equal(thing.centre, same.centre)


def test_actions_begin_when_the_script_says_where_there_is_time() -> None:
    world = everything()
    for action, at_s in (("wave", 1), ("handshake", 21.5), ("sit_down", 33), ("phone_call", 32)):
        assert truth_of(world, action).onset_s == pytest.approx(at_s, abs=0.25), action
    assert truth_of(world, "wave").end_s == pytest.approx(3, abs=0.5)


def test_approaches_are_walks_and_idle_people_stand() -> None:
    done = {item.action for item in everything().truth}
    assert {"walk", "stand", "carry_box", "throw_ball", "lie_down"} <= done
    for item in everything().truth:
        if item.action in ("walk", "stand"):
            assert item.end_s - item.onset_s >= 1.0


def test_a_planted_foot_of_a_walker_does_not_slide() -> None:
    world = acted(actor("ann", (2, 2), {"at_s": 1, "action": "walk", "to_m": [7, 6]}))
    walk = truth_of(world, "walk")
    frames = slice(round(walk.onset_s * 30), round(walk.end_s * 30))
    ankles = world.actors[0].joints[frames][:, (15, 16)]
    slower = speeds(ankles[..., :2]).min(axis=1)
    assert np.median(slower) < 0.15
    assert np.linalg.norm(np.subtract(world.actors[0].joints[-1, 17, :2], (7, 6))) < 0.15


def test_a_run_is_faster_than_a_walk() -> None:
    does = {"at_s": 1, "action": "run", "to_m": [8, 4]}
    world = acted(actor("ann", (1, 4), does), duration_s=7)
    assert speeds(world.actors[0].joints[:, 17]).max() > 2.2
    assert truth_of(world, "run").end_s < 5


def test_a_walker_goes_round_the_table() -> None:
    table = {"kind": "table", "at_m": [4.5, 4], "size_m": [1.6, 0.8, 0.74], "facing_deg": 90}
    does = {"at_s": 0.5, "action": "walk", "to_m": [4.5, 6.5]}
    world = acted(actor("ann", (4.5, 1.5), does, facing_deg=90), furniture=[table], duration_s=9)
    pelvis = world.actors[0].joints[:, 17]
    inside = (np.abs(pelvis[:, 0] - 4.5) < 0.8) & (np.abs(pelvis[:, 1] - 4) < 0.4)
    assert not inside.any()


def test_who_sits_is_on_the_chair_and_rises_before_walking() -> None:
    chair = {"kind": "chair", "at_m": [4, 4], "facing_deg": 0}
    world = acted(
        actor("ann", (2, 4), {"at_s": 5, "action": "sit_down"},
              {"at_s": 13, "action": "walk", "to_m": [7, 4]}),
        furniture=[chair], duration_s=18,
    )  # fmt: skip
    sat = truth_of(world, "sit_down")
    seated = world.actors[0].joints[round((sat.end_s + 1.5) * 30)]
    assert np.linalg.norm(seated[17, :2] - [4, 4]) < 0.2
    assert seated[17, 2] < 0.7
    assert abs(np.degrees(heading(seated[None])[0])) < 15
    rises = truth_of(world, "stand_up")
    last_walk = [item for item in world.truth if item.action == "walk"][-1]
    assert sat.end_s < rises.onset_s < rises.end_s <= last_walk.onset_s + 1


def test_actors_come_and_go() -> None:
    world = acted(actor("ann", (4, 4), enters_at_s=2, leaves_at_s=9), duration_s=12)
    person = world.actors[0]
    assert not person.present[:59].any()
    assert person.present[61:260].all()
    assert not person.present[-30:].any()
    at_wall = person.joints[np.flatnonzero(person.present)[-1], 17, :2]
    assert min(*at_wall, 9 - at_wall[0], 8 - at_wall[1]) < 0.6
    assert all(2 <= item.onset_s < item.end_s <= 10 for item in world.truth)


def test_steps_and_the_sounds_of_actions_are_heard() -> None:
    kinds = {cue.kind for cue in everything().sounds}
    assert {"footstep", "phone_ring", "speech"} <= kinds
    phone = truth_of(everything(), "phone_call")
    (ring,) = [cue for cue in everything().sounds if cue.kind == "phone_ring"]
    assert ring.at_s < phone.onset_s


@needs_assets
def test_recorded_motion_is_credited_and_never_share_alike() -> None:
    library = MoveLibrary.of("train")
    assert not any(clip.subject.startswith("hdm05") for clip in library.clips)
    world = act(random_script(5, duration_s=10), library)
    assert "mocap.cs.cmu.edu" in world.notes["motion"] or "ACCAD" in world.notes["motion"]
    assert "parametric" in everything().notes["motion"]
