"""What a sound encoder says of whole clips, and how often it is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from recognition.frames import Float
from recognition.sound_tokens import PATCH_COLUMNS, encoder_input, patches
from training.audio.clips import Clips

Predict = Callable[[Float], Float]
"""Patches (P, 1, 64, 96) -> logits (P, C)."""

HOP = 24
"""Columns between two patches of a clip that is measured."""


def loud_columns(log_mel: Float) -> Float:
    """Which columns of clips (N, T, 64) hold their sound: (N, T) bool.

    Those nearer in level to the clip's loudest column than to its softest: the bark and not the
    pause after it, all of the rain. The level is the mean over the bands, so that a click counts
    for more than a whistle.
    """
    level = log_mel.mean(axis=2)
    middle = (level.max(axis=1) + level.min(axis=1)) / 2
    loud: Float = level >= middle[:, None]
    return loud


def clip_scores(predict: Predict, clips: Clips) -> Float:
    """Scores (N, C) of clips: mean over the patches in which a clip's sound is, summing to 1."""
    scores = []
    for columns, loud in zip(clips.log_mel, loud_columns(clips.log_mel), strict=True):
        starts = np.arange(0, len(columns) - PATCH_COLUMNS + 1, HOP)
        holds = np.array([loud[start : start + PATCH_COLUMNS].any() for start in starts])
        logits = predict(encoder_input(patches(columns, hop=HOP)[holds]))
        shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
        scores.append((shifted / shifted.sum(axis=1, keepdims=True)).mean(axis=0))
    return np.stack(scores)


def measures(predict: Predict, clips: Clips) -> dict[str, Any]:
    """Accuracy, macro-F1, F1 of each class that occurs, and the confusions."""
    scores = clip_scores(predict, clips)
    answers = scores.argmax(axis=1)
    present = np.unique(clips.labels)
    each = f1_score(clips.labels, answers, labels=present, average=None, zero_division=0)
    wrong = confusion_matrix(clips.labels, answers, labels=range(len(clips.names)))
    np.fill_diagonal(wrong, 0)
    return {
        "clips": len(clips),
        "accuracy": float(accuracy_score(clips.labels, answers)),
        "macro_f1": float(np.mean(each)),
        "f1": {clips.names[k]: round(float(f1), 3) for k, f1 in zip(present, each, strict=True)},
        "confused": {
            f"{clips.names[row]} for {clips.names[column]}": int(wrong[row, column])
            for row, column in np.argwhere(wrong)
        },
    }
