"""Unmodified DeepStream applications on the CPU: each gives the right counts."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import cv2
import pytest

from tests.plugins.cpu.clips import clip, elementary, moving_bar
from tests.plugins.cpu.networks import channel_means, fixed_boxes, follows_the_bright

pytestmark = pytest.mark.gst

ROOT = Path(__file__).resolve().parents[2]
APPS = Path(__file__).parent
SCENE = ROOT / "demo" / "scene"

PERSONS = """
[property]
gie-unique-id=1
onnx-file={onnx}
num-detected-classes=1
cluster-mode=2
parse-bbox-func-name=NvDsInferParseRtmDet
"""
TWO_BOXES = [(2.0, 4.0, 12.0, 24.0, 0.9), (20.0, 4.0, 30.0, 24.0, 0.8)]
TRACKER = """
TargetManagement:
  probationAge: {probation}
  maxShadowTrackingAge: 30
  enablePastFrame: {past}
DataAssociator:
  tentativeDetectorConfidence: 0.3
"""


def cpu_run(app: str, *arguments: object, seconds: int = 600) -> str:
    """Run an application in its own folder, as its users do; give what it wrote."""
    run = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", "cpu-run", f"{app}.py", *map(str, arguments)],
        cwd=APPS / app,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "CRITICAL" not in run.stderr, run.stderr
    assert "Error" not in run.stderr, run.stderr
    return run.stdout + run.stderr


def persons_config(folder: Path, onnx: Path) -> Path:
    path = folder / "pgie.txt"
    path.write_text(PERSONS.format(onnx=onnx))
    return path


def tracker_config(folder: Path, *, probation: int = 0, past: int = 0) -> Path:
    path = folder / "tracker.yml"
    path.write_text(TRACKER.format(probation=probation, past=past))
    return path


def true_persons(frames: int) -> Counter[int]:
    """How many persons are in each frame of the bundled scene, by frame number."""
    with (SCENE / "door.mot.csv").open() as file:
        numbers = [int(row[0]) - 1 for row in csv.reader(file)]
    return Counter(number for number in numbers if number < frames)


def test_persons_of_a_real_clip_are_counted_tracked_and_labelled(tmp_path: Path) -> None:
    frames = 16
    stream = elementary(SCENE / "door.mp4", tmp_path / "door.h264", frames)
    channel_means(tmp_path / "net.onnx")
    (tmp_path / "labels.txt").write_text("reddish;greenish;bluish\n")
    sgie = tmp_path / "sgie.txt"
    sgie.write_text(
        "[property]\ngie-unique-id=4\nprocess-mode=2\nnetwork-type=1\noperate-on-gie-id=1\n"
        "operate-on-class-ids=0\nonnx-file=net.onnx\nlabelfile-path=labels.txt\nbatch-size=8\n"
        "classifier-threshold=0.1\nnet-scale-factor=0.0039\n"
    )
    tracker = tmp_path / "tracker.txt"
    yml = tracker_config(tmp_path, probation=2, past=1)
    tracker.write_text(f"[tracker]\ntracker-width=640\ngpu-id=0\nll-config-file={yml}\n")
    pgie = ROOT / "configs" / "nvinfer" / "detect_nano.txt"
    text = cpu_run("vehicles_and_labels", stream, pgie, tracker, sgie)

    lines = re.findall(r"Frame=(\d+) Persons=(\d+) ids=\[(.*)\] labels=\[(.*)\]", text)
    assert [int(line[0]) for line in lines] == list(range(frames))
    truth = true_persons(frames)
    assert [int(count) for _, count, _, _ in lines[:2]] == [0, 0]  # probation
    wrong = [n for n, count, _, _ in lines[2:] if abs(int(count) - truth[int(n)]) > 1]
    assert not wrong, text
    assert {ids for _, _, ids, _ in lines[8:]} == {lines[8][2]}  # the same persons all the time
    assert all(labels.count("ish") == int(count) for _, count, _, labels in lines)
    past = re.findall(r"past stream=0 id=(\d+) frames=\[0, 1\]", text)
    assert len(past) == len(set(past)) >= 3
    assert f"display 'nvvideo-renderer': {frames} frames, not shown" in text


@pytest.mark.parametrize("source", ["uridecodebin", "nvurisrcbin"])
def test_sources_are_batched_and_tiled(tmp_path: Path, source: str) -> None:
    uris = [clip(tmp_path / f"{n}.mp4", 12) for n in range(2)]
    config = persons_config(tmp_path, fixed_boxes(tmp_path / "net.onnx", TWO_BOXES))
    options = ["--nvurisrcbin"] if source == "nvurisrcbin" else ["--no-display"]
    text = cpu_run("tiled_sources", "-i", *uris, "-c", config, *options)
    for stream in range(2):
        assert f"stream{stream} frames: 12 objects: 24" in text
    tiled = re.search(r"tiled pictures: (\d+) frames in each: \[1\]", text)
    assert tiled, text
    assert 12 <= int(tiled[1]) <= 24  # a batch does not wait for a slow source
    assert "**PERF:  FPS 0" in text
    if source == "uridecodebin":
        assert "Decodebin child added: nvv4l2decoder" in text


def test_objects_that_the_application_adds_are_tracked(tmp_path: Path) -> None:
    uri = moving_bar(tmp_path / "bar.mp4", 20)
    follows_the_bright(tmp_path / "net.onnx")
    config = tmp_path / "pgie.txt"
    config.write_text(
        "[property]\ngie-unique-id=1\nnetwork-type=100\noutput-tensor-meta=1\nonnx-file=net.onnx\n"
    )
    text = cpu_run("tensor_parser", uri, config, tracker_config(tmp_path))
    seen = re.findall(r"frame (\d+): \[\((\d+), (\d+)\)\]", text)
    assert [int(number) for number, _, _ in seen] == list(range(1, 20))
    assert len({track for _, track, _ in seen}) == 1
    lefts = [int(left) for _, _, left in seen]
    assert lefts[0] < 20
    assert lefts[-1] > 80
    assert max(b - a for a, b in pairwise(lefts)) < 20


def test_frames_are_read_changed_and_saved(tmp_path: Path) -> None:
    uris = [clip(tmp_path / f"{n}.mp4", 12) for n in range(2)]
    config = persons_config(tmp_path, fixed_boxes(tmp_path / "net.onnx", TWO_BOXES))
    text = cpu_run("save_frames", *uris, config, tmp_path / "out")
    assert "pictures saved: 4" in text
    names = sorted(path.name for path in (tmp_path / "out").glob("*.png"))
    assert names == [f"stream_{s}_frame_{n}.png" for s in range(2) for n in (0, 10)]
    picture = cv2.imread(str(tmp_path / "out" / names[0]))
    assert picture is not None
    assert picture.shape == (64, 96, 3)
    assert picture[28, 21].tolist() == [0, 255, 0]  # the middle of the first box
    video = cv2.VideoCapture(str(tmp_path / "out" / "tiled.mp4"))
    frames = []
    while (read := video.read())[0]:
        frames.append(read[1])
    assert len(frames) >= 12
    assert frames[5].shape == (64, 192, 3)
    blue, green, red = (int(value) for value in frames[5][28, 21])
    assert green > blue + 60  # what was written into the array is in the film
    assert green > red + 60


def test_who_is_in_a_zone_and_who_crosses_a_line_is_told(tmp_path: Path) -> None:
    uri = moving_bar(tmp_path / "bar.mp4", 40)
    config = persons_config(tmp_path, follows_the_bright(tmp_path / "net.onnx"))
    analytics = tmp_path / "analytics.txt"
    analytics.write_text(
        "[property]\nenable=1\nconfig-width=640\nconfig-height=360\nosd-mode=2\n"
        "[roi-filtering-stream-0]\nenable=1\nroi-LEFT=0;0;320;0;320;360;0;360\nclass-id=-1\n"
        "[line-crossing-stream-0]\nenable=1\n"
        "line-crossing-Exit=100;180;500;180;320;0;320;360\nclass-id=0\nmode=loose\n"
    )
    text = cpu_run("line_and_zone", uri, config, tracker_config(tmp_path), analytics)
    zone = re.findall(r"frame (\d+): in zone \{'LEFT': (\d)\} crossed \{(.*)\}", text)
    assert len(zone) == 40
    inside = [int(count) for _, count, _ in zone]
    assert inside[2] == 1
    assert inside[-1] == 0
    assert sum(abs(b - a) for a, b in pairwise(inside[2:])) == 1
    assert zone[-1][2] == "'Exit': 1"
    assert len(re.findall(r"line crossing status: \['Exit'\]", text)) == 1


def test_sources_come_and_go_while_the_graph_plays(tmp_path: Path) -> None:
    uri = clip(tmp_path / "clip.mp4", 15)
    config = persons_config(tmp_path, fixed_boxes(tmp_path / "net.onnx", TWO_BOXES))
    text = cpu_run("sources_come_and_go", uri, config)
    released = dict(re.findall(r"source (\d) released after (\d+) frames", text))
    assert released["1"] == released["2"] == "15"
    assert int(released["0"]) > 0
    assert "All sources stopped quitting" in text
