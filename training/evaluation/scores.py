"""Classification measures with intervals that draw whole people, by scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from training.evaluation.data import EvaluationData, Ints

Doubles = npt.NDArray[np.float64]

ROUNDS = 1000
LEVEL = 0.95
WELL_SHOWN = 3
"""People who must show a class before its F1 says something of people in general."""

_COLUMNS = ("precision", "recall", "f1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Windows by person, true class and said class (P, K, K); everything is scored from these.

    shown: the classes that occur in truth, over which averages go; one that is only ever said
    counts as a mistake of the class that it was said of.
    """

    windows: Ints
    shown: Ints
    people: tuple[str, ...]

    @classmethod
    def of(cls, data: EvaluationData, said: Ints) -> Counts:
        """Count what was said of some windows."""
        people = np.unique(data.people)
        labels = range(len(data.classes))
        return cls(
            windows=np.stack(
                [
                    confusion_matrix(data.labels[own], said[own], labels=labels)
                    for own in (data.people == name for name in people)
                ]
            ),
            shown=data.shown,
            people=tuple(people.tolist()),
        )

    @property
    def total(self) -> Ints:
        """Confusion matrix (K, K) of all people; rows are the truth."""
        total: Ints = self.windows.sum(axis=0)
        return total

    @property
    def well_shown(self) -> Ints:
        """Classes that at least ``WELL_SHOWN`` people show."""
        people = (self.windows.sum(axis=2) > 0).sum(axis=0)
        return np.flatnonzero(people >= WELL_SHOWN)


def draws(people: int, rounds: int = ROUNDS, seed: int = 0) -> Ints:
    """How often each person is drawn in each round of a bootstrap over people (R, P).

    No round where there is only one person: nothing can be said of others then.
    """
    rng = np.random.default_rng(seed)
    return rng.multinomial(people, np.full(people, 1 / people), size=rounds if people > 1 else 0)


def _scored(true: Ints, said: Ints, *, labels: Ints, weight: Ints | Doubles) -> tuple[Doubles, ...]:
    """Precision, recall, F1 and windows of each label, all of length 0 where there is no label."""
    if not len(labels):  # no round was drawn: scikit-learn refuses that
        return (np.empty(0),) * 4
    columns: tuple[Doubles, ...] = precision_recall_fscore_support(
        true, said, labels=labels, sample_weight=weight, zero_division=0
    )
    return columns


def by_class(matrices: Ints | Doubles, shown: Ints) -> dict[str, Doubles]:
    """Precision, recall, F1 and windows (R, S) of the classes ``shown`` in R confusion matrices.

    matrices: (R, K, K), rows are the truth. One call scores them all: each matrix's classes are
    given labels of their own. A class without windows in a matrix is NaN there: such a draw says
    nothing of it.
    """
    rounds, classes = matrices.shape[:2]
    number, true, said = np.nonzero(matrices)
    columns = _scored(
        number * classes + true,
        number * classes + said,
        labels=(np.arange(rounds)[:, None] * classes + shown).ravel(),
        weight=matrices[number, true, said],
    )
    *values, windows = (column.reshape(rounds, len(shown)) for column in columns)
    found = {
        name: np.where(windows > 0, value, np.nan)
        for name, value in zip(_COLUMNS, values, strict=True)
    }
    return {**found, "windows": windows}


def _micro(matrices: Ints, shown: Ints) -> tuple[Doubles, ...]:
    """Micro-averaged precision, recall and F1 (R,) over ``shown``: one label for each matrix."""
    rounds = np.arange(len(matrices))
    inside = matrices[:, :, shown].sum(axis=(1, 2))
    right = np.trace(matrices[:, shown][:, :, shown], axis1=1, axis2=2)
    missed, wrong = matrices[:, shown].sum(axis=(1, 2)) - right, inside - right
    other = np.full(len(rounds), len(rounds))
    columns = _scored(
        np.concatenate([rounds, rounds, other]),
        np.concatenate([rounds, other, rounds]),
        labels=rounds,
        weight=np.concatenate([right, missed, wrong]),
    )
    return columns[:3]


