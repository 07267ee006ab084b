"""``edgeact bench``: what it measures is there and makes sense; no value is promised here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.pipelines.toy_site import make_clip, make_site, run_edgeact

pytestmark = pytest.mark.gst


def test_bench_measures_both_passes(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=4)
    site = make_site(tmp_path, {"lobby": str(clip)})
    run = run_edgeact("bench", site, "--json", "--seconds", "3")
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    assert result["frames"] == 60
    assert result["people"] == 1
    assert 0 < result["frame_ms_p50"] <= result["frame_ms_p95"]
    assert 0 < result["probe_us_per_person_p50"] <= result["probe_us_per_person_p95"]
    assert 0 < result["onnxruntime_share"] < 1
    # Three seconds at 15 frames per second, less the warm-up: paced, not as fast as it goes.
    assert 0 < result["paced_frames"] <= 45


def test_bench_refuses_cameras(tmp_path: Path) -> None:
    run = run_edgeact("bench", make_site(tmp_path, {"dock": "rtsp://127.0.0.1:9/none"}))
    assert run.returncode == 2
    assert "bench measures recordings; give files" in run.stderr
