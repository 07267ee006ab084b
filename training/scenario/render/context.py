"""Opens OpenGL without a window: on a GPU, or in software with Mesa's llvmpipe."""

from __future__ import annotations

import functools
import threading
from typing import Any

import moderngl
import numpy as np

from recognition.frames import Float
from training.cameras import Camera

NEAR_M, FAR_M = 0.08, 160.0


class RenderError(Exception):
    """Nothing can be drawn on this machine; says what to install."""


_contexts = threading.local()


def context() -> moderngl.Context:
    """The OpenGL context of this thread; made at the first call and kept.

    Raises:
        RenderError: the libraries for it are missing.
    """
    found: moderngl.Context | None = getattr(_contexts, "context", None)
    if found is None:
        try:
            settings: dict[str, Any] = {"backend": "egl"}
            found = moderngl.create_context(require=330, standalone=True, **settings)
        except Exception as error:
            raise RenderError(
                f"cannot draw: OpenGL 3.3 over EGL does not start ({error}). Install it: "
                "apt-get install libegl1 libgl1-mesa-dri"
            ) from error
        # Picture rows run downwards here, which mirrors the winding.
        found.front_face = "cw"
        _contexts.context = found
    return found


@functools.lru_cache(maxsize=64)
def _program(ctx: moderngl.Context, vertex: str, fragment: str) -> moderngl.Program:
    return ctx.program(vertex_shader=vertex, fragment_shader=fragment)


def program(vertex: str, fragment: str) -> moderngl.Program:
    """A shader program of this thread's context, compiled once."""
    return _program(context(), vertex, fragment)


def set_uniform(target: moderngl.Program, name: str, value: object) -> None:
    """Set a uniform; one that the compiler found unused is passed over."""
    member = target.get(name, None)
    if isinstance(member, moderngl.Uniform):
        member.value = value


def set_matrix(target: moderngl.Program, name: str, value: bytes) -> None:
    """Set a matrix, given in the order that OpenGL reads (``gl_bytes``)."""
    member = target[name]
    if isinstance(member, moderngl.Uniform):
        member.write(value)


def view_matrix(camera: Camera) -> Float:
    """World to clip space, (4, 4) for column vectors; the same field of view fills any picture.

    The first row of the picture is at y = -1, so that pixels read back are the right way up.
    """
    width, height = camera.size
    fx, fy = (2 * f / n for f, n in zip(camera.focal_px, (width, height), strict=True))
    axes = np.asarray(camera.axes, np.float64)
    move = -axes @ np.asarray(camera.position, np.float64)
    eye = np.eye(4)
    eye[:3, :3], eye[:3, 3] = axes, move
    lens = np.zeros((4, 4))
    lens[0, 0], lens[1, 1] = fx, fy
    lens[2, 2] = (FAR_M + NEAR_M) / (FAR_M - NEAR_M)
    lens[2, 3] = -2 * FAR_M * NEAR_M / (FAR_M - NEAR_M)
    lens[3, 2] = 1
    matrix: Float = (lens @ eye).astype(np.float32)
    return matrix


def metres(depth: Float) -> Float:
    """Distance along the viewing direction for values 0..1 of the depth buffer."""
    distance: Float = NEAR_M * FAR_M / (FAR_M - depth * (FAR_M - NEAR_M))
    return distance


def gl_bytes(matrix: Float) -> bytes:
    """A matrix in the order that OpenGL reads."""
    return np.ascontiguousarray(matrix.T, np.float32).tobytes()
