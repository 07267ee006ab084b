"""Form of the truth of a set of single pictures: COCO, with a person and eight things."""

from __future__ import annotations

from typing import Any

from training.scenario.world import PROP_KINDS

Json = dict[str, Any]

KEYPOINTS = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip",
    "left_knee", "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip
CATEGORIES: list[Json] = [
    {"id": 1, "name": "person", "supercategory": "person", "keypoints": list(KEYPOINTS)},
    *({"id": 2 + i, "name": kind, "supercategory": "thing"} for i, kind in enumerate(PROP_KINDS)),
]
