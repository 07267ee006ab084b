"""The framebuffers of a painter: the smooth picture, ids with depth, masks, kept backgrounds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import moderngl
import numpy as np
import numpy.typing as npt

from recognition.frames import Float
from training.scenario.render.context import context, gl_bytes, metres
from training.scenario.render.truth import Seen

_SAMPLES = 4
_KEPT = 3  # backgrounds; 33 MB each at 1280x720
CELL, CELLS = 128, 8


class Background:
    """What a camera sees of the things that never move: colour and depth, and depth alone."""

    def __init__(self, size: tuple[int, int], samples: int) -> None:
        ctx = context()
        self.smooth = _framebuffer(size, samples)
        self.still = ctx.framebuffer([ctx.renderbuffer(size, 1)], ctx.depth_renderbuffer(size))

    def release(self) -> None:
        """Give the card's memory back."""
        for target in (self.smooth, self.still):
            _release(target)


class Canvas:
    """size: width and height of the picture, px."""

    def __init__(self, size: tuple[int, int]) -> None:
        ctx = context()
        self.size = size
        self._samples = min(_SAMPLES, ctx.max_samples)
        self.smooth = _framebuffer(size, self._samples)
        self._plain = ctx.framebuffer([ctx.renderbuffer(size, 4)])
        self.ids = ctx.framebuffer([ctx.renderbuffer(size, 1)], ctx.depth_renderbuffer(size))
        self.masks = ctx.framebuffer([ctx.renderbuffer((CELL * CELLS, CELL * CELLS), 1)])
        self.shadow_texture = ctx.texture((CELL * CELLS, CELL * CELLS), 1)
        self.shadows = ctx.framebuffer([self.shadow_texture])
        self._kept: OrderedDict[bytes, Background] = OrderedDict()

    def background(self, key: bytes, draw: Callable[[Background], None]) -> Background:
        """The background of a camera; drawn where it is not kept any more."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        if len(self._kept) < _KEPT:
            made = Background(self.size, self._samples)
        else:
            made = self._kept.popitem(last=False)[1]
        draw(made)
        self._kept[key] = made
        return made

    def begin(self, background: Background) -> None:
        """Start a picture on a background."""
        context().copy_framebuffer(self.smooth, background.smooth)
        context().copy_framebuffer(self.ids, background.still)

    def image(self) -> npt.NDArray[np.uint8]:
        """The picture (H, W, 3) BGR, as drawn into ``smooth``."""
        width, height = self.size
        context().copy_framebuffer(self._plain, self.smooth)
        pixels = np.frombuffer(self._plain.read(components=4), np.uint8)
        return np.ascontiguousarray(pixels.reshape(height, width, 4)[..., :3])

    def seen(self) -> Seen:
        """Ids and depth, as drawn into ``ids``."""
        width, height = self.size
        ids = np.frombuffer(self.ids.read(components=1, alignment=1), np.uint8)
        raw = self.ids.read(components=1, attachment=-1, dtype="f4", alignment=1)
        depth = metres(np.frombuffer(raw, np.float32))
        return Seen(ids=ids.reshape(height, width), depth=depth.reshape(height, width))

    def mask_counts(self, count: int) -> list[int]:
        """Pixels drawn in each of the first cells of ``masks``."""
        raw = np.frombuffer(self.masks.read(components=1, alignment=1), np.uint8)
        drawn = raw.reshape(CELLS, CELL, CELLS, CELL) > 0
        return [int(n) for n in drawn.sum(axis=(1, 3)).reshape(-1)[:count]]

    def release(self) -> None:
        """Give the card's memory back."""
        for background in self._kept.values():
            background.release()
        for target in (self.smooth, self._plain, self.ids, self.masks, self.shadows):
            _release(target)


@contextmanager
def cell(target: moderngl.Framebuffer, index: int) -> Iterator[tuple[float, float, float, float]]:
    """Draw into one cell of a target; gives its corner and size as shares of the target."""
    x, y = index % CELLS * CELL, index // CELLS * CELL
    target.viewport = (x, y, CELL, CELL)
    yield (x / (CELL * CELLS), y / (CELL * CELLS), 1 / CELLS, 1 / CELLS)


def crop(view: Float, box: Float, size: tuple[int, int]) -> bytes:
    """The view matrix that fills a target with ``box`` px of a picture, for OpenGL."""
    width, height = size
    middle_x, half_x = (box[0] + box[2]) / width - 1, (box[2] - box[0]) / width
    middle_y, half_y = (box[1] + box[3]) / height - 1, (box[3] - box[1]) / height
    out = view.astype(np.float64)
    out[0] = (view[0] - middle_x * view[3]) / half_x
    out[1] = (view[1] - middle_y * view[3]) / half_y
    return gl_bytes(out.astype(np.float32))


def _framebuffer(size: tuple[int, int], samples: int) -> moderngl.Framebuffer:
    ctx = context()
    return ctx.framebuffer(
        [ctx.renderbuffer(size, 4, samples=samples)], ctx.depth_renderbuffer(size, samples=samples)
    )


def _release(target: moderngl.Framebuffer) -> None:
    for part in (*target.color_attachments, target.depth_attachment):
        if part is not None:
            part.release()
    target.release()
