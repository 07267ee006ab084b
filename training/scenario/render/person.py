"""One person on the graphics card: body, clothes and hair, moved by joints."""

from __future__ import annotations

import moderngl
import numpy as np

from recognition.frames import Float
from training.scenario.looks import PATTERNS
from training.scenario.render.body import (
    BODY,
    Part,
    parts,
    triangles_of,
)
from training.scenario.render.context import context, program, set_matrix, set_uniform
from training.scenario.render.hair import glasses, hair_parts, skirt
from training.scenario.render.person_shader import PERSON_VERTEX, person_fragments
from training.scenario.render.rig import ARM_WAY, REST, bone_matrices, sizes
from training.scenario.render.shaders import FLAT_FRAGMENT, FLAT_VERTEX
from training.scenario.world import Actor, Look

_IRISES = ((0.22, 0.13, 0.07), (0.30, 0.19, 0.10), (0.25, 0.38, 0.52), (0.30, 0.42, 0.28))


_IDENTITY = np.eye(4, dtype=np.float32).tobytes()


class Body:
    """One level of detail of one person."""

    def __init__(self, pieces: tuple[Part, ...], look: Look, *, opening: bool) -> None:
        counts = [len(part.weights) for part in pieces]
        kinds = np.repeat([part.kind for part in pieces], counts)
        self.weights = np.concatenate([part.weights for part in pieces])
        rest = np.concatenate([part.surface.points for part in pieces])
        normals = np.concatenate([part.surface.normals for part in pieces])
        thick = np.where(kinds == BODY, cloth_thickness(rest, look), 0)[:, None]
        self.points = (rest + normals * thick).astype(np.float32)
        self.normals = normals.astype(np.float32)
        open_air = [
            np.ones(len(part.weights)) if part.open_air is None else part.open_air
            for part in pieces
        ]
        fixed = np.column_stack([rest, kinds, np.concatenate(open_air)]).astype(np.float32)
        self._moved = np.zeros((len(rest), 6), np.float32)
        ctx = context()
        still = ctx.buffer(fixed.tobytes())
        self._buffer = ctx.buffer(reserve=self._moved.nbytes, dynamic=True)
        triangles = triangles_of(pieces)
        faces = ctx.buffer(triangles.tobytes())
        self.flat = ctx.vertex_array(
            program(FLAT_VERTEX, FLAT_FRAGMENT), [(self._buffer, "3f 3x4", "in_at")], faces
        )
        self._owned: list[moderngl.Buffer | moderngl.VertexArray] = [
            faces, still, self._buffer, self.flat,
        ]  # fmt: skip
        self.painted: list[moderngl.VertexArray] = []
        for wanted, fragment in person_fragments(PATTERNS.index(look.pattern), opening=opening):
            some = triangles[np.isin(kinds[triangles[:, 0]], wanted)]
            if len(some):
                self._add_painted(fragment, still, ctx.buffer(some.tobytes()))

    def _add_painted(self, fragment: str, still: moderngl.Buffer, faces: moderngl.Buffer) -> None:
        array = context().vertex_array(
            program(PERSON_VERTEX, fragment),
            [
                (self._buffer, "3f 3f", "in_at", "in_normal"),
                (still, "3f 2f", "in_rest", "in_part"),
            ],
            faces,
        )
        self.painted.append(array)
        self._owned += [faces, array]

    def move(self, matrices: Float, turns: Float) -> Float:
        """Linear blend skinning; returns the points (V, 3) in the world."""
        count = len(self.points)
        placed = (self.weights @ matrices.reshape(-1, 12)).reshape(count, 3, 4)
        turned = (self.weights @ turns.reshape(-1, 9)).reshape(count, 3, 3)
        self._moved[:, :3] = (placed[..., :3] @ self.points[..., None])[..., 0] + placed[..., 3]
        self._moved[:, 3:] = (turned @ self.normals[..., None])[..., 0]
        self._buffer.write(self._moved.tobytes())
        return self._moved[:, :3]

    def mark(self, view: bytes, identity: int) -> None:
        """Draw one value, 0 to 255, into the bound framebuffer."""
        set_matrix(self.flat.program, "view", view)
        set_matrix(self.flat.program, "model", _IDENTITY)
        set_uniform(self.flat.program, "id", float(identity))
        self.flat.render(moderngl.TRIANGLES)

    def release(self) -> None:
        """Give the card's memory back."""
        for thing in self._owned:
            thing.release()


