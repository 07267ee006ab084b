"""``edgeact evaluate`` turns models into a page, numbers, predictions and an exit code."""

import argparse
import json
import re
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyarrow import parquet

from engines.errors import EngineError
from recognition.layouts import SOCIAL
from settings.errors import ConfigError
from training.cache import write_windows
from training.dataset import Dataset
from training.evaluation import command, cost
from training.evaluation.page import html
from training.toy import toy_data

FUSION = str(command.SHIPPED)


def evaluate(*words: str | Path) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args([str(word) for word in words]))


def gates(folder: Path, line: str) -> Path:
    path = folder / "acceptance.yaml"
    path.write_text(f"gates: [{{{line}}}]\n")
    return path


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seeds of one model against another, on few toy windows, with a gate that holds."""
    folder = tmp_path_factory.mktemp("report")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cost, "_SECONDS", 0.0)
        code = evaluate(
            f"mid={FUSION}", f"mid={FUSION}", f"<b>late</b>={FUSION}", "--data", "toy",
            "--windows", "160", "--threads", "1", "--out", folder,
            "--gates", gates(folder, "figure: size.parameters, at_most: 1000000"),
        )  # fmt: skip
    assert code == 0
    return folder


def metrics_of(report: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((report / "metrics.json").read_text())
    return found


def test_the_page_needs_no_other_file_and_no_network(report: Path) -> None:
    page = (report / "index.html").read_text()
    links = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert links
    assert all(link.startswith(("data:image/svg+xml;base64,", "#")) for link in links)
    assert not re.search(r"<script|<link|@import|url\(", page)


def test_every_link_of_the_page_leads_somewhere(report: Path) -> None:
    page = (report / "index.html").read_text()
    for link in re.findall(r'href="#([^"]*)"', page):
        assert f'id="{link}"' in page


def test_a_name_with_markup_is_shown_and_not_obeyed(report: Path) -> None:
    page = (report / "index.html").read_text()
    assert "<b>late</b>" not in page
    assert "&lt;b&gt;late&lt;/b&gt;" in page


def test_toy_data_is_said_to_be_toy_data(report: Path) -> None:
    assert "says nothing of how well the model knows real people" in " ".join(
        (report / "index.html").read_text().split()
    )


def test_the_numbers_agree_with_the_predictions(report: Path) -> None:
    metrics, table = metrics_of(report), parquet.read_table(report / "predictions.parquet")
    rows = table.to_pydict()
    right = np.array(rows["label"]) == np.array(rows["said"])
    assert metrics["overall"]["accuracy"]["value"] == pytest.approx(right.mean())
    assert len(rows["scores"][0]) == len(metrics["model"]["classes"])
    assert max(rows["scores"][0]) == pytest.approx(rows["score"][0])
    assert set(rows["person"]) == set(metrics["data"]["people"])


def test_the_same_model_under_two_names_is_no_better_than_itself(report: Path) -> None:
    compared = metrics_of(report)["comparison"]
    assert compared["variants"]["mid"]["seeds"] == 2
    assert compared["pairs"]["<b>late</b>"]["difference"] == 0
    assert compared["pairs"]["<b>late</b>"]["p"] == 1


def test_the_shipped_model_keeps_its_budget_and_its_masks(report: Path) -> None:
    metrics = metrics_of(report)
    assert metrics["size"]["mmacs"] == pytest.approx(9, abs=3)
    assert set(metrics["under_masks"].values()) == {0.0}
    assert metrics["calibration"]["temperature"] > 0


def test_the_summary_for_people_who_read_text_has_the_same_figures(report: Path) -> None:
    text = (report / "summary.md").read_text()
    value = metrics_of(report)["overall"]["macro_f1"]["value"]
    assert f"**Window macro-F1 {value:.3f}" in text
    assert "| pass | `size.parameters` |" in text


def test_a_page_can_be_drawn_again_from_its_numbers(report: Path) -> None:
    page = html(metrics_of(report), made_on=datetime(2025, 3, 2, tzinfo=timezone.utc))
    assert "2 March 2025" in page
    drawn = re.compile(r'src="([^"]*)"')
    assert drawn.findall(page) == drawn.findall((report / "index.html").read_text())


def test_a_gate_that_fails_fails_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cost, "_SECONDS", 0.0)
    windows = tmp_path / "mine.npz"
    write_windows(toy_data(60, 1, SOCIAL), windows)  # one person
    line = "figure: overall.macro_f1.low, at_least: 0.1"
    code = evaluate("--data", windows, "--out", tmp_path, "--gates", gates(tmp_path, line))
    assert code == 1
    assert json.loads(capsys.readouterr().out)["failed_gates"] == ["overall.macro_f1.low"]
    assert "One person only." in (tmp_path / "index.html").read_text()


def short(data: Dataset) -> Dataset:
    inputs = {**data.inputs, "pose": data.inputs["pose"][:, :24]}
    return Dataset(inputs=inputs, labels=data.labels, subjects=data.subjects)


def test_windows_of_another_length_are_refused(tmp_path: Path) -> None:
    write_windows(short(toy_data(8, 1, SOCIAL)), tmp_path / "short.npz")
    with pytest.raises(EngineError, match=r"wants input pose \('B', 48, 17, 3\)"):
        evaluate("--data", tmp_path / "short.npz", "--out", tmp_path)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--data", "nowhere"], "no such file or folder; wanted heldout, acted"),
        (["--data", __file__], "not an .npz file of windows"),
        (["--data", "toy", "--windows", "0"], "--windows: 0 is out of range"),
        (["--gates", "missing.yaml"], "missing.yaml: cannot be read"),
    ],
)
def test_what_cannot_be_meant_is_told_before_any_work(words: list[str], told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        evaluate(*words)
    assert told in str(caught.value)


def test_a_model_that_is_none_is_refused() -> None:
    pose = command.SHIPPED.with_name("nano_pose.onnx")
    with pytest.raises(EngineError, match="says nothing of its"):
        evaluate(pose, "--data", "toy")
