"""Builders of people, frames and clips for tests that need no camera."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from recognition.frames import APPEARANCE_SIZE, Float, Frame, Person

# A standing figure: COCO-17 joints as shares of a box, x to the right and y down.
STANDING = np.array(
    [
        (0.50, 0.08), (0.54, 0.06), (0.46, 0.06), (0.58, 0.07), (0.42, 0.07),
        (0.68, 0.20), (0.32, 0.20), (0.74, 0.36), (0.26, 0.36), (0.76, 0.50), (0.24, 0.50),
        (0.60, 0.52), (0.40, 0.52), (0.61, 0.74), (0.39, 0.74), (0.62, 0.96), (0.38, 0.96),
    ],
    np.float32,
)  # fmt: skip


def standing(box: tuple[float, float, float, float], *, score: float = 0.8) -> Float:
    """Keypoints (17, 3) of a standing figure that fills ``box`` (x1 y1 x2 y2 px)."""
    corner, size = np.array(box[:2]), np.array(box[2:]) - np.array(box[:2])
    scores = np.full((17, 1), score)
    return np.concatenate([corner + STANDING * size, scores], axis=1).astype(np.float32)


def person(
    box: tuple[float, float, float, float] = (100, 100, 200, 400),
    *,
    track_id: int = 1,
    confidence: float = 0.9,
    score: float = 0.8,
    look: float | None = None,
) -> Person:
    """A standing person in ``box``, every feature of whose appearance is ``look``."""
    return Person(
        track_id=track_id,
        box=np.array(box, np.float32),
        confidence=confidence,
        keypoints=standing(box, score=score),
        appearance=None if look is None else np.full(APPEARANCE_SIZE, look, np.float32),
    )


def frame(pts_s: float, *persons: Person, source_id: int = 0) -> Frame:
    """A frame of 1280 x 720 px at ``pts_s`` seconds."""
    return Frame(
        source_id=source_id, pts_ns=round(pts_s * 1e9), width=1280, height=720, persons=persons
    )


def clip(
    seconds: float, *, fps: float = 30, step_px: float = 0, source_id: int = 0
) -> Iterator[Frame]:
    """A person who stands, or moves to the right by ``step_px`` per second."""
    for index in range(round(seconds * fps)):
        left = 100 + step_px * index / fps
        yield frame(index / fps, person((left, 100, left + 100, 400)), source_id=source_id)
