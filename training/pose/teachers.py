"""Labels real people by public models, where these agree: RTMDet, MoveNet and BlazePose."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from engines.ort import OrtEngine
from engines.registry import STORE, prepared
from recognition.frames import Float
from training.pose.crops import Person, Pixels
from training.pose.loss import ABSENT, SEEN, UNKNOWN

ASSETS = Path(__file__).resolve().parents[3] / "shared" / "assets"

CLIPS = (
    "video/chaplin_two_people.mp4",
    "video/nasa_13013.mp4",
    "video/intel/classroom.preview.mp4",
    "video/intel/head-pose-face-detection-male.preview.mp4",
    "video/intel/people-detection.preview.mp4",
    "video/intel/person-bicycle-car-detection.preview.mp4",
    "video/intel/store-aisle-detection.preview.mp4",
    "video/intel/asl_gestures",
)
"""Real recordings (CC BY 4.0 and public domain) that no figure is measured on."""

_MIRROR = np.array([0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15])
_BLAZEPOSE_TO_COCO = np.array([0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28])

SURE, LIKELY, UNLIKELY = 0.45, 0.25, 0.06
"""MoveNet's score from which it is believed alone, or with BlazePose; and below which not."""

AGREE = 0.05
"""Largest distance between two answers that agree, in sides of the crop."""

LEAST_JOINTS = 6


class Teachers:
    """The three networks.

    Raises:
        EngineError: one of them is not prepared; says by which command it is.
    """

    def __init__(self) -> None:
        self._detector, self._movenet, self._blazepose = (
            OrtEngine(prepared(STORE / f"{name}.onnx"), threads=1)
            for name in ("rtmdet_nano_person", "movenet_lightning", "blazepose_lite")
        )

    def people(self, image: Pixels) -> list[Person]:
        """Everyone on a picture (H, W, 3) uint8 RGB whom the teachers can label."""
        labelled = []
        for box in self.boxes(image):
            keypoints = self.joints(image, box)
            if (keypoints[:, 2] == SEEN).sum() >= LEAST_JOINTS:
                labelled.append(Person(boxes=np.stack([box, box]), keypoints=keypoints, real=True))
        return labelled

    def boxes(self, image: Pixels) -> list[Float]:
        """Boxes (4,) x1 y1 x2 y2 px of the people on a picture."""
        high, wide = image.shape[:2]
        scale = min(320 / wide, 320 / high)
        size = (round(wide * scale), round(high * scale))
        canvas = np.full((320, 320, 3), 114, np.uint8)
        canvas[: size[1], : size[0]] = cv2.resize(image[..., ::-1], size)
        network = canvas.transpose(2, 0, 1)[None].astype(np.float32)
        network -= np.array([103.53, 116.28, 123.675], np.float32)[:, None, None]
        (found,) = self._detector.run({"input": network}).values()
        rows = found[0][found[0][:, 4] > 0.45]
        corners = np.clip(rows[:, :4] / scale, 0, [wide, high, wide, high])
        kept = cv2.dnn.NMSBoxes(
            np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]]).tolist(),
            rows[:, 4].tolist(), 0.45, 0.5,
        )  # fmt: skip
        boxes = corners[np.array(kept, int).reshape(-1)].astype(np.float32)
        sides = boxes[:, 2:] - boxes[:, :2]
        return list(boxes[(sides.max(axis=1) >= 48) & (sides.min(axis=1) >= 16)])

    def joints(self, image: Pixels, box: Float) -> Float:
        """Joints (17, 3) px of the picture, px, and visibility 2 seen, 0 absent or -1 unknown.

        MoveNet has to say the same of the mirrored crop; where it is only half sure, BlazePose has
        to agree as well.
        """
        square, matrix = square_crop(image, box, 192)
        straight = self._ask_movenet(square)
        mirrored = self._ask_movenet(square[:, ::-1])[_MIRROR]
        mirrored[:, 0] = 1 - mirrored[:, 0]
        apart = np.linalg.norm(straight[:, :2] - mirrored[:, :2], axis=1)
        score = np.minimum(straight[:, 2], mirrored[:, 2])
        other, presence = self._ask_blazepose(square_crop(image, box, 256)[0])
        middle = (straight[:, :2] + mirrored[:, :2]) / 2
        seconded = (np.linalg.norm(middle - other, axis=1) < AGREE) & (presence > 0.5)
        sure = (apart < AGREE) & ((score > SURE) | ((score > LIKELY) & seconded))
        least = np.maximum(straight[:, 2], mirrored[:, 2])
        nowhere = (least < UNLIKELY) & (presence < 0.3)
        visibility = np.where(sure, SEEN, np.where(nowhere, ABSENT, UNKNOWN))
        place = (middle * 192 - matrix[:, 2]) / np.diag(matrix[:, :2])
        return np.column_stack([place, visibility]).astype(np.float32)

    def _ask_movenet(self, square: Pixels) -> Float:
        """(17, 3) x, y as shares of the crop, score."""
        network = np.ascontiguousarray(square.transpose(2, 0, 1)[None]).astype(np.float32)
        (answer,) = self._movenet.run({"input": network}).values()
        return np.asarray(answer.reshape(17, 3)[:, [1, 0, 2]], np.float32)

    def _ask_blazepose(self, square: Pixels) -> tuple[Float, Float]:
        """(17, 2) x, y as shares of the crop, and how present each joint is, 0..1 (17,)."""
        network = square.transpose(2, 0, 1)[None].astype(np.float32) / 255
        marks = self._blazepose.run({"input": network})["landmarks"].reshape(39, 5)
        marks = marks[_BLAZEPOSE_TO_COCO]
        presence = 1 / (1 + np.exp(-np.minimum(marks[:, 3], marks[:, 4])))
        return marks[:, :2] / 256, presence


def square_crop(image: Pixels, box: Float, side: int) -> tuple[Pixels, Float]:
    """The box in the middle of a black square, aspect kept, and the (2, 3) matrix to its px."""
    size = box[2:] - box[:2]
    scale = side / float(size.max())
    offset = (side - size * scale) / 2 - box[:2] * scale
    matrix = np.array([[scale, 0, offset[0]], [0, scale, offset[1]]], np.float32)
    square = cv2.warpAffine(image, matrix, (side, side), flags=cv2.INTER_LINEAR)
    low = np.floor((side - size * scale) / 2).astype(int)
    high = side - low
    mask: npt.NDArray[np.bool_] = np.zeros((side, side), bool)
    mask[low[1] : high[1], low[0] : high[0]] = True
    return np.where(mask[..., None], square, 0).astype(np.uint8), matrix


def real_people(every_s: float = 0.13) -> Iterator[tuple[Pixels, list[Person]]]:
    """Labelled pictures of the clips, RGB; nothing where the recordings are absent."""
    clips = [clip for name in CLIPS for clip in _files(ASSETS / name)]
    if not clips:
        return
    teachers = Teachers()
    for clip in clips:
        for image in frames(clip, every_s):
            if people := teachers.people(image):
                yield image, people


def frames(clip: Path, every_s: float) -> Iterator[Pixels]:
    """Pictures (H, W, 3) uint8 RGB of a clip, one in ``every_s`` seconds."""
    capture = cv2.VideoCapture(str(clip))
    step = max(1, round((capture.get(cv2.CAP_PROP_FPS) or 25) * every_s))
    number = 0
    while capture.grab():
        if number % step == 0:
            read, image = capture.retrieve()
            if read:
                yield np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
        number += 1
    capture.release()


def _files(path: Path) -> list[Path]:
    return sorted(path.glob("*.mkv")) if path.is_dir() else [path] if path.is_file() else []
