"""Bones, gaits, routes and feet."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.scenario.stages import speeds
from training.scenario.feet import flat_feet, plant
from training.scenario.gait import Kind, parametric_gait
from training.scenario.persona import Persona
from training.scenario.routes import Obstacle, route, smooth_path
from training.scenario.skeleton import bones_of, change_over, retargeted, subject_bones
from training.scenario.walking import Stand, shift, walk, walk_frames
from training.scenario.world import Room

ROOM = Room(width_m=8, depth_m=8)
UNUSED = np.arange(26) != 17
places = st.tuples(st.floats(0.5, 7.5), st.floats(0.5, 7.5))


@given(seed=st.integers(0, 10**6), height_m=st.floats(1.4, 2.0))
@settings(max_examples=20, deadline=None)
def test_a_subject_is_as_tall_as_asked_for(seed: int, height_m: float) -> None:
    person = Persona(height_m, np.random.default_rng(seed))
    assert person.stance[21, 2] == pytest.approx(height_m, abs=0.07)
    assert np.allclose(person.bones[[5, 7, 9, 13, 15]], person.bones[[6, 8, 10, 14, 16]])


@given(seed=st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_a_change_of_motion_is_smooth_and_keeps_bones(seed: int) -> None:
    rng = np.random.default_rng(seed)
    person = Persona(None, rng)
    before, after = person.stand(40), person.talk(40)[0]
    joined = change_over(before[-1], after)
    assert np.allclose(bones_of(joined[3])[UNUSED], person.bones[UNUSED], atol=1e-4)
    assert speeds(np.concatenate([before[-2:], joined[:2]])).max() < 3
    assert np.allclose(joined[10:], after[10:], atol=1e-5)


@given(seed=st.integers(0, 10**6), kind=st.sampled_from(["walk", "run"]))
@settings(max_examples=20, deadline=None)
def test_planted_feet_stay_where_they_are(seed: int, kind: Kind) -> None:
    rng = np.random.default_rng(seed)
    person = Persona(None, rng)
    gait = parametric_gait(kind, person.bones, rng)
    path = smooth_path([(1.0, 1.0), (3.5, 1.2), (5.0, 3.0)])
    frames = walk_frames(4.8, gait, gait.speed_m_s)
    part = walk(gait, path, person.stance, frames, 0.0)
    joints = plant(part.joints, part.rests)
    rest = part.rests[1:] & part.rests[:-1]
    slide = speeds(joints[:, (15, 16), :2])[rest]
    assert np.percentile(slide, 90) < 0.1
    assert np.allclose(joints[-1, 17, :2], path[-1], atol=0.12)


def test_small_steps_lead_from_stand_to_stand() -> None:
    person = Persona(1.7, np.random.default_rng(4))
    part = shift(person.stance, Stand((1, 1), 0.0), Stand((1.4, 0.8), 2.0))
    joints = plant(part.joints, part.rests)
    assert np.allclose(joints[-1, 17, :2], (1.4, 0.8), atol=0.03)
    assert (part.rests.sum(axis=1) >= 1).all(), "one foot is always on the floor"
    assert speeds(joints).max() < 6


def test_standing_feet_are_found_on_the_floor() -> None:
    assert flat_feet(Persona(1.7, np.random.default_rng(2)).stand(60)).mean() > 0.9


def test_a_recording_of_other_proportions_gets_the_subjects_bones() -> None:
    rng = np.random.default_rng(1)
    tall, short = subject_bones(1.95, rng), Persona(1.5, rng)
    moved = retargeted(short.stand(20), tall)
    assert np.allclose(bones_of(moved[7])[UNUSED], tall[UNUSED], atol=1e-4)
    assert moved[:, 21, 2].mean() > 1.8


@given(start=places, goal=places, at=places, half=st.tuples(st.floats(0.2, 1), st.floats(0.2, 1)))
@settings(max_examples=60, deadline=None)
def test_a_route_keeps_out_of_what_stands_in_the_way(
    start: tuple[float, float],
    goal: tuple[float, float],
    at: tuple[float, float],
    half: tuple[float, float],
) -> None:
    thing = Obstacle(at, half, 0.4)
    corners = route(start, goal, [thing], ROOM)
    assert corners[0] == start
    assert corners[-1] == goal
    walled_in = thing.grown(0.9).holds(start) or thing.grown(0.9).holds(goal)
    near_wall = not all(1.6 < value < 6.4 for value in at)
    if walled_in or near_wall:
        return
    path = smooth_path(corners)
    assert not any(thing.holds((float(x), float(y))) for x, y in path)
