"""Average precision of a detector on marked pictures, as COCO measures it."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from torch import nn

from recognition.frames import Float
from training.detector.boxes import cells, decode, suppress
from training.detector.picture_set import Ints, Marks, PictureSet, Pixels
from training.scenario.world import PROP_KINDS

INPUT = (512, 288)
"""Width and height of the shipped network's input."""

NAMES = ("person", *PROP_KINDS)
_LOWEST = 0.01
_NMS = {0: 0.45}
_MOST = 100


@dataclass(frozen=True, slots=True)
class Found:
    """Boxes (N, 4) float32 x1 y1 x2 y2 px of the picture, classes (N,), scores (N,)."""

    boxes: Float
    classes: Ints
    scores: Float


Detect = Callable[[Pixels], Found]


def letterboxed(picture: Pixels, size: tuple[int, int] = INPUT) -> tuple[Float, float]:
    """(3, H, W) float32 BGR 0..1, black to the right and below, and the factor it was scaled by."""
    height, width = picture.shape[:2]
    scale = min(size[0] / width, size[1] / height)
    fitted = cv2.resize(picture, (int(width * scale), int(height * scale)))
    canvas = np.zeros((3, size[1], size[0]), np.float32)
    canvas[:, : fitted.shape[0], : fitted.shape[1]] = fitted.transpose(2, 0, 1) / np.float32(255)
    return canvas, scale


def found_in(values: Float, scale: float, size: tuple[int, int] = INPUT) -> Found:
    """Boxes of the cells (N, 14) that a network gives, after suppression class by class."""
    rows = torch.from_numpy(values)
    boxes = decode(rows, cells(*size))
    score, kind = (rows[:, 5:] * rows[:, 4:5]).max(dim=1)
    kept = []
    for number in range(len(NAMES)):
        own = ((kind == number) & (score > _LOWEST)).nonzero()[:, 0]
        kept.append(own[suppress(boxes[own], score[own], iou=_NMS.get(number, 0.5))])
    best = torch.cat(kept)
    best = best[score[best].argsort(descending=True)][:_MOST]
    return Found((boxes[best] / scale).numpy(), kind[best].numpy(), score[best].numpy())


def detector(network: nn.Module) -> Detect:
    """A function from pictures (H, W, 3) uint8 BGR to what the network finds there."""
    network.eval()

    def detect(picture: Pixels) -> Found:
        canvas, scale = letterboxed(picture)
        with torch.no_grad():
            values = network(torch.from_numpy(canvas)[None])[0]
        return found_in(values.float().numpy(), scale)

    return detect


def average_precision(
    found: Sequence[Found], marks: Sequence[Marks], *, iou: float = 0.5
) -> dict[str, float]:
    """AP by class name at one IoU; classes that occur nowhere are left out.

    Marks of class -1 count for no class and against none: what is found there is ignored.
    """
    names = [{"id": i + 1, "name": name} for i, name in enumerate(NAMES)]
    images = [{"id": i + 1} for i in range(len(marks))]
    truth = COCO()
    truth.dataset = {"images": images, "categories": names, "annotations": _annotations(marks)}
    results = [
        {
            "image_id": i + 1, "category_id": int(kind) + 1, "score": float(score),
            "bbox": _extent(box),
        }
        for i, one in enumerate(found)
        for box, kind, score in zip(one.boxes, one.classes, one.scores, strict=True)
    ]  # fmt: skip
    if not results:
        return dict.fromkeys(NAMES, 0.0)
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        measured = COCOeval(truth, truth.loadRes(results), "bbox")
        measured.params.iouThrs = np.array([iou])
        measured.evaluate()
        measured.accumulate()
    precision = measured.eval["precision"][0, :, :, 0, -1]
    return {
        name: float(precision[:, i].mean())
        for i, name in enumerate(NAMES)
        if precision[:, i].max() > -1
    }


def measure(detect: Detect, pictures: PictureSet, count: int) -> dict[str, float]:
    """AP50 of the person, mean AP50 of the things, and every class, on shrunk pictures."""
    number = min(count, len(pictures))
    found = [detect(pictures.picture(index)) for index in range(number)]
    each = average_precision(found, pictures.marks[:number])
    things = [value for name, value in each.items() if name != "person"]
    mean = float(np.mean(things)) if things else float("nan")
    return {"person_ap50": each.get("person", float("nan")), "things_map50": mean, **each}


def _annotations(marks: Sequence[Marks]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for image, one in enumerate(marks):
        for box, kind in zip(one.boxes, one.classes, strict=True):
            extent = _extent(box)
            # A region of which nobody knows is a crowd of every class.
            for category in range(1, len(NAMES) + 1) if kind < 0 else (int(kind) + 1,):
                made.append(
                    {
                        "id": len(made) + 1, "image_id": image + 1, "category_id": category,
                        "bbox": extent, "area": extent[2] * extent[3], "iscrowd": int(kind < 0),
                    }
                )  # fmt: skip
    return made


def _extent(box: Float) -> list[float]:
    x1, y1, x2, y2 = (float(x) for x in box)
    return [x1, y1, x2 - x1, y2 - y1]
