"""Whether a score of 0.8 is right eight times in ten: before and after the model's temperature."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy.special import softmax
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss
from sklearn.model_selection import GroupKFold
from torchmetrics.functional.classification import multiclass_calibration_error

from recognition.frames import Float
from training.calibration import fit_temperature
from training.evaluation.data import EvaluationData, Ints
from training.evaluation.scores import Doubles

BINS = 15
_FOLDS = 5


def calibration_error(scores: Doubles | Float, labels: Ints) -> float:
    """Expected calibration error of the highest score (Guo et al. 2017), 15 bins, 0..1."""
    given = torch.from_numpy(np.asarray(scores, np.float32))
    error = multiclass_calibration_error(
        given, torch.from_numpy(labels), num_classes=given.shape[1], n_bins=BINS
    )
    return float(error)


def quality(scores: Doubles | Float, labels: Ints) -> dict[str, Any]:
    """Calibration error, log loss, Brier score, and the points of the reliability diagram.

    Points are told for bins that hold windows: mean score, share that is right, windows.
    histogram: windows of all bins.
    """
    sure, right = scores.max(axis=1), scores.argmax(axis=1) == labels
    share, mean = calibration_curve(right, sure, n_bins=BINS)
    inner = np.linspace(0, 1, BINS + 1)[1:-1]  # edges as calibration_curve takes them
    windows = np.bincount(np.searchsorted(inner, sure), minlength=BINS)
    classes = range(scores.shape[1])
    exact = np.asarray(scores, np.float64)
    exact = exact / exact.sum(axis=1, keepdims=True)
    return {
        "ece": calibration_error(scores, labels),
        "log_loss": float(log_loss(labels, exact, labels=classes)),
        "brier": float(brier_score_loss(labels, exact, labels=classes)),
        "points": {
            "score": mean.tolist(),
            "right": share.tolist(),
            "windows": windows[windows > 0].tolist(),
        },
        "histogram": windows.tolist(),
    }


def refitted(logits: Float, data: EvaluationData) -> Doubles | None:
    """Scores after a temperature that is fitted on the other people, five ways; None for one.

    What a better temperature could still gain; nobody's windows choose their own.
    """
    people = len(np.unique(data.people))
    if people < 2:
        return None
    scores = np.empty(logits.shape, np.float64)
    for rest, own in GroupKFold(min(_FOLDS, people)).split(logits, groups=data.people):
        t = fit_temperature(torch.from_numpy(logits[rest]), torch.from_numpy(data.labels[rest]))
        scores[own] = softmax(logits[own] / t, axis=1)
    return scores


def calibration(logits: Float, data: EvaluationData, temperatures: Float | None) -> dict[str, Any]:
    """``calibration`` of ``metrics.json``; ``before`` is None where temperatures are unknown.

    temperatures: (N,), by which the logits were divided. ``temperature`` is their median.
    """
    other = refitted(logits, data)
    raw = None if temperatures is None else softmax(logits * temperatures[:, None], axis=1)
    return {
        "temperature": None if temperatures is None else float(np.median(temperatures)),
        "before": None if raw is None else quality(raw, data.labels),
        "shipped": quality(softmax(logits, axis=1), data.labels),
        "refitted": None if other is None else quality(other, data.labels),
    }
