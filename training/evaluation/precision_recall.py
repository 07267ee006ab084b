"""Precision against recall over all thresholds, for each class by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score, precision_recall_curve

from recognition.frames import Float
from training.evaluation.data import EvaluationData

_POINTS = 101
"""Recalls at which a curve is kept."""


def precision_recall(scores: Float, data: EvaluationData) -> dict[str, Any]:
    """``precision_recall`` of ``metrics.json``: curves and average precision by class."""
    recalls = np.linspace(0, 1, _POINTS)
    found: dict[str, Any] = {}
    for index in data.shown:
        truth = data.labels == index
        precision, recall, _ = precision_recall_curve(truth, scores[:, index])
        # Recall falls along the thresholds; the curve is a step, so the next one at or above.
        at = np.searchsorted(recall[::-1], recalls, side="left").clip(max=len(recall) - 1)
        found[data.classes[index]] = {
            "average_precision": float(average_precision_score(truth, scores[:, index])),
            "precision": precision[::-1][at].round(4).tolist(),
        }
    mean = np.mean([one["average_precision"] for one in found.values()])
    return {
        "recall": recalls.round(2).tolist(),
        "classes": found,
        "mean_average_precision": float(mean),
    }
