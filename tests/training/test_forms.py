"""Every form of the network keeps the same promises: shapes, masks, presence, learning."""

import itertools
import json
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.errors import EngineError
from export.to_onnx import sample_inputs
from recognition.fusion_input import SLOTS
from recognition.layouts import LAYOUTS, Layout
from settings.errors import ConfigError
from tests.training.forms import OF_OWN_LAYERS, each_form, name_of, network, tensors
from training.checkpoint import load_checkpoint
from training.config import FitConfig, ModelConfig, load_config
from training.dataset import Sides
from training.fit import fit, optimiser
from training.model import WIDTH, build
from training.model.__main__ import (
    MOST_MMACS,
    MOST_PARAMETERS,
    forms,
    macs,
    main,
    parameters,
)
from training.model.older import upgraded
from training.model.presence import PatternRow, pattern_bits, pattern_name, patterns
from training.model.stgcn import spatial_graph
from training.toy import toy_data

ARRAYS = ("pose", "traj", "obj", "aud", "nei", "ctx")
"""The array of each modality, in the order of the layouts."""

GOLDEN = Path(__file__).parent / "golden" / "mid_tcn_of_one_form.json"


@each_form
def test_every_form_answers_in_the_same_shapes(form: ModelConfig) -> None:
    arrays = tensors(5, 3, form)
    arrays["mod"][:, 1] = 1
    classes, modalities = form.features.classes, form.features.modalities
    with torch.no_grad():
        logits, emb, gate, uni = network(form)(**arrays)
    assert logits.shape == (5, len(classes))
    assert uni.shape == (5, len(modalities), len(classes))
    assert emb.shape == (5, WIDTH)
    torch.testing.assert_close(emb.norm(dim=1), torch.ones(5))
    torch.testing.assert_close(gate.sum(dim=2), torch.ones(5, SLOTS))
    assert (gate >= 0).all()
    assert (gate[arrays["mod"][:, None].expand_as(gate) == 0] == 0).all()


@each_form
@settings(max_examples=8, deadline=None)
@given(
    present=st.tuples(*[st.booleans()] * 6),
    rubbish=st.sampled_from([float("nan"), float("inf"), -1e30]),
    seed=st.integers(0, 99),
)
def test_what_a_mask_leaves_out_changes_nothing(
    form: ModelConfig, present: tuple[bool, ...], rubbish: float, seed: int
) -> None:
    arrays = tensors(2, seed, form)
    modalities = form.features.modalities
    arrays["mod"][:] = torch.tensor(present[: len(modalities)]).float()
    generator = torch.Generator().manual_seed(seed)
    lost = torch.rand(2, 48, 17, generator=generator) < 0.3
    arrays["pose"][..., 2][lost] = 0.0
    away = torch.rand(2, 48, generator=generator) < 0.3
    arrays["traj"][..., 3][away] = 0.0
    filled = {name: values.clone() for name, values in arrays.items()}
    filled["pose"][..., :2][lost] = rubbish
    filled["traj"][..., :3][away] = rubbish
    for name in ("obj", "nei") if form.features.social else ("obj",):
        filled[name][arrays[f"{name}_mask"] == 0] = rubbish
    for name, there in zip(ARRAYS[: len(modalities)], present, strict=False):
        if not there:
            filled[name].fill_(rubbish)
    with torch.no_grad():
        before, after = network(form)(**arrays), network(form)(**filled)
    for old, new in zip(before, after, strict=True):
        assert torch.equal(old, new)
        assert torch.isfinite(new).all()


@each_form
def test_every_modality_that_is_there_is_used(form: ModelConfig) -> None:
    arrays = tensors(4, 6, form)
    arrays["mod"].fill_(1)
    with torch.no_grad():
        before = network(form)(**arrays)[0]
        for m, modality in enumerate(form.features.modalities):
            name = ARRAYS[m]
            changed = network(form)(**{**arrays, name: arrays[name].flip(1)})[0]
            if modality in form.unread:
                assert torch.equal(before, changed)
                continue
            assert not torch.allclose(before, changed, atol=1e-4), modality
            mod = arrays["mod"].clone()
            mod[:, m] = 0
            assert not torch.allclose(before, network(form)(**{**arrays, "mod": mod})[0])


@pytest.mark.parametrize("form", OF_OWN_LAYERS, ids=name_of)
def test_every_form_learns(form: ModelConfig) -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    classes = form.features.classes
    model = build(form.model_copy(update={"channels": 32, "dropout": 0.0}), len(classes))
    config = FitConfig(epochs=1, epoch_windows=3840, batch=32, ema=0.9, lr=3e-3)
    train, test = toy_data(1000, 1, form.features), toy_data(150, 2, form.features)
    _, measures = fit(model, Sides(train, test, classes), config, seed=0)
    assert measures["validation_macro_f1"] > 2 / len(classes)  # by chance it is less than one


