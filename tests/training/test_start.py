"""A run begins with what an earlier one learnt, from its checkpoint or its exported file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from engines.errors import EngineError
from export.to_onnx import export
from recognition.windows import WindowConfig
from tests.training.forms import tensors
from training.config import ModelConfig
from training.labels import CLASSES
from training.model import FusionModel, build
from training.start import exported, take_weights
from training.toy import toy_data

STEPS = WindowConfig().steps
SMALL = ModelConfig(channels=16)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a small network of the first layout."""
    path = tmp_path_factory.mktemp("small") / "fusion.onnx"
    written(SMALL, path)
    return path


def written(form: ModelConfig, path: Path) -> FusionModel:
    """A network of a form with batch norms that have seen something, and its file."""
    torch.manual_seed(0)
    model = build(form, len(form.features.classes))
    model.train()
    with torch.no_grad():
        for seed in range(3):
            model(**tensors(32, seed, form))
        model.temperature.uniform_(0.5, 2)
    model.eval()
    labels = "[" + ", ".join(f'"{name}"' for name in form.features.classes) + "]"
    export(model, {"labels": labels}, path, steps=STEPS)
    return model


def test_an_exported_network_is_taken_up_again(tmp_path: Path) -> None:
    form = ModelConfig(channels=16, layout=3)
    before = written(form, tmp_path / "fusion.onnx")
    data = toy_data(300, 5, form.features)
    after, labels = exported(tmp_path / "fusion.onnx", form, data)
    assert labels == form.features.classes
    batch = tensors(16, 9, form)
    with torch.no_grad():
        one, other = before(**batch)[0], after(**batch)[0]
    # Other windows than those that told the norms: it is the same network, not a fit to them.
    assert np.abs((one - other).numpy()).max() < 5e-3


def test_new_actions_begin_with_what_is_known_of_people_and_with_heads_of_their_own(
    small: Path,
) -> None:
    data = toy_data(300, 5)
    known, _ = exported(small, SMALL, data)
    model = build(SMALL, 3)
    head = model.state_dict()["fusion.head.weight"].clone()
    take_weights(model, small, SMALL, ("juggle", "sweep", "background"), data)
    stem = "fusion.encoders.pose.stem.0.0.weight"
    assert torch.equal(model.state_dict()[stem], known.state_dict()[stem])
    assert torch.equal(model.state_dict()["fusion.head.weight"], head)
    assert (model.temperature == 1).all()


def test_other_actions_of_the_same_number_do_not_inherit_a_head(small: Path) -> None:
    data = toy_data(300, 5)
    before = exported(small, SMALL, data)[0].state_dict()["fusion.head.weight"]
    others = tuple(f"own_{number}" for number in range(len(CLASSES)))
    model = build(SMALL, len(others))
    take_weights(model, small, SMALL, others, data)
    assert not torch.equal(model.state_dict()["fusion.head.weight"], before)
    take_weights(model, small, SMALL, CLASSES, data)
    assert torch.equal(model.state_dict()["fusion.head.weight"], before)


def test_a_file_of_another_size_is_refused(small: Path) -> None:
    form = ModelConfig(channels=32)
    with pytest.raises(EngineError, match=r"fusion.onnx: a network of another form or size"):
        take_weights(build(form, 3), small, form, ("a", "b", "c"), toy_data(300, 5))


def test_a_form_whose_file_does_not_say_enough_asks_for_the_checkpoint(tmp_path: Path) -> None:
    form = ModelConfig(channels=16, fusion="early")
    written(form, tmp_path / "fusion.onnx")
    with pytest.raises(EngineError, match="give the checkpoint that it was exported from"):
        exported(tmp_path / "fusion.onnx", form, toy_data(300, 5))
