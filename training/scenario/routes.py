"""Ways over the floor that lead round furniture and people."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from recognition.frames import Float
from training.scenario.world import Furniture, Room

Spot = tuple[float, float]

CLEARANCE_M = 0.32
"""Between the middle of a person and a thing that this person passes."""

_WALL_M = 0.3
_STEP_M = 0.02
_ROUND_M = 0.2  # corners are walked with about this radius


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A rectangle on the floor. half: half its width and depth; angle: radians about z."""

    at: Spot
    half: tuple[float, float]
    angle: float = 0.0

    def local(self, points: Float) -> Float:
        """Points (..., 2) along the rectangle's own axes, from its middle."""
        c, s = np.cos(self.angle), np.sin(self.angle)
        moved: Float = (points - np.array(self.at)) @ np.array([[c, -s], [s, c]])
        return moved

    def grown(self, by: float) -> Obstacle:
        """Wider on all sides."""
        return Obstacle(self.at, (self.half[0] + by, self.half[1] + by), self.angle)

    def holds(self, spot: Spot) -> bool:
        """Whether a place is inside."""
        inside = np.abs(self.local(np.array(spot))) < np.array(self.half)
        return bool(inside.all())

    def corners(self) -> list[Spot]:
        """Its four corners, a little outside."""
        c, s = np.cos(self.angle), np.sin(self.angle)
        signs = ((1, 1), (1, -1), (-1, -1), (-1, 1))
        spread = [(a * (self.half[0] + 0.01), b * (self.half[1] + 0.01)) for a, b in signs]
        return [(self.at[0] + x * c - y * s, self.at[1] + x * s + y * c) for x, y in spread]


def obstacle_of(thing: Furniture) -> Obstacle:
    """The floor that a piece of furniture takes; its depth is along where it faces."""
    width, depth, _ = thing.size_m
    angle = float(np.radians(thing.facing_deg - 90))
    return Obstacle(thing.at_m, (width / 2, depth / 2), angle)


def route(start: Spot, goal: Spot, obstacles: Sequence[Obstacle], room: Room) -> list[Spot]:
    """Corner points of the shortest way from start to goal that keeps clear of obstacles.

    An obstacle that start or goal is too close to is passed more closely, or not minded where one
    is inside. Where no way is free it is the straight one.
    """
    walls = []
    for obstacle in obstacles:
        for by in (CLEARANCE_M, 0.12, 0.0):
            grown = obstacle.grown(by)
            if not grown.holds(start) and not grown.holds(goal):
                walls.append(grown)
                break
    if _free(start, goal, walls):
        return [start, goal]
    spots = [start, goal]
    for wall in walls:
        spots += [
            corner
            for corner in wall.corners()
            if _WALL_M <= corner[0] <= room.width_m - _WALL_M
            and _WALL_M <= corner[1] <= room.depth_m - _WALL_M
            and not any(other.holds(corner) for other in walls)
        ]
    return _shortest(spots, walls) or [start, goal]


def _shortest(spots: Sequence[Spot], walls: Sequence[Obstacle]) -> list[Spot] | None:
    """From spots[0] to spots[1] over the others (Dijkstra 1959)."""
    best = {0: 0.0}
    came: dict[int, int] = {}
    queue = [(0.0, 0)]
    while queue:
        far, index = heapq.heappop(queue)
        if index == 1:
            way = [1]
            while way[-1]:
                way.append(came[way[-1]])
            return [spots[i] for i in reversed(way)]
        for other, spot in enumerate(spots):
            new = far + float(np.hypot(spot[0] - spots[index][0], spot[1] - spots[index][1]))
            if new < best.get(other, np.inf) and _free(spots[index], spot, walls):
                best[other], came[other] = new, index
                heapq.heappush(queue, (new, other))
    return None


def _free(first: Spot, second: Spot, walls: Sequence[Obstacle]) -> bool:
    """Whether the straight way crosses no obstacle (slabs, Kay and Kajiya 1986)."""
    for wall in walls:
        a, b = wall.local(np.array(first)), wall.local(np.array(second))
        way = b - a
        half = np.array(wall.half) - 1e-6
        with np.errstate(divide="ignore", invalid="ignore"):
            near, far = (-half - a) / way, (half - a) / way
        inside = np.abs(a) < half
        enter = np.where(way == 0, np.where(inside, -np.inf, np.inf), np.minimum(near, far))
        leave = np.where(way == 0, np.where(inside, np.inf, -np.inf), np.maximum(near, far))
        if max(enter.max(), 0.0) < min(leave.min(), 1.0):
            return False
    return True


def smooth_path(corners: Sequence[Spot]) -> Float:
    """Places (K, 2) every 2 cm or so along a way with rounded corners; its ends stay."""
    points = np.array(corners, np.float64)
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
    at = np.r_[0, np.cumsum(lengths)]
    count = max(2, round(at[-1] / _STEP_M) + 1)
    grid = np.linspace(0, at[-1], count)
    dense = np.stack([np.interp(grid, at, points[:, axis]) for axis in (0, 1)], axis=1)
    if len(points) > 2:
        # Mirrored at the ends, so that these stay where they are.
        pad = min(count - 1, round(4 * _ROUND_M / _STEP_M))
        head, tail = 2 * dense[0] - dense[pad:0:-1], 2 * dense[-1] - dense[-2 : -pad - 2 : -1]
        long = np.concatenate([head, dense, tail])
        dense = gaussian_filter1d(long, _ROUND_M / _STEP_M, axis=0)[pad : pad + count]
    path: Float = dense.astype(np.float32)
    return path


def person_at(spot: Spot) -> Obstacle:
    """Somebody who stands there."""
    return Obstacle(spot, (0.12, 0.12))
