"""Draws what people do with one another: pairs that meet, groups that gather or go together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

import numpy as np

from recognition.taxonomy import load_taxonomy
from training.scenario.random_doings import Player
from training.scenario.random_places import Floor
from training.scenario.script import Doing, Spot

Rng = np.random.Generator

_PAIR_S = 5.0
"""Room that two people need to come up to each other and do one thing."""


def social_players(
    turn: Sequence[str],
    floor: Floor,
    rng: Rng,
    *,
    actors: int,
    until_s: float,
    only: bool,
) -> list[Player]:
    """People whose scene begins with a meeting; the first of ``turn`` says of which kind.

    actors: how many there are at most. only: they do nothing else until ``until_s``.
    """
    taxonomy = load_taxonomy()
    first = taxonomy.action(turn[0])
    if first.scope == "group":
        return _group(first.name, floor, rng, actors=actors, until_s=until_s)
    pairs = [name for name in turn if taxonomy.action(name).scope == "pair"]
    names = cycle(pairs)
    players: list[Player] = []
    for _ in range(actors // 2 if only or rng.random() < 0.5 else 1):
        one, other = _facing_pair(len(players), floor, rng)
        begin, rounds = round(float(rng.uniform(0.4, 1.5)), 2), 0
        while begin + _PAIR_S < until_s and (only or rounds < 2):
            doer, partner = (one, other) if rng.random() < 0.5 else (other, one)
            doing = Doing.model_validate(
                {"at_s": round(begin, 2), "action": next(names), "with": partner.name}
            )
            doer.doings.append(doing)
            begin += _PAIR_S + float(rng.uniform(0.3, 1.5))
            rounds += 1
        one.free_s = other.free_s = begin
        players += [one, other]
    return players


def _facing_pair(number: int, floor: Floor, rng: Rng) -> tuple[Player, Player]:
    """Two people one to three metres apart who look at each other."""
    at = floor.spot(rng, apart_m=1.2)
    to = floor.goal(at, rng, least_m=1.0, most_m=3.0) or floor.spot(rng)
    turn = float(np.degrees(np.arctan2(to[1] - at[1], to[0] - at[0])))
    return player_at(number, at, turn), player_at(number + 1, to, turn + 180)


def _group(name: str, floor: Floor, rng: Rng, *, actors: int, until_s: float) -> list[Player]:
    """A few people: round a middle for a gathering, side by side for a common way."""
    count = min(actors, int(rng.integers(load_taxonomy().action(name).least_people, 6)))
    middle = floor.spot(rng, apart_m=1.8)
    towards = float(rng.uniform(0, 360))
    begin = round(float(rng.uniform(0.4, 1.5)), 2)
    others = [f"actor{number + 1}" for number in range(1, count)]
    values = {"at_s": begin, "action": name, "with": others}
    lasts = min(float(rng.uniform(5, 9)), until_s - begin - 0.2)
    if name == "gathering":
        ring = float(rng.uniform(1.2, 2.0))
        places = [round_middle(middle, ring, 360 * n / count + towards) for n in range(count)]
        turns = [360 * n / count + towards + 180 for n in range(count)]
        values["for_s"] = round(lasts - 1.0, 1)
    else:
        places = [round_middle(middle, 0.75 * n, towards + 90) for n in range(count)]
        turns = [towards] * count
        values["to_m"] = floor.goal(middle, rng, least_m=2.5, most_m=7.0) or floor.spot(rng)
    players = [
        player_at(number, within(floor, place), turn)
        for number, (place, turn) in enumerate(zip(places, turns, strict=True))
    ]
    players[0].doings.append(Doing.model_validate(values))
    for player in players:
        player.free_s = begin + lasts + float(rng.uniform(1.5, 3.0))
    return players


def player_at(number: int, at: Spot, facing_deg: float) -> Player:
    """Somebody who stands there with nothing to do yet."""
    return Player(
        name=f"actor{number + 1}", at=at, facing_deg=round(facing_deg % 360, 1), seated=False,
        chair=False, free_s=0.0,
    )  # fmt: skip


def round_middle(middle: Spot, radius: float, degrees: float) -> Spot:
    """The place that far from another, counter-clockwise from +x."""
    turn = np.radians(degrees)
    x, y = middle[0] + radius * np.cos(turn), middle[1] + radius * np.sin(turn)
    return (float(x), float(y))


def within(floor: Floor, place: Spot) -> Spot:
    """The nearest place that is not in a wall."""
    x = np.clip(place[0], 0.4, floor.room.width_m - 0.4)
    y = np.clip(place[1], 0.4, floor.room.depth_m - 0.4)
    return (round(float(x), 2), round(float(y), 2))
