"""What two or more people do together."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from tests.training.scenario.stages import acted, actor, everything, truth_of
from training.motion import heading


def test_hands_meet_in_a_handshake() -> None:
    shaken = truth_of(everything(), "handshake")
    assert shaken.actors == ("ann", "ben")
    middle = round((shaken.onset_s + shaken.end_s) / 2 * 30)
    ann, ben = (person.joints[middle] for person in everything().actors)
    assert np.linalg.norm(ann[23] - ben[23]) < 0.12
    assert 0.6 < np.linalg.norm(ann[17, :2] - ben[17, :2]) < 1.2


def test_who_is_pushed_goes_back() -> None:
    pushed = truth_of(everything(), "push")
    start, end = round(pushed.onset_s * 30), round(pushed.end_s * 30)
    ann, ben = (person.joints for person in everything().actors)
    away = ann[start, 17, :2] - ben[start, 17, :2]
    moved = ben[end - 1, 17, :2] - ben[start, 17, :2]
    assert np.dot(moved, away) / np.linalg.norm(away) < -0.35
    hands = ann[start:end, (22, 23)].mean(axis=1)
    assert np.linalg.norm(hands - ben[start:end, 19], axis=1).min() < 0.35


def test_arms_go_round_each_other_in_a_hug() -> None:
    hug = {"at_s": 4, "action": "hug", "with": "ben"}
    world = acted(actor("ann", (2, 4), hug), actor("ben", (4.5, 4), facing_deg=180))
    held = truth_of(world, "hug")
    ann, ben = (p.joints[round((held.onset_s + held.end_s) / 2 * 30)] for p in world.actors)
    assert np.linalg.norm(ann[17, :2] - ben[17, :2]) < 0.5
    for one, other in ((ann, ben), (ben, ann)):
        back = other[19, :2] - one[19, :2]
        assert all(np.dot(one[hand, :2] - other[19, :2], back) > 0 for hand in (22, 23))


def test_a_gathering_is_a_circle_of_people_who_face_its_middle() -> None:
    meet = {"at_s": 6, "action": "gathering", "with": ["ben", "cleo"], "for_s": 4}
    world = acted(
        actor("ann", (3, 3), meet), actor("ben", (6, 3)), actor("cleo", (4, 6)), duration_s=12
    )
    held = truth_of(world, "gathering")
    assert held.actors == ("ann", "ben", "cleo")
    assert held.level == "group"
    frame = round((held.onset_s + held.end_s) / 2 * 30)
    bodies = [person.joints[frame] for person in world.actors]
    middle = np.mean([body[17, :2] for body in bodies], axis=0)
    for body in bodies:
        way = middle - body[17, :2]
        off = heading(body[None])[0] - np.arctan2(way[1], way[0])
        assert abs(np.degrees((off + np.pi) % (2 * np.pi) - np.pi)) < 40
        assert 0.4 < np.linalg.norm(way) < 1.3
    assert any(cue.kind == "speech" for cue in world.sounds)


def test_people_who_walk_together_go_side_by_side_at_one_pace() -> None:
    together = {"at_s": 5, "action": "walking_together", "with": "ben", "to_m": [7, 5]}
    world = acted(
        actor("ann", (2, 3), together), actor("ben", (2, 4)), actor("cleo", (1, 7)), duration_s=12
    )
    went = truth_of(world, "walking_together")
    frames = slice(round(went.onset_s * 30) + 20, round(went.end_s * 30) - 20)
    ways = [person.joints[frames, 17, :2] for person in world.actors[:2]]
    apart = np.linalg.norm(ways[0] - ways[1], axis=1)
    assert apart.min() > 0.4
    assert apart.max() < 1.1
    assert {"ann", "ben"} <= {
        n for item in world.truth if item.action == "walk" for n in item.actors
    }


@pytest.mark.parametrize("action", ["handshake", "hug", "push"])
def test_partners_never_stand_in_each_other(action: str) -> None:
    does = {"at_s": 4, "action": action, "with": "ben"}
    world = acted(actor("ann", (2, 4), does), actor("ben", (5, 5)))
    for one, other in combinations(world.actors, 2):
        assert np.linalg.norm(one.joints[:, 17] - other.joints[:, 17], axis=1).min() > 0.25
