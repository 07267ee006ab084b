"""Several answers at once, and coarser ones: what a model's scores say of each action by itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from recognition.frames import Float
from recognition.hysteresis import ActionRule
from recognition.taxonomy import Level, load_taxonomy

_ACCOMPANIED = ("stand", "walk")
"""What the legs do while the arms do something else."""

_ARMS: tuple[Level, ...] = ("gesture", "human_object")
"""Levels of what arms and hands do."""

_AT_MOST = 0.5
"""Share of the probability that what goes on beside an action can have taken from it."""


class Hierarchy:
    """Turns probabilities that sum to one into scores of actions that need not exclude each other.

    labels: the model's C class names. rules: by which events of each begin and end. Parents are the
    taxonomy's; the background, and a parent that the model does not know, takes nothing over.
    """

    def __init__(self, labels: Sequence[str], rules: Sequence[ActionRule]) -> None:
        self.labels = tuple(labels)
        self._enter = np.array([rule.enter for rule in rules], np.float32)
        self._exit = np.array([rule.exit for rule in rules], np.float32)
        parents = [_parent(label, labels) for label in labels]
        self._parents = [None if name is None else labels.index(name) for name in parents]
        self._finest_first = sorted(
            (index for index, parent in enumerate(self._parents) if parent is not None),
            key=self._depth,
            reverse=True,
        )
        self._beside = _beside(labels, parents)
        pairs = {action.name for action in load_taxonomy().of_level("human_human")}
        self._own = ~np.isin(labels, list(pairs))

    def scores(self, probabilities: Float, open_labels: Collection[str] = ()) -> Float:
        """What one person does: scores (C,), each within 0..1, of probabilities (C,).

        open_labels: whose events are open; those need only stay above ``exit`` to be told apart.
        What two people do is not one's own and has no score here; see ``recognition.pairs``.
        """
        held = np.isin(self.labels, list(open_labels))
        least = np.where(held, self._exit, self._enter)
        scores: Float = self.apart(self.backed_off(probabilities, least)) * self._own
        return scores

    def backed_off(self, scores: Float, least: Float) -> Float:
        """Every action that is not told apart also counts for its parent: (C,) -> (C,).

        least: (C,) the score from which on an action is told apart.
        """
        found = scores.copy()
        for index in self._finest_first:
            parent = self._parents[index]
            if parent is not None and found[index] < least[index]:
                found[parent] += found[index]
        bounded: Float = np.minimum(found, np.float32(1))
        return bounded

    def apart(self, scores: Float) -> Float:
        """Each score among those that it competes with: (C,) -> (C,).

        Who walks and phones is half a walker and half a caller to a model whose answers sum to one.
        So what the other takes is left out of the whole, at most half of it: a model that is sure
        of one of the two says nothing of the other.
        """
        taken = np.minimum((self._beside * scores).max(axis=1), _AT_MOST)
        share: Float = np.minimum(scores / (1 - taken), np.float32(1))
        return share

    def _depth(self, index: int) -> int:
        parent = self._parents[index]
        return 0 if parent is None else 1 + self._depth(parent)


def _parent(label: str, labels: Sequence[str]) -> str | None:
    action = load_taxonomy().actions.get(label)
    parent = None if action is None else action.parent
    return parent if parent in labels and parent != "background" else None


def _beside(labels: Sequence[str], parents: Sequence[str | None]) -> Float:
    """Which two actions one person does at once: (C, C), 1 or 0, symmetric."""
    arms = {action.name for level in _ARMS for action in load_taxonomy().of_level(level)}
    beside = np.zeros((len(labels), len(labels)), np.float32)
    for row, label in enumerate(labels):
        for column, other in enumerate(labels):
            # A child says what its parent says: who carries a box is known to walk.
            if label in arms and other in _ACCOMPANIED and parents[row] != other:
                beside[row, column] = beside[column, row] = 1.0
    return beside
