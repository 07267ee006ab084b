"""Several actions at once, and the coarser one where the finer is not sure."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognition.frames import Float
from recognition.hierarchy import Hierarchy
from recognition.hysteresis import ActionRule
from recognition.layouts import SOCIAL

LABELS = ("stand", "walk", "run", "carry_box", "phone_call", "wave", "background", "handshake")
RULE = ActionRule(enter=0.5, exit=0.3)
HIERARCHY = Hierarchy(LABELS, [RULE] * len(LABELS))

probabilities = st.lists(
    st.floats(0.001, 1), min_size=len(SOCIAL.classes), max_size=len(SOCIAL.classes)
).map(lambda values: np.array(values, np.float32) / np.float32(np.sum(values)))


def says(**shares: float) -> Float:
    values = np.array([shares.get(label, 0.0) for label in LABELS], np.float32)
    values[LABELS.index("background")] += 1 - values.sum()
    return values


def score(found: Float, label: str) -> float:
    return float(found[LABELS.index(label)])


def test_who_is_not_sure_to_run_walks() -> None:
    found = HIERARCHY.scores(says(run=0.4, walk=0.3))
    assert score(found, "walk") == pytest.approx(0.7)
    assert score(found, "run") == pytest.approx(0.4)


def test_who_surely_runs_does_not_walk_besides() -> None:
    assert score(HIERARCHY.scores(says(run=0.7, walk=0.2)), "walk") == pytest.approx(0.2)


def test_a_run_that_goes_on_stays_a_run_down_to_its_exit() -> None:
    unsure = says(run=0.4, walk=0.3)
    assert score(HIERARCHY.scores(unsure, ["run"]), "walk") == pytest.approx(0.3)
    lower = says(run=0.2, walk=0.5)
    assert score(HIERARCHY.scores(lower, ["run"]), "walk") == pytest.approx(0.7)


def test_nothing_backs_off_to_the_background() -> None:
    assert score(HIERARCHY.scores(says(wave=0.3)), "background") == pytest.approx(0.7)


def test_who_walks_and_phones_does_both() -> None:
    found = HIERARCHY.scores(says(walk=0.48, phone_call=0.5))
    assert score(found, "walk") > 0.9
    assert score(found, "phone_call") > 0.9


def test_who_is_sure_to_phone_does_not_walk_for_want_of_anything_else() -> None:
    assert score(HIERARCHY.scores(says(walk=0.02, phone_call=0.97)), "walk") == pytest.approx(0.04)


def test_what_excludes_each_other_stays_apart() -> None:
    found = HIERARCHY.scores(says(stand=0.48, walk=0.5))
    assert score(found, "stand") == pytest.approx(0.48)
    carried = HIERARCHY.scores(says(walk=0.48, carry_box=0.5))
    assert score(carried, "walk") == pytest.approx(0.48)


def test_what_two_people_do_is_nobodys_own() -> None:
    assert score(HIERARCHY.scores(says(handshake=0.9)), "handshake") == 0


@settings(deadline=None)
@given(probabilities, st.sets(st.sampled_from(SOCIAL.classes), max_size=3))
def test_scores_stay_scores_and_never_fall_below_the_models_own(
    values: Float, held: set[str]
) -> None:
    hierarchy = Hierarchy(SOCIAL.classes, [RULE] * len(SOCIAL.classes))
    found = hierarchy.scores(values, held)
    assert ((found >= 0) & (found <= 1)).all()
    own = [i for i, label in enumerate(SOCIAL.classes) if label not in ("handshake", "hug", "push")]
    assert (found[own] >= values[own] - 1e-6).all()


@settings(deadline=None)
@given(probabilities)
def test_without_anything_unsure_or_at_once_the_scores_are_the_models(values: Float) -> None:
    labels = ("sit_down", "jump", "squat", "background")
    hierarchy = Hierarchy(labels, [RULE] * 4)
    four = values[:4] / values[:4].sum()
    np.testing.assert_allclose(hierarchy.scores(four), four, rtol=1e-6)