def test_a_network_from_before_there_were_forms_answers_as_it_did() -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    weights = {}
    for index, (name, shape) in enumerate(golden["weights"].items()):
        values = torch.sin(torch.arange(torch.Size(shape).numel()) * 0.37 + index).reshape(shape)
        positive = name.endswith("running_var") or name == "temperature"
        weights[name] = values.abs() + 0.5 if positive else values * 0.2
    model = build(ModelConfig(channels=16), 5).eval()
    model.load_state_dict(upgraded(weights))
    arrays = {name: torch.from_numpy(x) for name, x in sample_inputs(3, 48, 7).items()}
    arrays["traj"][..., 3] = arrays["traj"][..., 3].abs()
    arrays["mod"] = torch.tensor([[1.0, 1, 1, 1], [1, 1, 0, 1], [0, 1, 1, 0]])
    with torch.no_grad():
        logits, _, gate, _ = model(**arrays)
    torch.testing.assert_close(logits, torch.tensor(golden["logits"]), atol=2e-5, rtol=0)
    torch.testing.assert_close(gate.mean(dim=1), torch.tensor(golden["gate"]), atol=2e-5, rtol=0)
    today = model.state_dict()
    assert all(torch.equal(value, today[name]) for name, value in upgraded(today).items())


@pytest.mark.parametrize("encoder", ["lstm", "tcn"])
def test_a_checkpoint_of_a_form_that_is_not_known_is_refused(encoder: str, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    record = {"config": {"model": {"encoder": encoder}}, "layout_version": "2", "labels": ["a"]}
    torch.save({"weights": {"layer_of_another_version": torch.ones(1)}, "record": record}, path)
    with pytest.raises(EngineError, match=f"a form that this program does not have.*'{encoder}'"):
        load_checkpoint(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "model: {encoder: lstm}",
            "bad.yaml:1: model.encoder: .*'tcn', 'stgcn', 'transformer', 'convlstm' or 'lrcn'",
        ),
        ("model: {fusion: middle}", "bad.yaml:1: model.fusion: .*'early', 'mid', 'mid_mbt' or"),
        ("model: {channels: 20}", "bad.yaml:1: model.channels: .*multiple of 16"),
        ("model: {fusion: early, encoder: stgcn}", "'early' has no pose encoder, so 'stgcn'"),
        ("model: {encoder: lrcn, layout: 3}", "'lrcn' sees what .* layout 3 does not tell; set"),
    ],
)
def test_a_form_that_does_not_exist_is_named(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(f"{text}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        load_config(path)


def test_the_table_of_costs_names_every_form_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--channels", "16"]) == 0
    rows = capsys.readouterr().out.splitlines()[1:]
    assert len(rows) == len({tuple(row.split()[:2]) for row in rows}) == len(list(forms(16))) == 13
    assert rows[0].split()[:2] == ["mid", "tcn"]
    assert [form.layout for form in forms(16, 3)] == [3] * 13
    assert [form.layout for form in forms(16, 4)] == [4] * 16
    assert sum(form.encoder == "lrcn" for form in forms(16, 4)) == 3
    with pytest.raises(SystemExit):
        main(["--channels", "17"])
    assert "a multiple of 16" in capsys.readouterr().err


@pytest.mark.parametrize("layout", [2, 3, 4])
@pytest.mark.parametrize(
    "form",
    [
        *({"encoder": name} for name in ("tcn", "stgcn", "transformer", "convlstm", "lrcn")),
        {"fusion": "mid_mbt"},
    ],
    ids=lambda form: "-".join(form.values()),
)
def test_fusion_in_the_middle_keeps_its_budget(form: dict[str, str], layout: int) -> None:
    if form.get("encoder") == "lrcn" and layout < 4:
        pytest.skip("lrcn is of layout 4")
    config = ModelConfig.model_validate({**form, "layout": layout})
    model = build(config, len(config.features.classes))
    assert parameters(model) <= MOST_PARAMETERS
    assert macs(model) <= MOST_MMACS * 1e6


@pytest.mark.parametrize("layout", LAYOUTS.values())
def test_a_pattern_of_presence_finds_its_own_row(layout: Layout) -> None:
    count = len(layout.modalities)
    table = torch.arange(patterns(count)).float()[:, None]
    assert torch.equal(PatternRow(count)(pattern_bits(count) > 0.5, table), table)
    assert pattern_name(0b1001, layout.modalities) == "pose+audio"


def test_the_skeleton_joins_neighbours_both_ways_and_nobody_twice() -> None:
    own, inward, outward = spatial_graph() > 0
    assert not (own & inward | own & outward | inward & outward).any()
    assert torch.equal(own, own.T)
    assert torch.equal(inward, outward.T)
    assert own.diagonal().all()
    assert inward[7, 9]  # the wrist hears of the elbow
    assert outward[9, 7]


def test_learned_tokens_and_the_skeleton_are_not_drawn_to_zero() -> None:
    for form in (ModelConfig(encoder="stgcn", channels=16), ModelConfig(fusion="mid_mbt")):
        model = build(form, 3)
        names = {id(p): name for name, p in model.named_parameters()}
        decayed, free = (
            {names[id(p)] for p in group["params"]}
            for group in optimiser(model, FitConfig()).param_groups
        )
        assert not any("null" in name or "adjacency" in name for name in decayed)
        assert any("null" in name for name in free)
        assert all(a.endswith("weight") for a in decayed)
        assert not set(itertools.chain(decayed)) & free
