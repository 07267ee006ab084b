"""A solid thing on the graphics card."""

from __future__ import annotations

import moderngl
import numpy as np

from recognition.frames import Float
from training.scenario.render.context import context, gl_bytes, program, set_matrix, set_uniform
from training.scenario.render.shaders import (
    FLAT_FRAGMENT,
    FLAT_VERTEX,
    SOLID_FRAGMENT,
    SOLID_VERTEX,
)
from training.scenario.render.solid import Solid


class Shape:
    """points: (V, 3) metres, about its own origin."""

    def __init__(self, solid: Solid) -> None:
        ctx = context()
        vertices = solid.vertices()
        self.points = np.ascontiguousarray(vertices[:, :3])
        rows = ctx.buffer(vertices.astype(np.float32).tobytes())
        faces = ctx.buffer(solid.triangles().tobytes())
        names = ("in_at", "in_normal", "in_color", "in_paint", "in_glow")
        self._painted = ctx.vertex_array(
            program(SOLID_VERTEX, SOLID_FRAGMENT), [(rows, "3f 3f 3f 3f 1f", *names)], faces
        )
        self._flat = ctx.vertex_array(
            program(FLAT_VERTEX, FLAT_FRAGMENT), [(rows, "3f 10x4", "in_at")], faces
        )
        self._owned = (rows, faces, self._painted, self._flat)

    def paint(self, view: Float, model: Float) -> None:
        """Draw into the bound framebuffer, with light and texture."""
        set_matrix(self._painted.program, "view", gl_bytes(view))
        set_matrix(self._painted.program, "model", gl_bytes(model))
        self._painted.render(moderngl.TRIANGLES)

    def flat(self, view: bytes, model: Float, identity: int) -> None:
        """Draw one value, 0 to 255. view: as OpenGL reads it."""
        set_matrix(self._flat.program, "view", view)
        set_matrix(self._flat.program, "model", gl_bytes(model))
        set_uniform(self._flat.program, "id", float(identity))
        self._flat.render(moderngl.TRIANGLES)

    def release(self) -> None:
        """Give the card's memory back."""
        for thing in self._owned:
            thing.release()
