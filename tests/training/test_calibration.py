"""Probabilities mean what they say, whichever modalities are there; the stacker weighs answers."""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from training.calibration import calibrate, fit_stacker, fit_temperature, forget
from training.config import ModelConfig
from training.model import FusionModel, build
from training.model.late import LateFusion, Stacker

CLASSES = 3
ALL = torch.ones(4)


def late() -> FusionModel:
    return build(ModelConfig(fusion="late", channels=16), CLASSES)


def answers(count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Unimodal logits (N, 4, 3) of which only the first and last know anything; mod; labels."""
    rng = np.random.default_rng(0)
    labels = torch.from_numpy(rng.integers(0, CLASSES, count))
    uni = torch.from_numpy(rng.gumbel(size=(count, 4, CLASSES)).astype(np.float32))
    right = functional.one_hot(labels, CLASSES).float()
    uni[:, 0] += 3 * right
    uni[:, 3] += 2 * right
    mod = torch.from_numpy((rng.random((count, 4)) < (0.9, 1, 0.5, 0.5)).astype(np.float32))
    return uni, mod, labels


def test_temperature_undoes_overconfidence() -> None:
    rng = np.random.default_rng(0)
    labels = torch.from_numpy(rng.integers(0, 3, 4000))
    noise = torch.from_numpy(rng.gumbel(size=(4000, 3)).astype(np.float32))
    logits = functional.one_hot(labels, 3) * 2 + noise
    sharp, plain = fit_temperature(3 * logits, labels), fit_temperature(logits, labels)
    assert sharp == pytest.approx(3 * plain, rel=0.01)


def test_each_pattern_of_presence_has_its_own_temperature() -> None:
    uni, mod, labels = answers(2000)
    model = build(ModelConfig(channels=16), CLASSES)

    def ask(rows: Tensor, kept: Tensor) -> tuple[Tensor, Tensor]:
        """As if whoever has no sound were three times too sure."""
        heard = (mod[rows] * kept)[:, 3:] > 0.5
        return torch.where(heard, uni[rows, 0], 3 * uni[rows, 0]), uni[rows]

    calibrate(model, ask, mod, labels)
    with_sound, without = model.temperature[0b1001], model.temperature[0b0001]
    assert float(without) == pytest.approx(3 * float(with_sound), rel=0.1)
    forget(model)
    assert (model.temperature == 1).all()
    assert (model.uni_temperature == 1).all()


def test_a_pattern_that_too_few_windows_have_gets_the_temperature_of_all() -> None:
    uni, mod, labels = answers(500)
    mod[60:, 3] = 0
    model = build(ModelConfig(channels=16), CLASSES)
    calibrate(model, lambda rows, kept: (uni[rows, 0], uni[rows]), mod, labels)
    assert len(set(model.temperature[8:, 0].tolist())) == 1
    assert float(model.uni_temperature[3]) == 1.0


def test_the_stacker_is_the_plain_average_before_it_is_fitted() -> None:
    uni, _, _ = answers(5)
    model = late()
    assert isinstance(model.fusion, LateFusion)
    present = torch.tensor([True, False, True, True]).repeat(5, 1)
    stacked = model.fusion.stacked(uni, present, Stacker.average(4, CLASSES))
    mean = torch.log_softmax(uni[:, [0, 2, 3]], dim=2).mean(dim=1)
    torch.testing.assert_close(stacked, mean)


def test_the_stacker_believes_those_who_know_and_beats_the_average() -> None:
    uni, mod, labels = answers(1500)
    fusion = late().fusion
    assert isinstance(fusion, LateFusion)
    stacker = fit_stacker(fusion, uni[:1000], mod[:1000], labels[:1000])
    held_back = (uni[1000:], mod[1000:] > 0.5)
    losses = [
        float(functional.cross_entropy(fusion.stacked(*held_back, how), labels[1000:]))
        for how in (stacker, Stacker.average(4, CLASSES))
    ]
    assert losses[0] < 0.9 * losses[1]
    weights = fusion.weights(stacker, torch.ones(1, 4).bool())[0].mean(dim=1)
    assert float(weights[[1, 2]].abs().max()) < 0.5 * float(weights[[0, 3]].min())


def test_late_fusion_is_fitted_with_its_temperatures() -> None:
    uni, mod, labels = answers(600)
    model = late()
    assert isinstance(model.fusion, LateFusion)
    fusion = model.fusion

    def ask(rows: Tensor, kept: Tensor) -> tuple[Tensor, Tensor]:
        present = mod[rows] * kept > 0.5
        now = Stacker(fusion.by_pattern, fusion.by_class, fusion.bias)
        return fusion.stacked(uni[rows], present, now), uni[rows]

    calibrate(model, ask, mod, labels)
    assert not torch.equal(fusion.by_pattern, Stacker.average(4, CLASSES).by_pattern)
    assert model.temperature[1:].std() > 0
    forget(model)
    assert torch.equal(fusion.by_pattern, Stacker.average(4, CLASSES).by_pattern)
