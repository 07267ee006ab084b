"""Worlds of one frame: a furnished room, people in any pose, and things in hands and about."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recognition.frames import Float
from training.cameras import Camera, look_at
from training.held_props import Held, hold, lying, random_turn
from training.posed_people import PosePool
from training.scenario.looks import random_look
from training.scenario.rooms import SEAT_SHARE, random_color, random_room
from training.scenario.world import (
    FPS,
    PROP_KINDS,
    PROP_SIZES_M,
    Actor,
    Color,
    Furniture,
    Prop,
    Room,
    World,
)

Rng = np.random.Generator

_APART_M = 0.55
_SCALES = (0.85, 1.2)
_RAISED_M = (0.6, 5.0)
_VIEW_DEG = (40.0, 95.0)
_STEEPEST_DEG = 60.0
_TALL_PX = (0.055, 1.3)
"""Smallest and largest height of the person looked at, by the height of the picture."""


def posed_world(pool: PosePool, rng: Rng) -> World:
    """One to six people (now and then nobody) in a room with two to nine things."""
    room, furniture = _room(rng)
    furniture += _tables_in_the_middle(room, rng)
    count = 0 if rng.random() < 0.04 else int(rng.integers(1, 7))
    actors: list[Actor] = []
    props: list[Prop] = []
    for place in _places(room, furniture, count, rng):
        joints = pool.draw(rng)
        if rng.random() < 0.6:
            kind = str(rng.choice(PROP_KINDS))
            joints, held = hold(pool.upright(rng), kind, rng)
            at = np.array([*place, 0.0], np.float32)
            props.append(_prop(kind, Held(held.centre + at, held.axes), rng))
        actors.append(_actor(f"person{len(actors)}", joints, place, rng))
    for chair in [thing for thing in furniture if thing.kind == "chair"]:
        if len(actors) < 6 and rng.random() < 0.5:
            joints = pool.seated(rng)
            joints[:, 2] += max(0.0, chair.size_m[2] * SEAT_SHARE - float(joints[17, 2]) + 0.12)
            actors.append(_actor(f"person{len(actors)}", joints, chair.at_m, rng))
    props += _about(room, furniture, rng)
    return World(
        duration_s=1 / FPS, room=room, furniture=furniture, actors=tuple(actors),
        props=tuple(replace(prop, name=f"{prop.kind}{i}") for i, prop in enumerate(props)),
    )  # fmt: skip


def random_view(world: World, size: tuple[int, int], rng: Rng) -> Camera:
    """A camera inside the room that looks at one of its people or things.

    0.6 to 5 m high, at most 60 degrees down, 40 to 95 degrees wide, all round; the one looked at
    is seldom in the middle of the picture.
    """
    best: tuple[float, Camera] | None = None
    wanted = np.exp(rng.uniform(np.log(_TALL_PX[0]), np.log(_TALL_PX[1])))
    for _ in range(40):
        camera, miss = _view(world, size, wanted, rng)
        if best is None or miss < best[0]:
            best = miss, camera
        if miss < 0.15:
            break
    assert best is not None
    return best[1]


def _view(world: World, size: tuple[int, int], wanted: float, rng: Rng) -> tuple[Camera, float]:
    """One try, and by how much it misses the wished size (natural logarithm)."""
    room = world.room
    target, tall = _target(world, rng)
    highest = min(_RAISED_M[1], room.height_m - 0.15)
    low = rng.uniform(_RAISED_M[0], min(2.0, highest))
    raised = low if rng.random() < 0.5 else rng.uniform(min(1.8, highest - 0.1), highest)
    position = np.array(
        [rng.uniform(0.15, room.width_m - 0.15), rng.uniform(0.15, room.depth_m - 0.15), raised]
    )
    flat = float(np.linalg.norm((target - position)[:2]))
    away = float(np.linalg.norm(target - position))
    view = np.radians(rng.uniform(*_VIEW_DEG))
    focal = size[0] / 2 / np.tan(view / 2)
    down = np.degrees(np.arctan2(position[2] - target[2], max(flat, 1e-3)))
    aside = np.append(rng.uniform(-0.3, 0.3, 2), rng.uniform(-0.25, 0.25)) * away * np.tan(view / 2)
    camera = Camera(
        position=position.astype(np.float32),
        axes=look_at(position, target + aside, np.radians(rng.normal(0, 2.5))),
        focal_px=(focal, focal),
        size=size,
    )
    miss = abs(np.log(tall * focal / max(away, 0.3) / size[1] / wanted))
    if down > _STEEPEST_DEG or down < -35 or away < 0.6 or _inside_something(world, position):
        miss += 10
    return camera, float(miss)


def _target(world: World, rng: Rng) -> tuple[Float, float]:
    """A point to look at and the height of what is there, metres."""
    if world.actors and rng.random() < 0.9:
        joints = world.actors[int(rng.integers(len(world.actors)))].joints[0]
        low, high = joints.min(axis=0), joints.max(axis=0)
        return (low + high) / 2, float(max(np.ptp(joints[:, 2]), 0.8))
    if world.props:
        return world.props[int(rng.integers(len(world.props)))].centre[0], 1.7
    room = world.room
    return np.array([room.width_m / 2, room.depth_m / 2, 1.0], np.float32), 1.7


def _inside_something(world: World, position: Float) -> bool:
    near = [actor.joints[0, 17, :2] for actor in world.actors]
    if any(np.linalg.norm(at - position[:2]) < 0.45 for at in near):
        return True
    return any(
        np.linalg.norm(np.array(thing.at_m) - position[:2]) < max(thing.size_m[:2]) * 0.6 + 0.1
        and position[2] < thing.size_m[2] + 0.1
        for thing in world.furniture
    )


def _room(rng: Rng) -> tuple[Room, tuple[Furniture, ...]]:
    """A room; one in five is up to four times as wide and deep, for people far away."""
    room, furniture = random_room(rng)
    if rng.random() < 0.2:
        grown = float(rng.uniform(1.5, 4.0))
        room = replace(room, width_m=room.width_m * grown, depth_m=room.depth_m * grown)
        furniture = tuple(
            replace(thing, at_m=(thing.at_m[0] * grown, thing.at_m[1] * grown))
            for thing in furniture
        )
    return room, furniture


def _tables_in_the_middle(room: Room, rng: Rng) -> tuple[Furniture, ...]:
    """Tables away from the walls: people stand behind them, things lie on them."""
    tables = []
    for _ in range(int(rng.choice(3, p=(0.4, 0.4, 0.2)))):
        at = (
            float(rng.uniform(0.25, 0.75) * room.width_m),
            float(rng.uniform(0.25, 0.75) * room.depth_m),
        )
        size = (float(rng.uniform(0.8, 1.8)), float(rng.uniform(0.6, 0.9)), 0.74)
        tables.append(
            Furniture(
                kind="table", at_m=at, size_m=size, color=random_color(rng),
                facing_deg=float(rng.uniform(0, 360)),
            )
        )  # fmt: skip
    return tuple(tables)


def _places(
    room: Room, furniture: tuple[Furniture, ...], count: int, rng: Rng
) -> list[tuple[float, float]]:
    """Places on the floor, apart from each other and from what stands there.

    Half of the rooms gather everybody near one point, so that people hide each other.
    """
    taken = [(thing.at_m, max(thing.size_m[:2]) / 2 + 0.25) for thing in furniture]
    middle = np.array([rng.uniform(0.2, 0.8) * room.width_m, rng.uniform(0.2, 0.8) * room.depth_m])
    spread = rng.uniform(0.6, 1.6) if rng.random() < 0.5 else 8.0
    places: list[tuple[float, float]] = []
    for _ in range(count * 12):
        x, y = middle + rng.normal(0, spread, 2)
        inside = 0.4 < x < room.width_m - 0.4 and 0.4 < y < room.depth_m - 0.4
        free = all(np.hypot(x - at[0], y - at[1]) > reach for at, reach in taken)
        if inside and free:
            places.append((float(x), float(y)))
            taken.append(((float(x), float(y)), _APART_M))
        if len(places) == count:
            break
    return places


def _about(room: Room, furniture: tuple[Furniture, ...], rng: Rng) -> list[Prop]:
    """Things on tables, on the floor and, balls, in the air."""
    props = []
    tables = [thing for thing in furniture if thing.kind == "table"]
    for _ in range(int(rng.integers(2, 8))):
        kind = str(rng.choice(PROP_KINDS))
        if tables and rng.random() < 0.65:
            props.append(_on_table(kind, tables[int(rng.integers(len(tables)))], rng))
            continue
        at = (
            float(rng.uniform(0.3, room.width_m - 0.3)),
            float(rng.uniform(0.3, room.depth_m - 0.3)),
        )
        props.append(_resting(kind, at, 0.0, rng))
    if rng.random() < 0.3:
        centre = np.array(
            [
                rng.uniform(0.5, room.width_m - 0.5), rng.uniform(0.5, room.depth_m - 0.5),
                rng.uniform(0.3, 2.2),
            ]
        )  # fmt: skip
        props.append(_prop("ball", Held(centre, random_turn(rng, upright=False)), rng))
    return props


def _on_table(kind: str, table: Furniture, rng: Rng) -> Prop:
    width, depth, height = table.size_m
    angle = np.radians(table.facing_deg)
    # A thing's width runs along the furniture's own side, which is a quarter turn from its front.
    across, out = rng.uniform(-0.4, 0.4) * width, rng.uniform(-0.35, 0.35) * depth
    x = table.at_m[0] + out * np.cos(angle) - across * np.sin(angle)
    y = table.at_m[1] + out * np.sin(angle) + across * np.cos(angle)
    return _resting(kind, (float(x), float(y)), height, rng)


def _resting(kind: str, at: tuple[float, float], floor_m: float, rng: Rng) -> Prop:
    """A thing that stands or lies on something ``floor_m`` high."""
    flat = kind in ("phone", "hammer") or (kind == "book" and rng.random() < 0.8)
    fallen = kind == "bottle" and rng.random() < 0.15
    axes = lying(rng) if flat or fallen else random_turn(rng, upright=True)
    scale = float(rng.uniform(*_SCALES))
    half = PROP_SIZES_M[kind][1 if flat or fallen else 2] / 2 * scale
    centre = np.array([*at, floor_m + half + 0.004])
    return _prop(kind, Held(centre, axes), rng, scale=scale)


def _prop(kind: str, where: Held, rng: Rng, *, scale: float | None = None) -> Prop:
    return Prop(
        name=kind, kind=kind, centre=np.asarray(where.centre, np.float32)[None],
        axes=np.asarray(where.axes, np.float32)[None], present=np.ones(1, bool),
        color=prop_color(kind, rng), scale=scale or float(rng.uniform(*_SCALES)),
    )  # fmt: skip


def prop_color(kind: str, rng: Rng) -> Color:
    """Any colour that such a thing has; dark or grey for machines, most often."""
    if kind in ("phone", "laptop") and rng.random() < 0.8:
        grey = float(rng.choice([rng.uniform(0.03, 0.15), rng.uniform(0.5, 0.9)]))
        return (grey, grey, grey)
    if kind == "box" and rng.random() < 0.6:
        tone = float(rng.uniform(0.5, 1.0))
        return (0.75 * tone, 0.56 * tone, 0.36 * tone)
    color = rng.uniform(0.05, 0.95, 3)
    return (float(color[0]), float(color[1]), float(color[2]))


def _actor(name: str, joints: Float, place: tuple[float, float], rng: Rng) -> Actor:
    moved = joints + np.array([*place, 0.0], np.float32)
    return Actor(
        name=name, look=random_look(rng), joints=moved[None].astype(np.float32),
        present=np.ones(1, bool),
    )  # fmt: skip
