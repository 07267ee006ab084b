"""How well the events of a run agree with what really happened; docs/scoring.md tells the rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.optimize import linear_sum_assignment

MIN_IOU = 0.3
"""Temporal overlap from which two events of one person and action are the same."""

MERGE_GAP_S = 1.0
"""Two events of one person and action with a shorter pause between them count as one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One person does one thing for a while, in truth or as recognised.

    person: a name or number, the same in truth and in what was recognised; None for somebody who
    is nobody of the truth. others: of truth, who takes part besides. counts: False for truth that
    may be found or missed at no cost.
    """

    action: str
    person: int | str | None
    onset_s: float
    end_s: float
    counts: bool = True
    others: tuple[int | str, ...] = ()

    def iou(self, other: Span) -> float:
        """Length of what both share by the length of what either covers, 0..1."""
        shared = min(self.end_s, other.end_s) - max(self.onset_s, other.onset_s)
        whole = max(self.end_s, other.end_s) - min(self.onset_s, other.onset_s)
        return max(shared, 0.0) / whole if whole > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of events. true: that happened. found: that were told. right: that agree."""

    true: int = 0
    found: int = 0
    right: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.true + other.true, self.found + other.found, self.right + other.right)

    @property
    def precision(self) -> float:
        """Share of what was told that is right; 1 where nothing was told."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of what happened that was told; 1 where nothing happened."""
        return self.right / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 1 where nothing happened and nothing was told."""
        total = self.true + self.found
        return 2 * self.right / total if total else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What came of comparing one camera's events with the truth.

    pairs: recognised and true span that agree. false: told but not so. missed: so but not told.
    ignored: recognised spans that only agree with truth that does not count.
    """

    pairs: tuple[tuple[Span, Span], ...] = ()
    false: tuple[Span, ...] = ()
    missed: tuple[Span, ...] = ()
    ignored: tuple[Span, ...] = ()
    by_action: Mapping[str, Tally] = field(default_factory=dict)

    @property
    def total(self) -> Tally:
        """Counts over all actions (micro average)."""
        return sum(self.by_action.values(), Tally())


def score(
    true: Iterable[Span],
    found: Iterable[Span],
    *,
    labels: Collection[str],
    min_iou: float = MIN_IOU,
    merge_gap_s: float = MERGE_GAP_S,
) -> Score:
    """Pair recognised with true spans, one to one, and count; only actions in ``labels``.

    A pair has the same action, the same person and a temporal IoU of ``min_iou`` or more. Among
    all sets of pairs the one with the most true spans that count is taken, then that with the
    greatest sum of IoU.
    """
    truth = merged((span for span in true if span.action in labels), merge_gap_s)
    told = merged((span for span in found if span.action in labels), merge_gap_s)
    pairs = _assign(told, truth, min_iou)
    paired_told = {row for row, _ in pairs}
    paired_true = {column for _, column in pairs}
    right = [(told[row], truth[column]) for row, column in pairs if truth[column].counts]
    left = [span for row, span in enumerate(told) if row not in paired_told]
    beside = [span for span in left if _meets_uncounted(span, truth, min_iou)]
    ignored = [told[row] for row, column in pairs if not truth[column].counts] + beside
    false = [span for span in left if span not in beside]
    missed = [span for at, span in enumerate(truth) if at not in paired_true and span.counts]
    return Score(
        pairs=tuple(right),
        false=tuple(false),
        missed=tuple(missed),
        ignored=tuple(ignored),
        by_action=_count(right, false, missed),
    )


def merged(spans: Iterable[Span], gap_s: float) -> list[Span]:
    """Spans in order of time; those of one person and action less than ``gap_s`` apart are one.

    Somebody unknown is never the same as anybody. What was merged counts if any part of it does.
    """
    done: list[Span] = []
    last: dict[tuple[str, int | str], int] = {}
    for span in sorted(spans, key=_by_time):
        key = None if span.person is None else (span.action, span.person)
        if key is not None and key in last and span.onset_s - done[last[key]].end_s < gap_s:
            before = done[last[key]]
            done[last[key]] = replace(
                before, end_s=max(before.end_s, span.end_s), counts=before.counts or span.counts
            )
            continue
        if key is not None:
            last[key] = len(done)
        done.append(span)
    return sorted(done, key=_by_time)


def _by_time(span: Span) -> tuple[float, float, str, str]:
    return span.onset_s, span.end_s, span.action, str(span.person)


def add_up(tallies: Iterable[Mapping[str, Tally]]) -> dict[str, Tally]:
    """Counts of several cameras or scenes together, by action in alphabetical order."""
    total: dict[str, Tally] = defaultdict(Tally)
    for by_action in tallies:
        for action, tally in by_action.items():
            total[action] += tally
    return dict(sorted(total.items()))


def bootstrap_f1(
    scenes: Sequence[Tally], *, seed: int = 0, rounds: int = 2000, level: float = 0.95
) -> tuple[float, float]:
    """Confidence interval of the micro F1 over scenes, which are drawn anew with replacement.

    The percentile interval of Efron and Tibshirani (1993), chapter 13. Raises ValueError for no
    scene.
    """
    if not scenes:
        raise ValueError("a confidence interval needs at least one scene, got none")
    counts = np.array([[tally.true, tally.found, tally.right] for tally in scenes])
    draws = np.random.default_rng(seed).integers(len(scenes), size=(rounds, len(scenes)))
    true, found, right = counts[draws].sum(axis=1).T
    f1 = np.where(true + found > 0, 2 * right / np.maximum(true + found, 1), 1.0)
    low, high = np.quantile(f1, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _assign(told: Sequence[Span], truth: Sequence[Span], min_iou: float) -> list[tuple[int, int]]:
    """Rows of ``told`` and columns of ``truth`` that belong together."""
    worth = np.zeros((len(told), len(truth)))
    most = max(min(worth.shape), 1)
    for row, span in enumerate(told):
        for column, other in enumerate(truth):
            same = span.action == other.action and span.person == other.person is not None
            if same and (iou := span.iou(other)) >= min_iou:
                # One counted pair is worth more than any sum of overlaps.
                worth[row, column] = iou + (most + 1) * (1 + most * other.counts)
    rows, columns = linear_sum_assignment(worth, maximize=True)
    return [
        (int(row), int(column))
        for row, column in zip(rows, columns, strict=True)
        if worth[row, column] > 0
    ]


def _meets_uncounted(span: Span, truth: Iterable[Span], min_iou: float) -> bool:
    return any(
        not other.counts
        and other.action == span.action
        and other.person == span.person
        and span.iou(other) >= min_iou
        for other in truth
    )


def _count(
    right: Iterable[tuple[Span, Span]], false: Iterable[Span], missed: Iterable[Span]
) -> dict[str, Tally]:
    parts = [{span.action: Tally(true=1, found=1, right=1)} for span, _ in right]
    parts += [{span.action: Tally(found=1)} for span in false]
    parts += [{span.action: Tally(true=1)} for span in missed]
    return add_up(parts)
