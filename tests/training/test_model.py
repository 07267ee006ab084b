"""The network keeps its promises: masks hold, and it learns."""

from pathlib import Path

import numpy as np
import pytest
import torch

from engines.errors import EngineError
from export.to_onnx import sample_inputs
from recognition.fusion_input import MODALITIES
from recognition.layouts import SOCIAL, VISUAL
from training.answers import Windows, ask, predict
from training.augment import augment, drop_modalities
from training.cache import ROOT
from training.checkpoint import load_checkpoint
from training.config import FitConfig, ModelConfig, load_config
from training.dataset import Sides
from training.fit import draw_weights, fit
from training.labels import CLASSES
from training.model import FusionModel, build
from training.model.__main__ import macs, parameters
from training.toy import toy_data


def network() -> FusionModel:
    torch.manual_seed(0)
    return build(ModelConfig(channels=16), len(CLASSES)).eval()


@pytest.mark.parametrize("modality", range(4))
def test_an_absent_modality_changes_nothing_not_even_as_nan(modality: int) -> None:
    arrays = {name: torch.from_numpy(x) for name, x in sample_inputs(5, 48, 1).items()}
    arrays["mod"] = torch.ones(5, 4)
    arrays["mod"][:, modality] = 0
    model = network()
    with torch.no_grad():
        before = model(**arrays)
        name = ("pose", "traj", "obj", "aud")[modality]
        after = model(**{**arrays, name: torch.full_like(arrays[name], float("nan"))})
    for old, new in zip(before, after, strict=True):
        assert torch.equal(old, new)
    assert (before[2][:, :, modality] == 0).all()


def test_a_lost_joint_changes_nothing_wherever_it_is_said_to_be() -> None:
    arrays = {name: torch.from_numpy(x) for name, x in sample_inputs(3, 48, 2).items()}
    arrays["mod"] = torch.ones(3, 4)
    arrays["pose"][:, 10:20, 9] = 0
    model = network()
    with torch.no_grad():
        before = model(**arrays)[0]
        arrays["pose"][:, 10:20, 9, :2] = float("nan")
        after = model(**arrays)[0]
    assert torch.equal(before, after)


def test_what_stands_in_an_empty_slot_changes_nothing() -> None:
    arrays = {name: torch.from_numpy(x) for name, x in sample_inputs(3, 48, 4).items()}
    arrays["mod"] = torch.ones(3, 4)
    arrays["obj_mask"][:, :, 1:3] = 0
    model = network()
    with torch.no_grad():
        before = model(**arrays)[0]
        arrays["obj"][:, :, 1:3] = float("nan")
        after = model(**arrays)[0]
        swapped = {**arrays, "obj": arrays["obj"].flip(2), "obj_mask": arrays["obj_mask"].flip(2)}
        other_slots = model(**swapped)[0]
    assert torch.equal(before, after)
    torch.testing.assert_close(before, other_slots)


def test_outputs_have_the_documented_shapes_and_lengths() -> None:
    arrays = {name: torch.from_numpy(x) for name, x in sample_inputs(4, 48, 3).items()}
    logits, emb, gate, uni = network()(**arrays)
    assert logits.shape == (4, len(CLASSES))
    assert uni.shape == (4, len(MODALITIES), len(CLASSES))
    torch.testing.assert_close(emb.norm(dim=1), torch.ones(4))
    torch.testing.assert_close(gate.sum(dim=2), torch.ones(4, 12))


def test_the_shipped_size_keeps_its_budget() -> None:
    config = load_config(ROOT / "configs" / "training" / "fusion.yaml")
    model = build(config.model, len(CLASSES))
    assert parameters(model) < 620_000
    assert macs(model) < 60e6


def test_the_network_learns_a_simple_task_and_its_temperature_is_set() -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    config = FitConfig(epochs=3, epoch_windows=2048, batch=32, ema=0.9, lr=3e-3)
    model = build(ModelConfig(channels=32, dropout=0.0), len(CLASSES))
    test = toy_data(300, 2)
    best, measures = fit(model, Sides(toy_data(2500, 1), test, CLASSES), config, seed=0)
    logits, _ = predict(best, Windows(test))
    assert (logits.argmax(axis=1) == test.labels).mean() > 0.95
    assert measures["validation_macro_f1"] > 0.95
    assert (best.temperature != 1).all()


def test_what_two_people_do_is_learnt_from_their_neighbours_alone() -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    config = FitConfig(epochs=2, epoch_windows=2048, batch=32, ema=0.9, lr=3e-3)
    model = build(ModelConfig(channels=16, dropout=0.0, layout=3), len(SOCIAL.classes))
    sides = Sides(toy_data(2000, 1, SOCIAL), toy_data(100, 2, SOCIAL), SOCIAL.classes)
    best, _ = fit(model, sides, config, seed=0)
    test = toy_data(1000, 3, SOCIAL)
    pairs = torch.from_numpy(np.flatnonzero(test.labels >= len(CLASSES)))
    told, untold = torch.ones(5), torch.tensor([1.0, 1, 1, 1, 0])
    right = [
        (ask(best, Windows(test), pairs, kept)[0].argmax(dim=1).numpy() == test.labels[pairs])
        for kept in (told, untold)
    ]
    assert right[0].mean() > 0.9
    assert right[1].mean() < 0.6


def test_rare_classes_are_drawn_more_often() -> None:
    labels = torch.tensor([0] * 90 + [1] * 10)
    weights = draw_weights(labels, 1.0, {})
    assert float(weights[labels == 0].sum()) == pytest.approx(float(weights[labels == 1].sum()))


def test_augmentation_keeps_shapes_and_lost_joints_lost() -> None:
    data = Windows(toy_data(64, 3))
    batch = data.rows(torch.arange(64))
    batch["pose"][:, :, 4] = 0
    changed = augment(batch, torch.Generator().manual_seed(1))
    assert set(changed) == set(batch)
    for name, values in changed.items():
        assert values.shape == batch[name].shape
        assert torch.isfinite(values).all()
    assert (changed["obj"][changed["obj_mask"] == 0] == 0).all()
    assert (changed["pose"][:, :, 3:5] == 0).all(dim=(1, 3)).any(dim=1).all()


def test_augmentation_keeps_what_nobody_looked_at_unseen_and_loses_more_of_it() -> None:
    batch = Windows(toy_data(64, 3, VISUAL)).rows(torch.arange(64))
    batch["ctx"][:, 2] = 0
    changed = augment(batch, torch.Generator().manual_seed(1))["ctx"]
    unseen = (changed == 0).all(dim=2)
    assert unseen[:, 2].all()
    assert 0 < unseen[:, 3:].float().mean() < 0.2
    assert not torch.equal(changed[~unseen], batch["ctx"][~unseen])


def test_modality_dropout_never_takes_the_last_one() -> None:
    mod = torch.tensor([[0.0, 1.0, 0.0, 0.0]]).repeat(500, 1)
    kept = drop_modalities(mod, torch.Generator().manual_seed(0))
    assert torch.equal(kept, mod)


def test_something_else_is_no_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "other.pt"
    torch.save({"a": torch.ones(1)}, path)
    with pytest.raises(EngineError, match="not a checkpoint"):
        load_checkpoint(path)
