"""Draws whole scenes by seed: rooms, people, what they do, and who watches."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict

import numpy as np

from recognition.taxonomy import Taxonomy, load_taxonomy
from training.scenario.random_doings import SEATED, Deal, Player
from training.scenario.random_places import Floor, chair_at, table_before
from training.scenario.random_social import social_players
from training.scenario.random_views import random_camera_script
from training.scenario.rooms import random_room
from training.scenario.script import (
    ActorScript,
    CameraScript,
    FurnitureScript,
    Script,
    SoundScript,
    Start,
    SubjectScript,
)

Rng = np.random.Generator

Beginning = Callable[[Floor, Rng], list[Player]]
"""Draws the people who begin a scene: where they stand, and what they do first."""

_PACE_S = 4.5
"""About how long one action of one person takes, the pause included."""

_COMING_S = 3.0
"""How long people need to come in."""

_BEHIND_M = 0.42
"""From somebody who stands before a chair to the middle of the chair."""


def random_script(
    seed: int,
    *,
    actions: Sequence[str] | None = None,
    actors: int = 4,
    duration_s: float = 20.0,
    cameras: int = 1,
    size_px: tuple[int, int] = (1280, 720),
    beginning: Beginning | None = None,
) -> Script:
    """A scene that depends on its arguments alone.

    beginning: who is there at first; without it, people who meet, if any such action is dealt.
    actions: names of actions or of levels that are dealt, all without it; scenes of following
    seeds go on in the list where the one before ended, so that a set is even over its classes.

    Raises:
        ValueError: an action or a level that the taxonomy does not know; says which.
    """
    taxonomy = load_taxonomy()
    chosen = _chosen(taxonomy, actions)
    rng = np.random.default_rng([seed, 77])
    room, things = random_room(rng)
    floor = Floor.of(room, things)
    single = [name for name in chosen if taxonomy.action(name).scope == "track"]
    together = [name for name in chosen if taxonomy.action(name).scope != "track"]
    turn = _turned(together, seed * (1 if single else 2))
    meeting = _meeting(turn, most=actors, until_s=duration_s, only=not single)
    players = (beginning or meeting)(floor, rng)
    furniture = [FurnitureScript.model_validate(asdict(thing)) for thing in things]
    furniture += _newcomers(players, single, floor, rng, count=actors, duration_s=duration_s)
    at_first = [_at_first(player, rng) for player in players]
    deal = Deal(deque(_turned(single, seed * round(actors * duration_s / _PACE_S))), floor, rng)
    deal.play(players, duration_s)
    return Script(
        seed=seed,
        duration_s=duration_s,
        size_px=size_px,
        room=floor.room,
        furniture=tuple(furniture),
        props=tuple(deal.props),
        actors=_scripted(players, at_first),
        cameras=_cameras(floor, cameras, size_px, rng),
        sound=SoundScript(snr_db=round(float(rng.uniform(5, 35)), 1)),
    )


def _scripted(
    players: Sequence[Player], at_first: Sequence[ActorScript]
) -> tuple[ActorScript, ...]:
    """Everybody with what it does."""
    return tuple(
        actor.model_copy(update={"does": tuple(player.doings)})
        for actor, player in zip(at_first, players, strict=True)
    )


def _meeting(turn: Sequence[str], *, most: int, until_s: float, only: bool) -> Beginning:
    """People who begin the scene together; nobody in many scenes that have other things, too."""
    taxonomy = load_taxonomy()
    turn = [name for name in turn if taxonomy.action(name).least_people <= most]

    def begin(floor: Floor, rng: Rng) -> list[Player]:
        if not turn or most < 2 or (not only and rng.random() > 0.6):
            return []
        return social_players(turn, floor, rng, actors=most, until_s=until_s, only=only)

    return begin


def _chosen(taxonomy: Taxonomy, actions: Sequence[str] | None) -> list[str]:
    """The named actions, levels as all of theirs, in the taxonomy's order."""
    wanted = set()
    for name in actions or [level for level in taxonomy.levels if level != "background"]:
        if name in taxonomy.levels:
            wanted |= {action.name for action in taxonomy.actions.values() if action.level == name}
        else:
            wanted.add(taxonomy.action(name).name)
    return [name for name in taxonomy.actions if name in wanted - {"background"}]


