"""Acted worlds become windows as a camera, a detector and a microphone would report them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recognition.fusion_input import MODALITIES, input_shapes
from recognition.objects import CLASSES as THINGS
from recognition.objects import GEOMETRY
from recognition.windows import WindowConfig
from tests.training.worlds import drinker
from training.cameras import Camera, look_at
from training.dataset import Dataset, Filming
from training.labels import CLASSES
from training.object_noise import Shown, detections
from training.occlusion import body_screen, furniture_screen, hide
from training.pose_noise import observe
from training.scenario.world import ActionTruth
from training.scenario_windows import actor_segments, film_world, watch_world, world_sound

FILMING = Filming(side="train", passes=1, seed=0, objects=1.0)
LEVEL = Camera(
    position=np.array([3, -2, 1.4], np.float32),
    axes=look_at(np.array([3, -2, 1.4]), np.array([3, 3, 1.0]), 0.0),
    focal_px=(900, 900),
    size=(1280, 720),
)


def filmed(count: int = 6) -> list[Dataset]:
    world = drinker()
    parts = [
        film_world(world, None, FILMING, np.random.default_rng(seed), subject="toy")
        for seed in range(count)
    ]
    return [part for part in parts if part is not None]


def test_windows_of_a_world_have_the_shapes_and_classes_of_what_is_done() -> None:
    parts = filmed()
    assert parts
    for part in parts:
        for name, shape in input_shapes(WindowConfig().steps).items():
            assert part.inputs[name].shape == (len(part), *shape[1:])
            assert np.isfinite(part.inputs[name]).all()
    labels = {CLASSES[label] for part in parts for label in part.labels}
    assert labels == {"background", "drink"}


def test_the_cup_in_the_hand_is_in_the_windows() -> None:
    cup = GEOMETRY + THINGS.index("cup")
    near = [part.inputs["obj"][..., 9][part.inputs["obj"][..., cup] > 0.3] for part in filmed(8)]
    assert np.concatenate(near).size > 100
    assert np.median(np.concatenate(near)) > 0.5


def test_the_same_seed_films_the_same() -> None:
    one, other = (
        film_world(drinker(), None, FILMING, np.random.default_rng(4), subject="toy")
        for _ in range(2)
    )
    assert one is not None
    assert other is not None
    for name in one.inputs:
        np.testing.assert_array_equal(one.inputs[name], other.inputs[name])


def test_a_microphone_in_the_room_hears_the_world() -> None:
    sound = world_sound(drinker(), np.random.default_rng(0))
    assert len(sound) == pytest.approx(8 * 16_000, rel=0.02)
    part = film_world(drinker(), sound, FILMING, np.random.default_rng(1), subject="toy")
    assert part is not None
    assert part.inputs["mod"][-1, MODALITIES.index("audio")] == 1


def test_what_is_done_with_others_or_not_written_down_is_background() -> None:
    world = drinker()
    shake = ActionTruth(
        action="handshake", level="human_human", actors=("ann", "bob"), onset_s=0.2, end_s=1.5
    )
    group = ActionTruth(
        action="gathering", level="group", actors=("ann", "bob"), onset_s=1.5, end_s=3.0
    )
    segments = actor_segments(replace(world, truth=(*world.truth, shake, group)), world.actors[0])
    told = sorted((segment.start, segment.end, segment.label) for segment in segments)
    # A pause of a fifth of a second has no name, and nobody is named for being in a group.
    assert told == [(6, 45, "background"), (96, len(world.actors[0].joints), "drink")]


def test_tiny_and_hidden_things_are_missed_and_clear_ones_found() -> None:
    times = np.arange(90) / 30

    def found(side: float, clear: float) -> float:
        box = np.array([600, 300, 600 + side, 300 + side], np.float32)
        shown = Shown(
            kind="cup", boxes=np.repeat(box[None], 90, axis=0), clear=np.full(90, clear, np.float32)
        )
        counts = []
        for seed in range(30):
            rng = np.random.default_rng(seed)
            frames = detections([shown], times, (1280, 720), rng)
            here = [
                any(abs(item.box[0] - 600) < side and item.label == "cup" for item in items)
                for items in frames
            ]
            counts.append(np.mean(here))
        return float(np.mean(counts))

    assert found(80, 1.0) > 0.7
    assert found(6, 1.0) < 0.1
    assert found(80, 0.05) < 0.15


def test_things_have_ids_of_their_own_and_keep_them() -> None:
    box = np.repeat(np.array([[600, 300, 700, 400]], np.float32), 90, axis=0)
    shown = [Shown(kind="box", boxes=box, clear=np.ones(90, np.float32))]
    frames = detections(shown, np.arange(90) / 30, (1280, 720), np.random.default_rng(5))
    ids = {item.track_id for items in frames for item in items if item.label == "box"}
    assert len(ids) <= 3
    assert min(ids) >= 100_000


def test_who_stands_behind_somebody_is_hidden_and_who_stands_before_is_not() -> None:
    near = drinker().actors[0].joints[:60]
    far = near + np.array([0, 2.0, 0], np.float32)
    rng = np.random.default_rng(0)
    seen = observe(far, LEVEL, rng)
    behind = hide(seen, far, [body_screen(near, LEVEL)], LEVEL, rng)
    assert behind.keypoints[..., 2].mean() < 0.75 * seen.keypoints[..., 2].mean()
    before = observe(near, LEVEL, rng)
    same = hide(before, near, [body_screen(far, LEVEL)], LEVEL, rng)
    np.testing.assert_array_equal(same.keypoints, before.keypoints)


def test_a_table_hides_the_legs_behind_it_and_a_chair_hides_nothing() -> None:
    world = drinker()
    joints = world.actors[0].joints[:60]
    table = replace(world.furniture[0], at_m=(3.0, 2.0), size_m=(2.0, 0.6, 0.75), facing_deg=-90)
    screen = furniture_screen(table, 60, LEVEL)
    assert screen is not None
    rng = np.random.default_rng(1)
    seen = observe(joints, LEVEL, rng)
    left = hide(seen, joints, [screen], LEVEL, rng)
    assert (left.keypoints[:, 15:, 2] < seen.keypoints[:, 15:, 2]).mean() > 0.8
    np.testing.assert_array_equal(left.keypoints[:, :5], seen.keypoints[:, :5])
    assert furniture_screen(replace(table, kind="chair"), 60, LEVEL) is None


def test_a_table_that_faces_the_camera_hides_its_whole_width() -> None:
    table = replace(
        drinker().furniture[0], at_m=(3.0, 2.0), size_m=(2.0, 0.6, 0.75), facing_deg=-90
    )
    wide, narrow = (
        furniture_screen(replace(table, facing_deg=facing), 1, LEVEL) for facing in (-90, 0)
    )
    assert wide is not None
    assert narrow is not None
    assert wide.boxes[0, 2] - wide.boxes[0, 0] > 1.5 * (narrow.boxes[0, 2] - narrow.boxes[0, 0])


def test_a_camera_reports_frames_in_order_with_people_and_things() -> None:
    filmed_world = watch_world(drinker(), np.random.default_rng(2))
    assert filmed_world is not None
    stamps = [frame.pts_ns for frame in filmed_world.frames]
    assert stamps == sorted(stamps)
    assert {person.track_id for f in filmed_world.frames for person in f.persons} <= set(
        filmed_world.owner
    )
