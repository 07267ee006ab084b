"""``edgeact scenario`` from the outside: a script in, a video with sound and its truth out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from training.scenario.script import load_script
from training.scenario.truth_files import truth_paths

TINY = """\
seed: 5
duration_s: 2
fps: 10
size_px: [160, 90]
actors:
  - {name: ann, start: {at_m: [3, 3]}, does: [{at_s: 0.2, action: clap, for_s: 1}]}
  - {name: bob, start: {at_m: [4, 4]}}
cameras:
  - {name: door, at_m: [0.5, 0.5, 2], look_at_m: [3, 3, 1]}
  - {name: deaf, at_m: [6.5, 0.5, 2], look_at_m: [3, 3, 1], microphone: false}
"""


def edgeact(*words: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; from pipelines.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "scenario", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def streams(path: Path) -> dict[str, dict[str, object]]:
    probe = ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json", str(path)]
    run = subprocess.run(probe, capture_output=True, check=True)
    return {stream["codec_type"]: stream for stream in json.loads(run.stdout)["streams"]}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scene")
    (folder / "tiny.yaml").write_text(TINY)
    run = edgeact("render", str(folder / "tiny.yaml"), "--out", str(folder / "one"))
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == str(folder / "one" / "events.json")
    return folder


def test_a_script_becomes_videos_that_play_with_sound(scene: Path) -> None:
    door, deaf = streams(scene / "one" / "door.mp4"), streams(scene / "one" / "deaf.mp4")
    assert door["video"]["codec_name"] == "h264"
    assert door["video"]["pix_fmt"] == "yuv420p"
    assert door["video"]["nb_read_frames"] == "20"
    assert door["audio"]["codec_name"] == "aac"
    assert abs(float(str(door["audio"]["duration"])) - 2) < 0.1
    assert set(deaf) == {"video"}


def test_the_truth_lies_beside_the_videos(scene: Path) -> None:
    truth = json.loads((scene / "one" / "events.json").read_text())
    assert truth["actors"] == {"ann": 1, "bob": 2}
    assert [camera["name"] for camera in truth["cameras"]] == ["door", "deaf"]
    clap = next(event for event in truth["events"] if event["action"] == "clap")
    assert clap["actors"] == ["ann"]
    assert "clap" in clap["sounds"]
    for camera in truth["cameras"]:
        keypoints, mot = truth_paths(scene / "one", camera["name"])
        assert len(json.loads(keypoints.read_text())["images"]) == 20
        assert {line.split(",")[1] for line in mot.read_text().splitlines()} == {"1", "2"}


def test_the_same_script_gives_the_same_files(scene: Path) -> None:
    run = edgeact("render", str(scene / "tiny.yaml"), "--out", str(scene / "two"))
    assert run.returncode == 0, run.stderr
    for path in sorted((scene / "one").iterdir()):
        assert path.read_bytes() == (scene / "two" / path.name).read_bytes(), path.name


def test_a_camera_that_sees_nobody_is_told_with_its_line(scene: Path) -> None:
    path = scene / "blind.yaml"
    path.write_text(TINY + "  - {name: blind, at_m: [6, 5, 2], look_at_m: [6.9, 5.9, 2]}\n")
    run = edgeact("render", str(path), "--out", str(scene / "blind"))
    assert run.returncode == 2
    assert run.stderr.splitlines()[-1].startswith(f"{path}:11: cameras[2]: 'blind' sees nobody")


def test_a_seed_draws_a_script_that_can_be_filmed(tmp_path: Path) -> None:
    run = edgeact("random", "--seed", "3", "--actions", "gesture,drink", "--duration", "8",
                  "--script-only", "--out", str(tmp_path))  # fmt: skip
    assert run.returncode == 0, run.stderr
    script = load_script(tmp_path / "script.yaml")
    assert (script.seed, script.duration_s, len(script.actors)) == (3, 8, 4)
    assert list(tmp_path.iterdir()) == [tmp_path / "script.yaml"]
    again = edgeact("render", str(tmp_path / "script.yaml"), "--crf", "-1", "--out", "x")
    assert "--crf: -1 is out of range; wanted 0 to 51" in again.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["render", "no.yaml", "--out", "x"], "no.yaml: cannot be read: No such file"),
        (["random", "--seed", "abc", "--out", "x"], "'abc' is no seed; give a whole number"),
        (["random", "--seed", "1", "--actors", "99", "--out", "x"], "99 is out of range"),
        (["random", "--seed", "1", "--size", "big", "--out", "x"], "WIDTHxHEIGHT"),
        (["random", "--seed", "1", "--actions", "wve", "--out", "x"], "did you mean 'wave'?"),
        (["random", "--seed", "1", "--crf", "99", "--out", "x"], "--crf: 99 is out of range"),
    ],
)
def test_a_wrong_option_is_told_in_one_line(words: list[str], told: str) -> None:
    run = edgeact(*words)
    assert run.returncode == 2
    assert told in run.stderr
    assert len(run.stderr.splitlines()) == 1


def test_a_missing_library_is_told_with_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY)
    code = (
        "import sys; sys.modules['tqdm'] = None\n"
        "from pipelines.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "scenario", "render"]
    command += [str(tmp_path / "tiny.yaml"), "--out", str(tmp_path / "out")]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert run.stderr.strip().splitlines()[-1] == (
        "edgeact scenario: needs the package 'tqdm', which is not installed; "
        "install it: pip install -r requirements/training.txt"
    )
