"""The demo shows what was recognised beside what is true, and leaves nothing behind."""

from __future__ import annotations

import io
import json
import socket
import subprocess
from pathlib import Path
from typing import Any

import cv2
import pytest
from paho.mqtt import publish

from pipelines.demo.board import Board, class_table
from pipelines.demo.broker import OwnBroker, Subscriber
from pipelines.demo.timeline import Lane, draw_timeline
from recognition.scoring import Span, Tally, score
from recognition.truth import SceneTruth, read_scene
from settings.errors import ConfigError
from tests.broker import needs_mosquitto
from tests.pipelines.toy_site import EDGEACT, make_clip, make_site, run_edgeact

EVENTS = [
    ("wave", "anna", 1.0, 4.0),
    ("clap", "boris", 2.0, 5.0),
    ("walk", "boris", 5.0, 6.0),
]


def make_truth(folder: Path, *cameras: str) -> Path:
    """Anna on the left, Boris on the right, for six seconds; Boris is hidden at the end."""
    folder.mkdir(exist_ok=True)
    data = {
        "duration_s": 6.0,
        "actors": {"anna": 1, "boris": 2},
        "cameras": [{"name": name, "size_px": [320, 240], "fps": 15} for name in cameras],
        "events": [
            {"action": action, "level": "gesture", "actors": [who], "onset_s": onset, "end_s": end}
            for action, who, onset, end in EVENTS
        ],
    }
    (folder / "events.json").write_text(json.dumps(data))
    rows = [f"{frame},1,80,30,160,195,1,1,1" for frame in range(1, 91)]
    rows += [f"{frame},2,250,30,60,195,1,1,{float(frame < 76)}" for frame in range(1, 91)]
    for name in cameras:
        (folder / f"{name}.mot.csv").write_text("\n".join(rows) + "\n")
    return folder


def start(action: str, at_s: float, x: float, **data: Any) -> dict[str, Any]:
    return {
        "data": {
            "event": {"id": f"{action}{at_s}", "phase": "start", "rev": 0, "action": action},
            "time": {"media_onset_ns": round(at_s * 1e9), "media_pts_ns": round(at_s * 1e9) + 1},
            "camera": {"name": "hall"},
            "track": {"id": "1", "box": [x / 320, 30 / 240, 60 / 320, 195 / 240]},
            "score": {"current": 0.8},
            **data,
        }
    }


@pytest.fixture
def scene(tmp_path: Path) -> SceneTruth:
    return read_scene(make_truth(tmp_path / "truth", "hall"))


def test_each_start_is_shown_beside_the_truth(scene: SceneTruth) -> None:
    stream = io.StringIO()
    board = Board(scene, stream=stream)
    board.begin()
    board.show(start("wave", 1.5, 130))
    board.show(start("wave", 2.5, 250))
    board.show(start("walk", 5.2, 250))
    board.show(start("fall", 0.2, 0))
    assert stream.getvalue().splitlines() == [
        "     at  camera     who         recognised              truth",
        "  1.5 s  hall       anna        wave 0.80               = wave 1.0 to 4.0 s",
        "  2.5 s  hall       boris       wave 0.80               x clap 2.0 to 5.0 s",
        "  5.2 s  hall       boris       walk 0.80               ~ walk 5.0 to 6.0 s, hardly seen",
        "  0.2 s  hall       nobody      fall 0.80               x nobody is there",
    ]


def test_the_table_counts_each_action_and_all() -> None:
    assert class_table({"wave": Tally(2, 3, 2), "fall": Tally(0, 1, 0)}) == [
        "action  true  found  right  missed  false    F1",
        "fall       -      1      -       -      1  0.00",
        "wave       2      3      2       -      1  0.80",
        "all        2      4      2       -      2  0.67",
    ]


