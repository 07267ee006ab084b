"""The COCO-17 skeleton: joint order, limbs, and the pose seen from the body itself."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recognition.frames import Float

JOINTS = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear",
    "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip
"""COCO keypoint order (cocodataset.org, person keypoints)."""

LEFT = (1, 3, 5, 7, 9, 11, 13, 15)
RIGHT = (2, 4, 6, 8, 10, 12, 14, 16)

LIMBS = (
    (0, 1), (0, 2), (1, 3), (2, 4), (5, 6), (5, 7), (7, 9), (6, 8), (8, 10),
    (5, 11), (6, 12), (11, 12), (11, 13), (13, 15), (12, 14), (14, 16),
)  # fmt: skip
"""Pairs of joints that a bone joins."""

MIN_SCORE = 0.05
"""A joint below this score counts as not seen."""


def _middle(keypoints: Float, a: int, b: int) -> tuple[Float, npt.NDArray[np.bool_]]:
    """Middle of two joints (B, T, 2) and whether either was seen (B, T); one will do."""
    seen = (keypoints[:, :, (a, b), 2] >= MIN_SCORE).astype(np.float32)
    count = seen.sum(axis=2)
    total = (keypoints[:, :, (a, b), :2] * seen[..., None]).sum(axis=2)
    return total / np.maximum(count, 1)[..., None], count > 0


def body_frame(keypoints: Float, boxes: Float, seen: Float) -> tuple[Float, Float]:
    """Where the body is and how large, per step.

    keypoints: (B, T, 17, 3) px, px, score. boxes: (B, T, 4) x1 y1 x2 y2 px.
    seen: (B, T) 1 where the person was observed.
    Returns centre (B, T, 2) px: middle of the hips, else of the shoulders, else of the box; and
    scale (B,) px: median over the window of the larger of torso length and a quarter of the box
    height. One scale for the whole window, so that a crouch does not resize the body.
    """
    hips, has_hips = _middle(keypoints, 11, 12)
    neck, has_neck = _middle(keypoints, 5, 6)
    box_centre = (boxes[..., :2] + boxes[..., 2:]) / 2
    centre = np.where(has_hips[..., None], hips, np.where(has_neck[..., None], neck, box_centre))
    torso = np.linalg.norm(neck - hips, axis=-1) * (has_hips & has_neck)
    size = np.maximum(torso, (boxes[..., 3] - boxes[..., 1]) / 4)
    size = np.where(seen > 0, size, np.nan)
    size[~(seen > 0).any(axis=1)] = 1.0
    return centre.astype(np.float32), np.maximum(np.nanmedian(size, axis=1), 1.0).astype(np.float32)


def normalize_pose(keypoints: Float, boxes: Float, seen: Float) -> Float:
    """Centre each step on the body and divide by the window's body scale.

    Arguments as in ``body_frame``. Returns (B, T, 17, 3): x and y unitless, score kept; a joint
    below ``MIN_SCORE`` is all zero.
    """
    centre, scale = body_frame(keypoints, boxes, seen)
    visible = (keypoints[..., 2:] >= MIN_SCORE) & (seen > 0)[:, :, None, None]
    unit = (keypoints[..., :2] - centre[:, :, None]) / scale[:, None, None, None]
    pose = np.concatenate([unit, keypoints[..., 2:]], axis=-1)
    return np.where(visible, pose, 0).astype(np.float32)
