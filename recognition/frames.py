"""The nouns that cross every border: what was seen and heard, by source and time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float32]

PREDICTED = -0.1
"""Confidence of an object that only the tracker predicted (nvtracker's own value)."""

APPEARANCE_SIZE = 96
"""Numbers that say what a person looks like (E)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One tracked person in one frame.

    box: (4,) float32, x1 y1 x2 y2 in pixels of the muxed frame.
    confidence: the detector's, 0..1; ``PREDICTED`` where only the tracker saw the person.
    keypoints: (17, 3) float32, COCO order, x px, y px, score in 0..1; None where no pose ran.
    appearance: (APPEARANCE_SIZE,) float32, features of the person's crop, see
        ``recognition.appearance``; None where nobody wants them or the pose network gives none.
    """

    track_id: int
    box: Float
    confidence: float
    keypoints: Float | None = None
    appearance: Float | None = None

    def __post_init__(self) -> None:
        if self.box.shape != (4,):
            raise ValueError(f"box must be (4,) x1 y1 x2 y2; got {self.box.shape}")
        if self.keypoints is not None and self.keypoints.shape != (17, 3):
            raise ValueError(
                f"keypoints must be (17, 3) COCO x, y, score; got {self.keypoints.shape}"
            )
        if self.appearance is not None and self.appearance.shape != (APPEARANCE_SIZE,):
            raise ValueError(
                f"appearance must be ({APPEARANCE_SIZE},) features; got {self.appearance.shape}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """One thing that is not a person. box: (4,) float32, x1 y1 x2 y2 px of the muxed frame."""

    label: str
    track_id: int
    box: Float
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What was seen in one picture of one source.

    pts_ns: presentation time of the source's buffer (``frame_meta.buf_pts``).
    ntp_ns: wall-clock time in nanoseconds since 1970, None where the source has none.
    width, height: size of the muxed frame in px, the space of all boxes and keypoints.
    """

    source_id: int
    pts_ns: int
    width: int
    height: int
    ntp_ns: int | None = None
    persons: tuple[Person, ...] = ()
    objects: tuple[Object, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundFrame:
    """A stretch of sound of one source, as log-mel columns.

    pts_ns: presentation time at which the first column ends.
    log_mel: (N, 64) float32, one column each 10 ms; log of mel energy.
    rms: (N,) float32, root mean square of the same 25 ms of signal, full scale = 1.
    """

    source_id: int
    pts_ns: int
    log_mel: Float
    rms: Float
