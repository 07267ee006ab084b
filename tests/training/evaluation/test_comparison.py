"""Two models are told apart by the people on whom they differ."""

import numpy as np
import pytest

from tests.training.evaluation.listeners import windows
from training.evaluation.comparison import Variant, comparison, paired, summary
from training.evaluation.page import signed
from training.evaluation.scores import Counts

COST = {"ece": 0.1, "parameters": 1000.0, "mmacs": 1.0, "p50_ms": 2.0}


def variant(name: str, *wrong_shares: float, people: int = 8) -> Variant:
    """A model of which a share of every person's windows is called "clap", by seed."""
    data = windows(people * 40, people)
    runs = []
    for share in wrong_shares:
        spoilt = (np.arange(len(data)) % 40) < 40 * share
        runs.append(Counts.of(data, np.where(spoilt, 0, data.labels)))
    return Variant(name=name, runs=tuple(runs), figures=(COST,) * len(runs))


def test_a_model_does_not_differ_from_itself() -> None:
    pair = paired(variant("a", 0.2), variant("b", 0.2))
    assert (pair["difference"], pair["low"], pair["high"], pair["p"]) == (0, 0, 0, 1)


def test_a_model_that_is_better_on_all_eight_people_is_better_by_the_smallest_p() -> None:
    pair = paired(variant("a", 0.5), variant("b", 0.1))
    assert pair["difference"] > 0.2
    assert pair["low"] > 0
    assert pair["p"] == pytest.approx(2 / 2**8)


def test_seeds_are_averaged_and_their_spread_is_told() -> None:
    row = summary(variant("a", 0.1, 0.2, 0.3))
    assert row["seeds"] == 3
    assert row["macro_f1"]["value"] == pytest.approx(np.mean(row["macro_f1_of_seeds"]))
    assert row["macro_f1_deviation"] > 0
    assert summary(variant("a", 0.1))["macro_f1_deviation"] is None


def test_every_other_variant_is_paired_with_the_first() -> None:
    found = comparison([variant("mid", 0.1), variant("late", 0.2), variant("early", 0.3)])
    assert list(found["variants"]) == ["mid", "late", "early"]
    assert {name: pair["against"] for name, pair in found["pairs"].items()} == {
        "late": "mid", "early": "mid",
    }  # fmt: skip


def test_one_person_allows_no_test() -> None:
    pair = paired(variant("a", 0.5, people=1), variant("b", 0.1, people=1))
    assert (pair["low"], pair["p"]) == (None, None)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0123, "+0.012"), (-0.0123, "\N{MINUS SIGN}0.012"), (-0.0001, "0.000"), (0.0, "0.000")],
)
def test_a_difference_shows_its_sign_unless_it_rounds_to_nothing(value: float, text: str) -> None:
    assert signed(value) == text
