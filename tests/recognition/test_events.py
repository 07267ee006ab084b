"""Events over time, drawn: one character is one step of 100 ms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from recognition.events import ActionEvent, EventLogic, Evidence
from recognition.frames import Float
from recognition.hysteresis import ActionRule
from recognition.rules import EventConfig

STEP_NS = 100_000_000
LABELS = ("background", "walk", "wave")
SCORE = {".": 0.1, "=": 0.5, "#": 0.9, "*": 0.7}
MARK = {"start": "+", "update": "u", "end": "-"}

PLAIN = ActionRule(enter=0.7, exit=0.4, min_on_s=0, min_off_s=0, smoothing_s=0)
LASTING = ActionRule(enter=0.7, exit=0.4, min_on_s=0.3, min_off_s=0.3, smoothing_s=0)


def logic(rule: ActionRule = PLAIN, **settings: float) -> EventLogic:
    if "lag_s" not in rule.model_fields_set:  # the taxonomy's would hide what is drawn
        rule = rule.model_copy(update={"lag_s": 0.0})
    return EventLogic(EventConfig.model_validate({"default": rule, **settings}), LABELS)


def scores(walk: float = 0.0, wave: float = 0.0) -> Float:
    return np.array([max(0.0, 1 - walk - wave), walk, wave], dtype=np.float32)


def feed(
    machine: EventLogic, values: Float, pts_ns: int, source_id: int = 0, track_id: int = 7
) -> list[ActionEvent]:
    return machine.step(
        source_id=source_id,
        track_id=track_id,
        pts_ns=pts_ns,
        scores=values,
        evidence={"pose": Evidence(present=True, quality=0.8, weight=0.6)},
        box=np.array([10, 20, 110, 220], dtype=np.float32),
        frame_size=(640, 360),
    )


def walk_events(machine: EventLogic, drawing: str, track_id: int = 7) -> list[ActionEvent]:
    return [
        event
        for i, mark in enumerate(drawing)
        for event in feed(machine, scores(walk=SCORE[mark]), i * STEP_NS, track_id=track_id)
    ]


def draw(rule: ActionRule, drawing: str, **settings: float) -> str:
    marks = [" "] * len(drawing)
    for event in walk_events(logic(rule, **settings), drawing):
        marks[event.pts_ns // STEP_NS] = MARK[event.phase]
    return "".join(marks)


@pytest.mark.parametrize(
    ("drawing", "messages"),
    [
        ("..####....", "  +   -   "),
        ("..#=#=#...", "  +    -  "),
        ("....==....", "          "),
        ("..*....**.", "  +-   + -"),
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
    found = feed(machine, scores(wave=0.9), 2)
    assert [(e.action, e.phase) for e in found] == [("walk", "end"), ("wave", "start")]


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
    assert [e.key for e in machine.end_all("shutdown")] == [(1, 7, "walk")]


def test_times_that_go_back_and_scores_that_are_none_are_refused() -> None:
    machine = logic()
    feed(machine, scores(), 100)
    with pytest.raises(ValueError, match="got 100 after 100"):
        feed(machine, scores(), 100)
    with pytest.raises(ValueError, match=r"scores must be \(3,\); got \(2,\)"):
        feed(machine, np.zeros(2, np.float32), 200)
    with pytest.raises(ValueError, match=r"within 0\.\.1"):
        feed(machine, np.array([0, np.nan, 1], np.float32), 200)


def test_an_actions_rule_names_only_what_differs_from_the_default() -> None:
    default = {"enter": 0.9, "exit": 0.8}
    plain = EventConfig.model_validate({"default": default})
    config = EventConfig.model_validate(
        {"default": default, "actions": {"wave": {"cooldown_s": 5}}}
    )
    assert config.rule("wave").model_dump() == {
        **plain.rule("wave").model_dump(),
        "cooldown_s": 5,
    }
    assert config.rule("walk") == plain.rule("walk")
    assert EventConfig.model_validate(config.model_dump()) == config


@pytest.mark.parametrize(
    ("section", "complaint"),
    [
        ({"default": {"enter": 0.2}}, "exit must be <= enter"),
        ({"actions": {"wave": {"exit": 0.8}}}, "exit must be <= enter"),
        ({"actions": {"wave": {"entre": 0.8}}}, "entre"),
        ({"default": {"min_on_s": -1}}, "min_on_s"),
        ({"update_every": 1}, "update_every"),
    ],
)
def test_a_wrong_events_section_is_refused(section: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        EventConfig.model_validate(section)


def test_an_action_that_the_model_does_not_know_is_refused_with_a_suggestion() -> None:
    config = EventConfig.model_validate({"actions": {"wavve": {"enter": 0.8}}})
    with pytest.raises(ValueError, match="no action 'wavve'; did you mean 'wave'"):
        EventLogic(config, LABELS)


RULES = st.builds(
    lambda enter, gap, on, off, tau, cooldown: ActionRule(
        enter=enter,
        exit=enter - gap,
        min_on_s=on,
        min_off_s=off,
        smoothing_s=tau,
        cooldown_s=cooldown,
    ),
    st.floats(0.3, 0.9),
    st.floats(0, 0.3),
    st.sampled_from([0.0, 0.2, 0.5]),
    st.sampled_from([0.0, 0.2, 0.5]),
    st.sampled_from([0.0, 0.15]),
    st.sampled_from([0.0, 0.4]),
)
STEPS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 1), st.floats(0, 1), st.floats(0, 1)), max_size=60
)
Step = tuple[int, int, float, float]


def play(rule: ActionRule, steps: Sequence[Step]) -> list[ActionEvent]:
    """Each step: source, track, two scores; every source has its own clock."""
    machine = logic(rule)
    clocks = dict.fromkeys(range(3), 0)
    events = []
    for source_id, track_id, walk, wave in steps:
        clocks[source_id] += STEP_NS
        values = np.array([0, walk, wave], np.float32)
        events += feed(machine, values, clocks[source_id], source_id, track_id)
    return events + machine.end_all()


@given(RULES, STEPS)
def test_starts_and_ends_alternate_and_nothing_stays_open(
    rule: ActionRule, steps: list[Step]
) -> None:
    phases: dict[tuple[int, int, str], list[str]] = {}
    for event in play(rule, steps):
        phases.setdefault(event.key, []).append(event.phase)
        assert event.onset_ns <= event.detected_ns <= event.pts_ns
        if event.phase == "end":
            assert event.end_ns is not None
            assert event.onset_ns <= event.end_ns <= event.pts_ns
    assert all(seen == ["start", "end"] * (len(seen) // 2) for seen in phases.values())


@given(RULES, STEPS)
def test_how_sources_interleave_never_changes_a_sources_events(
    rule: ActionRule, steps: list[Step]
) -> None:
    together = play(rule, steps)
    for source_id in range(3):
        alone = play(rule, [step for step in steps if step[0] == source_id])
        assert alone == [event for event in together if event.source_id == source_id]


@given(RULES, STEPS)
def test_a_replay_gives_the_same_events(rule: ActionRule, steps: list[Step]) -> None:
    assert play(rule, steps) == play(rule, steps)


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 5)), max_size=12))
def test_bursts_shorter_than_min_on_never_make_an_event(bursts: list[tuple[int, int]]) -> None:
    drawing = "".join("#" * on + "." * off for on, off in bursts)
    assert walk_events(logic(LASTING), drawing) == []


def test_a_camera_may_have_rules_of_its_own() -> None:
    config = EventConfig.model_validate(
        {"default": PLAIN, "cameras": {"dock": {"walk": {"enter": 0.95}}}}
    )
    machine = EventLogic(config, LABELS, cameras={0: "lobby", 1: "dock"})
    starts = [feed(machine, scores(walk=0.9), 0, source_id=source) for source in (0, 1)]
    assert [len(events) for events in starts] == [1, 0]
    rules = [machine.rule_of("walk", source_id) for source_id in (0, 1)]
    assert [(rule.enter, rule.exit) for rule in rules] == [(0.7, 0.4), (0.95, 0.4)]


@pytest.mark.parametrize("place", ["actions", "cameras"])
def test_a_rule_for_an_action_that_the_model_does_not_know_is_refused(place: str) -> None:
    rules = {"wlak": {"enter": 0.9}}
    config = EventConfig.model_validate({place: {"dock": rules} if place == "cameras" else rules})
    with pytest.raises(ValueError, match=rf"events\.{place}.* no action 'wlak'; did you mean"):
        EventLogic(config, LABELS)


def test_a_rule_that_changes_counts_from_the_next_step_before_its_camera_alone() -> None:
    machine = logic()
    machine.change_rule("walk", ActionRule.model_construct({"enter"}, enter=0.95), source_id=1)
    assert feed(machine, scores(walk=0.9), 0, source_id=1) == []
    (start,) = feed(machine, scores(walk=0.9), 0, source_id=0)
    machine.change_rule("walk", None)
    (late,) = feed(machine, scores(walk=0.9), STEP_NS, source_id=1)
    assert (start.source_id, late.source_id, late.enter) == (0, 1, 0.7)


def test_an_open_event_goes_on_by_the_new_rule() -> None:
    machine = logic()
    feed(machine, scores(walk=0.9), 0)
    assert machine.change_rule("walk", ActionRule(exit=0.1, enter=0.7)) == []
    assert feed(machine, scores(walk=0.3), STEP_NS) == []
    (end,) = [event for n in (2, 3) for event in feed(machine, scores(), n * STEP_NS)][:1]
    assert (end.phase, end.exit) == ("end", 0.1)


def test_an_action_that_is_switched_off_ends_and_begins_no_more_until_it_is_on_again() -> None:
    machine = logic()
    feed(machine, scores(walk=0.9), 0)
    (end,) = machine.change_rule("walk", ActionRule(enabled=False))
    assert (end.phase, end.end_reason, end.pts_ns) == ("end", "config_change", 0)
    assert feed(machine, scores(walk=0.9), STEP_NS) == []
    machine.change_rule("walk", None)
    assert [event.phase for event in feed(machine, scores(walk=0.9), 2 * STEP_NS)] == ["start"]
