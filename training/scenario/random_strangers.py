"""Draws people who are near each other and form no group: who waits, passes by, or has met one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from training.scenario.random_doings import Player
from training.scenario.random_places import Floor
from training.scenario.random_script import Beginning
from training.scenario.random_social import player_at, round_middle, within
from training.scenario.script import Doing, Spot

Rng = np.random.Generator
Placed = list[tuple[Spot, float]]
"""Where each stands, metres, and faces, degrees."""

_APART_M = (0.65, 1.3)
_THRONG_M = 0.8  # radius of the floor that one person has
_IDLE_S = (1.0, 12.0)
_WAY_M = (2.0, 6.0)
_PASSING = 0.25  # share of the scenes in which all go somewhere, each for oneself


def strangers(count: int) -> Beginning:
    """So many people who stand in a queue, a row, a throng, or back to back; or who pass by.

    Whether they form a group by chance is not looked at; see ``formations.untold``.
    """

    def begin(floor: Floor, rng: Rng) -> list[Player]:
        middle = floor.spot(rng, apart_m=1.8)
        passing = rng.random() < _PASSING
        kinds: tuple[Callable[[int, Spot, Rng], Placed], ...] = (_line, _throng, _outwards, _pairs)
        place = _throng if passing else kinds[int(rng.integers(len(kinds)))]
        players = []
        for number, (spot, facing) in enumerate(_moved_within(floor, place(count, middle, rng))):
            player = player_at(number, spot, facing)
            floor.people.append((*player.at, 0.3))
            players.append(player)
        for player in players:
            player.free_s = float(rng.uniform(*_IDLE_S))
            if passing:
                _go(player, floor, rng)
        return players

    return begin


def _moved_within(floor: Floor, placed: Placed) -> Placed:
    """All of them moved as one so far that nobody stands in a wall."""
    spots = np.array([spot for spot, _ in placed])
    corners = spots.min(axis=0), spots.max(axis=0)
    by = sum(
        np.subtract(within(floor, (float(x), float(y))), (x, y)) for x, y in corners
    )  # 0 for the corner that is inside; a room is wider than the row
    return [
        (within(floor, (float(x), float(y))), facing)
        for (x, y), (_, facing) in zip(spots + by, placed, strict=True)
    ]


def _line(count: int, middle: Spot, rng: Rng) -> Placed:
    """All face the same way: one behind the other, side by side, or in between."""
    facing, apart = float(rng.uniform(0, 360)), float(rng.uniform(*_APART_M))
    along = facing + float(rng.choice([0, 180, 90, 60]))
    return [
        (
            round_middle(middle, apart * (n - (count - 1) / 2) + float(rng.normal(0, 0.08)), along),
            facing + float(rng.normal(0, 12)),
        )
        for n in range(count)
    ]


def _throng(count: int, middle: Spot, rng: Rng) -> Placed:
    """Anyhow, as far from each other as the narrowest that people stand."""
    placed: list[Spot] = []
    reach = _THRONG_M * float(np.sqrt(count))
    while len(placed) < count:
        spot = round_middle(
            middle, reach * float(np.sqrt(rng.random())), float(rng.uniform(0, 360))
        )
        if all(np.hypot(spot[0] - x, spot[1] - y) >= _APART_M[0] for x, y in placed):
            placed.append(spot)
    return [(spot, float(rng.uniform(0, 360))) for spot in placed]


def _outwards(count: int, middle: Spot, rng: Rng) -> Placed:
    """In a circle, and facing away from its middle or along it."""
    radius = max(0.7, float(rng.uniform(*_APART_M)) * count / (2 * np.pi))
    first, turned = float(rng.uniform(0, 360)), float(rng.choice([0, 90, -90]))
    angles = [first + 360 * n / count for n in range(count)]
    return [(round_middle(middle, radius, angle), angle + turned) for angle in angles]


def _pairs(count: int, middle: Spot, rng: Rng) -> Placed:
    """Two by two face to face, next to each other; who is left over looks elsewhere."""
    facing, between = float(rng.uniform(0, 360)), float(rng.uniform(1.3, 2.2))
    placed: Placed = []
    for number in range(count // 2):
        centre = round_middle(middle, between * number, facing + 90)
        half = float(rng.uniform(0.35, 0.7))
        turn = float(rng.normal(0, 10))
        placed.append((round_middle(centre, half, facing + 180), facing + turn))
        placed.append((round_middle(centre, half, facing), facing + 180 + turn))
    if count % 2:
        apart = -float(rng.uniform(0.9, 1.6))
        spot = round_middle(middle, apart, facing + 90)
        placed.append((spot, facing - 90 + float(rng.normal(0, 40))))
    return placed


def _go(player: Player, floor: Floor, rng: Rng) -> None:
    """Have somebody walk somewhere, at a time of its own."""
    to_m = floor.goal(player.at, rng, least_m=_WAY_M[0], most_m=_WAY_M[1])
    at_s = float(rng.uniform(0.4, 5.0))
    if to_m is not None:
        doing: dict[str, Any] = {"at_s": round(at_s, 2), "action": "walk", "to_m": to_m}
        player.doings.append(Doing.model_validate(doing))
        player.free_s = at_s + 2.2 + 1.2 * float(np.hypot(*np.subtract(to_m, player.at)))
