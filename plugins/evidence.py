"""What each modality gave to a decision, as events tell it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recognition.events import Evidence
from recognition.frames import Float
from recognition.layouts import Layout
from recognition.windows import Window


def evidence_of(
    window: Window, near: Sequence[Window], layout: Layout, *, gate: Float, present: Float
) -> dict[str, Evidence]:
    """What each modality of a layout gave to the decision on one window.

    gate, present: (M,) the share of each modality, and whether the model was told of it.
    Quality is the mean joint score, the share of steps seen, the mean score of the things near the
    hands, the share of steps in which the nearest person was seen, and that of steps in which
    the person was looked at.
    """
    seen = window.seen > 0
    joints = window.keypoints[seen][..., 2]
    things = np.zeros(0) if window.objects is None else window.objects[..., 4]
    found = things[things > 0]
    look = np.zeros((1, 1)) if window.appearance is None else window.appearance
    quality = {
        "pose": float(joints.mean()) if joints.size else 0.0,
        "trajectory": float(seen.mean()),
        "objects": float(found.mean()) if found.size else 0.0,
        "audio": None,
        "neighbours": float((near[0].seen > 0).mean()) if near else None,
        "appearance": float(look.any(axis=1).mean()),
    }
    there = dict(zip(layout.modalities, present > 0, strict=True))
    if layout.social:
        there["neighbours"] = bool(near)  # the model is told even that nobody is there
    return {
        name: Evidence(
            present=bool(there[name]),
            quality=quality[name] if there[name] else None,
            weight=float(gate[index]) if there[name] else None,
        )
        for index, name in enumerate(layout.modalities)
    }
