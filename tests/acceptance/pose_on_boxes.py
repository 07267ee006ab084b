"""A pose stage on true boxes of pictures: cropped, run and decoded as in the graph, then scored."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from engines.ort import OrtEngine
from plugins.cpu.nvinfer.config import load_config
from plugins.cpu.nvinfer.preprocess import Preprocessor
from plugins.metadata import RawFrame
from plugins.placement import NetworkInput, place
from plugins.pose_decoding import PoseSettings, decode_poses
from recognition.frames import Float

Json = dict[str, Any]

BODY_SHARE = 0.53
"""Area of a person by that of the box, where only the box is known (as mmpose takes it there).

The OKS measures errors by the square root of the person's area; with the box's own area it would
forgive more.
"""


class PoseStage:
    """The pose stage of an nvinfer file, on one thread."""

    def __init__(self, config: Path, decoder: str) -> None:
        settings = load_config(config)
        assert settings.onnx_file is not None
        self._engine = OrtEngine(settings.onnx_file, threads=1)
        ((self._name, shape),) = self._engine.inputs.items()
        height, width = shape[2:]
        assert width is not None
        assert height is not None
        keep, symmetric = settings.maintain_aspect_ratio, settings.symmetric_padding
        self._network = NetworkInput(width, height, keep, symmetric)
        self._preprocessor = Preprocessor(settings, self._network)
        self._decoding = PoseSettings(decoder=decoder, keep_aspect=keep, symmetric=symmetric)

    def keypoints(self, image: Any, boxes: Float) -> Float:
        """Keypoints (P, 17, 3) of the people in boxes (P, 4) x1 y1 x2 y2 px of a BGR picture."""
        pixels = cv2.cvtColor(image, cv2.COLOR_BGR2RGBA)
        size = (image.shape[1], image.shape[0])
        crops = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
        rows, ran = [], []
        for crop in crops:
            left, top, width, height = (float(edge) for edge in crop)
            placement = place((left, top, width, height), size, self._network)
            ran.append(placement is not None)
            if placement is not None:
                self._preprocessor.fill(0, pixels, placement)
                rows.append(self._engine.run({self._name: self._preprocessor.batch(1)}))
        tensors = {}
        for name in self._engine.outputs if rows else ():
            filled = np.zeros((len(crops), *rows[0][name].shape[1:]), np.float32)
            filled[np.array(ran)] = np.concatenate([row[name] for row in rows])
            tensors[name] = filled
        frame = RawFrame(
            source_id=0, pts_ns=0, ntp_ns=None, track_ids=list(range(len(boxes))),
            confidences=[1.0] * len(boxes), boxes=boxes, crops=crops.astype(np.float32),
            has_tensors=np.array(ran, bool), tensors=tensors,
            network=(self._network.width, self._network.height),
        )  # fmt: skip
        return decode_poses(frame, size, self._decoding)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimates:
    """People of a picture set and what the stage says of them, one row per person.

    truth: (N, 17, 3) px, px, COCO visibility. given: (N, 17, 3) px, px, score. heights: (N,) px.
    detections: the same in COCO's form, for ``average_precision``.
    """

    truth: Float
    given: Float
    heights: Float
    detections: list[Json]


def estimate(stage: PoseStage, folder: Path, truth: Json) -> Estimates:
    """Run the stage on every person that counts. truth: COCO keypoint annotations."""
    names = {picture["id"]: folder / picture["file_name"] for picture in truth["images"]}
    rows: list[tuple[Float, Float, float]] = []
    detections: list[Json] = []
    for picture, path in names.items():
        people = [
            person for person in truth["annotations"]
            if person["image_id"] == picture and person["num_keypoints"] and not person["iscrowd"]
        ]  # fmt: skip
        if not people:
            continue
        boxes = np.array([person["bbox"] for person in people], np.float32)
        boxes[:, 2:] += boxes[:, :2]
        found = stage.keypoints(cv2.imread(str(path)), boxes)
        for person, box, keypoints in zip(people, boxes, found, strict=True):
            joints = np.array(person["keypoints"], np.float32).reshape(17, 3)
            rows.append((joints, keypoints, float(box[3] - box[1])))
            detections.append(
                {"image_id": picture, "category_id": 1, "score": float(keypoints[:, 2].mean()),
                 "keypoints": keypoints.reshape(-1).tolist()}
            )  # fmt: skip
    marked, given, heights = (np.array(column, np.float32) for column in zip(*rows, strict=True))
    return Estimates(truth=marked, given=given, heights=heights, detections=detections)


def average_precision(truth: Json, detections: list[Json]) -> dict[str, float]:
    """OKS AP and AP50 by pycocotools, over all sizes of people."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = truth
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes(detections), "keypoints")
        evaluation.params.catIds = [1]
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"][:, :, 0, 0, 0]
    return {"ap": round(float(precision.mean()), 4), "ap50": round(float(precision[0].mean()), 4)}


def errors(estimates: Estimates, joints: tuple[str, ...]) -> Json:
    """How far off joints are, in body heights, and how the score tells right from wrong.

    Right means within 0.05 body heights; a miss is a seen joint more than 0.1 off. The body height
    is the longer side of the hull of the true joints, without the head's top.
    """
    truth, given = estimates.truth, estimates.given
    hull = np.array([np.ptp(row[row[:, 2] > 0, :2], axis=0).max() for row in truth])
    off = np.linalg.norm(given[..., :2] - truth[..., :2], axis=2) / np.maximum(hull, 1)[:, None]
    seen, hidden, absent = (truth[..., 2] == value for value in (2, 1, 0))
    score = given[..., 2]

    def middle(values: Float) -> float | None:
        return round(float(np.median(values)), 4) if len(values) else None

    by_joint = {
        name: {
            "seen": middle(off[seen[:, i], i]), "hidden": middle(off[hidden[:, i], i]),
            "missed": round(float((off[seen[:, i], i] > 0.1).mean()), 4),
            "score": middle(score[seen[:, i], i]),
        }
        for i, name in enumerate(joints) if seen[:, i].any()
    }  # fmt: skip
    return {
        "people": len(truth),
        "median_error": middle(off[seen]),
        "p90_error": round(float(np.quantile(off[seen], 0.9)), 4),
        "missed": round(float((off[seen] > 0.1).mean()), 4),
        "score_right": middle(score[seen & (off < 0.05)]),
        "score_wrong": middle(score[seen & (off > 0.1)]),
        "score_hidden": middle(score[hidden]),
        "score_absent": middle(score[absent]),
        "hidden_error": middle(off[hidden]),
        "by_joint": by_joint,
    }
