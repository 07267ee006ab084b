"""The life of events, drawn: one character is one step of 100 ms."""

from __future__ import annotations

import numpy as np
import pytest

from recognition.events import EventLogic
from recognition.hysteresis import ActionRule
from recognition.rules import EventConfig
from tests.recognition.event_drawings import (
    LABELS,
    LASTING,
    PLAIN,
    STEP_NS,
    draw,
    feed,
    logic,
    scores,
    walk_events,
)


@pytest.mark.parametrize(
    ("drawing", "messages"),
    [
        ("..####....", "  +   -   "),
        ("..#=#=#...", "  +    -  "),
        ("....==....", "          "),
        ("..*....**.", "  +-   + -"),
        ("..*~~~....", "  +   -   "),  # * and ~ are the thresholds themselves: both still count
    ],
)
def test_an_event_starts_at_enter_and_ends_below_exit(drawing: str, messages: str) -> None:
    assert draw(PLAIN, drawing) == messages


@pytest.mark.parametrize(
    ("drawing", "messages"),
    [
        ("..####....", "     +   -"),
        ("..###.....", "          "),
        ("..##=##...", "          "),
        (".####..##.", "    +     "),
        (".####..=....", "    +      -"),
    ],
)
def test_flicker_shorter_than_min_on_and_gaps_shorter_than_min_off_count_for_nothing(
    drawing: str, messages: str
) -> None:
    assert draw(LASTING, drawing) == messages


def test_onset_is_the_first_step_of_the_run_and_end_the_first_step_below_exit() -> None:
    start, end = walk_events(logic(LASTING), "..####.....")
    assert (start.onset_ns, start.detected_ns, start.pts_ns) == (
        2 * STEP_NS,
        5 * STEP_NS,
        5 * STEP_NS,
    )
    assert (end.onset_ns, end.end_ns, end.pts_ns) == (2 * STEP_NS, 6 * STEP_NS, 9 * STEP_NS)
    assert (start.end_ns, start.end_reason, end.end_reason) == (None, None, "score_low")
    assert (start.rev, end.rev) == (0, 1)


def test_an_event_that_follows_at_once_begins_after_the_one_before() -> None:
    late = PLAIN.model_copy(update={"lag_s": 0.9, "max_duration_s": 0.3})
    _, first_end, second, second_end = walk_events(logic(late), ".########.")[:4]
    assert (first_end.end_ns, second.onset_ns) == (4 * STEP_NS, 4 * STEP_NS + 1)
    assert second_end.end_reason == "max_duration"
    short = PLAIN.model_copy(update={"lag_s": 0.9})
    _, one, two, three = walk_events(logic(short), "#.#.")
    assert (one.end_ns, two.onset_ns, three.end_ns) == (0, 1, 1)


def test_what_lags_behind_is_set_back_but_never_before_the_beginning() -> None:
    late = LASTING.model_copy(update={"lag_s": 0.5})
    start, end = walk_events(logic(late), "......######.......")
    assert (start.pts_ns, start.onset_ns) == (9 * STEP_NS, 1 * STEP_NS)
    assert end.end_ns == 7 * STEP_NS
    (first,) = walk_events(logic(late), "#####")
    assert first.onset_ns == 0
    held = logic(late)
    walk_events(held, "...######")
    (lost,) = held.lost(0, 7, 9 * STEP_NS)
    assert lost.end_ns == 8 * STEP_NS


def test_an_event_carries_scores_thresholds_topk_evidence_and_box() -> None:
    start, end = walk_events(logic(), "*##.")
    assert (start.enter, start.exit) == (0.7, 0.4)
    assert start.score == pytest.approx(0.7)
    assert end.peak == pytest.approx(0.9)
    assert end.mean == pytest.approx((0.7 + 0.9 + 0.9 + 0.1) / 4)
    assert [label for label, _ in start.topk] == ["walk", "background", "wave"]
    assert start.evidence["pose"].weight == 0.6
    assert (start.box, start.frame_size) == ((10, 20, 110, 220), (640, 360))
    assert start.key == (0, 7, "walk")


