"""What the fusion model is told of things: where they are to a person and the person's hands."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from pydantic import BaseModel, Field, field_validator

from recognition.frames import Float
from recognition.skeleton import MIN_SCORE, body_frame

OBJECT_SLOTS = 4
"""Things told of per step: those nearest to the wrists."""

GEOMETRY = 16
"""Values of where a thing is; the order is in ``object_features``."""

CLASS_SLOTS = 24
OBJECT_SIZE = GEOMETRY + CLASS_SLOTS

CLASSES = (
    "bottle", "cup", "phone", "book", "ball", "box", "hammer", "laptop", "bag", "tool", "food",
    "cutlery", "dish", "screen", "keyboard", "furniture", "vehicle", "animal", "sports_gear",
    "umbrella", "toy", "plant", "clock", "other",
)  # fmt: skip
"""What each class slot means; the last stands for every label that nothing else does."""

OTHER = CLASSES.index("other")

_KNOWN = {
    **{name: name for name in CLASSES},
    "cell phone": "phone", "wine glass": "cup", "sports ball": "ball",
    "backpack": "bag", "handbag": "bag", "suitcase": "bag",
    "scissors": "tool", "toothbrush": "tool", "hair drier": "tool",
    "banana": "food", "apple": "food", "sandwich": "food", "orange": "food", "broccoli": "food",
    "carrot": "food", "hot dog": "food", "pizza": "food", "donut": "food", "cake": "food",
    "fork": "cutlery", "knife": "cutlery", "spoon": "cutlery", "bowl": "dish",
    "tv": "screen", "mouse": "keyboard", "remote": "keyboard",
    "chair": "furniture", "couch": "furniture", "bed": "furniture", "dining table": "furniture",
    "bench": "furniture", "bicycle": "vehicle", "car": "vehicle", "motorcycle": "vehicle",
    "bus": "vehicle", "truck": "vehicle", "bird": "animal", "cat": "animal", "dog": "animal",
    "frisbee": "sports_gear", "skis": "sports_gear", "snowboard": "sports_gear",
    "kite": "sports_gear", "baseball bat": "sports_gear", "baseball glove": "sports_gear",
    "skateboard": "sports_gear", "surfboard": "sports_gear", "tennis racket": "sports_gear",
    "teddy bear": "toy", "potted plant": "plant", "vase": "plant",
}  # fmt: skip
"""Labels of the shipped detector and of COCO."""

ROW = 8
"""A slot of one step: x1 y1 x2 y2 px, score 0..1, class slot, age s, serial; all zero if empty."""

_LIMIT = 4.0  # body heights; what is farther away is as far as that
_SPEED_LIMIT = 8.0  # body heights per second
_OLD_S = 3.0
_NEAR = 10.0  # a tenth of a body height from a wrist is half as near as touching

MIRROR_ORDER = (0, 1, 2, 3, 6, 7, 4, 5, 9, 8, 10, 11, 12, 13, 14, 15)
MIRROR_SIGN = (-1, 1, 1, 1, -1, 1, -1, 1, 1, 1, 1, 1, -1, 1, 1, 1)
"""Geometry of the same thing in a mirror: ``geometry[MIRROR_ORDER] * MIRROR_SIGN``."""


class ObjectConfig(BaseModel, extra="forbid", frozen=True):
    """Which things the model is told of, and by what name it knows them."""

    labels: dict[str, str] = Field(
        default_factory=dict,
        description="a label of the detector: what the model knows it as; adds to COCO's names",
    )
    held_s: float = Field(0.3, ge=0, le=2, description="a thing unseen for longer is not there")

    @field_validator("labels")
    @classmethod
    def _known(cls, labels: Mapping[str, str]) -> Mapping[str, str]:
        if wrong := sorted(set(labels.values()) - set(CLASSES)):
            raise ValueError(f"the model knows no {wrong}; wanted some of: {', '.join(CLASSES)}")
        return labels

    def slot(self, label: str) -> int:
        """Class slot of a detector's label."""
        return CLASSES.index(self.labels.get(label) or _KNOWN.get(label, "other"))


