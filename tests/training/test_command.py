"""``edgeact train``: one command, one folder, and a run that goes on where it was broken off."""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from engines.errors import EngineError
from settings.errors import ConfigError
from training import command, gather
from training.checkpoint import load_checkpoint
from training.config import load_config
from training.dataset import Dataset, Sides, joined
from training.labels import CLASSES
from training.leaks import check_leaks
from training.run_folder import RunFolder
from training.toy import toy_data, toy_sides
from training.train import train

RUN = "model: {channels: 16, dropout: 0.1}\nfit: {epochs: 2, epoch_windows: 256, batch: 64}\n"


def edgeact_train(*words: str | Path) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args([*map(str, words), "--threads", "1"]))


@pytest.fixture
def run_file(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(RUN, encoding="utf-8")
    return path


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    return load_checkpoint(folder / "checkpoint.pt")[0].state_dict()


def same(one: Mapping[str, torch.Tensor], other: Mapping[str, torch.Tensor]) -> bool:
    return all(torch.equal(one[key], other[key]) for key in one)


def record_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return found


def test_a_run_leaves_its_weights_its_whole_configuration_its_record_and_its_figures(
    run_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert edgeact_train(run_file, "--smoke", "--out", out) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["checkpoint"] == str(out / "checkpoint.pt")
    assert "epoch 2/2 loss=" in told.err
    record = record_of(out)
    _, stored = load_checkpoint(out / "checkpoint.pt")
    assert stored == record
    assert record["labels"] == list(CLASSES)
    assert len(record["data_hash"]) == 16
    frozen = (out / "config.yaml").read_text(encoding="utf-8")
    assert frozen.startswith(
        f"# As trained by edgeact {record['git_sha']} on data {record['data_hash']}"
    )
    assert load_config(out / "config.yaml").model_dump(mode="json") == record["config"]
    figures = EventAccumulator(str(out / "tensorboard")).Reload()
    assert [event.step for event in figures.Scalars("validation/macro_f1")] == [1, 2]
    assert {"train/loss", "train/lr"} <= set(figures.Tags()["scalars"])
    assert not (out / "last.pt").exists()


def test_a_broken_off_run_goes_on_and_ends_as_if_it_had_not_been(
    run_file: Path, tmp_path: Path
) -> None:
    config = load_config(run_file)
    whole, broken = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "broken")
    train(config, whole, sides=toy_sides())
    lines: list[str] = []

    def break_off(line: str) -> None:
        if line.startswith("epoch 1"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(config, broken, sides=toy_sides(), say=break_off)
    assert not (broken.path / "run.json").exists()
    train(config, broken, sides=toy_sides(), say=lines.append)
    assert lines[0] == f"going on after epoch 1 of {broken.path}"
    assert lines[1].startswith("epoch 2/2")
    assert same(weights_of(whole.path), weights_of(broken.path))
    assert record_of(whole.path)["weights"] == record_of(broken.path)["weights"]


def test_a_run_is_repeatable_and_never_overwrites_another_unasked(
    run_file: Path, tmp_path: Path
) -> None:
    folder = RunFolder(tmp_path / "run")
    config = load_config(run_file)
    train(config, folder, sides=toy_sides())
    first = weights_of(folder.path)
    with pytest.raises(ConfigError, match=r"holds the checkpoint of a finished run; .* --fresh"):
        train(config, folder, sides=toy_sides())
    train(config, folder, sides=toy_sides(), fresh=True)
    assert same(first, weights_of(folder.path))


def test_a_run_of_another_configuration_is_not_gone_on_with(run_file: Path, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    record = {"config": {"seed": 2}, "started_from": None, "data_hash": "d"}
    folder.save({"epoch": 1}, record)
    with pytest.raises(ConfigError, match="another config and data hash was broken off here"):
        folder.state({"config": {"seed": 1}, "started_from": None, "data_hash": "e"})
    (tmp_path / "last.pt").write_bytes(b"cut off")
    with pytest.raises(ConfigError, match="cannot be read; begin anew with --fresh"):
        folder.state(record)


def test_a_run_begins_with_the_weights_of_a_network_of_its_size_only(
    run_file: Path, tmp_path: Path
) -> None:
    longer = "model: {channels: 16}\nfit: {epochs: 1, epoch_windows: 512, batch: 32, ema: 0.9}\n"
    run_file.write_text(longer, encoding="utf-8")
    options = ("--smoke", "--out")
    assert edgeact_train(run_file, *options, tmp_path / "first") == 0
    start = tmp_path / "first" / "checkpoint.pt"
    assert edgeact_train(run_file, *options, tmp_path / "on", "--start", start) == 0
    assert record_of(tmp_path / "on")["started_from"] == str(start)
    before, after = (record_of(tmp_path / name) for name in ("first", "on"))
    assert after["validation_macro_f1"] > before["validation_macro_f1"]
    run_file.write_text(longer.replace("16", "32"), encoding="utf-8")
    with pytest.raises(EngineError, match="a network of another form or size"):
        edgeact_train(run_file, *options, tmp_path / "no", "--start", start)
    with pytest.raises(EngineError, match=r"absent.pt: no such file; wanted a checkpoint"):
        edgeact_train(run_file, *options, tmp_path / "no", "--start", tmp_path / "absent.pt")


def test_two_processes_of_torchrun_train_one_network(run_file: Path, tmp_path: Path) -> None:
    torchrun = Path(sys.executable).with_name("torchrun")
    edgeact = Path(sys.executable).with_name("edgeact")
    run = subprocess.run(
        [
            torchrun, "--nproc-per-node", "2", "--no-python", edgeact, "train", run_file,
            "--smoke", "--epochs", "1", "--threads", "1", "--out", tmp_path / "two",
        ],
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert len(run.stdout.splitlines()) == 1
    record = record_of(tmp_path / "two")
    assert record["processes"] == 2
    first, second = record["weights"]
    assert first == second


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "wanted a run file CONFIG, or --smoke"),
        (("--smoke", "--epochs", "0"), "--epochs: 0 is out of range; wanted 1 or more"),
        (("absent.yaml",), "absent.yaml: cannot be read"),
    ],
)
def test_wrong_words_are_told(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        edgeact_train(*words)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fit: {epoch: 3}", r"bad.yaml:1: fit.epoch: .*did you mean 'epochs'"),
        ("fit: {boost: {walc: 2}}", "fit.boost: 'walc' is no class; did you mean 'walk'"),
        ("data: {train_passes: 0}", "data: nothing to train on: set train_passes, scenes"),
        ("data: {validation_passes: 0}", "data: nothing to validate on: set validation_passes"),
        ("data: {recorded: [a, b], validation_recorded: [./b]}", "b is in recorded and in valid"),
    ],
)
def test_mistakes_of_a_run_file_are_told_with_their_place(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        load_config(path)


def test_without_recorded_motion_it_says_what_else_to_train_on(
    run_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gather, "has_mocap", lambda: False)
    with pytest.raises(
        ConfigError, match=r"data.train_passes: no recordings of motion in .*--smoke"
    ):
        edgeact_train(run_file, "--out", tmp_path / "run")
    assert not (tmp_path / "run").exists()


def of(data: Dataset, subject: str) -> Dataset:
    return replace(data, subjects=np.array([subject] * len(data)))


def test_nobody_may_be_trained_on_and_validated_on() -> None:
    one, other = toy_data(20, 1), toy_data(20, 2)
    check_leaks(of(one, "cmu_01"), of(other, "cmu_02"))
    with pytest.raises(
        ConfigError, match=r"data leaks: .*cmu_09 is on the sides train and validat"
    ):
        check_leaks(of(one, "cmu_09"), of(other, "cmu_09or16"))


def test_scenes_of_one_name_may_differ_but_no_window_may_be_on_both_sides() -> None:
    one, other = toy_data(20, 1), toy_data(20, 2)
    check_leaks(of(one, "recorded_lobby"), of(other, "recorded_lobby"))
    copied = joined([of(other, "recorded_lobby"), of(one, "recorded_copy")])
    with pytest.raises(ConfigError, match=r"20 windows are on the sides .*recorded_dock.*_copy"):
        check_leaks(of(one, "recorded_dock"), copied)


def test_windows_without_any_pose_are_alike_and_no_leak() -> None:
    one, other = of(toy_data(4, 1), "recorded_a"), of(toy_data(4, 2), "recorded_b")
    for data in (one, other):
        data.inputs["pose"][:2] = 0
    check_leaks(one, other)


def test_leaking_data_is_never_trained_on(
    run_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = toy_data(512, 1)
    monkeypatch.setattr("training.toy.toy_sides", lambda _layout: Sides(one, one, CLASSES))
    with pytest.raises(ConfigError, match="data leaks"):
        edgeact_train(run_file, "--smoke", "--out", tmp_path / "run")
    assert not (tmp_path / "run").exists()
