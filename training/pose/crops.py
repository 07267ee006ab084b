"""Person crops on disk: cut once from pictures, read at random while training."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from recognition.frames import Float

Pixels = npt.NDArray[np.uint8]

CANVAS = (160, 192)
"""Width and height of a stored crop, px."""

MARGIN = 1.4
"""The crop is this much larger than the person's box, so that training can move the box."""

LEAST_PX, LEAST_VISIBLE = 28, 0.2
"""Smaller people (longer side of the box) and better hidden ones are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person of one picture, in px of the picture (or of the stored crop).

    boxes: (2, 4) whole and visible box, x1 y1 x2 y2. keypoints: (17, 3) x, y, visibility 0 absent,
    1 hidden, 2 seen, -1 unknown. real: labelled by teachers, not rendered.
    """

    boxes: Float
    keypoints: Float
    real: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Crops:
    """N stored crops.

    pixels: (N, 192, 160, 3) uint8 RGB, black outside the picture. boxes: (N, 2, 4) whole and
    visible box, keypoints: (N, 17, 3), limits: (N, 4) the picture's edges; all px of the crop.
    real: (N,) bool.
    """

    pixels: Pixels
    boxes: Float
    keypoints: Float
    limits: Float
    real: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        """How many."""
        return len(self.pixels)


def cut(image: Pixels, person: Person, *, smooth: bool) -> tuple[Pixels, Person, Float]:
    """Crop a person with margin.

    image: (H, W, 3) uint8 RGB. smooth: whether shrinking averages, or skips pixels as nvinfer's
    bilinear filter does. Returns pixels (192, 160, 3), the person and the picture's limits (4,),
    both in px of the crop.
    """
    high, wide = image.shape[:2]
    middle = (person.boxes[0, :2] + person.boxes[0, 2:]) / 2
    half = np.maximum((person.boxes[0, 2:] - person.boxes[0, :2]) * MARGIN / 2, 8)
    left, top = np.maximum(np.floor(middle - half), 0).astype(int)
    right, bottom = np.minimum(np.ceil(middle + half), (wide, high)).astype(int)
    scale = min(CANVAS[0] / (right - left), CANVAS[1] / (bottom - top))
    size = np.clip(np.round(np.array([right - left, bottom - top]) * scale), 2, CANVAS).astype(int)
    method = cv2.INTER_AREA if smooth and scale < 1 else cv2.INTER_LINEAR
    canvas = np.zeros((CANVAS[1], CANVAS[0], 3), np.uint8)
    part = image[top:bottom, left:right]
    width, height = int(size[0]), int(size[1])
    canvas[:height, :width] = cv2.resize(part, (width, height), interpolation=method)
    factor = (size / [right - left, bottom - top]).astype(np.float32)
    origin = np.array([left, top], np.float32)
    keypoints = person.keypoints.astype(np.float32).copy()
    keypoints[:, :2] = (keypoints[:, :2] - origin) * factor
    boxes = (person.boxes - np.tile(origin, 2)) * np.tile(factor, 2)
    moved = Person(boxes=boxes.astype(np.float32), keypoints=keypoints, real=person.real)
    edges = np.array([0, 0, width, height], np.float32)
    return canvas, moved, edges


def rendered_people(folder: Path) -> Iterator[tuple[Pixels, list[Person]]]:
    """Pictures of a folder that ``training.pictures`` wrote, as RGB, and who is on them.

    Raises:
        ValueError: the folder has no such pictures.
    """
    try:
        truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ValueError(
            f"{folder}: no rendered pictures (truth.json). Make them: python -m training.pictures"
        ) from None
    people: dict[int, list[Person]] = {}
    for annotation in truth["annotations"]:
        if annotation["category_id"] == 1 and _is_worth_it(annotation):
            people.setdefault(annotation["image_id"], []).append(_person(annotation))
    for picture in truth["images"]:
        if picture["id"] in people:
            yield read_rgb(folder / "pictures" / picture["file_name"]), people[picture["id"]]


def read_rgb(path: Path) -> Pixels:
    """A picture file as (H, W, 3) uint8 RGB.

    Raises:
        ValueError: it cannot be read.
    """
    image = cv2.imread(str(path))
    if image is None:
        raise ValueError(f"{path}: cannot be read as a picture")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def store(people: Iterable[tuple[Pixels, list[Person]]], folder: Path) -> int:
    """Cut everyone out and write ``pixels.npy`` and ``people.npz``; returns how many."""
    folder.mkdir(parents=True, exist_ok=True)
    pixels: list[Pixels] = []
    records: list[Person] = []
    limits: list[Float] = []
    for image, persons in people:
        for person in persons:
            canvas, moved, edges = cut(image, person, smooth=len(records) % 2 == 0)
            pixels.append(canvas)
            records.append(moved)
            limits.append(edges)
    np.save(folder / "pixels.npy", np.array(pixels, np.uint8).reshape(-1, *CANVAS[::-1], 3))
    np.savez(
        folder / "people.npz",
        boxes=np.array([person.boxes for person in records], np.float32).reshape(-1, 2, 4),
        keypoints=np.array([person.keypoints for person in records], np.float32),
        limits=np.array(limits, np.float32),
        real=np.array([person.real for person in records], bool),
    )
    return len(records)


def load(folder: Path) -> Crops:
    """Stored crops; the pixels stay on disk until they are looked at."""
    with np.load(folder / "people.npz") as people:
        arrays = {name: people[name] for name in people.files}
    return Crops(pixels=np.load(folder / "pixels.npy", mmap_mode="r"), **arrays)


def _is_worth_it(annotation: dict[str, Any]) -> bool:
    width, height = annotation["bbox"][2:]
    large: bool = max(width, height) >= LEAST_PX and min(width, height) >= LEAST_PX / 4
    return large and float(annotation.get("visible", 1.0)) >= LEAST_VISIBLE


def _person(annotation: dict[str, Any]) -> Person:
    keypoints = np.array(annotation["keypoints"], np.float32).reshape(17, 3)
    whole = _corners(annotation["bbox"])
    seen = _corners(annotation.get("visible_bbox", annotation["bbox"]))
    return Person(boxes=np.stack([whole, seen]), keypoints=keypoints)


def _corners(box: list[float]) -> Float:
    x, y, width, height = box
    return np.array([x, y, x + width, y + height], np.float32)