def averages(matrices: Ints, shown: Ints) -> dict[str, Doubles]:
    """All averages (R,) of R confusion matrices (R, K, K) over the classes that each shows."""
    each = by_class(matrices, shown)
    total = matrices.sum(axis=(1, 2))
    figures = {
        "accuracy": np.trace(matrices, axis1=1, axis2=2) / total,
        "balanced_accuracy": np.nanmean(each["recall"], axis=1),
    }
    weights = each["windows"] / each["windows"].sum(axis=1, keepdims=True)
    for name, micro in zip(_COLUMNS, _micro(matrices, shown), strict=True):
        figures[f"macro_{name}"] = np.nanmean(each[name], axis=1)
        figures[f"micro_{name}"] = micro
        figures[f"weighted_{name}"] = np.nansum(each[name] * weights, axis=1)
    return figures


def macro_f1s(matrices: Ints | Doubles, shown: Ints) -> Doubles:
    """Mean F1 (R,) of those classes in ``shown`` that have windows; NaN where none has."""
    f1 = by_class(matrices, shown)["f1"]
    there = np.isfinite(f1)
    means: Doubles = np.where(
        there.any(axis=1), np.nansum(f1, axis=1) / np.maximum(there.sum(axis=1), 1), np.nan
    )
    return means


def macro_f1(matrix: Ints | Doubles, shown: Ints) -> float:
    """``macro_f1s`` of one matrix (K, K)."""
    return float(macro_f1s(matrix[None], shown)[0])


def interval(values: npt.ArrayLike) -> tuple[float | None, float | None]:
    """Percentile interval of ``LEVEL`` (Efron and Tibshirani 1993, chapter 13); NaN is left out."""
    kept = np.asarray(values, np.float64)
    kept = kept[np.isfinite(kept)]
    if not kept.size:
        return None, None
    low, high = np.quantile(kept, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def estimate(value: float, drawn: npt.ArrayLike) -> dict[str, float | None]:
    """A figure with its interval, as it stands in ``metrics.json``."""
    low, high = interval(drawn)
    return {"value": value if np.isfinite(value) else None, "low": low, "high": high}


def macro_f1_estimate(counts: Counts, classes: Ints | None = None) -> dict[str, float | None]:
    """Macro-F1 with its interval, over ``classes`` (default: all that are shown)."""
    chosen = counts.shown if classes is None else classes
    if not len(chosen):
        return {"value": None, "low": None, "high": None}
    return estimate(macro_f1(counts.total, chosen), macro_f1s(resampled(counts), chosen))


def resampled(counts: Counts) -> Ints:
    """Confusion matrices (R, K, K) of people drawn anew; none where there is only one person."""
    return np.tensordot(draws(len(counts.people)), counts.windows, axes=1)


def score(counts: Counts, names: tuple[str, ...]) -> dict[str, Any]:
    """``overall`` and ``classes`` of ``metrics.json``."""
    matrices, shown = resampled(counts), counts.shown
    whole, drawn = averages(counts.total[None], shown), averages(matrices, shown)
    figures = {key: estimate(float(value[0]), drawn[key]) for key, value in whole.items()}
    figures["macro_f1_well_shown"] = macro_f1_estimate(counts, counts.well_shown)
    each, redrawn = by_class(counts.total[None], shown), by_class(matrices, shown)
    people = (counts.windows.sum(axis=2) > 0).sum(axis=0)
    classes: dict[str, Mapping[str, Any]] = {}
    for place, index in enumerate(shown):
        classes[names[index]] = {
            **{
                key: estimate(float(each[key][0, place]), redrawn[key][:, place])
                for key in _COLUMNS
            },
            "windows": int(each["windows"][0, place]),
            "people": int(people[index]),
        }
    return {"overall": figures, "classes": classes}


def confusions(matrix: Ints, names: tuple[str, ...], most: int = 10) -> list[dict[str, Any]]:
    """The commonest mistakes, as share of the true class's windows times their number."""
    wrong = matrix.copy()
    np.fill_diagonal(wrong, 0)
    places = np.argsort(wrong, axis=None)[::-1][:most]
    return [
        {
            "true": names[row],
            "said": names[column],
            "windows": int(wrong[row, column]),
            "share": float(wrong[row, column] / matrix[row].sum()),
        }
        for row, column in zip(*np.unravel_index(places, wrong.shape), strict=True)
        if wrong[row, column]
    ]
