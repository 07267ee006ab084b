"""Cuts, zooms and disturbs marked pictures into batches for training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from recognition.frames import Float
from training.detector.config import DetectorConfig
from training.detector.picture_set import HEIGHT, WIDTH, Ints, Marks, PictureSet, Pixels

Rng = np.random.Generator

_ZOOM = (0.5, 1.5)
_ON_A_MARK = 0.8
_LEAST_PX = 5.0
_LEAST_LEFT = 0.35


@dataclass(frozen=True, slots=True)
class Batch:
    """Samples of one size.

    pictures: (B, H, W, 3) uint8 BGR. truth: (B, G, 4) px, padded by zeros. classes: (B, G).
    ignored: (B, I, 4) px, regions of which nobody knows what is in them.
    """

    pictures: Tensor
    truth: Tensor
    classes: Tensor
    ignored: Tensor


class Batches(Dataset[Batch]):
    """One random batch for each step of a run; the same step gives the same batch."""

    def __init__(self, config: DetectorConfig, sets: Sequence[PictureSet], first: int = 0) -> None:
        self._config = config
        self._sets = sets
        self._first = first
        shares = np.array([source.share for source in config.train])
        self._shares = shares / shares.sum()
        self._grain = np.random.default_rng(0).normal(0, 1, (1024, 2048)).astype(np.float32)

    def __len__(self) -> int:
        return self._config.steps - self._first

    def __getitem__(self, index: int) -> Batch:
        step = index + self._first
        rng = np.random.default_rng([self._config.seed, step])
        phase = self._config.phase_at(step)
        size = (phase.width, phase.height)
        made = []
        for _ in range(phase.batch):
            draw = rng.random()
            if draw < phase.whole:
                sample = self._part(size, rng, whole=True)
            elif draw < phase.whole + phase.tiled:
                quarter = (phase.width // 2, phase.height // 2)
                sample = tiled([self._part(quarter, rng) for _ in range(4)])
            else:
                sample = self._part(size, rng)
            made.append((_disturb(sample[0], self._grain, rng), sample[1]))
        return collate(made)

    def _part(
        self, size: tuple[int, int], rng: Rng, *, whole: bool = False
    ) -> tuple[Pixels, Marks]:
        """A part of a random picture, mirrored or not."""
        pictures = self._sets[int(rng.choice(len(self._sets), p=self._shares))]
        number = int(rng.integers(len(pictures)))
        picture, marks = cut_out(
            pictures.picture(number), pictures.marks[number], size, rng, whole=whole
        )
        return mirror(picture, marks) if rng.random() < 0.5 else (picture, marks)


def cut_out(
    picture: Pixels, marks: Marks, size: tuple[int, int], rng: Rng, *, whole: bool
) -> tuple[Pixels, Marks]:
    """A zoomed part of a picture, ``size`` (width, height) px, black where the picture ends.

    whole: the picture as large as it fits, at the upper left, as nvinfer places it.
    """
    width, height = size
    fit = min(width / WIDTH, height / HEIGHT)
    if whole:
        zoom, left, top = fit, 0.0, 0.0
    else:
        zoom = float(np.exp(rng.uniform(np.log(min(_ZOOM[0], fit)), np.log(_ZOOM[1]))))
        left, top = _corner(marks, (width / zoom, height / zoom), rng)
    stretch = 1.0 if whole else float(np.exp(rng.normal(0, 0.06)))
    matrix = np.array(
        [[zoom * stretch, 0, -left * zoom * stretch], [0, zoom, -top * zoom]], np.float32
    )
    cut: Pixels = cv2.warpAffine(
        picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
    ).astype(np.uint8, copy=False)
    scale = np.array([matrix[0, 0], matrix[1, 1]] * 2, np.float32)
    moved = marks.boxes * scale + np.tile(matrix[:, 2], 2)
    return cut, clipped(moved, marks.classes, size)


def clipped(boxes: Float, classes: Ints, size: tuple[int, int]) -> Marks:
    """Boxes cut to a part of their picture.

    Those of which little is left, or that are tiny, become regions of which nobody knows.
    """
    limit = np.array([*size, *size], np.float32)
    inside = np.clip(boxes, 0, limit)
    extent = inside[:, 2:] - inside[:, :2]
    seen = extent.min(axis=1) > 1
    whole = np.maximum((boxes[:, 2:] - boxes[:, :2]).prod(axis=1), 1e-6)
    unsure = (extent.prod(axis=1) / whole < _LEAST_LEFT) | (extent.max(axis=1) < _LEAST_PX)
    # Large people who stand half outside are still people.
    unsure &= ~((classes == 0) & (extent.min(axis=1) > 40))
    kinds = np.where(unsure, -1, classes)
    return Marks(boxes=inside[seen], classes=kinds[seen])


def tiled(parts: Sequence[tuple[Pixels, Marks]]) -> tuple[Pixels, Marks]:
    """Four parts of one size side by side, so that one sample shows more people and things."""
    height, width = parts[0][0].shape[:2]
    corners = ((0, 0), (width, 0), (0, height), (width, height))
    picture = np.zeros((2 * height, 2 * width, 3), np.uint8)
    boxes = []
    for (x, y), (part, marks) in zip(corners, parts, strict=True):
        picture[y : y + height, x : x + width] = part
        boxes.append(marks.boxes + np.array([x, y, x, y], np.float32))
    classes = np.concatenate([marks.classes for _, marks in parts])
    return picture, Marks(boxes=np.concatenate(boxes), classes=classes)


def mirror(picture: Pixels, marks: Marks) -> tuple[Pixels, Marks]:
    """Left becomes right."""
    boxes = marks.boxes.copy()
    boxes[:, [0, 2]] = picture.shape[1] - marks.boxes[:, [2, 0]]
    return picture[:, ::-1], Marks(boxes=boxes, classes=marks.classes)


def collate(made: Sequence[tuple[Pixels, Marks]]) -> Batch:
    """Samples as one batch; the lists are padded by rows of zeros."""
    known = [marks.classes >= 0 for _, marks in made]
    most = max(1, *(int(flags.sum()) for flags in known))
    lost = max(1, *(int((~flags).sum()) for flags in known))
    truth = np.zeros((len(made), most, 4), np.float32)
    classes = np.zeros((len(made), most), np.int64)
    ignored = np.zeros((len(made), lost, 4), np.float32)
    for row, ((_, marks), flags) in enumerate(zip(made, known, strict=True)):
        truth[row, : flags.sum()] = marks.boxes[flags]
        classes[row, : flags.sum()] = marks.classes[flags]
        ignored[row, : (~flags).sum()] = marks.boxes[~flags]
    pictures = np.stack([picture for picture, _ in made])
    return Batch(*(torch.from_numpy(x) for x in (pictures, truth, classes, ignored)))


def _corner(marks: Marks, extent: tuple[float, float], rng: Rng) -> tuple[float, float]:
    """Upper left of the part to cut: round a mark, more often a thing, or anywhere."""
    spare = np.array([WIDTH, HEIGHT]) - extent
    known = np.flatnonzero(marks.classes >= 0)
    if len(known) and rng.random() < _ON_A_MARK:
        weight = np.where(marks.classes[known] > 0, 3.0, 1.0)
        box = marks.boxes[rng.choice(known, p=weight / weight.sum())]
        corner = (box[:2] + box[2:]) / 2 - np.array(extent) * rng.uniform(0.15, 0.85, 2)
        corner = np.clip(corner, np.minimum(spare, 0) * 0.5, np.maximum(spare, 0))
    else:
        corner = rng.uniform(np.minimum(spare, 0), np.maximum(spare, 0))
    return float(corner[0]), float(corner[1])


def _disturb(picture: Pixels, grain: Float, rng: Rng) -> Pixels:
    """Colours, light, blur, noise and a few grey patches."""
    if rng.random() < 0.15:
        kernel = int(rng.choice([3, 3, 5]))
        picture = np.asarray(cv2.GaussianBlur(picture, (kernel, kernel), 0), np.uint8)
    if rng.random() < 0.1:
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        picture = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)
    elif rng.random() < 0.5:
        picture = _other_hue(picture, rng)
    picture = _other_light(picture, rng)
    if rng.random() < 0.2:
        top, left = (
            int(rng.integers(s - p)) for s, p in zip(grain.shape, picture.shape, strict=False)
        )
        noise = grain[top : top + picture.shape[0], left : left + picture.shape[1], None]
        strong = rng.uniform(2, 14)
        picture = np.clip(picture + strong * noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.2:
        picture = _patched(picture, rng)
    # A video loses what is small and pale; blocks at the network's scale do the same.
    return _compressed(picture, rng) if rng.random() < 0.35 else picture


def _other_hue(picture: Pixels, rng: Rng) -> Pixels:
    hsv = cv2.cvtColor(picture, cv2.COLOR_BGR2HSV)
    steps = np.arange(256)
    hue = ((steps + rng.uniform(-14, 14)) % 180).astype(np.uint8)
    rich = np.clip(steps * rng.uniform(0.5, 1.5), 0, 255).astype(np.uint8)
    same = steps.astype(np.uint8)
    changed = cv2.LUT(hsv, np.stack([hue, rich, same], axis=-1)[None])
    return np.asarray(cv2.cvtColor(changed, cv2.COLOR_HSV2BGR), np.uint8)


def _other_light(picture: Pixels, rng: Rng) -> Pixels:
    """Gamma, contrast and a tint of each channel, through one table."""
    steps = np.linspace(0, 1, 256)[:, None]
    tint = rng.uniform(0.75, 1.25) * rng.uniform(0.88, 1.12, 3)
    curve = steps ** np.exp(rng.normal(0, 0.2)) * tint + rng.uniform(-0.08, 0.08)
    table = np.clip(255 * curve, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(picture, table[None]), np.uint8)


def _compressed(picture: Pixels, rng: Rng) -> Pixels:
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(15, 70))]
    _, stream = cv2.imencode(".jpg", picture, quality)
    return np.asarray(cv2.imdecode(stream, cv2.IMREAD_COLOR), np.uint8)


def _patched(picture: Pixels, rng: Rng) -> Pixels:
    """One to four small rectangles of one colour, as of things in front of the camera."""
    changed: Pixels = picture.copy()
    height, width = picture.shape[:2]
    for _ in range(int(rng.integers(1, 5))):
        w, h = (int(rng.uniform(0.02, 0.12) * width) for _ in range(2))
        x, y = int(rng.integers(width - w)), int(rng.integers(height - h))
        changed[y : y + h, x : x + w] = rng.integers(0, 256, 3)
    return changed