def test_peak_mean_and_revision_are_of_one_event_alone() -> None:
    *_, second, end = walk_events(logic(), "##..*.")
    assert [second.peak, second.mean] == pytest.approx([0.7, 0.7])
    assert [end.peak, end.mean] == pytest.approx([0.7, 0.4])
    assert (second.rev, end.rev) == (0, 1)


def test_no_event_starts_during_the_cooldown_of_its_action_and_track() -> None:
    rule = PLAIN.model_copy(update={"cooldown_s": 0.4})
    assert draw(rule, "##.##.###.") == "+ -   +  -"
    machine = logic(rule)
    walk_events(machine, "##.")
    other = feed(machine, scores(walk=0.9), 3 * STEP_NS, track_id=8)
    assert [event.phase for event in other] == ["start"]


def test_an_event_that_lasts_too_long_is_ended_and_says_so() -> None:
    rule = PLAIN.model_copy(update={"max_duration_s": 0.3, "cooldown_s": 10.0})
    assert draw(rule, ".#######") == " +  -   "
    assert walk_events(logic(rule), ".#######")[-1].end_reason == "max_duration"


@pytest.mark.parametrize(
    ("drawing", "messages"),
    [
        ("..##......", "  + x     "),
        ("..####....", "  +   -   "),  # it has lasted just long enough to be true
        ("..#=.##...", "  + x+ x  "),
    ],
)
def test_an_event_whose_score_falls_too_soon_is_taken_back(drawing: str, messages: str) -> None:
    rule = PLAIN.model_copy(update={"retract_under_s": 0.4})
    assert draw(rule, drawing) == messages


def test_an_event_that_is_taken_back_has_no_end_and_nothing_continues_it() -> None:
    rule = PLAIN.model_copy(update={"retract_under_s": 0.4})
    start, back, again, _ = walk_events(logic(rule), "##.##.")
    assert (back.phase, back.rev, back.name) == ("retract", 1, start.name)
    assert (back.end_ns, back.end_reason) == (None, None)
    assert (again.phase, again.continues) == ("start", None)
    assert again.onset_ns > start.onset_ns


def test_only_a_score_that_falls_takes_an_event_back() -> None:
    machine = logic(PLAIN.model_copy(update={"retract_under_s": 9.0}))
    walk_events(machine, "..#")
    (end,) = machine.lost(0, 7, 4 * STEP_NS)
    assert (end.phase, end.end_reason) == ("end", "track_lost")


def test_updates_come_at_most_once_per_interval_and_never_unless_asked_for() -> None:
    assert draw(PLAIN, ".########.") == " +       -"
    assert draw(PLAIN, ".########.", update_interval_s=0.3) == " +  u  u -"
    revs = [event.rev for event in walk_events(logic(update_interval_s=0.3), ".########.")]
    assert revs == [0, 1, 2, 3]


