"""What a decision owes to each modality: the model is asked again without it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from recognition.events import ActionEvent, Evidence
from recognition.frames import Float
from recognition.pairs import Decision

Ask = Callable[[Mapping[str, Float]], Float]
"""Probabilities (B, C) of a batch of inputs."""

Judge = Callable[[ActionEvent, Float], float]
"""The score of an event's action in probabilities (C,)."""


def with_contributions(
    events: Sequence[ActionEvent],
    decisions: Sequence[Decision],
    inputs: Mapping[str, Float],
    *,
    modalities: Sequence[str],
    ask: Ask,
    judge: Judge,
) -> list[ActionEvent]:
    """The events of a batch; in those that start, the evidence says what each modality gave.

    decisions: on the B windows of ``inputs``. modalities: in the order of ``mod``.
    A contribution is the score of the window that began the event less its score with the
    modality's ``mod`` at 0, as training drops modalities; smoothing has no part in it. Where
    there is a single modality, nothing is left to compare with. Everything is asked in one go.
    """
    asked = [
        (number, row, column)
        for number, event in enumerate(events)
        if event.phase == "start"
        for row in [_row_of(event, decisions)]
        for column in _to_leave_out(event, inputs["mod"][row], modalities)
    ]
    if not asked:
        return list(events)
    _, rows, columns = zip(*asked, strict=True)
    without = {name: array[list(rows)] for name, array in inputs.items()}
    without["mod"][np.arange(len(asked)), columns] = 0
    found: dict[int, dict[str, float]] = defaultdict(dict)
    for (number, row, column), probabilities in zip(asked, ask(without), strict=True):
        event = events[number]
        lost = judge(event, decisions[row].scores) - judge(event, probabilities)
        found[number][modalities[column]] = lost
    return [
        replace(event, evidence=_filled(event.evidence, found[number]))
        for number, event in enumerate(events)
    ]


def _row_of(event: ActionEvent, decisions: Sequence[Decision]) -> int:
    """The decision that began an event; of a pair with two, that of the smaller track id."""
    rows = [
        row
        for row, one in enumerate(decisions)
        if (one.source_id, one.pts_ns) == (event.source_id, event.pts_ns)
        and one.track_id in (event.track_id, *event.co_tracks)
    ]
    return min(rows, key=lambda row: decisions[row].track_id)


def _to_leave_out(event: ActionEvent, mod: Float, modalities: Sequence[str]) -> list[int]:
    """Columns of the modalities that were there, unless the model had one alone."""
    if np.count_nonzero(mod) < 2:
        return []
    return [
        column
        for column, name in enumerate(modalities)
        if mod[column] and event.evidence[name].present
    ]


def _filled(evidence: Mapping[str, Evidence], found: Mapping[str, float]) -> dict[str, Evidence]:
    return {name: replace(part, contribution=found.get(name)) for name, part in evidence.items()}
