"""A folder in UCF-101's shape goes through extraction, training with ``lrcn``, and the report."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import torch

from engines.registry import ROOT
from export.to_onnx import agrees, convert
from pipelines.cli import main
from recognition.layouts import VISUAL
from tests.pipelines.toy_site import run_edgeact
from tests.training.readers.test_lists import ucf_folder
from training.cache import write_windows
from training.clip_windows import windows_of_tracks
from training.config import FitConfig, ModelConfig, TrainConfig
from training.dataset import Filming
from training.evaluation import cost
from training.run_folder import RunFolder
from training.train import train

pytestmark = pytest.mark.gst

SCENE = ROOT / "demo" / "scene" / "door.mp4"
CLIPS = {"ApplyLipstick": {"g08_c01": 2, "g01_c01": 8}, "Biking": {"g09_c02": 14, "g01_c01": 20}}
"""Where each clip begins in the bundled scene, s."""


@pytest.fixture
def ucf(tmp_path: Path) -> Path:
    """Four clips of people; what UCF-101 calls them is not what they do."""
    folder = ucf_folder(tmp_path / "UCF-101")
    for label, clips in CLIPS.items():
        (folder / label).mkdir()
        for name, begin_s in clips.items():
            target = folder / label / f"v_{label}_{name}.avi"
            cut = ["-ss", str(begin_s), "-t", "4", "-i", str(SCENE), "-r", "10", "-q:v", "3"]
            subprocess.run(["ffmpeg", "-v", "error", *cut, "-an", str(target)], check=True)
    (tmp_path / "names.yaml").write_text("ApplyLipstick: phone_call\nBiking: walk\n")
    return folder


def test_from_videos_to_a_report(
    ucf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded, tracks, listed = (tmp_path / name for name in ("seen", "x.hactrack", "list.csv"))
    run = run_edgeact("record", ROOT / "configs" / "demo.yaml", "--folder", ucf, "--to", recorded)
    assert run.returncode == 0, run.stderr
    names = str(tmp_path / "names.yaml")
    assert main(["dataset", "convert", str(ucf), "--names", names, "--to", str(listed)]) == 0
    words = [str(recorded), "--clips", str(listed), "--to", str(tracks)]
    assert main(["dataset", "convert", *words]) == 0

    filming = Filming(side="train", passes=1, seed=0, hop_steps=2, objects=1.0)
    sides = [
        windows_of_tracks(tracks, side, VISUAL.classes, filming, layout=VISUAL)
        for side in ("train", "test")
    ]
    for data in sides:
        assert {VISUAL.classes[label] for label in data.labels} == {"phone_call", "walk"}
        assert data.inputs["mod"][:, -1].all()
        assert data.inputs["ctx"].std() > 0.1

    torch.set_num_threads(1)
    run_file = TrainConfig(
        name="ucf",
        model=ModelConfig(encoder="lrcn", layout=4, channels=16),
        fit=FitConfig(epochs=1, epoch_windows=512, batch=64),
    )
    train(run_file, RunFolder(tmp_path / "run"), sides=(sides[0], sides[1]))
    model, windows = tmp_path / "run" / "fusion.onnx", tmp_path / "test.npz"
    assert agrees(convert(tmp_path / "run" / "checkpoint.pt", model))

    write_windows(sides[1], windows)
    monkeypatch.setattr(cost, "_SECONDS", 0.0)
    report = ["--out", str(tmp_path / "report"), "--data", str(windows)]
    assert main(["evaluate", str(model), *report]) in {0, 1}  # what a gate says is not asked here
    figures = json.loads((tmp_path / "report" / "metrics.json").read_text(encoding="utf-8"))
    assert "appearance" in figures["ablation"]["sets"]
    assert figures["under_masks"]["appearance"] == 0
    assert (tmp_path / "report" / "index.html").stat().st_size > 10_000
