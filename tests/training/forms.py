"""Every form of the fusion network, small, for the tests of them all."""

from functools import cache

import pytest
import torch
from torch import Tensor

from export.to_onnx import sample_inputs
from training.config import ModelConfig
from training.model import FusionModel, build
from training.model.late import LateFusion, Stacker

FORMS = (
    ModelConfig(channels=16),
    ModelConfig(channels=16, encoder="stgcn"),
    ModelConfig(channels=16, encoder="transformer"),
    ModelConfig(channels=16, encoder="convlstm"),
    ModelConfig(channels=16, fusion="early"),
    ModelConfig(channels=16, fusion="mid_mbt"),
    ModelConfig(channels=16, fusion="late"),
    ModelConfig(channels=16, layout=3),
    ModelConfig(channels=16, layout=3, fusion="early"),
    ModelConfig(channels=16, layout=4),
    ModelConfig(channels=16, layout=4, fusion="early"),
    ModelConfig(channels=16, layout=4, encoder="lrcn"),
    ModelConfig(channels=16, layout=3, fusion="mid_mbt"),
    ModelConfig(channels=16, layout=3, fusion="late"),
    ModelConfig(channels=16, layout=4, encoder="lrcn", fusion="mid_mbt"),
    ModelConfig(channels=16, layout=4, encoder="lrcn", fusion="late"),
)
OF_OWN_LAYERS = FORMS[:12]
"""Those that differ in their layers; the others only have one modality more of the same."""


def name_of(form: ModelConfig) -> str:
    """Such as ``mid-tcn-2``."""
    return f"{form.fusion}-{form.encoder}-{form.layout}"


each_form = pytest.mark.parametrize("form", FORMS, ids=name_of)


def tensors(batch: int, seed: int, form: ModelConfig = FORMS[0]) -> dict[str, Tensor]:
    """Random inputs of a form's layout whose every trajectory step was seen."""
    sample = sample_inputs(batch, 48, seed, form.features)
    arrays = {name: torch.from_numpy(x) for name, x in sample.items()}
    arrays["traj"][..., 3] = 1.0
    return arrays


@cache
def network(form: ModelConfig) -> FusionModel:
    """A network that has seen some windows, so that no layer is as it was made, calibrated."""
    torch.manual_seed(0)
    classes = len(form.features.classes)
    model = build(form, classes)
    with torch.no_grad():
        for seed in range(3):
            model(**tensors(16, seed, form))
        model.temperature.uniform_(0.5, 2)
        model.uni_temperature.uniform_(0.5, 2)
        if isinstance(model.fusion, LateFusion):
            plain = Stacker.average(len(form.features.modalities), classes)
            model.fusion.take(Stacker(*(x + 0.1 * torch.rand_like(x) for x in plain)))
    return model.eval()
