"""By which rules actions are judged: as configured, before one camera, and changed at run time."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from recognition.events import EventLogic
from recognition.hysteresis import ActionRule
from recognition.rules import EventConfig
from tests.recognition.event_drawings import LABELS, PLAIN, STEP_NS, feed, logic, scores


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


def test_where_an_action_is_switched_off_everywhere_its_events_end_in_order() -> None:
    machine = logic()
    for source_id, track_id in ((1, 7), (0, 9), (0, 8)):
        feed(machine, scores(walk=0.9), 0, source_id, track_id)
    ends = machine.change_rule("walk", ActionRule(enabled=False))
    assert [event.key for event in ends] == [(0, 8, "walk"), (0, 9, "walk"), (1, 7, "walk")]
