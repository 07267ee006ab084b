"""Things that are held, carried, thrown and put down."""

from __future__ import annotations

import numpy as np

from tests.training.scenario.stages import acted, actor, everything, speeds, truth_of
from training.scenario.falling import fly
from training.scenario.world import Prop, Room, World


def prop(world: World, name: str) -> Prop:
    return next(thing for thing in world.props if thing.name == name)


def during(world: World, action: str) -> slice:
    item = truth_of(world, action)
    return slice(round(item.onset_s * 30) + 8, round(item.end_s * 30) - 8)


def test_what_is_used_is_at_the_hand() -> None:
    world = everything()
    for action, name, who in (("drink", "mug", 0), ("phone_call", "mobile", 1)):
        frames = during(world, action)
        hands = world.actors[who].joints[frames][:, (22, 23)]
        far = np.linalg.norm(hands - prop(world, name).centre[frames, None], axis=2).min(axis=1)
        assert far.max() < 0.15, action
        assert truth_of(world, action).objects == (name,)


def test_a_carried_box_is_between_both_hands_and_comes_down_at_the_end() -> None:
    world = everything()
    box, frames = prop(world, "parcel"), during(world, "carry_box")
    hands = world.actors[1].joints[frames][:, (22, 23)]
    assert np.linalg.norm(hands.mean(axis=1) - box.centre[frames], axis=1).max() < 0.15
    assert np.linalg.norm(hands[:, 0] - hands[:, 1], axis=1).min() > 0.3
    assert abs(box.centre[0, 2] - 0.15) < 0.01
    assert abs(box.centre[-1, 2] - 0.15) < 0.01
    assert np.linalg.norm(box.centre[-1, :2] - (3, 6)) < 0.8


def test_things_on_a_table_stay_there_until_they_are_taken() -> None:
    world = everything()
    mug, taken = prop(world, "mug"), round(truth_of(world, "drink").onset_s * 30)
    assert speeds(mug.centre[: taken - 60]).max() == 0
    assert 0.7 < mug.centre[0, 2] < 0.9
    assert mug.present.all()
    assert speeds(mug.centre).max() < 8


def test_a_phone_comes_out_of_a_pocket_and_goes_back() -> None:
    mobile = prop(everything(), "mobile")
    call = truth_of(everything(), "phone_call")
    assert mobile.present[during(everything(), "phone_call")].all()
    assert not mobile.present[: round((call.onset_s - 4) * 30)].any()
    assert not mobile.present[-1]


def test_a_thrown_ball_flies_and_comes_to_rest_on_the_floor() -> None:
    ball, thrown = prop(everything(), "ball"), truth_of(everything(), "throw_ball")
    start = round(thrown.onset_s * 30)
    assert np.linalg.norm(ball.centre[-1, :2] - ball.centre[start, :2]) > 0.8
    assert abs(ball.centre[-1, 2] - 0.11) < 0.01
    assert speeds(ball.centre[-30:]).max() < 0.5


def test_a_flying_ball_falls_as_things_fall_and_stays_in_the_room() -> None:
    room = Room(width_m=5, depth_m=4)
    before = np.array([[1.0, 2, 2], [1.1, 2, 2]], np.float32)
    centre, axes = fly(before, 300, 0.11, room)
    assert np.allclose(np.diff(centre[:8, 2], 2), -9.81 / 900, atol=2e-3)
    assert centre[:, 2].min() > 0.1
    assert centre[:, 0].max() < 5
    assert np.allclose(axes @ axes.transpose(0, 2, 1), np.eye(3), atol=1e-4)


def test_a_picked_up_thing_is_where_it_lay_and_then_in_the_hand() -> None:
    world = acted(
        actor("ann", (2, 4), {"at_s": 5, "action": "pick_up", "prop": "bag"}),
        props=[{"name": "bag", "kind": "book", "at_m": [5, 4, 0.02]}],
    )
    book, taken = prop(world, "bag"), truth_of(world, "pick_up")
    assert np.allclose(book.centre[0], [5, 4, 0.02], atol=0.02)
    hands = world.actors[0].joints[-1, (22, 23)]
    assert np.linalg.norm(hands - book.centre[-1], axis=1).min() < 0.2
    lifted = book.centre[round(taken.end_s * 30), 2]
    assert lifted > 0.4