def test_smoothing_forgets_by_time_and_not_by_number_of_steps() -> None:
    rule = PLAIN.model_copy(update={"smoothing_s": 1.0})
    onsets = []
    for step_ns in (STEP_NS, STEP_NS // 4):
        machine = logic(rule)
        feed(machine, scores(), 0)
        found = [
            event
            for i in range(1, 4 * 5_000_000_000 // STEP_NS)
            for event in feed(machine, scores(walk=1.0), i * step_ns)
        ]
        onsets.append(found[0].onset_ns)
    # 1 - exp(-t) passes 0.7 after 1.204 s.
    assert onsets == [1_300_000_000, 1_225_000_000]


def test_two_actions_of_a_track_are_open_together_only_while_both_qualify() -> None:
    rule = ActionRule(enter=0.45, exit=0.3, min_on_s=0, min_off_s=0, smoothing_s=0)
    machine = logic(rule)
    assert [e.action for e in feed(machine, scores(walk=0.5, wave=0.5), 1)] == ["walk", "wave"]
    assert machine.open_actions(0, 7) == (("walk", 0.5), ("wave", 0.5))
    handed_over = feed(machine, scores(walk=0.8, wave=0.1), 2)
    assert [(e.action, e.phase) for e in handed_over] == [("wave", "end")]


def test_when_one_action_follows_another_the_end_is_told_first() -> None:
    machine = logic()
    feed(machine, scores(walk=0.9), 1)
    there = feed(machine, scores(wave=0.9), 2)
    back = feed(machine, scores(walk=0.9), 3)
    assert [(e.action, e.phase) for e in there] == [("walk", "end"), ("wave", "start")]
    assert [(e.action, e.phase) for e in back] == [("wave", "end"), ("walk", "start")]


def test_the_background_and_disabled_actions_never_make_an_event() -> None:
    config = EventConfig.model_validate({"default": PLAIN, "actions": {"wave": {"enabled": False}}})
    machine = EventLogic(config, LABELS)
    assert feed(machine, scores(), 1) == []
    assert feed(machine, scores(wave=1.0), 2) == []


def test_a_lost_track_ends_its_events_where_it_was_last_seen_and_is_forgotten() -> None:
    machine = logic()
    walk_events(machine, ".###")
    (end,) = machine.lost(0, 7, 20 * STEP_NS)
    assert (end.phase, end.end_reason) == ("end", "track_lost")
    assert (end.end_ns, end.pts_ns) == (3 * STEP_NS, 20 * STEP_NS)
    assert len(machine) == 0
    assert machine.lost(0, 7, 21 * STEP_NS) == []


def test_an_ended_source_ends_only_its_own_events() -> None:
    machine = logic()
    feed(machine, scores(walk=0.9), 5, source_id=0)
    feed(machine, scores(walk=0.9), 5, source_id=1)
    (end,) = machine.end_source(0, 9)
    assert (end.source_id, end.end_reason) == (0, "stream_ended")
    assert len(machine) == 1
    feed(machine, scores(walk=0.9), 5, source_id=0, track_id=9)
    feed(machine, scores(walk=0.9), 5, source_id=0, track_id=8)
    keys = [(0, 8, "walk"), (0, 9, "walk"), (1, 7, "walk")]
    assert [e.key for e in machine.end_all("shutdown")] == keys


def test_times_that_go_back_and_scores_that_are_none_are_refused() -> None:
    machine = logic()
    feed(machine, scores(), 100)
    with pytest.raises(ValueError, match="got 100 after 100"):
        feed(machine, scores(), 100)
    with pytest.raises(ValueError, match=r"scores must be \(3,\); got \(2,\)"):
        feed(machine, np.zeros(2, np.float32), 200)
    with pytest.raises(ValueError, match=r"within 0\.\.1"):
        feed(machine, np.array([0, np.nan, 1], np.float32), 200)


def test_an_event_soon_after_the_last_one_says_which_it_continues() -> None:
    first, _, second, _, third, _ = walk_events(logic(merge_gap_s=0.3), "##...##....##.")
    assert first.continues is None
    assert second.continues == first.name
    assert third.continues is None


def test_an_event_continues_one_that_lasted_too_long_and_all_its_messages_say_so() -> None:
    rule = PLAIN.model_copy(update={"max_duration_s": 0.3})
    first, _, second, end = walk_events(logic(rule), "#########")[:4]
    assert (second.continues, end.continues) == (first.name, first.name)
    assert (first.end_reason, end.end_reason) == (None, "max_duration")


def test_a_track_that_is_lost_and_found_again_continues_what_it_did() -> None:
    machine = logic()
    (first,) = walk_events(machine, "###")
    machine.lost(0, 7, 25 * STEP_NS)
    (again,) = feed(machine, scores(walk=0.9), 40 * STEP_NS)
    (other,) = feed(machine, scores(walk=0.9), 40 * STEP_NS, track_id=8)
    assert (again.continues, other.continues) == (first.name, None)


def test_an_event_says_what_it_continues_long_after_that_was() -> None:
    machine = logic()
    first, _, second = walk_events(machine, "#.#")
    for step in (1000, 1002):  # somebody else, long after
        feed(machine, scores(walk=0.9), step * STEP_NS, track_id=8)
        feed(machine, scores(walk=0.1), (step + 1) * STEP_NS, track_id=8)
    (end,) = machine.lost(0, 7, 2000 * STEP_NS)
    assert second.continues == end.continues == first.name


def test_nothing_is_continued_past_the_end_of_a_source() -> None:
    machine = logic()
    walk_events(machine, "###")
    machine.end_source(0, 3 * STEP_NS, "camera_offline")
    (again,) = feed(machine, scores(walk=0.9), 4 * STEP_NS)
    assert again.continues is None
