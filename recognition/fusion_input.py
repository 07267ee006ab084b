"""Builds the named arrays that the fusion model takes: the one preprocessing for train and run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from recognition.frames import Float
from recognition.objects import OBJECT_SIZE, OBJECT_SLOTS, ROW, object_features
from recognition.skeleton import body_frame, normalize_pose
from recognition.sound import TOKEN_SIZE
from recognition.windows import Window

LAYOUT_VERSION = "2"
"""Raised whenever a shape or a meaning below changes; the exporter writes it into the ONNX file."""

MODALITIES = ("pose", "trajectory", "objects", "audio")
SLOTS = 12
"""Time slots in which modalities meet; a window of T steps has T / 12 steps in each."""

_MIN_PRESENT = 0.25  # share of the observed steps in which the pose must have been found


def input_shapes(steps: int) -> dict[str, tuple[int | None, ...]]:
    """Shape of every input for a window of ``steps`` steps; None is the batch."""
    return {
        "pose": (None, steps, 17, 3),
        "traj": (None, steps, 4),
        "obj": (None, steps, OBJECT_SLOTS, OBJECT_SIZE),
        "obj_mask": (None, steps, OBJECT_SLOTS),
        "aud": (None, SLOTS, TOKEN_SIZE),
        "mod": (None, len(MODALITIES)),
    }


def fusion_input(
    windows: Sequence[Window], sounds: Sequence[Float | None], *, rate_hz: int
) -> Mapping[str, Float]:
    """Arrays for a batch of windows.

    sounds: each window's sound tokens (12, ``TOKEN_SIZE``), None where its source has no sound.
    Returns, all float32:
        pose (B, T, 17, 3): see ``normalize_pose``.
        traj (B, T, 4): velocity of the body centre in body heights per second, x right and y
            down; box width by height; 1 observed, 0.5 bridged, 0 missing.
        obj (B, T, 4, 40), obj_mask (B, T, 4): see ``object_features``; zero where the detector
            knows no things.
        aud (B, 12, ``TOKEN_SIZE``): sound tokens, zero where there is none.
        mod (B, 4): 1 where the modality is present, in the order of ``MODALITIES``.
    """
    keypoints = np.stack([window.keypoints for window in windows])
    boxes = np.stack([window.boxes for window in windows])
    seen = np.stack([window.seen for window in windows])
    pose = normalize_pose(keypoints, boxes, seen)
    nothing = np.zeros((*seen.shape[1:], OBJECT_SLOTS, ROW), np.float32)
    things = np.stack([nothing if w.objects is None else w.objects for w in windows])
    obj, obj_mask = object_features(things, keypoints, boxes, seen, rate_hz=rate_hz)
    aud = np.zeros((len(windows), SLOTS, TOKEN_SIZE), np.float32)
    for row, tokens in zip(aud, sounds, strict=True):
        if tokens is not None:
            row[...] = tokens
    posed, observed = pose[..., 2].max(axis=2) > 0, seen > 0
    present = [
        # Of the observed steps, not of the window: a track that has just begun has a pose, too.
        (posed & observed).sum(axis=1) >= np.maximum(_MIN_PRESENT * observed.sum(axis=1), 1),
        observed.any(axis=1),
        np.array([window.objects is not None for window in windows]),
        np.array([tokens is not None for tokens in sounds]),
    ]
    return {
        "pose": pose,
        "traj": _trajectory(keypoints, boxes, seen, rate_hz),
        "obj": obj,
        "obj_mask": obj_mask,
        "aud": aud,
        "mod": np.stack(present, axis=1).astype(np.float32),
    }


def _trajectory(keypoints: Float, boxes: Float, seen: Float, rate_hz: int) -> Float:
    centre, _ = body_frame(keypoints, boxes, seen)
    height = boxes[..., 3] - boxes[..., 1]
    observed = seen > 0
    height = np.where(observed, height, np.nan)
    height[~observed.any(axis=1)] = 1.0
    body_height = np.maximum(np.nanmedian(height, axis=1), 1.0)
    velocity = np.zeros_like(centre)
    velocity[:, 1:] = np.diff(centre, axis=1) * rate_hz / body_height[:, None, None]
    both = observed[:, 1:] & observed[:, :-1]
    velocity[:, 1:] *= both[..., None]
    aspect = (boxes[..., 2] - boxes[..., 0]) / np.maximum(boxes[..., 3] - boxes[..., 1], 1.0)
    columns = [np.clip(velocity, -8, 8), np.clip(aspect, 0, 4)[..., None] * observed[..., None]]
    return np.concatenate([*columns, seen[..., None]], axis=-1).astype(np.float32)
