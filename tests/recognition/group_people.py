"""Builders of people who stand or walk together, as the group logic gets them."""

from __future__ import annotations

import numpy as np

from recognition.events import Evidence
from recognition.frames import Float
from recognition.groups import EMBEDDING, Member
from recognition.windows import Window
from tests.recognition.people import STANDING

STEPS, RATE_HZ = 48, 15
HEIGHT = 200.0
BODY = 1.28 * HEIGHT
"""What counts as this figure's body height: four times its torso."""


def look(
    track_id: int,
    x: float,
    *,
    y: float = 100.0,
    at_s: float = 0.9,
    pace: float = 0.0,
    height: float = HEIGHT,
    source_id: int = 0,
) -> Member:
    """Somebody whose feet stand at ``x``, ``y`` + height px at ``at_s``.

    pace: px per second to the right. The figure's hands are a quarter of ``height`` apart.
    """
    late_s = np.arange(1 - STEPS, 1) / RATE_HZ
    lefts = x - height / 8 + pace * late_s
    boxes = np.array([(left, y, left + height / 4, y + height) for left in lefts], np.float32)
    joints = boxes[:, None, :2] + STANDING * (height / 4, height)
    window = Window(
        source_id=source_id, track_id=track_id, end_ns=round(at_s * 1e9),
        keypoints=np.concatenate([joints, np.full((STEPS, 17, 1), 0.8)], axis=2, dtype=np.float32),
        boxes=boxes, seen=np.ones(STEPS, np.float32), size=(1280, 720),
    )  # fmt: skip
    return Member(
        window=window, emb=embedding(track_id), evidence={"pose": Evidence(present=True, quality=1)}
    )


def embedding(track_id: int) -> Float:
    """An embedding of length 1 that depends on nothing but the track."""
    drawn = np.random.default_rng(track_id).normal(size=EMBEDDING)
    unit: Float = (drawn / np.linalg.norm(drawn)).astype(np.float32)
    return unit
