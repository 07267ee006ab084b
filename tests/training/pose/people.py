"""Crops of drawn stick people for the tests: a bright blob of its own colour on each joint."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from recognition.frames import Float
from recognition.skeleton import LIMBS
from training.pose.crops import Crops, Person, Pixels, load, store

STANDING = np.array(
    [
        [50, 14], [53, 12], [47, 12], [57, 14], [43, 14], [64, 32], [36, 32], [70, 52], [30, 52],
        [74, 70], [26, 70], [58, 74], [42, 74], [60, 102], [40, 102], [61, 130], [39, 130],
    ],
    np.float32,
)  # fmt: skip


def picture(seed: int) -> tuple[Pixels, list[Person]]:
    """One stick person (about 150 px) on a noisy picture of 200 x 220 px."""
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 60, (220, 200, 3), np.uint8)
    joints = STANDING * rng.uniform(1.0, 1.2) + rng.normal(0, 2, (17, 2)) + rng.uniform(10, 40, 2)
    joints = joints.astype(np.float32)
    for a, b in LIMBS:
        cv2.line(image, _at(joints[a]), _at(joints[b]), (90, 90, 90), 5)
    for number, joint in enumerate(joints):
        color = [int(v) for v in 255 * (np.array([number, number * 5, number * 11]) % 17) / 16]
        cv2.circle(image, _at(joint), 5, color, -1)
    box = np.concatenate([joints.min(axis=0) - 8, joints.max(axis=0) + 8]).astype(np.float32)
    keypoints = np.column_stack([joints, np.full(17, 2)]).astype(np.float32)
    return image, [Person(boxes=np.stack([box, box]), keypoints=keypoints)]


def crops(folder: Path, count: int) -> Crops:
    """Stored crops of ``count`` stick people."""
    store((picture(seed) for seed in range(count)), folder)
    return load(folder)


def _at(joint: Float) -> tuple[int, int]:
    return int(joint[0]), int(joint[1])