def test_the_timeline_is_a_picture_that_is_not_empty(tmp_path: Path, scene: SceneTruth) -> None:
    told = [Span(action="wave", person="anna", onset_s=1.2, end_s=4)]
    told.append(Span(action="clap", person=None, onset_s=1, end_s=2))
    lane = Lane(
        camera="hall",
        persons=scene.persons,
        true=scene.spans,
        score=score(scene.spans, told, labels={"wave", "clap", "walk"}),
    )
    path = tmp_path / "line.png"
    draw_timeline(path, [lane, lane], duration_s=6, title="two of the same")
    picture = cv2.imread(str(path))
    assert picture is not None
    assert picture.shape[1] > 1000
    assert picture.std() > 20


@needs_mosquitto
@pytest.mark.mqtt
def test_the_broker_is_there_while_it_is_used_and_gone_afterwards() -> None:
    with OwnBroker() as broker, Subscriber(broker) as subscriber:
        topic = "edgeact/v1/site/cam/hall/event/wave"
        for _ in range(3):
            publish.single(topic, b"{}", qos=1, hostname="127.0.0.1", port=broker.port)
        assert subscriber.wait_for(3, timeout_s=20) == 3
    with socket.socket() as sock:
        assert sock.connect_ex(("127.0.0.1", broker.port)) != 0


def test_a_missing_broker_program_is_told_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("pipelines.demo.broker._PATH", "")
    with pytest.raises(ConfigError, match="apt-get install mosquitto"), OwnBroker():
        pass


@needs_mosquitto
@pytest.mark.mqtt
@pytest.mark.gst
def test_a_site_is_played_from_clip_to_table(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4")
    site = make_site(tmp_path, {"hall": str(clip), "dock": str(clip)})
    truth = make_truth(tmp_path / "truth", "hall", "dock")
    out = tmp_path / "out"
    run = run_edgeact("demo", "--config", site, "--scene", truth, "--out", out)
    assert run.returncode == 0, run.stderr
    assert "recognised" in run.stdout
    assert "anna" in run.stdout
    figures = json.loads((out / "demo.json").read_text())
    lines = (out / "demo.jsonl").read_text().splitlines()
    assert figures["messages"] == figures["messages_received"] == len(lines) > 0
    assert 0 < figures["first_event_s"] <= figures["run_s"]
    assert (out / "demo.mp4").stat().st_size > 1000
    assert (out / "demo.png").stat().st_size > 1000


@needs_mosquitto
@pytest.mark.mqtt
@pytest.mark.gst
def test_a_demo_that_is_stopped_leaves_no_broker_behind(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=120)
    site = make_site(tmp_path, {"hall": str(clip)})
    truth = make_truth(tmp_path / "truth", "hall")
    options = {"--config": site, "--scene": truth, "--out": tmp_path / "out"}
    words = [str(word) for option in options.items() for word in option]
    with subprocess.Popen(
        [EDGEACT, "demo", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as demo:
        assert demo.stdout is not None
        assert demo.stderr is not None
        said = b"".join(demo.stderr.readline() for _ in range(2)).decode()
        port = int(said.rpartition("127.0.0.1:")[2].split("/")[0])
        demo.stdout.readline()
        demo.stdout.readline()  # the first event: everything runs
        demo.terminate()
        demo.communicate(timeout=60)
    assert demo.returncode == 130
    with socket.socket() as sock:
        assert sock.connect_ex(("127.0.0.1", port)) != 0


def test_a_folder_without_truth_and_wrong_cameras_are_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").touch()
    site = make_site(tmp_path, {"hall": str(tmp_path / "clip.mp4")})
    run = run_edgeact("demo", "--config", site, "--scene", tmp_path)
    assert run.returncode == 2
    assert "events.json: cannot be read" in run.stderr
    truth = make_truth(tmp_path / "truth", "dock")
    run = run_edgeact("demo", "--config", site, "--scene", truth)
    assert run.returncode == 2
    assert "its cameras are hall, those of the scene dock" in run.stderr
