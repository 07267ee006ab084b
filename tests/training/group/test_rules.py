"""The rules of groups' events are those with which the most of them are right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recognition.frames import Float
from recognition.group_clock import Tick
from recognition.groups import clusters
from recognition.hysteresis import ActionRule
from recognition.scoring import Span, Tally
from tests.recognition.group_people import RATE_HZ, look
from training.group.replay import Replay
from training.group.rules import choose_rules, table, tally
from training.group.scenes import CLASSES, GROUPS

OWNERS = {1: "ann", 2: "bob", 3: "cy", 4: "dan"}
RULE = ActionRule(enter=0.5, exit=0.3, min_on_s=0, min_off_s=1, smoothing_s=0, lag_s=0)
GATHERING = GROUPS.index("gathering")


def answer(score: float) -> tuple[Float, Float]:
    """A head that gives a gathering of all but the fourth this score."""
    scores = np.zeros((1, len(CLASSES)), np.float32)
    scores[0, GATHERING], scores[0, -1] = score, 1 - score
    return scores, (np.arange(16) < 3).astype(np.float32)[None]


def replay(scores: Sequence[float], *gathered_s: tuple[float, float]) -> Replay:
    """Four people near each other, a score for each second."""
    ticks = [
        Tick(
            0, at_s * 10**9,
            clusters(
                [look(n, 100 * n, at_s=at_s) for n in OWNERS], at_s * 10**9, rate_hz=RATE_HZ
            ),
        )
        for at_s in range(1, len(scores) + 1)
    ]  # fmt: skip
    truth = [
        Span(action="gathering", person=name, onset_s=onset_s, end_s=end_s)
        for onset_s, end_s in gathered_s
        for name in ("ann", "bob", "cy")
    ]
    return Replay(tuple(ticks), OWNERS, tuple(truth), tuple(answer(score) for score in scores))


def test_a_span_for_each_who_takes_part_and_none_for_who_stands_by() -> None:
    spans = replay([0.1, 0.9, 0.9, 0.9, 0.1, 0.1, 0.1]).spans(CLASSES, {"gathering": RULE})
    assert [(one.person, one.onset_s, one.end_s) for one in spans] == [
        ("ann", 2, 5), ("bob", 2, 5), ("cy", 2, 5)
    ]  # fmt: skip


def test_what_is_open_at_the_end_is_told() -> None:
    spans = replay([0.1, 0.9, 0.9]).spans(CLASSES, {"gathering": RULE})
    assert {one.end_s for one in spans} == {3}


def test_a_head_is_asked_once_for_each_second_with_anybody() -> None:
    asked: list[int] = []

    def judge(members: Float, _mask: Float) -> tuple[Float, Float]:
        asked.append(len(members))
        return answer(0.9)

    judged = replay([0.0] * 4).judged(judge)
    assert asked == [1] * 4
    assert len(judged.spans(CLASSES, {"gathering": RULE})) == 3


def test_a_scene_counts_as_often_as_its_weight_says() -> None:
    one = replay([0.1, 0.9, 0.9, 0.1, 0.1], (2, 4))
    assert tally([one], "gathering", RULE) == Tally(3, 3, 3)
    heavy = Replay(one.ticks, one.owners, one.truth, one.answers, weight=3)
    assert tally([heavy, one], "gathering", RULE) == Tally(12, 12, 12)


def test_the_thresholds_part_what_is_true_from_what_only_looks_like_it() -> None:
    true = replay([0.1, 0.75, 0.75, 0.75, 0.75, 0.1, 0.1, 0.1], (1, 5))
    false = replay([0.1, 0.55, 0.55, 0.55, 0.55, 0.1, 0.1, 0.1])
    rules, tallies = choose_rules([true, false, false])
    assert tallies["gathering"] == Tally(3, 3, 3)
    assert 0.55 * 0.6 < rules["gathering"].enter <= 0.75
    line = next(table(rules, tallies))
    assert line.startswith("gathering: {enter: 0.")
    assert line.endswith("# F1 1.00: 3 right of 3 told, 3 true")
