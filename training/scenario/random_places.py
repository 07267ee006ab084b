"""Finds places on a floor where people can stand, sit and go without meeting the furniture."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

import numpy as np

from training.scenario.script import FurnitureScript, RoomScript, Spot
from training.scenario.world import Furniture, Room

Rng = np.random.Generator

_WALL_M = 0.7
_BESIDE_M = 0.4
"""Free way beside a person's middle."""

_TRIES = 60
_CHAIR_M = (0.48, 0.48, 0.92)


@dataclass(slots=True)
class Floor:
    """What is taken of a room's floor: round places (x, y, radius) of things and of people."""

    room: RoomScript
    things: list[tuple[float, float, float]] = field(default_factory=list)
    people: list[tuple[float, float, float]] = field(default_factory=list)

    @classmethod
    def of(cls, room: Room, furniture: tuple[Furniture, ...]) -> Floor:
        """The floor of a furnished room without people."""
        script = RoomScript.model_validate(asdict(room))
        reach = [float(np.hypot(*thing.size_m[:2])) / 2 for thing in furniture]
        things = [(*thing.at_m, radius) for thing, radius in zip(furniture, reach, strict=True)]
        return cls(script, things)

    def spot(self, rng: Rng, *, apart_m: float = 0.8) -> Spot:
        """A free place to stand, as far from everybody as can be had up to ``apart_m``."""
        drawn = [self._anywhere(rng) for _ in range(_TRIES)]
        at = max(drawn, key=lambda place: min(self.room_around(place), apart_m))
        self.people.append((*at, 0.3))
        return at

    def goal(self, start: Spot, rng: Rng, *, least_m: float, most_m: float) -> Spot | None:
        """A free place within that distance of ``start``, which stays taken; None: no such."""
        for _ in range(_TRIES):
            to = self._anywhere(rng)
            length = float(np.hypot(to[0] - start[0], to[1] - start[1]))
            if least_m <= length <= most_m and self.room_around(to) > _BESIDE_M:
                self.people.append((*to, 0.3))
                return to
        return None

    def take(self, thing: FurnitureScript) -> None:
        """Note a piece of furniture that was put there."""
        width, depth, _ = thing.size_m or (0.5, 0.5, 0.5)
        self.things.append((*thing.at_m, float(np.hypot(width, depth)) / 2))

    def room_around(self, place: Spot) -> float:
        """Metres from a place to the nearest thing or person."""
        taken = np.array([*self.things, *self.people, (-99.0, -99.0, 0.0)])
        return float((np.hypot(taken[:, 0] - place[0], taken[:, 1] - place[1]) - taken[:, 2]).min())

    def _anywhere(self, rng: Rng) -> Spot:
        return (
            round(float(rng.uniform(_WALL_M, self.room.width_m - _WALL_M)), 2),
            round(float(rng.uniform(_WALL_M, self.room.depth_m - _WALL_M)), 2),
        )


def chair_at(spot: Spot, facing_deg: float, behind_m: float) -> FurnitureScript:
    """A chair for somebody at ``spot``, ``behind_m`` behind the back."""
    turn = np.radians(facing_deg)
    return FurnitureScript(
        kind="chair",
        at_m=(
            round(float(spot[0] - behind_m * np.cos(turn)), 3),
            round(float(spot[1] - behind_m * np.sin(turn)), 3),
        ),
        size_m=_CHAIR_M,
        facing_deg=facing_deg,
    )


def table_before(name: str, spot: Spot, facing_deg: float, rng: Rng) -> FurnitureScript:
    """A table in front of somebody who sits at ``spot``."""
    turn, depth = np.radians(facing_deg), float(rng.uniform(0.6, 0.75))
    away = 0.32 + depth / 2
    return FurnitureScript(
        name=name,
        kind="table",
        at_m=(
            round(float(spot[0] + away * np.cos(turn)), 3),
            round(float(spot[1] + away * np.sin(turn)), 3),
        ),
        size_m=(round(float(rng.uniform(1.0, 1.6)), 2), round(depth, 2), 0.73),
        facing_deg=(facing_deg + 180) % 360,
    )
