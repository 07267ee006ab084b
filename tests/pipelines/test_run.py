"""``edgeact run`` as a user meets it: real GStreamer, real files, the real command."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from paho.mqtt import publish as paho

from tests.assets import ASSETS, needs_assets
from tests.broker import Broker, Heard, Listener, needs_mosquitto, wait_until
from tests.pipelines.toy_site import EDGEACT, make_clip, make_site, run_edgeact
from tests.plugins.cpu.networks import channel_means

pytestmark = pytest.mark.gst


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4")


def phases(output: str) -> list[tuple[str, str]]:
    parts = [json.loads(line)["data"] for line in output.splitlines()]
    return [(part["camera"]["name"], part["event"]["phase"]) for part in parts]


def table(output: str) -> dict[str, list[str]]:
    """Rows of the closing table by camera."""
    rows = output[output.index("camera ") :].splitlines()[1:]
    return {row.split()[0]: row.split()[1:] for row in rows if len(row.split()) > 5}


def test_a_clip_gives_events_a_file_of_them_and_a_closing_table(tmp_path: Path, clip: Path) -> None:
    site = make_site(tmp_path, {"lobby": str(clip)})
    run = run_edgeact("run", site, "--events", tmp_path / "events.jsonl")
    assert run.returncode == 0, run.stderr
    assert phases(run.stdout) == [("lobby", "start"), ("lobby", "end")]
    assert (tmp_path / "events.jsonl").read_text() == run.stdout
    frames, _, people, events, sound, state = table(run.stderr)["lobby"]
    assert (frames, people, events, sound, state) == ("90", "1", "1", "missing", "ended")


def test_a_repeat_of_a_run_is_identical_to_the_byte(tmp_path: Path, clip: Path) -> None:
    other = make_clip(tmp_path / "other.mkv", seconds=3, fps=10, sound=True)
    site = make_site(tmp_path, {"a": str(clip), "b": str(other), "c": str(clip)})
    first, second = (run_edgeact("run", site) for _ in range(2))
    assert first.returncode == second.returncode == 0
    assert first.stdout == second.stdout
    assert [name for name, phase in phases(first.stdout) if phase == "end"] == ["b", "a", "c"]


def test_the_video_shows_the_people_and_is_as_long_as_the_clip(tmp_path: Path, clip: Path) -> None:
    site = make_site(tmp_path, {"a": str(clip), "b": str(clip)})
    video = tmp_path / "out.mp4"
    run = run_edgeact("run", site, "--video", video, "--quiet")
    assert run.returncode == 0, run.stderr
    streams = probe(video)["streams"]
    assert [(s["codec_name"], s["width"], s["height"]) for s in streams] == [("h264", 640, 240)]
    assert int(streams[0]["nb_read_frames"]) == 90


def probe(path: Path) -> dict[str, Any]:
    command = ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json", str(path)]
    result: dict[str, Any] = json.loads(subprocess.check_output(command))
    return result


def test_sound_is_heard_where_there_is_any(tmp_path: Path) -> None:
    loud = make_clip(tmp_path / "loud.mp4", sound=True)
    run = run_edgeact("run", make_site(tmp_path, {"lobby": str(loud)}))
    assert table(run.stderr)["lobby"][4] == "heard"
    evidence = json.loads(run.stdout.splitlines()[-1])["data"]["evidence"]
    assert evidence["audio"]["present"] is True


def bad_files(folder: Path) -> dict[str, tuple[Path, str]]:
    """Files that cannot be played, and a part of what is said of each."""
    empty, text, silent = folder / "empty.mp4", folder / "text.mp4", folder / "sound_only.mp4"
    empty.touch()
    text.write_text("hello\n")
    tone = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=duration=1", str(silent)]
    subprocess.run(tone, check=True)
    return {
        "missing": (folder / "none.mp4", "none.mp4 does not exist; wanted a video file"),
        "folder": (folder, "is a folder; wanted a video file"),
        "empty": (empty, "the file is empty"),
        "text": (text, "Could not determine type of stream"),
        "sound": (silent, "no video stream"),
    }


@pytest.mark.parametrize("kind", ["missing", "folder", "empty", "text", "sound"])
def test_a_file_that_cannot_be_played_is_told_in_one_line_and_the_others_go_on(
    tmp_path: Path, clip: Path, kind: str
) -> None:
    path, said = bad_files(tmp_path)[kind]
    run = run_edgeact("run", make_site(tmp_path, {"bad": str(path), "good": str(clip)}))
    assert run.returncode == 2
    lines = [line for line in run.stderr.splitlines() if said in line and "'bad'" in line]
    assert len(lines) == 1, run.stderr
    assert table(run.stderr)["good"][0] == "90"
    assert "Traceback" not in run.stderr
    assert "CRITICAL" not in run.stderr


def test_the_heartbeat_comes_of_frames_that_were_worked_on(tmp_path: Path, clip: Path) -> None:
    heart = tmp_path / "alive"
    heart.write_text("of an earlier run")
    run_edgeact("run", make_site(tmp_path, {"a": str(clip)}), "--heartbeat", heart)
    assert heart.read_text() == ""


def test_a_heartbeat_that_cannot_be_written_is_told(tmp_path: Path, clip: Path) -> None:
    site = make_site(tmp_path, {"lobby": str(clip)})
    run = run_edgeact("run", site, "--heartbeat", tmp_path / "none" / "alive")
    assert run.returncode == 2
    assert "cannot be written: No such file or directory" in run.stderr


def test_when_no_file_is_there_nothing_starts(tmp_path: Path) -> None:
    run = run_edgeact("run", make_site(tmp_path, {"a": "none.mp4"}))
    assert run.returncode == 2
    assert run.stderr.strip().endswith("Mend its uri, or give one: --source a=FILE")


def test_a_cut_off_file_is_played_as_far_as_it_goes_and_told(tmp_path: Path) -> None:
    whole = tmp_path / "whole.mp4"
    source = make_clip(tmp_path / "raw.mp4")
    move = ["ffmpeg", "-v", "error", "-i", str(source), "-c", "copy", "-movflags", "faststart"]
    subprocess.run([*move, str(whole)], check=True)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    run = run_edgeact("run", make_site(tmp_path, {"lobby": str(cut)}))
    assert run.returncode == 2
    assert f"{cut} is cut off: {cut.stat().st_size} bytes of" in run.stderr
    assert 0 < int(table(run.stderr)["lobby"][0]) < 90


@pytest.mark.parametrize("size", ["1x65", "2x64", "3840x2160"])
def test_odd_sizes_are_played(tmp_path: Path, size: str) -> None:
    path = tmp_path / "odd.mkv"
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        f"testsrc=size={size}:rate=5:duration=2",
    ]
    subprocess.run([*command, "-c:v", "ffv1", str(path)], check=True)
    run = run_edgeact("run", make_site(tmp_path, {"odd": str(path)}))
    assert run.returncode == 0, run.stderr
    assert table(run.stderr)["odd"][0] == "10"


def test_a_variable_frame_rate_is_followed_by_time(tmp_path: Path) -> None:
    path = tmp_path / "vfr.mkv"
    picture = (
        "testsrc=size=320x240:rate=30:duration=6,select='lt(mod(n\\,30)\\,10)+not(mod(n\\,5))'"
    )
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", picture, "-vsync", "vfr", str(path)]
    subprocess.run(command, check=True)
    run = run_edgeact("run", make_site(tmp_path, {"vfr": str(path)}))
    assert run.returncode == 0, run.stderr
    end = json.loads(run.stdout.splitlines()[-1])["data"]["time"]
    assert 5.0 < end["media_end_ns"] / 1e9 < 6.0


def test_an_unreachable_rtsp_camera_is_given_up_when_it_is_the_only_one(tmp_path: Path) -> None:
    site = make_site(tmp_path, {"dock": "rtsp://viewer:hunter2@127.0.0.1:9/main"})
    site.write_text(site.read_text().replace("main'}", "main', reconnect_s: 1}"))
    run = run_edgeact("run", site)
    assert run.returncode == 2
    assert "no picture after 3 attempts" in run.stderr
    assert "hunter2" not in run.stderr + run.stdout


def test_ctrl_c_closes_events_and_finishes_the_video(tmp_path: Path) -> None:
    long = make_clip(tmp_path / "long.mp4", seconds=600)
    site, video = make_site(tmp_path, {"lobby": str(long)}), tmp_path / "out.mp4"
    process = subprocess.Popen(
        [EDGEACT, "run", site, "--video", video],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=30)
    taken = time.monotonic() - started
    assert process.returncode == 0, errors
    assert phases(first + rest) == [("lobby", "start"), ("lobby", "end")]
    assert json.loads(rest.splitlines()[-1])["data"]["event"]["end_reason"] == "shutdown"
    assert int(probe(video)["streams"][0]["nb_read_frames"]) > 0
    # Two seconds are promised; a test machine under load gets some more.
    assert taken < 15


def test_a_missing_model_is_told_with_the_command_that_brings_it(
    tmp_path: Path, clip: Path
) -> None:
    site = make_site(tmp_path, {"lobby": str(clip)})
    (tmp_path / "detect.onnx").unlink()
    run = run_edgeact("run", site)
    assert run.returncode == 2
    assert run.stderr == f"edgeact: {tmp_path}/detect.onnx: no such model file\n"


def test_a_model_of_another_layout_is_told(tmp_path: Path, clip: Path) -> None:
    site = make_site(tmp_path, {"lobby": str(clip)}, extra="fusion: {model: pose.onnx}\n")
    run = run_edgeact("run", site)
    assert run.returncode == 2
    assert "made for feature layout none; this program makes 2" in run.stderr


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        ("detect", "edgeact: detect: layer 'output': wanted (candidates, 5); got (3,)"),
        ("pose", "the decoder 'movenet' wants a layer of 51"),
    ],
)
def test_a_network_of_another_kind_is_told_in_one_line(
    tmp_path: Path, clip: Path, stage: str, said: str
) -> None:
    site = make_site(tmp_path, {"lobby": str(clip)})
    channel_means(tmp_path / f"{stage}.onnx")
    run = run_edgeact("run", site)
    assert run.returncode == 2
    (line,) = run.stderr.splitlines()
    assert said in line


def test_an_action_that_the_model_does_not_know_is_told(tmp_path: Path, clip: Path) -> None:
    site = make_site(tmp_path, {"lobby": str(clip)})
    site.write_text(site.read_text().replace("events: {", "events: {actions: {wafe: {}}, "))
    run = run_edgeact("run", site)
    assert run.returncode == 2
    assert "no action 'wafe'; did you mean 'wave'?" in run.stderr


def test_output_that_nobody_reads_any_more_does_no_harm(tmp_path: Path, clip: Path) -> None:
    site = make_site(tmp_path, {"lobby": str(clip)})
    reader, writer = os.pipe()
    os.close(reader)
    run = subprocess.run(
        [EDGEACT, "run", site],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
        check=False,
    )
    os.close(writer)
    assert run.returncode == 0
    assert "Traceback" not in run.stderr


@needs_mosquitto
@pytest.mark.mqtt
def test_mqtt_carries_the_bytes_of_standard_output(tmp_path: Path, clip: Path) -> None:
    site = make_site(tmp_path, {"a": str(clip), "b": str(clip)})
    with Broker(tmp_path) as broker, Listener(broker.port) as listener:
        run = run_edgeact("run", site, "--mqtt", broker.url)
        heard = listener.wait_for_events(4)
    payloads = [message.payload.decode() for message in heard]
    assert payloads == run.stdout.splitlines()


@needs_mosquitto
@pytest.mark.mqtt
def test_whoever_looks_on_is_told_who_is_in_sight_and_what_they_do(
    tmp_path: Path, clip: Path
) -> None:
    with Broker(tmp_path) as broker, Listener(broker.port, "+/v1/+/cam/a/tracks") as listener:
        mqtt = f"mqtt: {{url: '{broker.url}', tracks_hz: 10}}\n"
        site = make_site(tmp_path, {"a": str(clip)}, extra=mqtt)
        site.write_text(site.read_text().replace(".mp4'}", ".mp4', loop: true}"))
        with subprocess.Popen([EDGEACT, "run", site], stdout=subprocess.DEVNULL) as process:
            wait_until(lambda: any(b'"actions":{"' in one.payload for one in listener.heard), "it")
            process.send_signal(signal.SIGINT)


@needs_mosquitto
@pytest.mark.mqtt
def test_a_start_comes_with_a_coarse_picture_of_the_person(tmp_path: Path, clip: Path) -> None:
    with Broker(tmp_path) as broker, Listener(broker.port) as listener:

        def pictures() -> list[Heard]:
            return [one for one in listener.heard if "/snapshot/" in one.topic]

        mqtt = f"mqtt: {{url: '{broker.url}', snapshots: {{enabled: true}}}}\n"
        site = make_site(tmp_path, {"a": str(clip)}, extra=mqtt)
        site.write_text(site.read_text().replace(".mp4'}", ".mp4', loop: true}"))
        with subprocess.Popen([EDGEACT, "run", site], stdout=subprocess.DEVNULL) as process:
            wait_until(pictures, "a picture")
            process.send_signal(signal.SIGINT)
    known = {json.loads(one.payload)["data"]["event"]["id"] for one in listener.events()}
    picture = cv2.imdecode(np.frombuffer(pictures()[0].payload, np.uint8), cv2.IMREAD_COLOR)
    assert pictures()[0].picture_of in known
    assert picture is not None
    assert picture.shape[1] == 24


@needs_mosquitto
@pytest.mark.mqtt
def test_a_running_site_is_a_device_of_home_assistant_and_obeys(tmp_path: Path, clip: Path) -> None:
    with Broker(tmp_path) as broker, Listener(broker.port) as listener:

        def heard(end: str) -> list[dict[str, Any]]:
            return [json.loads(one.payload) for one in listener.heard if one.topic.endswith(end)]

        mqtt = f"mqtt: {{url: '{broker.url}', commands: true, home_assistant: {{enabled: true}}}}\n"
        site = make_site(tmp_path, {"Lobby east": str(clip)}, extra=mqtt)
        site.write_text(site.read_text().replace(".mp4'}", ".mp4', loop: true}"))
        with subprocess.Popen([EDGEACT, "run", site], stdout=subprocess.PIPE) as process:
            first = json.loads((process.stdout or io.BytesIO()).readline())["data"]["event"]
            args = {"action": first["action"], "camera": "Lobby east", "rule": {"enabled": False}}
            command = json.dumps({"correlation_id": "7", "args": args})
            paho.single("edgeact/v1/edgeact/cmd/set_rule", command, qos=1, port=broker.port)
            wait_until(lambda: heard("/set_rule/result"), "the answer")
            process.send_signal(signal.SIGINT)
            rest, _ = process.communicate(timeout=60)
    (answer,) = heard("/set_rule/result")
    assert (answer["correlation_id"], answer["status"]) == ("7", "done")
    assert answer["rules"]["lobby_east"]["enabled"] is False
    end = json.loads(rest.splitlines()[0])["data"]["event"]
    assert (end["id"], end["end_reason"]) == (first["id"], "config_change")
    stats = heard("/stats")[-1]
    assert set(stats["cameras"]) == {"lobby_east"}
    assert (stats["frames_dropped"], stats["cameras"]["lobby_east"].keys()) == (
        0,
        {"frames", "people", "events"},
    )
    (device,) = heard("device/edgeact/lobby_east/config")
    assert device["device"]["name"] == "Lobby east"


def test_a_run_without_its_broker_is_normal(tmp_path: Path, clip: Path) -> None:
    site = make_site(tmp_path, {"lobby": str(clip)})
    run = run_edgeact("run", site, "--mqtt", "mqtt://127.0.0.1:9")
    assert run.returncode == 0
    assert phases(run.stdout) == [("lobby", "start"), ("lobby", "end")]
    assert "refused the connection" in run.stderr


@needs_assets
@pytest.mark.assets
def test_a_file_with_two_video_two_sound_and_two_text_streams_is_one_source(
    tmp_path: Path,
) -> None:
    odd = ASSETS / "video" / "nasa_13013.mp4"
    run = run_edgeact("run", make_site(tmp_path, {"nasa": str(odd)}))
    assert run.returncode == 0, run.stderr
    frames, _, _, _, sound, state = table(run.stderr)["nasa"]
    assert (frames, sound, state) == ("325", "heard", "ended")
