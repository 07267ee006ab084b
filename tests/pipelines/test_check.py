"""``edgeact check``: one line for each part, and never a secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engines.registry import ROOT
from export.to_onnx import export
from tests.pipelines.toy_site import make_clip, make_site, run_edgeact
from training.config import ModelConfig
from training.model import build

pytestmark = pytest.mark.gst


def test_a_whole_site_is_ok_in_every_part(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=1)
    run = run_edgeact("check", make_site(tmp_path, {"lobby": str(clip)}))
    assert run.returncode == 0, run.stdout
    assert [line.split()[-1] for line in run.stdout.splitlines()] == ["ok"] * 4


def test_each_part_that_has_to_be_mended_is_told(tmp_path: Path) -> None:
    site = make_site(tmp_path, {"lobby": "none.mp4"}, extra="mqtt: {host: 127.0.0.1, port: 9}\n")
    (tmp_path / "pose.onnx").unlink()
    run = run_edgeact("check", site)
    assert run.returncode == 2
    problems = [
        line.split(" PROBLEM ")[0].strip() for line in run.stdout.splitlines() if " PROB" in line
    ]
    assert problems == ["source lobby", "stages", "mqtt"]
    assert "is the broker running?" in run.stdout


def test_ways_out_that_cannot_be_reached_are_told(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=1)
    extra = (
        f"sinks:\n  file: {{path: {tmp_path / 'events.jsonl'}}}\n"
        "  webhook: {url: 'http://127.0.0.1:9/hooks/a'}\n  redis: {url: 'redis://127.0.0.1:9'}\n"
    )
    run = run_edgeact("check", make_site(tmp_path, {"lobby": str(clip)}, extra=extra))
    assert run.returncode == 2
    file, webhook, redis = run.stdout.splitlines()[-3:]
    assert file.split() == ["file", "ok"]
    assert "PROBLEM webhook http://127.0.0.1:9: cannot be reached" in webhook
    assert "PROBLEM redis 127.0.0.1:9: cannot be reached" in redis


def test_sound_tokens_that_the_fusion_model_does_not_know_are_told(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=1)
    extra = "sound: {tokens: audio_encoder, model: none.onnx}\n"
    run = run_edgeact("check", make_site(tmp_path, {"lobby": str(clip)}, extra=extra))
    assert run.returncode == 2
    assert "made for sound.tokens bands, the configuration says audio_encoder" in run.stdout
    assert "none.onnx: no such model file" in run.stdout


def test_an_unknown_key_of_an_nvinfer_file_is_told(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=1)
    site = make_site(tmp_path, {"lobby": str(clip)})
    detect = tmp_path / "detect.txt"
    detect.write_text(detect.read_text() + "clustermode=2\n")
    run = run_edgeact("check", site)
    assert run.returncode == 2
    assert "clustermode" in run.stdout


def test_the_shown_configuration_has_every_default_and_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAMERA_SECRET", "hunter2")
    monkeypatch.setenv("BROKER_SECRET", "swordfish")
    sources = {"dock": "rtsp://viewer:${CAMERA_SECRET}@10.0.0.7/main"}
    mqtt = "mqtt: {host: broker, user: edge, password: '${BROKER_SECRET}'}\n"
    run = run_edgeact("check", make_site(tmp_path, sources, extra=mqtt), "--show")
    assert run.returncode == 0, run.stderr
    assert "hop_steps: 5" in run.stdout
    assert "hunter2" not in run.stdout
    assert "swordfish" not in run.stdout


def test_a_pose_network_that_does_not_tell_looks_is_told_where_the_model_takes_them(
    tmp_path: Path,
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=1)
    form = ModelConfig(channels=16, layout=4)
    labels = form.features.classes
    said = {
        "layout_version": "4", "steps": "48", "rate_hz": "15", "labels": json.dumps(labels),
        "modalities": json.dumps(form.features.modalities),
    }  # fmt: skip
    export(build(form, len(labels)), said, tmp_path / "fusion.onnx", steps=48)
    fusion = f"fusion: {{model: {tmp_path / 'fusion.onnx'}}}\n"
    site = make_site(tmp_path, {"lobby": str(clip)}, extra=fusion)
    run = run_edgeact("check", site)
    assert run.returncode == 2
    (line,) = (line for line in run.stdout.splitlines() if "PROBLEM" in line)
    assert line.startswith("appearance ")
    assert "its network has no output features of 96 numbers" in line
    assert run_edgeact("run", site, "--quiet").returncode == 0
    bundled = ROOT / "configs" / "nvinfer" / "pose_nano.txt"
    site.write_text(
        site.read_text().replace("{config: pose.txt}", f"{{config: {bundled}, decoder: simcc}}")
    )
    well = run_edgeact("check", site)
    assert well.returncode == 0, well.stdout
    assert "appearance   ok" in well.stdout
