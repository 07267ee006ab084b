"""YOLOX-nano by ONNX Runtime, OpenCV and numpy alone: what somebody writes without DeepStream."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime as ort

Float = npt.NDArray[np.float32]

SIDE = 416
PERSON = 0
LOWEST, IOU, MIN_WIDTH, MIN_HEIGHT = 0.2, 0.5, 8, 16
"""The settings of persons in configs/nvinfer/detect_yolox_nano.txt."""


class BareYolox:
    """Finds persons. threads: as many as the engine that it is compared with has."""

    def __init__(self, model: bytes, threads: int = 2) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        cells = []
        for stride in (8, 16, 32):
            y, x = np.mgrid[: SIDE // stride, : SIDE // stride]
            cells.append(np.stack([x, y, np.full_like(x, stride)], axis=-1).reshape(-1, 3))
        self._cells = np.concatenate(cells).astype(np.float32)

    def persons(self, picture: npt.NDArray[np.uint8]) -> Float:
        """Give (N, 5): x1 y1 x2 y2 px, score; best first. picture: (H, W, 4) RGBA."""
        height, width = picture.shape[:2]
        longest = max(width, height)
        inner = cv2.resize(picture, (SIDE * width // longest, SIDE * height // longest))
        canvas = np.zeros((SIDE, SIDE, 3), np.float32)
        canvas[: inner.shape[0], : inner.shape[1]] = inner[..., 2::-1]
        batch = np.ascontiguousarray(canvas.transpose(2, 0, 1)[None])
        rows = self._session.run(None, {"images": batch})[0][0]
        return self._boxes(rows, inner.shape[1::-1], (width, height))

    def _boxes(self, rows: Float, inner: tuple[int, int], size: tuple[int, int]) -> Float:
        kept = np.flatnonzero(rows[:, 4] >= LOWEST)
        rows, cells = rows[kept], self._cells[kept]
        kept = (rows[:, 5:].argmax(axis=1) == PERSON) & (rows[:, 4] * rows[:, 5] >= LOWEST)
        rows, cells = rows[kept], cells[kept]
        centres = (rows[:, :2] + cells[:, :2]) * cells[:, 2:]
        halves = np.exp(rows[:, 2:4]) * cells[:, 2:] / 2
        corners = np.concatenate([centres - halves, centres + halves], axis=1)
        corners = np.clip(corners, 0, np.array([*inner, *inner], np.float32))
        found = np.concatenate([corners, rows[:, 4:5] * rows[:, 5:6]], axis=1)
        found = found[np.argsort(-found[:, 4], kind="stable")]
        alone: list[Float] = []
        for box in found:
            if all(overlap(box, other) <= IOU for other in alone):
                alone.append(box)
        boxes = np.array(alone, np.float32).reshape(-1, 5)
        boxes[:, :4] *= np.array([size[0] / inner[0], size[1] / inner[1]] * 2, np.float32)
        sides = boxes[:, 2:4] - boxes[:, :2]
        picked: Float = boxes[(sides >= (MIN_WIDTH, MIN_HEIGHT)).all(axis=1)]
        return picked


def overlap(a: Float, b: Float) -> float:
    """IoU of two boxes x1 y1 x2 y2."""
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return float(width * height / (areas - width * height))
