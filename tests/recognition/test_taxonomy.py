"""The taxonomy: five levels, one list of classes, and a coarser class for each."""

from __future__ import annotations

from pathlib import Path

import pytest

from recognition.hysteresis import ActionRule
from recognition.rules import EventConfig
from recognition.taxonomy import SHIPPED, Taxonomy, load_taxonomy

TAXONOMY = load_taxonomy()


def test_the_fusion_classes_are_the_single_person_levels_in_order() -> None:
    assert TAXONOMY.fusion_classes == (
        "wave", "point", "clap", "raise_hands",
        "stand", "walk", "run", "sit_down", "stand_up", "jump", "fall", "pick_up", "punch", "kick",
        "squat", "lie_down",
        "drink", "phone_call", "read", "hammer", "carry_box", "throw_ball",
        "background",
    )  # fmt: skip


def test_pairs_and_groups_are_levels_of_the_same_taxonomy() -> None:
    assert [a.name for a in TAXONOMY.of_level("human_human")] == ["handshake", "hug", "push"]
    assert {a.scope for a in TAXONOMY.of_level("human_human")} == {"pair"}
    assert {a.scope for a in TAXONOMY.of_level("group")} == {"group"}


def test_every_action_backs_off_to_the_background() -> None:
    assert TAXONOMY.action("run").parent == "walk"
    assert TAXONOMY.action("background").parent is None


def test_what_an_action_needs_is_typed() -> None:
    drink = TAXONOMY.action("drink")
    assert drink.objects == ("cup", "bottle")
    assert TAXONOMY.action("fall").severity == "alarm"


def test_an_action_that_says_no_threshold_has_the_usual_ones_and_others_have_their_own() -> None:
    push, phone_call = TAXONOMY.action("push"), TAXONOMY.action("phone_call")
    assert push.rule == ActionRule(lag_s=push.lag_s)
    assert (phone_call.rule.enter, phone_call.rule.exit) == (phone_call.enter, phone_call.exit)
    assert phone_call.enter != push.enter


def test_an_unknown_action_comes_with_the_nearest_name() -> None:
    with pytest.raises(ValueError, match="unknown action 'handshke'; did you mean 'handshake'"):
        TAXONOMY.action("handshke")


def test_parents_that_go_round_are_refused(tmp_path: Path) -> None:
    text = SHIPPED.read_text().replace("parent: lie_down", "parent: run")
    text = text.replace("parent: walk\n    severity", "parent: fall\n    severity")
    (tmp_path / "round.yaml").write_text(text)
    with pytest.raises(ValueError, match="parents of run go round"):
        load_taxonomy(tmp_path / "round.yaml")


def test_the_taxonomy_is_frozen_and_strict() -> None:
    with pytest.raises(ValueError, match="extra"):
        Taxonomy.model_validate({"levels": {}, "actions": {}, "colour": 1})


def test_a_site_says_what_differs_from_the_taxonomy() -> None:
    shipped = TAXONOMY.action("gathering").rule
    assert EventConfig().rule("gathering") == shipped
    site = EventConfig.model_validate({"default": {"min_off_s": 3}, "actions": {"fall": {}}})
    assert site.rule("gathering") == shipped.model_copy(update={"min_off_s": 3.0})
    assert site.rule("fall").min_off_s == 3
    assert site.rule("no_such_action") == site.default


def test_a_shipped_threshold_gives_way_to_a_sites() -> None:
    shipped = ActionRule(enter=0.7, exit=0.55)
    low = ActionRule(enter=0.5).over(shipped)
    assert (low.enter, low.exit) == (0.5, 0.5)
    high = ActionRule(exit=0.45).over(ActionRule(enter=0.4, exit=0.2))
    assert (high.enter, high.exit) == (0.45, 0.45)
    assert ActionRule().over(shipped) == shipped
