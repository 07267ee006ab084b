"""``edgeact record --inputs`` keeps a fair sample of what the networks are given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engines.load import load_engine
from engines.registry import BUNDLED
from pipelines.network_inputs import InputKeeper
from tests.pipelines.toy_site import make_clip, make_site, run_edgeact


@pytest.mark.gst
def test_inputs_of_detector_pose_and_fusion_are_kept_by_model(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=4)
    site = make_site(tmp_path, {"lobby": str(clip)})
    folder = tmp_path / "inputs"
    run = run_edgeact("record", site, "--to", tmp_path / "scene.npz", "--inputs", folder)
    assert run.returncode == 0, run.stderr
    assert f"{folder}/detect.npz: 60 inputs" in run.stderr
    with np.load(folder / "detect.npz") as kept, np.load(folder / "pose.npz") as people:
        assert kept["input"].shape == (60, 3, 32, 32)
        assert people["input"].shape == (58, 3, 32, 32), "two frames are the tracker's probation"
        assert len(np.unique(kept["input"], axis=0)) > 30, "each frame is kept as it was"
    with np.load(folder / "fusion.npz") as windows:
        shapes = {name: (None, *windows[name].shape[1:]) for name in windows.files}
        assert shapes == load_engine(BUNDLED / "fusion.onnx").inputs, "those of the site's model"


@pytest.mark.gst
def test_inputs_can_only_be_kept_where_the_twin_runs(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=1)
    site = make_site(tmp_path, {"lobby": str(clip)})
    site.write_text(site.read_text().replace("platform: cpu", "platform: deepstream"))
    run = run_edgeact("record", site, "--to", tmp_path / "a.npz", "--inputs", tmp_path / "inputs")
    assert run.returncode == 2
    assert "its CPU twin prepares the same: set platform: cpu" in run.stderr


def test_a_sample_is_as_large_as_asked_and_reaches_over_the_whole_run(tmp_path: Path) -> None:
    keeper = InputKeeper(limit=50)
    keep = keeper.tap(Path("net.onnx"))
    for start in range(0, 1000, 8):
        keep({"x": np.arange(start, start + 8, dtype=np.float32).reshape(8, 1)})
    assert list(keeper.write(tmp_path)) == [(tmp_path / "net.npz", 50)]
    with np.load(tmp_path / "net.npz") as kept:
        values = kept["x"][:, 0]
    assert len(set(values.tolist())) == 50
    assert 350 < values.mean() < 650
