"""How recognised events are compared with the truth."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognition.scoring import Score, Span, Tally, add_up, bootstrap_f1, merged, score

LETTERS = {"w": "walk", "c": "clap", "f": "fall"}


def drawn(line: str, person: str | None = "anna") -> list[Span]:
    """Each run of a letter is one span; one column is half a second; a capital does not count."""
    spans = []
    column = 0
    while column < len(line):
        letter = line[column]
        end = column
        while end < len(line) and line[end] == letter:
            end += 1
        if letter.lower() in LETTERS:
            action, counts = LETTERS[letter.lower()], letter.islower()
            spans.append(
                Span(action=action, person=person, onset_s=column / 2, end_s=end / 2, counts=counts)
            )
        column = end
    return spans


def judged(true: str, found: str, found_person: str | None = "anna") -> Score:
    return score(drawn(true), drawn(found, found_person), labels=LETTERS.values())


@pytest.mark.parametrize(
    ("true", "found", "tally"),
    [
        ("..wwww....", "..wwww....", Tally(1, 1, 1)),
        ("..wwww....", "....wwww..", Tally(1, 1, 1)),  # IoU 2/6
        ("..wwww....", ".....wwww.", Tally(1, 1, 0)),  # IoU 1/7: one missed, one false
        ("..wwww....", "..cccc....", Tally(1, 1, 0)),  # another action
        ("..wwww....", "..........", Tally(1, 0, 0)),
        ("..........", "..wwww....", Tally(0, 1, 0)),
        ("wwwwwwww..", "www.wwww..", Tally(1, 1, 1)),  # a short gap is none
        ("wwwwwwwwww", "www..wwwww", Tally(1, 2, 1)),  # a longer one makes a false event
        ("cc.cc.....", "ccccc.....", Tally(1, 1, 1)),  # repeats near each other are one
        ("cc..cc....", "cccccc....", Tally(2, 1, 1)),  # told as one: the other is missed
        ("cccc..cccc", "cccc..cccc", Tally(2, 2, 2)),
        ("..WWWW....", "..wwww....", Tally(0, 0, 0)),  # hardly seen: no merit, no fault
        ("..WWWW....", "..........", Tally(0, 0, 0)),
        ("..WWWW....", "..cccc....", Tally(0, 1, 0)),
        ("wwwwwffff.", "wwwwwwwfff", Tally(2, 2, 2)),
    ],
)
def test_events_are_paired_with_the_truth(true: str, found: str, tally: Tally) -> None:
    assert judged(true, found).total == tally


def test_another_person_doing_the_same_is_a_miss_and_a_false_alarm() -> None:
    assert judged("..wwww..", "..wwww..", "boris").total == Tally(1, 1, 0)


def test_an_event_of_nobody_in_the_truth_is_a_false_alarm() -> None:
    result = judged("..wwww..", "..wwww..", None)
    assert len(result.false) == len(result.missed) == 1


def test_events_of_unknown_people_are_never_merged() -> None:
    assert len(merged(drawn("ww.ww", None), 1.0)) == 2


def test_only_the_asked_labels_count() -> None:
    result = score(drawn("wwwwcccc"), drawn("wwww...."), labels={"walk"})
    assert result.by_action == {"walk": Tally(1, 1, 1)}


def test_one_event_is_never_right_twice() -> None:
    true = [Span(action="clap", person=1, onset_s=0, end_s=10)]
    true += [Span(action="clap", person=1, onset_s=11.5, end_s=16)]
    both = Span(action="clap", person=1, onset_s=4, end_s=16)
    assert all(both.iou(span) >= 0.3 for span in true)
    assert score(true, [both], labels={"clap"}).total == Tally(2, 1, 1)


def test_a_pair_that_counts_goes_before_one_that_does_not() -> None:
    seen = Span(action="clap", person=1, onset_s=0, end_s=4)
    hidden = Span(action="clap", person=1, onset_s=5.5, end_s=9.5, counts=False)
    told = Span(action="clap", person=1, onset_s=2, end_s=9)
    assert hidden.iou(told) > seen.iou(told) >= 0.2
    assert score([seen, hidden], [told], labels={"clap"}, min_iou=0.2).total == Tally(1, 1, 1)


def test_counts_give_the_known_measures() -> None:
    tally = Tally(true=8, found=6, right=5)
    assert tally.precision == pytest.approx(5 / 6)
    assert tally.recall == pytest.approx(5 / 8)
    assert tally.f1 == pytest.approx(10 / 14)
    assert Tally().f1 == 1
    assert add_up([{"walk": Tally(1, 1, 1)}, {"walk": Tally(1, 0, 0)}]) == {"walk": Tally(2, 1, 1)}


def test_the_interval_holds_the_measured_value_and_shrinks_with_scenes() -> None:
    few = [Tally(10, 10, 9), Tally(10, 9, 5), Tally(12, 10, 10)]
    low, high = bootstrap_f1(few)
    assert low <= sum(few, Tally()).f1 <= high
    narrow = bootstrap_f1(few * 10)
    assert narrow[1] - narrow[0] < high - low
    assert bootstrap_f1(few) == (low, high)
    with pytest.raises(ValueError, match="at least one scene"):
        bootstrap_f1([])


spans = st.lists(
    st.builds(
        lambda action, person, onset, length: Span(
            action=action, person=person, onset_s=onset, end_s=onset + length
        ),
        st.sampled_from(sorted(LETTERS.values())),
        st.sampled_from([1, 2]),
        st.floats(0, 30),
        st.floats(0.1, 8),
    ),
    max_size=12,
)


@given(spans)
def test_the_truth_scores_perfectly_against_itself(true: list[Span]) -> None:
    result = score(true, true, labels=LETTERS.values())
    assert result.total.f1 == 1
    assert not result.false
    assert not result.missed


@given(spans, spans)
def test_every_merged_event_is_counted_once(true: list[Span], found: list[Span]) -> None:
    result = score(true, found, labels=LETTERS.values())
    total = result.total
    assert total.true == len(merged(true, 1.0)) == len(result.pairs) + len(result.missed)
    assert total.found == len(merged(found, 1.0)) == len(result.pairs) + len(result.false)
    for told, happened in result.pairs:
        assert (told.action, told.person) == (happened.action, happened.person)
        assert told.iou(happened) >= 0.3


@given(spans, spans)
def test_the_order_of_events_does_not_matter(true: list[Span], found: list[Span]) -> None:
    forth = score(true, found, labels=LETTERS.values()).by_action
    back = score(true[::-1], found[::-1], labels=LETTERS.values()).by_action
    assert forth == back


@given(spans)
def test_merging_twice_changes_nothing(true: list[Span]) -> None:
    once = merged(true, 1.0)
    assert merged(once, 1.0) == once
