"""Several models on the same windows: each variant over its seeds, and paired with the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import permutation_test

from training.evaluation.data import Ints
from training.evaluation.scores import (
    Counts,
    Doubles,
    draws,
    estimate,
    interval,
    macro_f1,
    macro_f1s,
)

_ROUNDS = 4000  # of a permutation test, where there are more ways to swap
_BATCH = 200  # of them at once in memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """Models that differ in their seed alone, and what they said of the same windows.

    runs: one count for each seed. figures: cost and calibration of each seed's, by name.
    """

    name: str
    runs: tuple[Counts, ...]
    figures: tuple[dict[str, float], ...]


def mean_macro_f1(variant: Variant, weights: Ints) -> Doubles:
    """Macro-F1 (R,), a mean over seeds, of people who count ``weights`` (R, P) times."""
    values = [
        macro_f1s(np.tensordot(weights, run.windows, axes=1), run.shown) for run in variant.runs
    ]
    mean: Doubles = np.mean(values, axis=0)
    return mean


def summary(variant: Variant) -> dict[str, Any]:
    """One variant: macro-F1 as a mean over seeds with its interval, by seed, and its cost."""
    seeds = [macro_f1(run.total, run.shown) for run in variant.runs]
    accuracy = [float(np.trace(run.total) / run.total.sum()) for run in variant.runs]
    drawn = mean_macro_f1(variant, draws(len(variant.runs[0].people)))
    return {
        "seeds": len(seeds),
        "macro_f1": estimate(float(np.mean(seeds)), drawn),
        "macro_f1_of_seeds": seeds,
        "macro_f1_deviation": float(np.std(seeds, ddof=1)) if len(seeds) > 1 else None,
        "accuracy": float(np.mean(accuracy)),
        **{
            key: float(np.mean([figures[key] for figures in variant.figures]))
            for key in variant.figures[0]
        },
    }


def paired(first: Variant, other: Variant) -> dict[str, Any]:
    """How ``other`` differs from ``first`` in macro-F1 on the same people.

    The interval is of a bootstrap that draws the same people for both. p is that of a permutation
    test that swaps the two models person by person (scipy), exact where there are few people.
    Windows of one person are alike, so a test over windows (McNemar's) would be too sure.
    """
    people = len(first.runs[0].people)

    def gains(weights: Ints) -> Doubles:
        return mean_macro_f1(other, weights) - mean_macro_f1(first, weights)

    low, high = interval(gains(draws(people)))
    return {
        "against": first.name,
        "difference": float(gains(np.ones((1, people), np.int64))[0]),
        "low": low,
        "high": high,
        "p": _swapping_p(first, other) if people > 1 else None,
    }


def _swapping_p(first: Variant, other: Variant) -> float:
    """Two-sided p of macro-F1 of the counts that seeds have on average."""
    averaged = [np.mean([run.windows for run in v.runs], axis=0) for v in (first, other)]
    pool, shown = np.concatenate(averaged), first.runs[0].shown  # (2 P, K, K)
    people = len(pool) // 2

    def statistic(one: Doubles, two: Doubles, axis: int = -1) -> Doubles:
        sides = [np.moveaxis(side.astype(int), axis, -1) for side in (one, two)]
        before, after = (
            macro_f1s(pool[side.reshape(-1, people)].sum(axis=1), shown).reshape(side.shape[:-1])
            for side in sides
        )
        return after - before

    test = permutation_test(
        (np.arange(people), np.arange(people, 2 * people)), statistic, vectorized=True,
        permutation_type="samples", n_resamples=_ROUNDS, batch=_BATCH, rng=np.random.default_rng(0),
    )  # fmt: skip
    return float(test.pvalue)


def comparison(variants: Sequence[Variant]) -> dict[str, Any]:
    """``comparison`` of ``metrics.json``; the first variant is what others are paired with."""
    return {
        "variants": {variant.name: summary(variant) for variant in variants},
        "pairs": {other.name: paired(variants[0], other) for other in variants[1:]},
    }
