"""Shadows: cast on the floor by bodies, and the dark where things touch what they are on."""

from __future__ import annotations

import moderngl
import numpy as np

from recognition.frames import Float
from training.scenario.render.canvas import Canvas, cell
from training.scenario.render.context import context, gl_bytes, program, set_matrix, set_uniform
from training.scenario.render.person import Person
from training.scenario.render.room import Light
from training.scenario.render.shaders import (
    BLOB_FRAGMENT,
    BLOB_VERTEX,
    SHADOW_FRAGMENT,
    SHADOW_VERTEX,
)
from training.scenario.world import Furniture, Room

_ABOVE_M = 0.008  # over floor and rugs
_CORNERS = np.array([[0, 0], [1, 0], [1, 1], [0, 0], [1, 1], [0, 1]], np.float32)
_TOUCHING = (15, 16, 24, 25, 17, 13, 14, 9, 10, 20, 18)


def shadow_way(light: Light, room: Room, at: Float) -> Float:
    """Direction (3,) towards the light that casts the shadow of what is at ``at``."""
    if room.style == "street":
        return np.array(light.sun_way, np.float32)
    way = np.array(light.lamp_at[0], np.float32) - at
    flat = float(np.hypot(way[0], way[1]))
    way[2] = max(float(way[2]), 0.8 * flat, 0.5)
    return np.asarray(way / np.linalg.norm(way), np.float32)


class Shades:
    """Draws shadows of one painter."""

    def __init__(self, light: Light, room: Room) -> None:
        self._light, self._room = light, room
        self._quad = context().buffer(reserve=6 * 5 * 4, dynamic=True)
        self._blobs = context().buffer(reserve=400 * 6 * 6 * 4, dynamic=True)
        self._shadow = program(SHADOW_VERTEX, SHADOW_FRAGMENT)
        self._blob = program(BLOB_VERTEX, BLOB_FRAGMENT)
        self._shadow_array = context().vertex_array(
            self._shadow, [(self._quad, "3f 2f", "in_at", "in_place")]
        )
        self._blob_array = context().vertex_array(
            self._blob, [(self._blobs, "3f 2f 1f", "in_at", "in_place", "in_strength")]
        )

    def masks(self, people: dict[int, Person], points: dict[int, Float], canvas: Canvas) -> Floors:
        """Draw each person's shadow as a mask; returns where on the floor each lies."""
        canvas.shadows.use()
        canvas.shadows.viewport = (0, 0, *canvas.shadows.size)
        canvas.shadows.clear()
        context().disable(moderngl.DEPTH_TEST)
        context().enable(moderngl.CULL_FACE)
        floors: Floors = {}
        for index, (actor, person) in enumerate(people.items()):
            at = points[actor]
            way = shadow_way(self._light, self._room, at.mean(axis=0))
            slant = way[:2] / way[2]
            flat = at[:, :2] - at[:, 2:] * slant
            low, high = flat.min(axis=0) - 0.06, flat.max(axis=0) + 0.06
            matrix = np.zeros((4, 4))
            for axis in (0, 1):
                scale = 2 / (high[axis] - low[axis])
                matrix[axis, axis], matrix[axis, 2] = scale, -scale * slant[axis]
                matrix[axis, 3] = -scale * (high[axis] + low[axis]) / 2
            matrix[3, 3] = 1
            with cell(canvas.shadows, index) as place:
                person.bodies["coarse"].mark(gl_bytes(matrix.astype(np.float32)), 255)
            floors[actor] = (low, high, place)
        return floors

    def draw(self, floors: Floors, blobs: Float, view: Float, canvas: Canvas) -> None:
        """Darken the floor of the bound framebuffer. blobs: (N, 5) x y z radius strength."""
        ctx = context()
        target = ctx.fbo
        ctx.enable(moderngl.DEPTH_TEST | moderngl.BLEND)
        ctx.disable(moderngl.CULL_FACE)
        ctx.blend_func = moderngl.DST_COLOR, moderngl.ZERO
        target.depth_mask = False
        canvas.shadow_texture.use(0)
        set_matrix(self._shadow, "view", gl_bytes(view))
        strong = 0.5 if self._room.style == "street" else 0.32
        for low, high, place in floors.values():
            spread = low + _CORNERS * (high - low)
            rows = np.column_stack([spread, np.full(6, _ABOVE_M), _CORNERS]).astype(np.float32)
            self._quad.write(rows.tobytes())
            set_uniform(self._shadow, "cell", place)
            set_uniform(self._shadow, "strength", strong)
            set_uniform(self._shadow, "reach", float(0.016 / max(high - low)))
            self._shadow_array.render(moderngl.TRIANGLES)
        self._draw_blobs(blobs, view)
        target.depth_mask = True
        ctx.disable(moderngl.BLEND)

    def _draw_blobs(self, blobs: Float, view: Float) -> None:
        if len(blobs) == 0:
            return
        blobs = blobs[:400]
        spread = blobs[:, None, :2] + (2 * _CORNERS - 1) * blobs[:, None, 3:4]
        rows = np.empty((len(blobs), 6, 6), np.float32)
        rows[..., :2], rows[..., 2] = spread, blobs[:, None, 2]
        rows[..., 3:5], rows[..., 5] = _CORNERS, blobs[:, None, 4]
        self._blobs.write(rows.tobytes())
        set_matrix(self._blob, "view", gl_bytes(view))
        self._blob_array.render(moderngl.TRIANGLES, vertices=6 * len(blobs))

    def release(self) -> None:
        """Give the card's memory back."""
        for thing in (self._shadow_array, self._blob_array, self._quad, self._blobs):
            thing.release()


