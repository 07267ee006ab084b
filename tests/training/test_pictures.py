"""Single pictures for training: who and what is posed in them, and what their truth says."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from training.held_props import hold
from training.mocap import PELVIS
from training.picture_cameras import random_view
from training.pictures import Order, main, write_pictures
from training.posed_people import PosePool
from training.posed_worlds import posed_world
from training.scenario.world import PROP_KINDS, World


def worlds(count: int, *, side: str = "train", moments: int = 3) -> list[World]:
    pool = PosePool(side)
    return [posed_world(pool, np.random.default_rng(i), moments=moments) for i in range(count)]


def test_everybody_stands_apart_from_the_others_and_inside_the_room() -> None:
    for world in worlds(20):
        for moment in range(3):
            there = [a.joints[moment, PELVIS, :2] for a in world.actors if a.present[moment]]
            for i, at in enumerate(there):
                assert (at > 0).all()
                assert (at < [world.room.width_m, world.room.depth_m]).all()
                assert all(np.linalg.norm(at - other) > 0.3 for other in there[:i])


def test_every_moment_shows_other_poses_of_the_same_people() -> None:
    world = next(w for w in worlds(20) if len(w.actors) > 1)
    for actor in world.actors:
        first, second = (actor.joints[k] - actor.joints[k, PELVIS] for k in (0, 1))
        assert np.abs(first - second).max() > 0.05


def test_all_kinds_of_things_occur_and_some_are_in_hands() -> None:
    kinds, near_hands = set(), 0
    for world in worlds(30, moments=1):
        for prop in world.props:
            kinds.add(prop.kind)
            hands = [actor.joints[0, [22, 23]] for actor in world.actors]
            near_hands += any(
                (np.linalg.norm(pair - prop.centre[0], axis=1) < 0.25).any() for pair in hands
            )
    assert kinds == set(PROP_KINDS)
    assert near_hands > 20


@pytest.mark.parametrize("kind", PROP_KINDS)
def test_a_held_thing_touches_a_hand_or_the_ear_and_no_bone_grows(kind: str) -> None:
    pool, rng = PosePool("train"), np.random.default_rng(0)
    for _ in range(10):
        before = pool.upright(rng)
        posed, held = hold(before, kind, rng)
        places = posed[[22, 23, 3, 4]]
        middle = posed[[22, 23]].mean(axis=0)
        distances = np.linalg.norm(np.vstack([places, middle]) - held.centre, axis=1)
        assert distances.min() < 0.15
        np.testing.assert_allclose(held.axes.T @ held.axes, np.eye(3), atol=1e-4)
        for a, b in ((5, 7), (7, 9), (6, 8), (8, 10)):
            old, new = (np.linalg.norm(j[a] - j[b]) for j in (before, posed))
            assert new == pytest.approx(old, abs=1e-3)


def test_a_camera_sees_somebody_most_of_the_time() -> None:
    rng = np.random.default_rng(0)
    seen = []
    for world in worlds(20):
        if world.actors:
            camera = random_view(world, (640, 360), rng)
            at, depth = camera.project(np.stack([a.joints[:, PELVIS] for a in world.actors]))
            inside = ((at > 0) & (at < [640, 360])).all(axis=-1) & (depth > 0.2)
            seen.append(inside.any())
    assert np.mean(seen) > 0.9


def test_the_same_seed_gives_the_same_world_and_sides_differ() -> None:
    first, again = worlds(2), worlds(2)
    other = worlds(2, side="validation")
    joints = [np.concatenate([a.joints for a in w[1].actors]) for w in (first, again, other)]
    np.testing.assert_array_equal(joints[0], joints[1])
    assert joints[0].shape != joints[2].shape or (joints[0] != joints[2]).any()


def test_a_written_set_has_boxes_inside_its_pictures(tmp_path: Path) -> None:
    truth = write_pictures(Order(count=4, seed=3, size=(320, 180), moments=2), tmp_path / "set")
    content = json.loads(truth.read_text())
    assert len(content["images"]) == 4
    assert [c["name"] for c in content["categories"]] == ["person", *PROP_KINDS]
    assert content["annotations"]
    for entry in content["annotations"]:
        x, y, width, height = entry["bbox"]
        assert x >= 0
        assert y >= 0
        assert x + width <= 320.1
        assert y + height <= 180.1
        assert 0 < entry["visible"] <= 1
        assert ("keypoints" in entry) == (entry["category_id"] == 1)
    picture = cv2.imread(str(tmp_path / "set" / "pictures" / "000000.jpg"))
    assert picture is not None
    assert picture.shape == (180, 320, 3)


def test_a_folder_that_holds_a_set_is_not_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "truth.json").write_text("{}")
    assert main([str(tmp_path), "--count", "1"]) == 2
    assert "holds a picture set already" in capsys.readouterr().err
