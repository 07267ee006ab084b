"""Random views of stored crops, brought to the network's input as nvinfer does."""

from __future__ import annotations

import cv2
import numpy as np

from recognition.frames import Float
from training.pose.crops import Crops, Pixels
from training.pose.loss import ABSENT, HIDDEN, SEEN
from training.pose.network import INPUT
from training.pose.spoil import occlude, spoil

Rng = np.random.Generator

OVERHANG_PX = 3.0
"""A joint this far outside the box still counts: detectors cut off a little."""

BODY_SHARE = 0.45
"""Area of a person by that of the box, for the size that similarity is measured by."""

_MIRROR = np.array([0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15])


def plain_view(crops: Crops, index: int) -> tuple[Pixels, Float, float]:
    """A stored person in their whole box, nothing changed.

    Returns pixels (128, 96, 3) uint8 RGB, joints (17, 3) px of the input with visibility, and the
    person's size: square root of the area, px of the input.
    """
    box = crops.boxes[index, 0]
    return _view(crops, index, box, np.eye(2, 3, dtype=np.float32))


def random_view(crops: Crops, index: int, rng: Rng) -> tuple[Pixels, Float, float]:
    """A stored person in a box as a detector might give it, turned, mirrored, spoilt."""
    turn = np.eye(2, 3, dtype=np.float32)
    box = _jittered(crops.boxes[index, int(rng.random() < 0.3)], rng)
    if rng.random() < 0.45:
        angle = float(np.clip(rng.normal(0, 14), -35, 35))
        middle = (float((box[0] + box[2]) / 2), float((box[1] + box[3]) / 2))
        turn = cv2.getRotationMatrix2D(middle, angle, 1.0).astype(np.float32)
        box = _around_turned(crops.keypoints[index], box, turn)
    else:
        box = np.clip(box, crops.limits[index, [0, 1, 0, 1]], crops.limits[index, [2, 3, 2, 3]])
    box[2:] = np.maximum(box[2:], box[:2] + 6)
    pixels, joints, size = _view(crops, index, box, turn)
    if rng.random() < 0.5:
        pixels, joints = mirror(pixels, joints)
    if rng.random() < 0.2:
        pixels, joints = occlude(pixels, joints, rng)
    if rng.random() < 0.65:
        pixels = spoil(pixels, rng)
    return pixels, joints, size


def mirror(pixels: Pixels, joints: Float) -> tuple[Pixels, Float]:
    """Left and right exchanged, in the picture and in the names of the joints."""
    turned: Float = joints[_MIRROR].copy()
    turned[:, 0] = INPUT[0] - turned[:, 0]
    return np.ascontiguousarray(pixels[:, ::-1]), turned


def letterbox(box: Float) -> tuple[Float, tuple[int, int, int, int]]:
    """Where nvinfer puts a box: aspect kept, in the middle, black elsewhere.

    box: (4,) x1 y1 x2 y2 px. Returns the (2, 3) matrix from px of the picture to px of the input,
    and the filled part of the input: left, top, right, bottom px.
    """
    width, height = (float(edge) for edge in box[2:] - box[:2])
    filled_width, filled_height = INPUT
    if INPUT[0] * height / width <= INPUT[1]:
        filled_height = max(1, int(INPUT[0] * height / width))
    else:
        filled_width = max(1, int(INPUT[1] * width / height))
    left, top = (INPUT[0] - filled_width) // 2, (INPUT[1] - filled_height) // 2
    scale_x, scale_y = filled_width / width, filled_height / height
    matrix = np.array(
        [[scale_x, 0, left - scale_x * box[0]], [0, scale_y, top - scale_y * box[1]]], np.float32
    )
    return matrix, (left, top, left + filled_width, top + filled_height)


def _view(crops: Crops, index: int, box: Float, turn: Float) -> tuple[Pixels, Float, float]:
    to_input, filled = letterbox(box)
    matrix = to_input @ np.vstack([turn, [0, 0, 1]])
    # cv2 speaks of pixels' middles, nvinfer's letterbox of their edges.
    shifted = matrix.copy()
    shifted[:, 2] += matrix[:, :2] @ [0.5, 0.5] - 0.5
    warped = cv2.warpAffine(crops.pixels[index], shifted, INPUT, flags=cv2.INTER_LINEAR)
    pixels = np.zeros((INPUT[1], INPUT[0], 3), np.uint8)
    left, top, right, bottom = filled
    pixels[top:bottom, left:right] = warped[top:bottom, left:right]
    joints = crops.keypoints[index].copy()
    joints[:, :2] = joints[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    whole = crops.boxes[index, 0]
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    size = scale * float(np.sqrt(BODY_SHARE * np.prod(whole[2:] - whole[:2])))
    return pixels, _within(joints, filled), size


def _within(joints: Float, filled: tuple[int, int, int, int]) -> Float:
    """Mark joints outside the box as absent, those just outside it as hidden."""
    left, top, right, bottom = filled
    beyond = np.maximum(
        np.maximum(left - joints[:, 0], joints[:, 0] - right),
        np.maximum(top - joints[:, 1], joints[:, 1] - bottom),
    )
    kept: Float = joints.copy()
    known = joints[:, 2] > ABSENT
    kept[known & (beyond > 0), 2] = HIDDEN
    kept[known & (beyond > OVERHANG_PX), 2] = ABSENT
    return kept


def _jittered(box: Float, rng: Rng) -> Float:
    """A box as a detector might give it; now and then of half a body only."""
    size = box[2:] - box[:2]
    middle = (box[:2] + box[2:]) / 2 + rng.normal(0, 0.03, 2) * size
    spread = 0.08 if rng.random() < 0.8 else 0.16
    half = size / 2 * np.clip(1.04 + rng.normal(0, spread) + rng.normal(0, 0.04, 2), 0.8, 1.3)
    moved = np.concatenate([middle - half, middle + half])
    chance = rng.random()
    if chance < 0.14:  # the lower part is behind something or outside the picture
        moved[3] -= rng.uniform(0.2, 0.6) * (moved[3] - moved[1])
    elif chance < 0.18:
        moved[1] += rng.uniform(0.1, 0.4) * (moved[3] - moved[1])
    elif chance < 0.22:
        side = int(rng.integers(2)) * 2
        moved[side] += (1 - side) * rng.uniform(0.1, 0.4) * (moved[2] - moved[0])
    return moved.astype(np.float32)


def _around_turned(keypoints: Float, box: Float, turn: Float) -> Float:
    """The box round a person who has been turned: round the joints that were in the box."""
    inside = (keypoints[:, :2] >= box[:2]).all(axis=1) & (keypoints[:, :2] <= box[2:]).all(axis=1)
    points = keypoints[(keypoints[:, 2] >= HIDDEN) & inside, :2]
    if len(points) < 4:
        return box
    margin = np.concatenate([box[:2] - points.min(axis=0), box[2:] - points.max(axis=0)])
    turned = points @ turn[:, :2].T + turn[:, 2]
    hull = np.concatenate([turned.min(axis=0), turned.max(axis=0)])
    return np.asarray(hull + margin, np.float32)


def visible_count(joints: Float) -> int:
    """How many joints of (17, 3) have a known place in the view."""
    return int(np.isin(joints[:, 2], (HIDDEN, SEEN)).sum())
