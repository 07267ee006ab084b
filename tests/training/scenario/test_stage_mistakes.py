"""What a script that cannot be played is told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.training.scenario.stages import acted, actor
from training.scenario.script import ScenarioError

CUP = {"name": "mug", "kind": "cup"}


def told(*actors: Any, **more: Any) -> tuple[tuple[Any, ...], str]:
    with pytest.raises(ScenarioError) as caught:
        acted(*actors, **more)
    place, text = caught.value.problems[0]
    return tuple(place), text


def test_an_action_that_begins_in_another_one() -> None:
    place, text = told(
        actor("ann", (4, 4), {"at_s": 1, "action": "walk", "to_m": [8, 7]},
              {"at_s": 2, "action": "wave"}),
    )  # fmt: skip
    assert place == ("actors", 0, "does", 1, "at_s")
    assert "'ann' still does walk until" in text
    assert "or later" in text


def test_a_walk_too_far_for_its_time() -> None:
    does = {"at_s": 1, "action": "walk", "to_m": [8, 7], "for_s": 1.5}
    place, text = told(actor("ann", (1, 1), does))
    assert place[-1] == "for_s"
    assert "too far to walk" in text


def test_a_partner_too_far_away() -> None:
    place, text = told(
        actor("ann", (1, 1), {"at_s": 0.5, "action": "handshake", "with": "ben"}),
        actor("ben", (8, 7)),
    )
    assert place[:4] == ("actors", 0, "does", 0)
    assert "cannot get to 'ben' in time" in text


def test_sitting_down_without_a_chair() -> None:
    place, text = told(actor("ann", (4, 4), {"at_s": 2, "action": "sit_down"}))
    assert place[-1] == "action"
    assert "add a chair to furniture" in text


def test_standing_up_from_the_floor_or_from_standing() -> None:
    lies = {"at_s": 1, "action": "lie_down", "for_s": 3}
    _, text = told(actor("ann", (4, 4), lies, {"at_s": 9, "action": "stand_up"}), duration_s=14)
    assert "lies on the floor" in text
    assert "leave it out" in text
    _, text = told(actor("ann", (4, 4), {"at_s": 1, "action": "stand_up"}))
    assert "stands already" in text


def test_a_thing_that_somebody_else_holds() -> None:
    place, text = told(
        actor("ann", (3, 4), {"at_s": 1, "action": "drink", "prop": "mug", "for_s": 2.5}),
        actor("ben", (6, 4), {"at_s": 8, "action": "drink", "prop": "mug", "for_s": 2.5}),
        props=[CUP], duration_s=14,
    )  # fmt: skip
    assert place == ("actors", 1, "does", 0, "prop")
    assert "'ann' holds 'mug'" in text


def test_an_action_that_the_scene_is_too_short_for() -> None:
    place, text = told(actor("ann", (1, 1), {"at_s": 6, "action": "walk", "to_m": [8, 7]}))
    assert place[-1] == "at_s"
    assert "the scene ends at 8 s" in text


def test_somebody_seated_without_a_chair() -> None:
    place, text = told(actor("ann", (4, 4), start={"seated": True}))
    assert place == ("actors", 0, "start", "seated")
    assert "no chair within" in text


def test_a_partner_who_is_not_there_yet() -> None:
    _, text = told(
        actor("ann", (3, 4), {"at_s": 1, "action": "hug", "with": "ben"}),
        actor("ben", (5, 4), enters_at_s=5),
    )
    assert "'ben' is not there at 1 s" in text
