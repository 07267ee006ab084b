"""What a model uses is found out by taking it away."""

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.evaluation.listeners import hearer, looker, model, windows
from training.evaluation.modalities import (
    ablation,
    keep_only,
    lose,
    missing,
    modality_sets,
    presence,
    under_masks,
)
from training.evaluation.noise import jitter, late_sound, lose_joints, noise, shift_sound
from training.evaluation.predictions import predict


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 6))
def test_each_set_of_modalities_comes_once_small_ones_first(count: int) -> None:
    sets = modality_sets(count)
    assert len(set(sets)) == len(sets)
    assert [len(one) for one in sets] == sorted(len(one) for one in sets)
    assert sets[-1] == tuple(range(count))
    assert sum(len(one) == 2 for one in sets) == comb(count, 2)


def test_a_model_that_only_listens_is_worth_nothing_without_sound() -> None:
    sets = ablation(hearer(), windows())["sets"]
    assert sets["audio"]["value"] == 1
    assert sets["pose+audio"]["value"] == 1
    assert sets["pose"]["value"] == pytest.approx(0.1)  # all is called "clap"
    assert len(sets) == 4 + 6 + 4 + 1


def test_the_loss_of_a_modality_grows_with_the_share_that_lacks_it() -> None:
    found = missing(hearer(), windows())["modalities"]
    assert np.all(np.diff(found["audio"]["macro_f1"]) < 0)
    assert found["audio"]["loss"] == pytest.approx(0.9)
    assert found["pose"]["loss"] == 0


def test_a_modality_that_no_window_has_is_not_judged() -> None:
    silent = windows(audio=0.0)
    assert missing(looker(), silent)["modalities"]["audio"]["loss"] is None
    assert "pose+trajectory+objects" in ablation(looker(), silent)["sets"]
    assert late_sound(looker(), silent)["half_second_loss"] is None


def test_windows_are_told_apart_by_what_they_have() -> None:
    data = windows(audio=0.5)
    rows = presence(hearer(), data, predict(hearer(), data))
    heard = {"audio" in row["modalities"]: row for row in rows}
    assert heard[True]["accuracy"] == 1
    assert heard[False]["accuracy"] == pytest.approx(0.25, abs=0.1)
    assert heard[True]["windows"] + heard[False]["windows"] == len(data)


def test_a_mask_that_multiplies_lets_not_a_number_through() -> None:
    data = windows()
    leaky = model(lambda x: x["mod"][:, 0] * x["pose"][:, -1, 0, 0])
    assert under_masks(looker(), data) == dict.fromkeys(
        ("pose", "trajectory", "objects", "audio"), 0.0
    )
    assert under_masks(leaky, data)["pose"] is None


def test_changes_leave_the_rest_and_the_data_itself_alone() -> None:
    data, rng = windows(), np.random.default_rng(0)
    before = {name: values.copy() for name, values in data.inputs.items()}
    for change in (keep_only([0]), lose(3, 0.5), jitter(0.1), lose_joints(0.5), shift_sound(2)):
        predict(looker(), data, change=change)
        batch = {name: values.astype(np.float32) for name, values in before.items()}
        assert {name: x.shape for name, x in change(batch, rng).items()} == {
            name: x.shape for name, x in before.items()
        }
    for name, values in data.inputs.items():
        np.testing.assert_array_equal(values, before[name])


def test_a_joint_that_was_not_seen_does_not_tremble_and_a_hidden_one_stays_hidden() -> None:
    rng = np.random.default_rng(0)
    pose = np.ones((50, 48, 17, 3), np.float32)
    pose[:, :, 4] = 0
    shaken = jitter(0.5)({"pose": pose.copy()}, rng)["pose"]
    assert not shaken[:, :, 4].any()
    np.testing.assert_array_equal(shaken[..., 2], pose[..., 2])
    hidden = lose_joints(0.5)({"pose": pose.copy()}, rng)["pose"][..., 2]
    assert set(np.unique(hidden.mean(axis=1))) == {0.0, 1.0}
    assert hidden[:, :, :4].mean() == pytest.approx(0.5, abs=0.1)


@settings(max_examples=30, deadline=None)
@given(st.integers(-12, 12))
def test_sound_is_moved_whole_and_its_edge_is_held(slots: int) -> None:
    tokens = np.arange(12, dtype=np.float32)[None, :, None]
    moved = shift_sound(slots)({"aud": tokens}, np.random.default_rng(0))["aud"].ravel()
    np.testing.assert_array_equal(moved, np.clip(np.arange(12) - slots, 0, 11))


def test_late_sound_costs_a_model_that_listens_and_no_other() -> None:
    data = windows()
    assert late_sound(hearer(), data)["half_second_loss"] > 0.5
    assert late_sound(hearer(), data)["classes"] == ["clap", "walk"]
    assert late_sound(looker(), data)["half_second_loss"] == 0
    assert late_sound(looker(), data)["swapped_loss"] == 0


def test_more_noise_is_worse_for_a_model_that_looks() -> None:
    curves = noise(looker(), windows())
    assert curves["keypoint_jitter"]["macro_f1"][0] == 1
    assert curves["joint_dropout"]["macro_f1"][-1] < 0.9
    assert noise(hearer(), windows())["joint_dropout"]["mean"] == 1
