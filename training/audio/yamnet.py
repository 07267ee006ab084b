"""Logistic regression on YAMNet's 521 scores: what the own encoder is compared with."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from engines.protocol import Engine
from recognition.frames import Float
from recognition.sound_tokens import patches
from training.audio.clips import Clips

HOP = 48
"""YAMNet's own: a patch every 0.48 s."""


def clip_features(engine: Engine, clips: Clips) -> Float:
    """Mean and maximum of the scores over each clip's patches: (N, 1042).

    engine: ``yamnet`` of ``configs/models.yaml``.
    """
    (entry,), (score,) = engine.inputs, engine.outputs
    features = []
    for columns in clips.log_mel:
        scores = engine.run({entry: patches(columns, hop=HOP)})[score]
        features.append(np.concatenate([scores.mean(axis=0), scores.max(axis=0)]))
    return np.stack(features)


def answers(train: tuple[Float, Clips], test: Float) -> npt.NDArray[np.int64]:
    """Class of each row of ``test`` by logistic regression on ``train``'s features."""
    features, clips = train
    model = LogisticRegression(C=10.0, max_iter=3000).fit(features, clips.labels)
    predicted: npt.NDArray[np.int64] = model.predict(test)
    return predicted