Floors = dict[int, tuple[Float, Float, tuple[float, float, float, float]]]
"""Of each actor: corners of the shadow on the floor, metres, and its cell of the masks."""


def shaded_quads(floors: Floors, blobs: Float) -> Float:
    """Corners (N, 4, 3) of all that ``Shades.draw`` darkens."""
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    spread = 2 * square - 1
    rows = [
        np.column_stack([low + square * (high - low), np.full(4, _ABOVE_M)])
        for low, high, _ in floors.values()
    ]
    rows += [np.column_stack([blob[:2] + spread * blob[3], np.full(4, blob[2])]) for blob in blobs]
    return np.array(rows, np.float32).reshape(-1, 4, 3)


def touching(joints: Float) -> Float:
    """Blobs (N, 5) under the parts of a body that are near the floor; joints (26, 3)."""
    parts = joints[list(_TOUCHING)]
    height = parts[:, 2] - 0.05
    near = np.exp(-np.maximum(height, 0) / 0.12)
    kept = near > 0.08
    radius = np.where(np.array(_TOUCHING) >= 24, 0.13, 0.19)
    rows = np.column_stack(
        [parts[:, :2], np.full(len(parts), _ABOVE_M + 0.001), radius, 0.45 * near]
    )
    return np.asarray(rows[kept], np.float32)


def under_thing(model: Float, size: Float, furniture: tuple[Furniture, ...]) -> Float:
    """The blob (1, 5) under a prop, on the table or the floor below it; (0, 5) if it is high.

    size: (3,) metres along its axes.
    """
    reach = np.abs(model[:3, :3]) @ size / 2
    low = float(model[2, 3] - reach[2])
    ground = 0.0
    for piece in furniture:
        if piece.kind in ("table", "chair") and _covers(piece, model[:2, 3]):
            top = piece.size_m[2] if piece.kind == "table" else 0.5 * piece.size_m[2]
            if top <= low + 0.05:
                ground = max(ground, top)
    near = float(np.exp(-max(low - ground, 0) / 0.08))
    if near < 0.1:
        return np.zeros((0, 5), np.float32)
    radius = 1.35 * float(max(reach[0], reach[1]))
    row = [
        model[0, 3],
        model[1, 3],
        ground + (_ABOVE_M if ground == 0 else 0.003),
        radius,
        0.5 * near,
    ]
    return np.array([row], np.float32)


def under_furniture(furniture: tuple[Furniture, ...]) -> Float:
    """Blobs (N, 5) under what stands on the floor."""
    rows = []
    for piece in furniture:
        w, d, _ = piece.size_m
        turn = np.radians(piece.turn_deg)
        c, s = np.cos(turn), np.sin(turn)
        count = max(1, round(max(w, d) / min(w, d)))
        for step in (np.arange(count) + 0.5) / count - 0.5:
            u, v = (step * w, 0.0) if w >= d else (0.0, step * d)
            x, y = piece.at_m[0] + c * u - s * v, piece.at_m[1] + s * u + c * v
            rows.append([x, y, _ABOVE_M - 0.001, 0.85 * min(w, d), 0.45])
    return np.array(rows, np.float32).reshape(-1, 5)


def _covers(piece: Furniture, at: Float) -> bool:
    turn = np.radians(piece.turn_deg)
    off = at - np.array(piece.at_m, np.float32)
    u = abs(off[0] * np.cos(turn) + off[1] * np.sin(turn))
    v = abs(-off[0] * np.sin(turn) + off[1] * np.cos(turn))
    return bool(u <= piece.size_m[0] / 2 and v <= piece.size_m[1] / 2)