class Person:
    """An actor that can be drawn.

    actor: index in the world. uniforms: what the programs need to know of the look; programs: those
    that paint this person.
    """

    def __init__(self, actor: Actor, rng: np.random.Generator) -> None:
        shown = actor.joints[actor.present] if actor.present.any() else actor.joints
        self.size = sizes(shown)
        self.girth = actor.look.girth
        look = actor.look
        tucked = look.skirt or rng.random() < 0.3
        opening = bool(look.sleeves > 0.9 and not tucked and rng.random() < 0.3)
        self.bodies = {
            detail: Body(_pieces(look, detail), look, opening=opening)
            for detail in ("fine", "coarse")
        }
        self.uniforms = _uniforms(look, rng, tucked=tucked)
        self.programs = {array.program for array in self.bodies["coarse"].painted}

    def move(self, joints: Float, details: tuple[str, ...]) -> dict[str, Float]:
        """Take a pose (26, 3); returns the surface points of each wanted level of detail."""
        matrices, turns = bone_matrices(joints, self.size, self.girth)
        return {detail: self.bodies[detail].move(matrices, turns) for detail in details}

    def paint(self, detail: str) -> None:
        """Draw into the bound framebuffer."""
        for array in self.bodies[detail].painted:
            for name, value in self.uniforms.items():
                set_uniform(array.program, name, value)
            array.render(moderngl.TRIANGLES)

    def release(self) -> None:
        """Give the card's memory back."""
        for body in self.bodies.values():
            body.release()


def is_female_figure(look: Look) -> bool:
    """Which of the two resting bodies suits a look."""
    return not look.beard and (look.skirt or look.hair_style in ("long", "bun"))


def _pieces(look: Look, detail: str) -> tuple[Part, ...]:
    pieces = [*parts(detail, female=is_female_figure(look)), *hair_parts(look.hair_style, detail)]
    if look.glasses:
        pieces.append(glasses(detail))
    if look.skirt:
        pieces.append(skirt(detail, long=look.legs > 0.6))
    return tuple(pieces)


def cloth_thickness(points: Float, look: Look) -> Float:
    """How far cloth stands off the skin at resting points (V, 3), metres."""
    x, y, z = points[:, 0], np.abs(points[:, 1]), points[:, 2]
    out, up = y - REST[5, 1], z - REST[5, 2]
    along = out * ARM_WAY[1] + up * ARM_WAY[2]
    off = np.hypot(x, up * ARM_WAY[1] - out * ARM_WAY[2])
    arm = (along > 0.005) & (off < np.where(along > 0.16, 0.13, 0.088))
    loose = np.interp(look.girth, (0.8, 1.3), (0.007, 0.012))
    top = loose + 0.010 * np.clip((1.15 - z) / 0.25, 0, 1)
    trousers = 0.012 + 0.014 * np.clip((0.55 - z) / 0.4, 0, 1)
    end = 0.79 - 0.58 * look.legs if look.legs < 0.5 else 0.50 - 0.90 * (look.legs - 0.5)
    legs = np.where(z > end, trousers, 0)
    if look.skirt:
        legs = np.minimum(legs, 0.004)
    sleeve_end = 0.03 + 0.495 * look.sleeves
    sleeve = np.where(along < sleeve_end, loose + 0.010 * np.clip(along / 0.3, 0, 1), 0)
    thick = np.where(z > 0.93, np.where(z > 1.455, 0.0, top), legs)
    found: Float = np.where(arm, sleeve, thick).astype(np.float32)
    return found


def _uniforms(look: Look, rng: np.random.Generator, *, tucked: bool) -> dict[str, object]:
    return {
        "skin": look.skin, "hair": look.hair, "top": look.top, "detail": look.top_detail,
        "bottom": look.bottom, "shoes": look.shoes,
        "iris": _IRISES[rng.integers(2 if sum(look.skin) < 1.5 else 4)],
        "sleeves": look.sleeves, "legs": look.legs, "skirt": float(look.skirt),
        "beard": float(look.beard), "hem": 1.0 if tucked else float(rng.uniform(0.84, 0.93)),
        "weave": float(rng.uniform(0.03, 0.10)),
    }  # fmt: skip
