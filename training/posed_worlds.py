"""Worlds without a story: a furnished room, people in any pose, and things in hands and about."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from recognition.frames import Float
from training.held_props import Held, hold, lying, random_turn
from training.mocap import PELVIS
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
_MOST_PEOPLE = 6


@dataclass(slots=True)
class _Tracks:
    """What moves in a world, before it is one: rows are added moment by moment.

    crowd: the point on the floor that people are near, and how near, metres.
    """

    joints: list[list[Float]]
    seen: list[list[bool]]
    held: list[list[Held | None]]
    crowd: tuple[Float, float]


def posed_world(pool: PosePool, rng: Rng, *, moments: int = 1) -> World:
    """One to six people (now and then nobody) in a room with five to twelve things.

    moments: frames; in each of them everybody has another pose at another place, and everything
    lies somewhere else or is held by somebody else.
    """
    room, furniture = _room(rng)
    furniture += _tables_in_the_middle(room, rng)
    people = 0 if rng.random() < 0.04 else int(rng.integers(1, _MOST_PEOPLE + 1))
    kinds = [str(kind) for kind in rng.choice(PROP_KINDS, int(rng.integers(5, 13)))]
    scales = rng.uniform(*_SCALES, len(kinds)).astype(np.float32)
    middle = rng.uniform(0.2, 0.8, 2) * (room.width_m, room.depth_m)
    # Half of the rooms gather everybody near one point, so that people hide each other.
    spread = float(rng.uniform(0.6, 1.6)) if rng.random() < 0.5 else 8.0
    tracks = _Tracks(
        [[] for _ in range(people)], [[] for _ in range(people)], [[] for _ in kinds],
        (middle.astype(np.float32), spread),
    )  # fmt: skip
    for _ in range(moments):
        _add_moment(tracks, (room, furniture), pool, (kinds, scales), rng)
    return World(
        duration_s=moments / FPS,
        room=room,
        furniture=furniture,
        actors=tuple(
            Actor(
                name=f"person{i}", look=random_look(rng), joints=np.stack(tracks.joints[i]),
                present=np.array(tracks.seen[i]),
            )
            for i in range(people)
        ),
        props=tuple(
            _prop(f"{kind}{i}", kind, tracks.held[i], float(scales[i]), rng)
            for i, kind in enumerate(kinds)
        ),
    )  # fmt: skip


def _add_moment(
    tracks: _Tracks, place: tuple[Room, tuple[Furniture, ...]], pool: PosePool,
    things: tuple[list[str], Float], rng: Rng,
) -> None:  # fmt: skip
    """Put everybody and everything somewhere, for one more frame."""
    room, furniture = place
    kinds, scales = things
    free = [int(i) for i in rng.permutation(len(kinds))]
    held: list[Held | None] = [None] * len(kinds)
    chairs = [chair for chair in furniture if chair.kind == "chair" and rng.random() < 0.5]
    places = _places(room, furniture, len(tracks.joints), tracks.crowd, rng)
    for i, joints in enumerate(tracks.joints):
        at = np.zeros(3, np.float32)
        there = bool(chairs or places) and rng.random() < 0.9
        posed = pool.draw(rng)
        if there and chairs:
            chair = chairs.pop()
            posed = pool.seated(rng)
            at[:2] = chair.at_m
            at[2] = max(0.0, chair.size_m[2] * SEAT_SHARE - float(posed[PELVIS, 2]) + 0.12)
        elif there:
            at[:2] = places.pop()
            if free and rng.random() < 0.6:
                thing = free.pop()
                posed, grip = hold(pool.upright(rng), kinds[thing], rng)
                held[thing] = Held(grip.centre + at, grip.axes)
        joints.append((posed + at).astype(np.float32))
        tracks.seen[i].append(there)
    for thing in free:
        if rng.random() < 0.92:
            held[thing] = _somewhere(
                kinds[thing], float(scales[thing]), place, tracks.crowd[0], rng
            )
    for row, where in zip(tracks.held, held, strict=True):
        row.append(where)


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
    room: Room, furniture: tuple[Furniture, ...], count: int, crowd: tuple[Float, float], rng: Rng
) -> list[tuple[float, float]]:
    """Places on the floor, apart from each other and from what stands there."""
    taken = [(thing.at_m, max(thing.size_m[:2]) / 2 + 0.25) for thing in furniture]
    places: list[tuple[float, float]] = []
    for _ in range(count * 12):
        x, y = crowd[0] + rng.normal(0, crowd[1], 2)
        inside = 0.4 < x < room.width_m - 0.4 and 0.4 < y < room.depth_m - 0.4
        free = all(np.hypot(x - at[0], y - at[1]) > reach for at, reach in taken)
        if inside and free:
            places.append((float(x), float(y)))
            taken.append(((float(x), float(y)), _APART_M))
        if len(places) == count:
            break
    return places


def _somewhere(
    kind: str, scale: float, place: tuple[Room, tuple[Furniture, ...]], near: Float, rng: Rng
) -> Held:
    """On a table, on the floor or, a ball, in the air; more often near a point on the floor."""
    room, furniture = place
    tables = [thing for thing in furniture if thing.kind == "table"]
    if tables and rng.random() < 0.65:
        return _on_table(kind, scale, tables[int(rng.integers(len(tables)))], rng)
    extent = np.array([room.width_m, room.depth_m])
    at = near + rng.normal(0, 1.3, 2) if rng.random() < 0.6 else rng.uniform(0, extent)
    x, y = (float(v) for v in np.clip(at, 0.3, extent - 0.3))
    if kind == "ball" and rng.random() < 0.5:
        centre = np.array([x, y, rng.uniform(0.3, 2.2)], np.float32)
        return Held(centre, random_turn(rng, upright=False))
    return _resting(kind, scale, (x, y, 0.0), rng)


def _on_table(kind: str, scale: float, table: Furniture, rng: Rng) -> Held:
    width, depth, height = table.size_m
    angle = np.radians(table.facing_deg)
    # A thing's width runs along the furniture's own side, which is a quarter turn from its front.
    across, out = rng.uniform(-0.4, 0.4) * width, rng.uniform(-0.35, 0.35) * depth
    x = table.at_m[0] + out * np.cos(angle) - across * np.sin(angle)
    y = table.at_m[1] + out * np.sin(angle) + across * np.cos(angle)
    return _resting(kind, scale, (float(x), float(y), height), rng)


def _resting(kind: str, scale: float, at: tuple[float, float, float], rng: Rng) -> Held:
    """A thing that stands or lies on something; at: x, y and height of what it is on."""
    flat = kind in ("phone", "hammer") or (kind == "book" and rng.random() < 0.8)
    fallen = kind == "bottle" and rng.random() < 0.15
    axes = lying(rng) if flat or fallen else random_turn(rng, upright=True)
    half = PROP_SIZES_M[kind][1 if flat or fallen else 2] / 2 * scale
    return Held(np.array([at[0], at[1], at[2] + half + 0.004], np.float32), axes)


def _prop(name: str, kind: str, track: list[Held | None], scale: float, rng: Rng) -> Prop:
    nowhere = Held(np.zeros(3, np.float32), np.eye(3, dtype=np.float32))
    return Prop(
        name=name, kind=kind, color=prop_color(kind, rng), scale=scale,
        centre=np.stack([(where or nowhere).centre for where in track]),
        axes=np.stack([(where or nowhere).axes for where in track]),
        present=np.array([where is not None for where in track]),
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
