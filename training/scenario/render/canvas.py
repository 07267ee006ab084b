"""The framebuffers of a painter: the smooth picture, ids with depth, masks, kept backgrounds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import cv2
import moderngl
import numpy as np
import numpy.typing as npt

from recognition.frames import Float
from training.scenario.render.context import context, gl_bytes
from training.scenario.render.dirty import Area
from training.scenario.render.truth import Seen

_SAMPLES = 4
_KEPT = 3  # backgrounds; 33 MB each at 1280x720
CELLS = 8  # along each side of the two sheets of masks
MASK_PX, SHADOW_PX = 64, 128  # side of a cell


class Background:
    """What a camera sees of the things that never move: colour and depth, depth alone, pixels."""

    def __init__(self, size: tuple[int, int], samples: int) -> None:
        ctx = context()
        self.smooth = _framebuffer(size, samples)
        self.image: npt.NDArray[np.uint8] = np.zeros((size[1], size[0], 3), np.uint8)
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
        sheet = CELLS * MASK_PX
        self.masks = ctx.framebuffer([ctx.renderbuffer((sheet, sheet), 1)])
        self.shadow_texture = ctx.texture((CELLS * SHADOW_PX, CELLS * SHADOW_PX), 1)
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
        made.image = self._pixels(made.smooth, (0, 0, *self.size))
        self._kept[key] = made
        return made

    def begin(self, background: Background) -> None:
        """Start a picture on a background."""
        context().copy_framebuffer(self.ids, background.still)
        # All of it: llvmpipe copies an area with samples slower than the whole.
        context().copy_framebuffer(self.smooth, background.smooth)
        self.smooth.use()

    def image(self, background: Background, changed: list[Area]) -> npt.NDArray[np.uint8]:
        """The picture (H, W, 3) BGR: the background, and in the areas what ``smooth`` shows."""
        whole: npt.NDArray[np.uint8] = background.image.copy()
        for area in changed:
            x, y, width, height = area
            whole[y : y + height, x : x + width] = self._pixels(self.smooth, area)
        return whole

    def _pixels(self, source: moderngl.Framebuffer, area: Area) -> npt.NDArray[np.uint8]:
        """Pixels (H, W, 3) of an area, samples averaged."""
        self._plain.use()
        self._plain.scissor = area
        context().copy_framebuffer(self._plain, source)
        raw = np.frombuffer(self._plain.read(viewport=area, components=4), np.uint8)
        return np.asarray(cv2.cvtColor(raw.reshape(area[3], area[2], 4), cv2.COLOR_BGRA2BGR))

    def seen(self) -> Seen:
        """Ids and depth, as drawn into ``ids``."""
        width, height = self.size
        ids = np.frombuffer(self.ids.read(components=1, alignment=1), np.uint8)
        raw = self.ids.read(components=1, attachment=-1, dtype="f4", alignment=1)
        depth = np.frombuffer(raw, np.float32)
        return Seen(ids=ids.reshape(height, width), depth=depth.reshape(height, width))

    def mask_counts(self, count: int) -> list[int]:
        """Pixels drawn in each of the first cells of ``masks``."""
        raw = np.frombuffer(self.masks.read(components=1, alignment=1), np.uint8)
        drawn = raw.reshape(CELLS, MASK_PX, CELLS, MASK_PX) > 0
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
    side = target.width // CELLS
    row, column = divmod(index, CELLS)
    target.viewport = (column * side, row * side, side, side)
    yield (column / CELLS, row / CELLS, 1 / CELLS, 1 / CELLS)


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
