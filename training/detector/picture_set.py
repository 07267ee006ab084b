"""A folder of marked pictures, shrunk once into one flat file that is read at random."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from recognition.frames import Float

Pixels = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]

WIDTH, HEIGHT = 640, 360
"""Size of the shrunk pictures, px; narrower ones are at the left."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a mark must show to count; what shows less is a region of which nobody knows.

    person, thing: seen share, 0..1. thing_px: shorter side of a thing's seen box, px of the
    picture as it was rendered.
    """

    person: float
    thing: float
    thing_px: float


TRAINING = Rule(person=0.15, thing=0.3, thing_px=0.0)
MEASURING = Rule(person=0.2, thing=0.5, thing_px=8.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What is in one picture.

    boxes: (N, 4) float32 x1 y1 x2 y2, px of the shrunk picture. classes: (N,), 0 person, 1..8
    things; -1 where nobody knows, or where too little is seen to ask for it.
    """

    boxes: Float
    classes: Ints


class PictureSet:
    """Pictures (H, W, 3) uint8 BGR by number, and what is in them.

    The shrunk pictures are kept in FOLDER/shrunk.u8 and made anew when truth.json changes.
    """

    def __init__(self, folder: Path, rule: Rule = TRAINING) -> None:
        try:
            text = (folder / "truth.json").read_text(encoding="utf-8")
        except OSError:
            raise FileNotFoundError(
                f"{folder}: no picture set (truth.json). Make one: python -m training.pictures"
            ) from None
        truth = json.loads(text)
        self._images: list[dict[str, Any]] = truth["images"]
        by_image = defaultdict(list)
        for entry in truth["annotations"]:
            by_image[entry["image_id"]].append(entry)
        self.marks = [
            marks_of(by_image[image["id"]], rule, _scale(image["width"], image["height"]))
            for image in self._images
        ]
        self._pixels = self._shrunk(folder, hashlib.sha256(text.encode()).hexdigest())

    def __len__(self) -> int:
        return len(self._images)

    def picture(self, number: int) -> Pixels:
        """(360, 640, 3) uint8 BGR; not to be written to."""
        picture: Pixels = self._pixels[number]
        return picture

    def _shrunk(self, folder: Path, digest: str) -> Pixels:
        path, stamp = folder / "shrunk.u8", folder / "shrunk.sha256"
        shape = (len(self), HEIGHT, WIDTH, 3)
        if not (stamp.is_file() and stamp.read_text(encoding="utf-8") == digest):
            made = np.memmap(path, np.uint8, "w+", shape=shape)
            for number, image in enumerate(tqdm(self._images, desc="shrinking", mininterval=10)):
                picture = cv2.imread(str(folder / "pictures" / image["file_name"]))
                if picture is None:
                    raise ValueError(f"{folder}: {image['file_name']} is no picture")
                scale = _scale(picture.shape[1], picture.shape[0])
                size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
                # Bilinear as in nvinfer, with its aliasing.
                made[number, : size[1], : size[0]] = cv2.resize(picture, size)
            made.flush()
            stamp.write_text(digest, encoding="utf-8")
        return np.memmap(path, np.uint8, "r", shape=shape)


def _scale(width: int, height: int) -> float:
    """Factor at which a picture fits; what it does not fill stays black."""
    return min(WIDTH / width, HEIGHT / height)


def marks_of(entries: Sequence[Mapping[str, Any]], rule: Rule, scale: float = 1.0) -> Marks:
    """Marks of one picture from its COCO annotations, ``scale`` times as large."""
    boxes = np.zeros((len(entries), 4), np.float32)
    classes = np.zeros(len(entries), np.int64)
    for row, entry in enumerate(entries):
        x, y, width, height = entry["bbox"]
        boxes[row] = np.array([x, y, x + width, y + height]) * scale
        kind = entry["category_id"] - 1
        unsure = entry["iscrowd"] or entry["visible"] < (rule.thing if kind else rule.person)
        tiny = kind > 0 and min(width, height) < rule.thing_px
        classes[row] = -1 if unsure or tiny else kind
    return Marks(boxes=boxes, classes=classes)
