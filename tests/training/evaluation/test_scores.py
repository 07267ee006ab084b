"""Scores are scikit-learn's, and their intervals are about people."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import precision_recall_fscore_support

from tests.training.evaluation.listeners import windows
from training.evaluation.scores import Counts, averages, confusions, macro_f1_estimate, score

matrices = arrays(np.int64, (5, 5), elements=st.integers(0, 9)).filter(lambda m: m.sum() > 0)


@settings(max_examples=30, deadline=None)
@given(matrices, st.sampled_from(["macro", "micro", "weighted"]))
def test_averages_of_a_confusion_matrix_are_those_of_its_windows(
    matrix: np.ndarray, average: str
) -> None:
    true, said = np.nonzero(matrix)
    shown = np.unique(true)
    wanted = precision_recall_fscore_support(
        true, said, labels=shown, average=average, zero_division=0,
        sample_weight=matrix[true, said],
    )  # fmt: skip
    found = averages(np.stack([matrix, matrix]), shown)
    for name, value in zip(("precision", "recall", "f1"), wanted[:3], strict=True):
        np.testing.assert_allclose(found[f"{average}_{name}"], value)


def test_a_model_that_is_always_right_is_surely_right() -> None:
    data = windows()
    figures = score(Counts.of(data, data.labels), data.classes)
    assert figures["overall"]["macro_f1"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert figures["classes"]["clap"]["people"] == 4


def test_one_person_gives_a_figure_without_an_interval() -> None:
    data = windows(people=1)
    assert macro_f1_estimate(Counts.of(data, data.labels)) == {
        "value": 1.0, "low": None, "high": None,
    }  # fmt: skip


def test_an_interval_is_wide_when_one_person_is_not_understood() -> None:
    data = windows()
    everywhere = np.where(np.arange(len(data)) % 4 == 1, 0, data.labels)  # all "walk" is wrong
    one_person = np.where(data.people == "person_0", 0, data.labels)
    spread = []
    for said in (everywhere, one_person):
        interval = macro_f1_estimate(Counts.of(data, said))
        assert interval["low"] is not None
        assert interval["high"] is not None
        spread.append(interval["high"] - interval["low"])
    assert spread[0] == pytest.approx(0, abs=1e-9)
    assert spread[1] > 0.2


def test_a_class_that_two_people_show_is_left_out_of_the_well_shown_ones() -> None:
    data = windows()
    wave = (data.labels == 3) & np.isin(data.people, ["person_2", "person_3"])
    part = data.rows(~wave)
    assert Counts.of(part, part.labels).well_shown.tolist() == [0, 1, 2]


def test_the_commonest_confusion_comes_first() -> None:
    matrix = np.array([[5, 4, 1], [0, 9, 0], [2, 0, 8]])
    first, second, third = confusions(matrix, ("sit", "stand", "walk"))
    assert (first["true"], first["said"], first["windows"]) == ("sit", "stand", 4)
    assert first["share"] == pytest.approx(0.4)
    assert (second["true"], third["true"]) == ("walk", "sit")