def object_features(
    objects: Float, keypoints: Float, boxes: Float, seen: Float, *, rate_hz: int
) -> tuple[Float, Float]:
    """Arrays ``obj`` and ``obj_mask`` of the fusion model.

    objects: (B, T, K, ``ROW``). keypoints, boxes, seen: as in ``body_frame``. A body height is
    four times its scale, so that the unit is that of the pose.
    Returns obj (B, T, K, ``OBJECT_SIZE``) and obj_mask (B, T, K), 1 where there is a thing.
    Geometry, lengths in body heights, x right and y down:
        0, 1    centre from the body's centre
        2, 3    width, height
        4..7    centre from the left wrist, from the right wrist
        8, 9    nearness of the left and right wrist to the box: 1 / (1 + 10 distance), so that
                zero, which a missing wrist has, is far away and not touching
        10, 11  IoU with the person's box; share of the thing that is inside that box
        12, 13  velocity against the body's, per second
        14, 15  score; age in track by three seconds, at most 1
    Classes: the score in the slot of its class, so that a weak detection says little.
    """
    present = (objects[..., 7] > 0) & (seen > 0)[..., None]
    rows = np.where(present[..., None], objects, np.float32(0))
    body, scale = body_frame(keypoints, boxes, seen)
    height = np.float32(4) * scale[:, None, None, None]
    middle = (rows[..., :2] + rows[..., 2:4]) * np.float32(0.5)
    from_body = (middle - body[:, :, None]) / height
    velocity = np.zeros_like(from_body)
    same = (rows[:, 1:, :, 7] == rows[:, :-1, :, 7])[..., None]
    velocity[:, 1:] = np.where(same, np.diff(from_body, axis=1) * rate_hz, 0)
    geometry = [
        np.clip(from_body, -_LIMIT, _LIMIT),
        np.clip((rows[..., 2:4] - rows[..., :2]) / height, 0, _LIMIT),
        *_to_wrists(rows, middle, keypoints, height),
        *_overlap(rows, boxes),
        np.clip(velocity, -_SPEED_LIMIT, _SPEED_LIMIT),
        rows[..., 4:5],
        np.clip(rows[..., 6:7] / _OLD_S, 0, 1),
    ]
    classes = (rows[..., 5:6] == np.arange(CLASS_SLOTS)) * rows[..., 4:5]
    obj = np.concatenate([*geometry, classes], axis=-1)
    obj = np.where(present[..., None] & np.isfinite(obj), obj, 0).astype(np.float32)
    return obj, present.astype(np.float32)


def _to_wrists(rows: Float, middle: Float, keypoints: Float, height: Float) -> list[Float]:
    """Offsets from both wrists, 2 x (B, T, K, 2), and their nearness (B, T, K, 2)."""
    offsets, near = [], []
    for joint in (9, 10):
        wrist = keypoints[:, :, joint, None, :2]
        visible = (keypoints[:, :, joint, 2] >= MIN_SCORE)[:, :, None, None]
        offset = np.clip((middle - wrist) / height, -_LIMIT, _LIMIT)
        distance = edge_distance(rows[..., :4], wrist)[..., None] / height
        offsets.append(np.where(visible, offset, 0))
        near.append(np.where(visible, 1 / (1 + _NEAR * distance), 0))
    return [*offsets, np.concatenate(near, axis=-1)]


def edge_distance(boxes: Float, points: Float) -> Float:
    """Distance px of points (..., 2) from boxes (..., 4) x1 y1 x2 y2 px; 0 inside."""
    gap = np.maximum(np.maximum(boxes[..., :2] - points, points - boxes[..., 2:4]), 0)
    distance: Float = np.linalg.norm(gap, axis=-1)
    return distance


def _overlap(rows: Float, boxes: Float) -> list[Float]:
    """IoU with the person's box and the share of the thing inside it, 2 x (B, T, K, 1)."""
    person = boxes[:, :, None]
    low = np.maximum(rows[..., :2], person[..., :2])
    high = np.minimum(rows[..., 2:4], person[..., 2:])
    both = np.maximum(high - low, 0).prod(axis=-1)
    area = (rows[..., 2:4] - rows[..., :2]).prod(axis=-1)
    whole = (person[..., 2:] - person[..., :2]).prod(axis=-1)
    union = np.maximum(area + whole - both, 1e-6)
    return [(both / union)[..., None], (both / np.maximum(area, 1e-6))[..., None]]
