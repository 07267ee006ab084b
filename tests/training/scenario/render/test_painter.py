"""The painter: what it says of a picture is what the picture shows."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from training.cameras import Camera, look_at
from training.scenario.looks import random_look
from training.scenario.render.painter import Painter
from training.scenario.render.rig import REST
from training.scenario.world import PROP_KINDS, Actor, Furniture, Prop, Room, World

SIZE = (320, 240)


def actor_at(x: float, y: float, *, seed: int = 0, rows: int = 2) -> Actor:
    joints = np.repeat((REST + np.array([x, y, 0], np.float32))[None], rows, axis=0)
    # A skirt would hide the knees.
    look = dataclasses.replace(random_look(np.random.default_rng(seed)), skirt=False)
    return Actor(name=f"a{seed}", look=look, joints=joints, present=np.ones(rows, bool))


def prop_at(kind: str, at: tuple[float, float, float]) -> Prop:
    centre = np.tile(np.array(at, np.float32), (2, 1))
    axes = np.tile(np.eye(3, dtype=np.float32), (2, 1, 1))
    return Prop(name=kind, kind=kind, centre=centre, axes=axes, present=np.ones(2, bool),
                color=(0.8, 0.2, 0.2))  # fmt: skip


def camera_at(x: float, y: float, z: float, *, to: tuple[float, float, float]) -> Camera:
    place = np.array([x, y, z], np.float32)
    axes = look_at(place, np.array(to, np.float32), 0.0)
    return Camera(position=place, axes=axes, focal_px=(260.0, 260.0), size=SIZE)


ROOM = Room(width_m=6, depth_m=5, seed=5)
FRONT = camera_at(5.5, 2.5, 1.3, to=(2.0, 2.5, 0.95))


def world_of(
    *actors: Actor, props: tuple[Prop, ...] = (), furniture: tuple[Furniture, ...] = ()
) -> World:
    return World(duration_s=0.05, room=ROOM, actors=actors, props=props, furniture=furniture)


def test_a_person_alone_is_seen_whole_where_the_joints_are() -> None:
    world = world_of(actor_at(2, 2.5))
    with Painter(world, size=SIZE, seed=0) as painter:
        picture = painter.paint(FRONT, 0.0)
    assert picture.image.shape == (240, 320, 3)
    assert picture.image.dtype == np.uint8
    (person,) = picture.people
    assert person.visible > 0.97
    assert np.abs(person.box - person.visible_box).max() <= 2
    places, _ = FRONT.project(world.actors[0].joints[0, :17])
    np.testing.assert_allclose(person.keypoints[:, :2], places, atol=0.01)
    assert (places >= person.box[:2]).all()
    assert (places <= person.box[2:]).all()
    assert (person.keypoints[:, 2] == 2).all()  # who faces the camera with arms out hides nothing


def test_a_back_hides_the_face() -> None:
    back = camera_at(0.2, 2.5, 1.3, to=(2.0, 2.5, 0.95))
    with Painter(world_of(actor_at(2, 2.5)), size=SIZE, seed=0) as painter:
        (person,) = painter.paint(back, 0.0).people
    assert (person.keypoints[:3, 2] != 2).all()


def test_who_stands_behind_another_is_hidden() -> None:
    world = world_of(actor_at(2, 2.5), actor_at(3, 2.5, seed=1))
    with Painter(world, size=SIZE, seed=0) as painter:
        behind, before = painter.paint(FRONT, 0.0).people
    assert before.visible > 0.97
    assert behind.visible < 0.5
    assert (behind.keypoints[:, 2] == 1).sum() > 8
    assert behind.box[3] - behind.box[1] > 80  # the whole body, seen or not


def test_a_table_hides_the_legs() -> None:
    table = Furniture(kind="screen", at_m=(3.0, 2.5), size_m=(2.0, 0.05, 0.9))
    with Painter(world_of(actor_at(2, 2.5), furniture=(table,)), size=SIZE, seed=0) as painter:
        (person,) = painter.paint(FRONT, 0.0).people
    assert 0.3 < person.visible < 0.9
    assert (person.keypoints[[13, 14], 2] == 1).all()
    assert (person.keypoints[:7, 2] == 2).all()


def test_what_is_outside_of_the_picture_counts_as_unseen() -> None:
    near = camera_at(3.2, 2.5, 1.6, to=(2.0, 2.5, 1.6))
    with Painter(world_of(actor_at(2, 2.5)), size=SIZE, seed=0) as painter:
        (person,) = painter.paint(near, 0.0).people
    assert person.visible < 0.8
    assert person.box[3] == SIZE[1]
    ankles = person.keypoints[[15, 16]]
    assert (ankles == 0).all()


def test_who_is_away_is_not_drawn() -> None:
    actor = dataclasses.replace(actor_at(2, 2.5), present=np.zeros(2, bool))
    empty = world_of()
    with Painter(world_of(actor), size=SIZE, seed=0) as painter:
        picture = painter.paint(FRONT, 0.0)
    with Painter(empty, size=SIZE, seed=0) as painter:
        bare = painter.paint(FRONT, 0.0)
    assert picture.people == ()
    assert (picture.image == bare.image).all()


@pytest.mark.parametrize("kind", PROP_KINDS)
def test_each_kind_of_thing_is_drawn_at_its_size(kind: str) -> None:
    close = camera_at(2.0, 1.7, 1.2, to=(2.0, 2.5, 1.0))
    world = world_of(props=(prop_at(kind, (2.0, 2.5, 1.0)),))
    with Painter(world, size=SIZE, seed=0) as painter:
        (truth,) = painter.paint(close, 0.0).props
    assert (truth.prop, truth.kind) == (0, kind)
    assert truth.visible > 0.9
    assert 8 < truth.box[2] - truth.box[0] < 200


def test_the_same_seed_and_time_give_the_same_picture() -> None:
    world = world_of(actor_at(2, 2.5), props=(prop_at("cup", (3, 3, 1)),))
    pictures = []
    for _ in range(2):
        with Painter(world, size=SIZE, seed=7) as painter:
            pictures.append(painter.paint(FRONT, 0.03).image)
    assert (pictures[0] == pictures[1]).all()


def test_nothing_of_an_earlier_moment_stays_in_the_picture() -> None:
    track = np.concatenate([actor_at(x, 2.5, rows=1).joints for x in (1.5, 3.0)])
    actor = dataclasses.replace(actor_at(1, 1), joints=track)
    world = world_of(actor)
    with Painter(world, size=SIZE, seed=0) as painter:
        painter.paint(FRONT, 0.0)
        after = painter.paint(FRONT, 1 / 30)
    with Painter(world, size=SIZE, seed=0) as painter:
        fresh = painter.paint(FRONT, 1 / 30)
    assert (after.image == fresh.image).all()


def test_two_painters_at_work_do_not_disturb_each_other() -> None:
    world = world_of(actor_at(2, 2.5))
    other = dataclasses.replace(world, room=dataclasses.replace(ROOM, seed=9, style="street"))
    with Painter(world, size=SIZE, seed=0) as one, Painter(other, size=SIZE, seed=1) as two:
        before = one.paint(FRONT, 0.0)
        two.paint(FRONT, 0.0)
        again = one.paint(FRONT, 0.0)
    assert (before.image == again.image).all()


def test_rooms_of_another_seed_look_different() -> None:
    images = []
    for seed in (1, 2):
        world = dataclasses.replace(world_of(), room=dataclasses.replace(ROOM, seed=seed))
        with Painter(world, size=SIZE, seed=0) as painter:
            images.append(painter.paint(FRONT, 0.0).image.astype(int))
    assert np.abs(images[0] - images[1]).mean() > 8


@pytest.mark.parametrize("style", ["office", "workshop", "living", "hall", "street"])
def test_a_camera_outside_of_the_room_sees_in(style: str) -> None:
    outside = camera_at(9.0, 2.5, 1.6, to=(2.0, 2.5, 0.95))
    world = dataclasses.replace(
        world_of(actor_at(2, 2.5)), room=dataclasses.replace(ROOM, style=style)
    )
    with Painter(world, size=SIZE, seed=0) as painter:
        (person,) = painter.paint(outside, 0.0).people
    assert person.visible > 0.6
