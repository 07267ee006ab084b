"""Windows with neighbours: people who meet, and people of whose neighbours nothing is known."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from recognition.layouts import LAYOUTS, SINGLE, SOCIAL, VISUAL
from recognition.windows import WindowConfig
from settings.errors import ConfigError
from tests.training.scenario.stages import everything
from training.cache import read_windows, write_windows
from training.config import load_config
from training.dataset import Dataset, Filming, joined
from training.meetings import Meeting, act_meeting
from training.scenario_windows import actor_segments, film_world
from training.social_windows import of_layout
from training.toy import toy_data

FILMING = Filming(side="train", passes=1, seed=0, objects=1.0)
HANDS = 12  # nearness of hand to hand among a neighbour's values


@cache
def filmed() -> Dataset:
    """Two people who shake hands, push, and do more, before several cameras."""
    parts = [
        film_world(
            everything(), None, FILMING, np.random.default_rng(seed), subject="toy", layout=SOCIAL
        )
        for seed in range(3)
    ]
    return joined([part for part in parts if part is not None])


def of_class(name: str) -> npt.NDArray[np.bool_]:
    rows: npt.NDArray[np.bool_] = filmed().labels == SOCIAL.classes.index(name)
    return rows


def test_what_two_people_do_is_named_for_both_of_them() -> None:
    for person in everything().actors[:2]:
        segments = actor_segments(everything(), person, SOCIAL.classes)
        told = {segment.label for segment in segments}
        assert {"handshake", "push"} <= told


def test_windows_of_a_meeting_have_the_arrays_of_the_layout() -> None:
    data = filmed()
    for name, shape in SOCIAL.input_shapes(WindowConfig().steps).items():
        assert data.inputs[name].shape == (len(data), *shape[1:])
        assert np.isfinite(data.inputs[name]).all()
    assert (data.inputs["mod"][:, 4] == 1).all()


def test_who_shakes_hands_has_somebody_near_whose_hand_is_in_the_own() -> None:
    data, shaking = filmed(), of_class("handshake")
    assert shaking.sum() > 10
    assert data.inputs["nei_mask"][shaking, -10:, 0].mean() > 0.5
    close = data.inputs["nei"][:, -15:, 0, HANDS].max(axis=1)
    assert np.median(close[shaking]) > 2 * np.median(close[~shaking])


def test_a_scene_of_its_seed_is_the_same_again_and_people_meet_in_it() -> None:
    meeting = Meeting(side="train", scenes=1, cameras=2, filming=FILMING)
    one, other = (act_meeting(700_001, meeting) for _ in range(2))
    assert one
    assert max(part.labels.max() for part in one) >= len(SINGLE.classes)
    for part, again in zip(one, other, strict=True):
        np.testing.assert_array_equal(part.inputs["nei"], again.inputs["nei"])


@pytest.mark.parametrize("alone", [True, False])
def test_windows_of_each_person_alone_become_windows_without_neighbours(*, alone: bool) -> None:
    single = toy_data(6, 1)
    social = replace(single, inputs=of_layout(single.inputs, SOCIAL, alone=alone))
    assert not social.inputs["nei_mask"].any()
    assert (social.inputs["mod"][:, 4] == alone).all()
    np.testing.assert_array_equal(social.inputs["mod"][:, :4], single.inputs["mod"])
    whole = joined([social, toy_data(6, 2, SOCIAL)])
    assert {name: values.shape[0] for name, values in whole.inputs.items()} == dict.fromkeys(
        SOCIAL.input_shapes(48), 12
    )


def test_windows_of_any_layout_become_those_of_any_other() -> None:
    made = {layout: toy_data(6, 1, layout) for layout in LAYOUTS.values()}
    for layout, data in made.items():
        for other in LAYOUTS.values():
            inputs = of_layout(data.inputs, other, alone=False)
            shapes = {name: (None, *x.shape[1:]) for name, x in inputs.items()}
            assert shapes == other.input_shapes(48)
            both = min(len(layout.modalities), len(other.modalities))
            np.testing.assert_array_equal(inputs["mod"][:, :both], data.inputs["mod"][:, :both])
            assert not inputs["mod"][:, both:].any()
    unseen = of_layout(made[SOCIAL].inputs, VISUAL, alone=True)
    assert not unseen["ctx"].any()
    assert not unseen["mod"][:, -1].any()


def test_what_people_look_like_is_kept_with_the_windows(tmp_path: Path) -> None:
    data = toy_data(40, 3, VISUAL)
    write_windows(data, tmp_path / "some.npz")
    back = read_windows(tmp_path / "some.npz")
    assert set(back.inputs) == set(data.inputs)
    np.testing.assert_array_equal(back.inputs["ctx"], data.inputs["ctx"])


def test_windows_with_neighbours_are_kept_and_read_back(tmp_path: Path) -> None:
    data = toy_data(40, 3, SOCIAL)
    write_windows(data, tmp_path / "some.npz")
    back = read_windows(tmp_path / "some.npz")
    assert set(back.inputs) == set(data.inputs)
    np.testing.assert_array_equal(back.inputs["nei"], data.inputs["nei"])
    np.testing.assert_array_equal(back.labels, data.labels)
    wrong = replace(toy_data(40, 3), labels=data.labels * 0 + len(SINGLE.classes))
    write_windows(wrong, tmp_path / "wrong.npz")
    with pytest.raises(ValueError, match="label 23 is no class; wanted 0 to 22"):
        read_windows(tmp_path / "wrong.npz")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("data: {meetings: 3}", r"told of nobody else; set model.layout: 3"),
        ("fit: {boost: {hug: 2}}", r"model.layout 2 does not tell 'hug'; set model.layout: 3"),
        ("fit: {boost: {hugg: 2}}", r"'hugg' is no class; did you mean 'hug'"),
        ("model: {layout: 5}", r"model.layout: .*2, 3 or 4"),
    ],
)
def test_what_only_a_network_with_neighbours_knows_is_refused_for_others(
    text: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(f"{text}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        load_config(path)
    path.write_text("model: {layout: 3}\nfit: {boost: {hug: 2}}\n", encoding="utf-8")
    assert load_config(path).model.features is SOCIAL