def _turned(names: Sequence[str], by: int) -> list[str]:
    """The names, beginning further on."""
    start = by % len(names) if names else 0
    return [*names[start:], *names[:start]]


def _newcomers(
    players: list[Player],
    single: Sequence[str],
    floor: Floor,
    rng: Rng,
    *,
    count: int,
    duration_s: float,
) -> list[FurnitureScript]:
    """Add people who act alone until there are ``count``; the chairs and tables they bring."""
    brought = []
    while len(players) < count:
        name = f"actor{len(players) + 1}"
        player, seat = _newcomer(name, single, floor, rng, duration_s=duration_s)
        players.append(player)
        brought += seat
        for thing in seat:
            floor.take(thing)
    return brought


def _newcomer(
    name: str, single: Sequence[str], floor: Floor, rng: Rng, *, duration_s: float
) -> tuple[Player, list[FurnitureScript]]:
    """Somebody who acts alone, and the chair and table that belong to this person."""
    at, facing = floor.spot(rng, apart_m=1.3), round(float(rng.uniform(0, 360)), 1)
    sits = "stand_up" in single or bool(SEATED.intersection(single))
    seated = sits and rng.random() < 0.3
    chair = seated or ("sit_down" in single and rng.random() < 0.5)
    player = Player(
        name=name, at=at, facing_deg=facing, seated=seated, chair=chair,
        free_s=float(rng.uniform(0.3, 1.5)),
    )  # fmt: skip
    seat = [chair_at(at, facing, 0.0 if seated else _BEHIND_M)]
    if not chair or not _fits(seat[0], floor):
        player.seated = player.chair = False
        _come_or_go(player, rng, duration_s)
        return player, []
    table = table_before(f"{name}-table", at, facing, rng)
    if seated and _fits(table, floor) and rng.random() < 0.75:
        seat.append(table)
    return player, seat


def _come_or_go(player: Player, rng: Rng, duration_s: float) -> None:
    """Some people are there only for a part of the scene."""
    draw = rng.random()
    if draw < 0.15:
        player.enters_s = round(float(rng.uniform(0.1, 0.3)) * duration_s, 1)
        player.free_s += player.enters_s + _COMING_S
    elif draw < 0.3:
        player.gone_s = round(float(rng.uniform(0.7, 0.9)) * duration_s, 1)


def _fits(thing: FurnitureScript, floor: Floor) -> bool:
    x, y = thing.at_m
    return 0.3 < x < floor.room.width_m - 0.3 and 0.3 < y < floor.room.depth_m - 0.3


def _at_first(player: Player, rng: Rng) -> ActorScript:
    """Who the person is and where it begins."""
    start = Start(at_m=player.at, facing_deg=player.facing_deg, seated=player.seated)
    height = float(np.clip(rng.normal(1.71, 0.1), 1.45, 2.0))
    return ActorScript(
        name=player.name,
        subject=SubjectScript(height_m=round(height, 2), seed=int(rng.integers(2**31))),
        start=start,
        enters_at_s=player.enters_s or None,
        leaves_at_s=player.gone_s if np.isfinite(player.gone_s) else None,
    )


def _cameras(
    floor: Floor, count: int, size_px: tuple[int, int], rng: Rng
) -> tuple[CameraScript, ...]:
    """Cameras that see the places where people stand."""
    spots = np.array(floor.people, np.float32)[:, :2]
    drawn: list[CameraScript] = []
    for _ in range(count):
        drawn.append(random_camera_script(floor.room, spots, drawn, size_px, rng))
    return tuple(drawn)
