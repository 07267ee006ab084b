"""Filmed scenes become labelled windows through the program's own preprocessing."""

import numpy as np
import pytest

from recognition.fusion_input import input_shapes
from recognition.windows import WindowConfig
from training.dataset import Filming, film, label_at, truncated
from training.figure import animate, bone_lengths
from training.generated import ACTIONS, generate
from training.labels import CLASSES
from training.mocap import Clip, Segment, action_core
from training.motion import follow, mirror_body, random_bones, reach
from training.scenes import retimed

BONES = np.array(
    [0.13, 0.12, 0.12, 0.08, 0.08, 0.18, 0.18, 0.28, 0.28, 0.25, 0.25, 0.1, 0.1, 0.42, 0.42, 0.42,
     0.42, 0, 0.2, 0.25, 0.15, 0.12, 0.08, 0.08, 0.13, 0.13],
    np.float32,
)  # fmt: skip
"""Lengths of a person's bones, metres, by the joint at which they end."""


def walker(seconds: float = 5.0) -> Clip:
    """Somebody who stands and is carried along x at 1 m/s: enough for windows and clocks."""
    joints = animate([(0, {}), (seconds, {"forward": seconds})], BONES, np.random.default_rng(0))
    segments = (Segment(start=30, end=len(joints), label="walk"),)
    return Clip(name="walker", subject="toy", joints=joints, segments=segments)


def test_windows_have_the_shapes_that_the_program_expects() -> None:
    filming = Filming(side="train", passes=1, seed=0)
    parts = [film(walker(), None, filming, np.random.default_rng(s)) for s in range(6)]
    filmed = [part for part in parts if part is not None]
    assert filmed
    for part in filmed:
        for name, shape in input_shapes(WindowConfig().steps).items():
            assert part.inputs[name].shape == (len(part), *shape[1:])
            assert np.isfinite(part.inputs[name]).all()
        assert set(part.labels) == {CLASSES.index("walk")}
        assert (part.inputs["mod"][:, 3] == 0).all()


def test_a_scene_with_sound_is_heard_in_its_windows() -> None:
    rng = np.random.default_rng(2)
    sound = rng.normal(0, 0.1, 5 * 16_000).astype(np.float32)
    part = film(walker(), sound, Filming(side="train", passes=1, seed=0), rng)
    assert part is not None
    assert part.inputs["mod"][-1, 3] == 1
    assert (part.inputs["aud"][-1, -1] != 0).any()


def test_filming_twice_with_one_seed_gives_the_same_windows() -> None:
    filming = Filming(side="train", passes=1, seed=0)
    first, again = (film(walker(), None, filming, np.random.default_rng(9)) for _ in range(2))
    assert first is not None
    assert again is not None
    for name in first.inputs:
        np.testing.assert_array_equal(first.inputs[name], again.inputs[name])


@pytest.mark.parametrize(("end_s", "label"), [(0.9, None), (1.2, None), (2.5, "walk")])
def test_a_window_is_named_by_its_last_second(end_s: float, label: str | None) -> None:
    clip = walker()
    assert label_at(clip.segments, end_s, len(clip.joints)) == (label and CLASSES.index(label))


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_generated_people_keep_their_bones_and_stay_on_the_floor(action: str) -> None:
    clip = generate(action, BONES, "toy", np.random.default_rng(1))
    assert np.isfinite(clip.joints).all()
    np.testing.assert_allclose(bone_lengths(clip)[1:17], BONES[1:17], atol=1e-3)
    assert np.abs(clip.joints[..., 2].min(axis=1)).max() < (0.45 if action == "jump" else 0.15)
    assert clip.segments[0].label in CLASSES


def test_lying_down_ends_on_the_floor_and_squatting_ends_upright() -> None:
    for seed in range(10):
        lying = generate("lie_down", BONES, "toy", np.random.default_rng(seed)).joints
        squat = generate("squat", BONES, "toy", np.random.default_rng(seed)).joints
        assert lying[-1, :17, 2].max() < 0.75
        assert squat[:, 17, 2].min() < 0.9 * squat[0, 17, 2]
        assert squat[-1, 17, 2] > 0.85 * squat[0, 17, 2]


def test_changes_of_motion_keep_its_length_and_its_direction() -> None:
    clip = walker()
    faster = retimed(clip, 1.25)
    assert len(faster.joints) == pytest.approx(len(clip.joints) / 1.25, abs=2)
    np.testing.assert_allclose(mirror_body(mirror_body(clip.joints)), clip.joints)
    grown = reach(clip.joints, random_bones(np.random.default_rng(0)))
    assert grown.shape == clip.joints.shape
    joined = follow(clip, clip)
    moved = joined.joints[-1, 17, 0] - joined.joints[0, 17, 0]
    assert moved == pytest.approx(2 * (clip.joints[-1, 17, 0] - clip.joints[0, 17, 0]), abs=0.1)
    assert joined.segments[1].start == len(clip.joints) + 10 + 30


def test_a_truncated_window_keeps_enough_steps() -> None:
    from recognition.windows import Window

    window = Window(
        source_id=0, track_id=1, end_ns=0, size=(640, 480),
        keypoints=np.ones((48, 17, 3), np.float32), boxes=np.ones((48, 4), np.float32),
        seen=np.ones(48, np.float32),
    )  # fmt: skip
    for seed in range(50):
        late = truncated(window, np.random.default_rng(seed), 10)
        assert np.count_nonzero(late.seen) >= 10
        assert late.seen[-1] == 1
        assert (late.keypoints[late.seen == 0] == 0).all()


def test_a_generous_recording_of_a_kick_is_cut_to_the_kick() -> None:
    still = animate([(0, {}), (2.0, {})], BONES, np.random.default_rng(0))
    kick = animate(
        [(0, {}), (0.4, {"l_thigh": 90, "l_shin": 85}), (0.4, {"l_thigh": 2, "l_shin": -3})],
        BONES, np.random.default_rng(0),
    )  # fmt: skip
    joints = np.concatenate([still, kick, still])
    start, end = action_core("kick", joints, 0, len(joints))
    assert len(still) - 11 < start < len(still) + 5
    assert len(still) + len(kick) - 10 < end < len(still) + len(kick) + 12
    assert action_core("walk", joints, 3, 50) == (3, 50)
    assert action_core("kick", still, 0, len(still)) == (0, len(still))
