"""``python -m export.compare``: every form of one file, trained alike, measured side by side."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from engines.errors import EngineError
from export.compare import compare, main, measured
from recognition.layouts import VISUAL
from settings.errors import ConfigError
from training.cache import ROOT
from training.comparison import ComparisonConfig, load_comparison
from training.config import load_config
from training.evaluation import cost
from training.gather import filmings

FILE = """\
name: tiny
seeds: [4]
fit: {epochs: 1, epoch_windows: 256, batch: 64}
models:
  gated: {channels: 16}
  joined: {fusion: early, channels: 16}
"""
BUNDLED = ROOT / "configs" / "training" / "comparison.yaml"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> ComparisonConfig:
    path = tmp_path_factory.mktemp("config") / "tiny.yaml"
    path.write_text(FILE, encoding="utf-8")
    return load_comparison(path)


@pytest.fixture(scope="module")
def compared(
    config: ComparisonConfig, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any]]:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("compared")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cost, "_SECONDS", 0.0)
        return folder, compare(config, folder, on_toys=True)


def test_each_form_is_told_with_its_cost_and_paired_with_the_first(
    compared: tuple[Path, dict[str, Any]],
) -> None:
    folder, figures = compared
    assert list(figures["variants"]) == ["gated", "joined"]
    for told in figures["variants"].values():
        assert told["seeds"] == len(told["macro_f1_of_seeds"]) == 1
        assert min(told["parameters"], told["mmacs"], told["p50_ms"]) > 0
    assert figures["pairs"]["joined"]["against"] == "gated"
    assert 0 <= figures["pairs"]["joined"]["p"] <= 1
    assert json.loads((folder / "comparison.json").read_text()) == json.loads(json.dumps(figures))
    page = (folder / "comparison.md").read_text(encoding="utf-8")
    assert page.count("\n| gated | mid | tcn | 16 |") == 1
    assert page.count("\n| joined | early |") == 1


def test_a_comparison_that_is_there_is_measured_again_and_not_trained_again(
    config: ComparisonConfig, compared: tuple[Path, dict[str, Any]]
) -> None:
    folder, figures = compared
    files = {path: path.stat().st_mtime_ns for path in folder.glob("*/*.*")}
    lines: list[str] = []
    again = compare(config, folder, on_toys=True, say=lines.append)
    assert [line for line in lines if "there already" in line] == [
        "gated seed 4 (1 of 2): there already",
        "joined seed 4 (2 of 2): there already",
    ]
    assert {path: path.stat().st_mtime_ns for path in files} == files
    assert again["pairs"] == figures["pairs"]


def test_networks_of_another_recipe_are_not_taken_for_these(
    config: ComparisonConfig, compared: tuple[Path, dict[str, Any]]
) -> None:
    other = config.model_copy(update={"fit": config.fit.model_copy(update={"lr": 0.1})})
    with pytest.raises(ConfigError, match=r"gated-4: holds a run of another configuration"):
        compare(other, compared[0], on_toys=True)


def test_a_network_that_is_not_there_is_named(config: ComparisonConfig, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"gated-4.fusion\.onnx"):
        measured(config, tmp_path, on_toys=True)


def test_a_network_that_is_told_of_less_is_compared_on_the_same_windows(tmp_path: Path) -> None:
    text = FILE.replace("{channels: 16}", "{channels: 16, layout: 3}").replace(
        "{fusion: early, channels: 16}", "{encoder: lrcn, layout: 4, channels: 16}"
    )
    (tmp_path / "pixels.yaml").write_text(text, encoding="utf-8")
    config = load_comparison(tmp_path / "pixels.yaml")
    assert config.layout is VISUAL
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cost, "_SECONDS", 0.0)
        figures = compare(config, tmp_path / "out", on_toys=True)
    assert set(figures["pairs"]) == {"joined"}
    page = (tmp_path / "out" / "comparison.md").read_text(encoding="utf-8")
    assert "\n| gated | mid | tcn | 16 | 3 |" in page
    assert "\n| joined | mid | lrcn | 16 | 4 |" in page


def test_the_comparison_on_pixels_is_measured_on_scenes_that_nobody_learnt() -> None:
    config = load_comparison(ROOT / "configs" / "training" / "comparison_pixels.yaml")
    encoders = {model.encoder for model in config.models.values()}
    assert encoders >= {"tcn", "convlstm", "lrcn"}
    assert config.layout is VISUAL
    assert config.measured_on is not None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{measured_on: a, data: {seed: 1, recorded: [a]}, models: {a: {}}}", "on: a is trained"),
        ("seeds: [1, 1]", "seeds: one is there twice"),
        ("seeds: []", "seeds: .*at least 1"),
        ("data: {hop_steps: 4}", "data.seed: missing; without it every seed has windows of its"),
        ("models: {a: {channels: 16}, b: {layout: 3}}", "models: of several layouts, that have"),
        ("models: {a: {chanels: 16}}", "models.a.chanels: unknown key; did you mean 'channels'"),
        ("models: {../a: {}}", "models.*should match pattern"),
        ("{fit: {boost: {hug: 2}}, models: {a: {}}}", "models.a: .*does not tell 'hug'"),
    ],
)
def test_a_comparison_that_would_be_unfair_or_unclear_is_refused(
    line: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(f"{line}\n" + "models: {a: {}}\n" * ("models" not in line), encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        load_comparison(path)
    assert main([str(path), "--out", str(tmp_path)]) == 2
    assert str(path) in capsys.readouterr().err


def test_the_bundled_comparison_has_every_fusion_and_trains_on_the_windows_of_fusion_yaml() -> None:
    config = load_comparison(BUNDLED)
    shipped = load_config(ROOT / "configs" / "training" / "fusion.yaml")
    assert len(config.seeds) >= 3
    assert next(iter(config.models)) == shipped.model.fusion
    fusions = {model.fusion for model in config.models.values()}
    assert fusions == {"early", "mid", "mid_mbt", "late"}
    assert {filmings(run) for run in config.runs} == {filmings(shipped)}


def test_every_form_is_trained_from_one_seed_before_any_is_from_the_next() -> None:
    config = load_comparison(BUNDLED)
    first = config.runs[: len(config.models)]
    assert [(run.name, run.seed) for run in first] == [(name, 1) for name in config.models]
