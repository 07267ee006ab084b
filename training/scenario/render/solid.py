"""Builds solid things from boxes, turned shapes and panels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recognition.frames import Float
from training.scenario.render.field import Ints
from training.scenario.world import Color

Place = Sequence[float] | Float

COLUMNS = 13
"""Of a vertex: position 3, normal 3, colour 3, u v layer, glow."""


class Solid:
    """A growing mesh. ``turn`` and ``move`` place what is added after they were set."""

    def __init__(self) -> None:
        self._rows: list[Float] = []
        self._faces: list[Ints] = []
        self._count = 0
        self.turn: Float = np.eye(3, dtype=np.float32)
        self.move: Float = np.zeros(3, np.float32)

    def vertices(self) -> Float:
        """(V, 13) float32."""
        return np.concatenate(self._rows) if self._rows else np.zeros((0, COLUMNS), np.float32)

    def triangles(self) -> Ints:
        """(F, 3) int32."""
        return np.concatenate(self._faces) if self._faces else np.zeros((0, 3), np.int32)

    def place(self, at: Place, facing_deg: float = 0.0) -> None:
        """Put what follows at ``at``, turned about z."""
        c, s = np.cos(np.radians(facing_deg)), np.sin(np.radians(facing_deg))
        self.turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]], np.float32)
        self.move = np.array(at, np.float32)

    def add(
        self, points: Float, normals: Float, faces: Ints, *,
        color: Color | Float, uv: Float | None = None, layer: int = 0, glow: float = 0.0,
    ) -> None:  # fmt: skip
        """Add triangles; colour is one for all, or (V, 3)."""
        count = len(points)
        rows = np.zeros((count, COLUMNS), np.float32)
        rows[:, :3] = points @ self.turn.T + self.move
        rows[:, 3:6] = normals @ self.turn.T
        rows[:, 6:9] = color
        if uv is not None:
            rows[:, 9:11] = uv
        rows[:, 11], rows[:, 12] = layer, glow
        self._rows.append(rows)
        self._faces.append((faces + self._count).astype(np.int32))
        self._count += count

    def box(
        self, low: Place, high: Place, color: Color, *,
        layer: int = 0, scale: float = 1.0, glow: float = 0.0,
    ) -> None:  # fmt: skip
        """A block; the texture repeats every ``scale`` metres."""
        a, b = np.array(low, np.float32), np.array(high, np.float32)
        for axis in range(3):
            u, v = (axis + 1) % 3, (axis + 2) % 3
            for side, at in ((-1.0, a), (1.0, b)):
                corners = np.zeros((4, 3), np.float32)
                corners[:, axis] = at[axis]
                order = [(0, 0), (1, 0), (1, 1), (0, 1)]
                for row, (i, j) in enumerate(order):
                    corners[row, u], corners[row, v] = (a, b)[i][u], (a, b)[j][v]
                faces = np.array([[0, 1, 2], [0, 2, 3]])
                normal = np.zeros((4, 3), np.float32)
                normal[:, axis] = side
                self.add(
                    corners, normal, faces if side > 0 else faces[:, ::-1],
                    color=color, uv=corners[:, [u, v]] / scale, layer=layer, glow=glow,
                )  # fmt: skip

    def panel(
        self, corner: Place, across: Place, up: Place, color: Color, *,
        layer: int = 0, repeat: tuple[float, float] = (1.0, 1.0), glow: float = 0.0,
    ) -> None:  # fmt: skip
        """A flat piece seen from where ``across`` is to the right and ``up`` is up."""
        start, right, high = (np.array(v, np.float32) for v in (corner, across, up))
        # Large ones are cut up, or a corner behind the camera costs precision.
        pieces = 4 if max(np.abs(right).max(), np.abs(high).max()) > 3 else 1
        grid = np.linspace(0, 1, pieces + 1, dtype=np.float32)
        s, t = (axis.reshape(-1) for axis in np.meshgrid(grid, grid, indexing="ij"))
        normal = np.cross(right, high)
        normal /= np.linalg.norm(normal)
        first = (np.arange(pieces)[:, None] * (pieces + 1) + np.arange(pieces)).reshape(-1)
        n = pieces + 1
        faces = np.concatenate(
            [
                np.stack([first, first + n, first + n + 1], 1),
                np.stack([first, first + n + 1, first + 1], 1),
            ]
        )
        points = start + s[:, None] * right + t[:, None] * high
        uv = np.stack([s * repeat[0], (1 - t) * repeat[1]], axis=1)
        self.add(
            points, np.tile(normal, (len(points), 1)), faces,
            color=color, uv=uv, layer=layer, glow=glow,
        )  # fmt: skip

    def turned(
        self, profile: Sequence[tuple[float, float]], color: Color | list[Color], *,
        sides: int = 14, layer: int = 0, glow: float = 0.0, flat: float = 1.0,
    ) -> None:  # fmt: skip
        """A body of revolution about z.

        profile: (radius, z) upwards along the outside. color: one, or a list with one for
        each stretch of the profile. flat: thickness along y by that along x.
        """
        angle = np.linspace(0, 2 * np.pi, sides + 1)
        ring = np.stack([np.cos(angle), flat * np.sin(angle)], axis=1)
        colors = color if isinstance(color, list) else [color] * (len(profile) - 1)
        for (r0, z0), (r1, z1), tint in zip(profile, profile[1:], colors, strict=False):
            points = np.concatenate(
                [
                    np.column_stack([ring * r, np.full(len(ring), z)])
                    for r, z in ((r0, z0), (r1, z1))
                ]
            )
            slope = np.array([z1 - z0, r0 - r1], np.float64)
            slope /= max(float(np.linalg.norm(slope)), 1e-9)
            around = np.stack([np.cos(angle) * slope[0], np.sin(angle) * slope[0] / flat], axis=1)
            normals = np.tile(np.column_stack([around, np.full(len(ring), slope[1])]), (2, 1))
            i, n = np.arange(sides), sides + 1
            faces = np.concatenate(
                [np.stack([i, i + 1, i + n + 1], 1), np.stack([i, i + n + 1, i + n], 1)]
            )
            uv = np.column_stack([np.tile(angle / (2 * np.pi), 2), np.repeat([0.0, 1.0], n)])
            self.add(points, normals, faces, color=tint, uv=uv, layer=layer, glow=glow)
