"""Scores that are right as often as they say are calibrated, and others are found out."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import log_softmax

from tests.training.evaluation.listeners import CLASSES, windows
from training.evaluation.calibration import calibration
from training.evaluation.precision_recall import precision_recall


def honest_logits(count: int = 6000) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and labels that are drawn by just these."""
    rng = np.random.default_rng(0)
    logits = log_softmax(rng.normal(0, 1.5, (count, len(CLASSES))), axis=1).astype(np.float32)
    labels = np.array([rng.choice(len(CLASSES), p=row / row.sum()) for row in np.exp(logits)])
    return logits, labels


def test_too_sure_a_model_is_found_out_and_another_temperature_would_help() -> None:
    logits, labels = honest_logits()
    data = replace(windows(len(labels)), labels=labels)
    fair = calibration(logits, data, None)
    assert fair["before"] is None
    assert fair["shipped"]["ece"] < 0.02
    sure = calibration(logits * 3, data, np.full(len(labels), 1 / 3, np.float32))
    assert sure["shipped"]["ece"] > 0.1
    assert sure["before"]["ece"] == pytest.approx(fair["shipped"]["ece"], abs=1e-4)
    assert sure["refitted"]["ece"] < 0.03
    assert sum(sure["shipped"]["histogram"]) == len(labels)


def test_a_perfect_ranking_has_precision_one_at_every_recall() -> None:
    data = windows()
    scores = np.full((len(data), len(CLASSES)), 0.1, np.float32)
    scores[np.arange(len(data)), data.labels] = 0.7
    found = precision_recall(scores, data)
    assert found["mean_average_precision"] == 1
    assert set(found["classes"]["walk"]["precision"]) == {1.0}
