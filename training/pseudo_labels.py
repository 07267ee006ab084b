"""``python -m training.pseudo_labels OUT``: real pictures, marked by larger public detectors.

Frames of the recorded clips that may be trained on, with the people and things that YOLOX-nano and
RTMDet-nano are sure of; what they are unsure of is marked as a crowd, so that training neither
asks for it nor against it. Same form as ``training.pictures``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from tqdm import tqdm

from engines.errors import EngineError
from engines.load import load_engine
from engines.protocol import Engine
from engines.registry import STORE, prepared
from recognition.frames import Float
from training.picture_truth import CATEGORIES, KEYPOINTS, Json

CLIPS_DIR = Path(__file__).resolve().parents[2] / "shared" / "assets" / "video"

CLIPS = {
    "chaplin_two_people.mp4": "public domain (US film footage from before 1929)",
    "nasa_13013.mp4": "public domain (NASA footage)",
    "intel/bottle-detection.mp4": "CC BY 4.0, Intel",
    "intel/classroom.preview.mp4": "CC BY 4.0, Intel",
    "intel/head-pose-face-detection-male.preview.mp4": "CC BY 4.0, Intel",
    "intel/people-detection.preview.mp4": "CC BY 4.0, Intel",
    "intel/person-bicycle-car-detection.preview.mp4": "CC BY 4.0, Intel",
    "intel/store-aisle-detection.preview.mp4": "CC BY 4.0, Intel",
    "intel/asl_gestures/*.mkv": "CC BY 4.0, Intel",
}
"""Clips that may be trained on, and their licences. What is measured on is not among them."""

_COCO = {0: 0, 39: 1, 41: 2, 67: 3, 73: 4, 32: 5, 63: 8}
"""Class of YOLOX to ours: person, bottle, cup, cell phone, book, sports ball, laptop."""

_SURE, _SURE_THING, _SURE_AGREED = 0.6, 0.7, 0.4
_UNSURE = 0.12
_SAME_IOU = 0.55


@dataclass(frozen=True, slots=True)
class Guess:
    """One box of one teacher. box: (4,) x1 y1 x2 y2 px. kind: 0 person, 1..8 things."""

    box: Float
    kind: int
    score: float
    teacher: str


class Teachers:
    """YOLOX-nano on the whole picture, mirrored, and on four enlarged parts; RTMDet-nano twice."""

    def __init__(self, store: Path = STORE) -> None:
        self._yolox = load_engine(prepared(store / "yolox_nano.onnx"), threads=1)
        self._rtmdet = load_engine(prepared(store / "rtmdet_nano_person.onnx"), threads=1)

    def guesses(self, picture: Any) -> list[Guess]:
        """Everything that any teacher sees in a picture (H, W, 3) uint8 BGR."""
        height, width = picture.shape[:2]
        found: list[Guess] = []
        for flip in (False, True):
            seen = np.ascontiguousarray(picture[:, ::-1]) if flip else picture
            for guess in (*_yolox(self._yolox, seen), *_rtmdet(self._rtmdet, seen)):
                found.append(_unflipped(guess, width) if flip else guess)
        for top in (0, height * 2 // 5):
            for left in (0, width * 2 // 5):
                part = picture[top : top + height * 3 // 5, left : left + width * 3 // 5]
                for guess in _yolox(self._yolox, part):
                    if _clear_of_edges(guess.box, part.shape):
                        box = guess.box + np.array([left, top] * 2, np.float32)
                        found.append(Guess(box, guess.kind, guess.score, "yolox parts"))
        return found


def settle(guesses: list[Guess]) -> list[tuple[Float, int, bool]]:
    """Boxes, classes and whether they are sure, of what the teachers said.

    Boxes of one class that overlap are one; a person is sure at 0.6, or at 0.4 where two
    teachers agree; a thing at 0.7. The rest above 0.12 is unsure.
    """
    settled = []
    left = sorted((g for g in guesses if g.score >= _UNSURE), key=lambda g: -g.score)
    while left:
        best = left[0]
        same = [g for g in left if g.kind == best.kind and _iou(g.box, best.box) > _SAME_IOU]
        agreed = len({g.teacher for g in same if g.score > 0.25}) > 1
        agreed = agreed and best.kind == 0 and best.score > _SURE_AGREED
        sure = best.score > (_SURE_THING if best.kind else _SURE)
        weight = np.array([g.score for g in same])
        box = (np.stack([g.box for g in same]) * weight[:, None]).sum(0) / weight.sum()
        settled.append((box.astype(np.float32), best.kind, sure or agreed))
        chosen = {id(g) for g in same}
        left = [
            g for g in left
            if id(g) not in chosen and not (g.kind == best.kind and _covers(best.box, g.box))
        ]  # fmt: skip
    return settled


def frames(folder: Path, per_clip: int) -> Iterator[tuple[str, Any]]:
    """Name of the clip and a frame (H, W, 3) uint8 BGR, evenly spread over each clip."""
    for pattern in CLIPS:
        for path in sorted(folder.glob(pattern)):
            reader = cv2.VideoCapture(str(path))
            total = max(1, int(reader.get(cv2.CAP_PROP_FRAME_COUNT)))
            every = max(4, total // per_clip)
            number = 0
            while True:
                there, frame = reader.read()
                if not there:
                    break
                if number % every == 0:
                    yield path.relative_to(folder).as_posix(), frame
                number += 1


def write_labels(folder: Path, clips: Path, *, per_clip: int) -> Path:
    """Mark frames of the clips and write the set; returns the path of its truth.

    Raises:
        FileNotFoundError: no clip is there.
        EngineError: a teacher is not prepared.
    """
    teachers = Teachers()
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    images: list[Json] = []
    marked: list[Json] = []
    for clip, frame in tqdm(frames(clips, per_clip), mininterval=10):
        number = len(images) + 1
        name = f"{number - 1:06d}.jpg"
        cv2.imwrite(str(folder / "pictures" / name), frame, [cv2.IMWRITE_JPEG_QUALITY, 95])
        height, width = frame.shape[:2]
        images.append(
            {"id": number, "file_name": name, "width": width, "height": height, "clip": clip}
        )
        for box, kind, sure in settle(teachers.guesses(frame)):
            marked.append(_annotation(len(marked) + 1, number, box, kind, sure))
    if not images:
        raise FileNotFoundError(f"{clips}: none of the clips is there: {', '.join(CLIPS)}")
    content = {
        "info": {"description": "real pictures marked by YOLOX-nano and RTMDet-nano",
                 "licences": CLIPS},
        "images": images, "categories": CATEGORIES, "annotations": marked,
    }  # fmt: skip
    truth = folder / "truth.json"
    truth.write_text(json.dumps(content), encoding="utf-8")
    return truth


def _annotation(number: int, image: int, box: Float, kind: int, sure: bool) -> Json:
    x1, y1, x2, y2 = (round(float(x), 1) for x in box)
    extent = [x1, y1, round(x2 - x1, 1), round(y2 - y1, 1)]
    entry: Json = {
        "id": number, "image_id": image, "category_id": kind + 1, "bbox": extent,
        "area": extent[2] * extent[3], "visible": 1.0, "iscrowd": int(not sure),
    }  # fmt: skip
    if kind == 0:
        entry |= {"keypoints": [0] * 3 * len(KEYPOINTS), "num_keypoints": 0}
    return entry


def _yolox(engine: Engine, picture: Any) -> list[Guess]:
    """Boxes of YOLOX-nano (416x416, BGR 0..255, letterbox on grey 114)."""
    side = 416
    canvas, scale = _canvas(picture, side)
    rows = engine.run({"images": canvas})["output"][0]
    grids = []
    for stride in (8, 16, 32):
        y, x = np.mgrid[: side // stride, : side // stride]
        grids.append(np.stack([x, y, np.full_like(x, stride)], axis=-1).reshape(-1, 3))
    grid = np.concatenate(grids)
    scores = rows[:, 4:5] * rows[:, 5:]
    found = []
    for theirs, ours in _COCO.items():
        kept = np.flatnonzero(scores[:, theirs] > _UNSURE)
        centre = (rows[kept, :2] + grid[kept, :2]) * grid[kept, 2:]
        half = np.exp(rows[kept, 2:4]) * grid[kept, 2:] / 2
        boxes = np.concatenate([centre - half, centre + half], axis=1).astype(np.float32) / scale
        found += _best(boxes, scores[kept, theirs], ours, "yolox", picture.shape)
    return found


def _rtmdet(engine: Engine, picture: Any) -> list[Guess]:
    """Boxes of RTMDet-nano for people (320x320, BGR minus its means)."""
    canvas, scale = _canvas(picture, 320)
    canvas -= np.array([103.53, 116.28, 123.675], np.float32)[:, None, None]
    rows = engine.run({"input": canvas})["output"][0]
    rows = rows[rows[:, 4] > _UNSURE]
    return _best(rows[:, :4] / scale, rows[:, 4], 0, "rtmdet", picture.shape)


def _canvas(picture: Any, side: int) -> tuple[Float, float]:
    height, width = picture.shape[:2]
    scale = min(side / width, side / height)
    fitted = cv2.resize(picture, (round(width * scale), round(height * scale)))
    canvas = np.full((1, 3, side, side), 114, np.float32)
    canvas[0, :, : fitted.shape[0], : fitted.shape[1]] = fitted.transpose(2, 0, 1)
    return canvas, scale


def _best(
    boxes: Float, scores: Float, kind: int, teacher: str, shape: tuple[int, ...]
) -> list[Guess]:
    """Greedy suppression at IoU 0.6; boxes cut to the picture."""
    limit = np.array([shape[1], shape[0]] * 2, np.float32)
    boxes = np.clip(boxes, 0, limit).astype(np.float32)
    kept: list[Guess] = []
    for row in np.argsort(-scores)[:200].tolist():
        if all(_iou(boxes[row], guess.box) < 0.6 for guess in kept):
            kept.append(Guess(boxes[row], kind, float(scores[row]), teacher))
    return kept


def _unflipped(guess: Guess, width: int) -> Guess:
    x1, y1, x2, y2 = guess.box
    box = np.array([width - x2, y1, width - x1, y2], np.float32)
    return Guess(box, guess.kind, guess.score, f"{guess.teacher} mirrored")


def _clear_of_edges(box: Float, shape: tuple[int, ...]) -> bool:
    """Whether a box does not touch the edge of the part of a picture that it was found in."""
    margin = 0.02 * np.array([shape[1], shape[0]])
    return bool((box[:2] > margin).all() and (box[2:] < [shape[1], shape[0]] - margin).all())


def _iou(first: Float, second: Float) -> float:
    both = _overlap(first, second)
    areas = [float((box[2] - box[0]) * (box[3] - box[1])) for box in (first, second)]
    return both / max(sum(areas) - both, 1e-6)


def _covers(first: Float, second: Float) -> bool:
    """Whether nearly all of ``second`` is inside ``first``: a part of what was found already."""
    size = float((second[2] - second[0]) * (second[3] - second[1]))
    return _overlap(first, second) > 0.85 * size


def _overlap(first: Float, second: Float) -> float:
    size = np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2])
    return float(np.prod(np.clip(size, 0, None)))


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.pseudo_labels", description=__doc__)
    parser.add_argument("out", type=Path, help="folder for the pictures and truth.json")
    parser.add_argument("--clips", type=Path, default=CLIPS_DIR, help="folder of the clips")
    parser.add_argument("--per-clip", type=int, default=60, help="frames of each clip")
    options = parser.parse_args(argv)
    try:
        truth = write_labels(options.out, options.clips, per_clip=options.per_clip)
    except (FileNotFoundError, EngineError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{truth}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
