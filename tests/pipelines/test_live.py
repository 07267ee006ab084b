"""Live cameras, with a real RTSP server that comes and goes."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.broker import Broker, Listener, needs_mosquitto, wait_until
from tests.pipelines.test_run import phases, table
from tests.pipelines.toy_site import EDGEACT, make_site
from tests.rtsp import RtspServer

pytestmark = pytest.mark.gst


@contextmanager
def running(site: Path, folder: Path, *arguments: str) -> Iterator[Path]:
    """The command in the background; gives the file that its events go to, ends it by Ctrl-C."""
    events = folder / "events.jsonl"
    with (folder / "errors.txt").open("w") as errors:
        process = subprocess.Popen(
            [EDGEACT, "run", site, "--events", events, *arguments],
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        try:
            yield events
            assert process.poll() is None, (folder / "errors.txt").read_text()
            process.send_signal(signal.SIGINT)
            assert process.wait(30) in (0, 2)
        finally:
            process.kill()
            process.wait()


def site_of(folder: Path, sources: dict[str, str]) -> Path:
    site = make_site(folder, sources)
    text = site.read_text()
    for uri in sources.values():
        text = text.replace(f"uri: '{uri}'}}", f"uri: '{uri}', reconnect_s: 1}}")
    site.write_text(text)
    return site


def count(events: Path, phase: str) -> int:
    text = events.read_text() if events.exists() else ""
    complete = text[: text.rfind("\n") + 1]
    return sum(found == phase for _, found in phases(complete))


def test_a_camera_is_watched_and_heard_and_ctrl_c_ends_its_event(tmp_path: Path) -> None:
    with RtspServer() as camera:
        with running(site_of(tmp_path, {"dock": camera.url}), tmp_path) as events:
            wait_until(lambda: count(events, "start") == 1, "the first event")
        assert count(events, "end") == 1
    rows = table((tmp_path / "errors.txt").read_text())
    assert rows["dock"][4] == "heard"


def test_a_camera_that_was_off_and_comes_back_is_watched_again(tmp_path: Path) -> None:
    said = tmp_path / "errors.txt"
    camera = RtspServer()
    with camera, running(site_of(tmp_path, {"dock": camera.url}), tmp_path) as events:
        wait_until(lambda: count(events, "start") == 1, "the first event")
        camera.stop()
        wait_until(lambda: "Could not" in said.read_text(), "a warning")
        camera.start()
        wait_until(lambda: "pictures come" in said.read_text(), "pictures after the outage")


@needs_mosquitto
@pytest.mark.mqtt
def test_an_event_ends_when_its_camera_goes_dark_and_not_when_it_comes_back(tmp_path: Path) -> None:
    said = tmp_path / "errors.txt"
    camera, broker = RtspServer(), Broker(tmp_path)
    site = site_of(tmp_path, {"dock": camera.url})
    with (
        broker,
        Listener(broker.port, "+/v1/+/cam/dock/status") as listener,
        camera,
        running(site, tmp_path, "--mqtt", broker.url) as events,
    ):
        wait_until(lambda: count(events, "start") == 1, "the first event")
        camera.stop()
        wait_until(lambda: count(events, "end") == 1, "its end, while the camera is away")
        assert '"end_reason":"camera_offline"' in events.read_text()
        assert "camera 'dock' (" in said.read_text()
        assert "no picture for 1 s; its events have ended" in said.read_text()
        camera.start()
        wait_until(lambda: count(events, "start") == 2, "an event after the outage")
        assert "pictures come" in said.read_text()
    told = [json.loads(one.payload) for one in listener.heard]
    states = [(one["state"], one.get("error")) for one in told]
    dark = states.index(("offline", "no pictures"))
    assert states[0] == ("offline", "starting")
    assert ("online", None) in states[:dark]
    assert ("online", None) in states[dark:]
    assert states[-1] == ("offline", "stopped")
    assert all(one["since"] <= one["time"] for one in told)


def test_one_camera_that_is_off_does_not_hold_up_the_other(tmp_path: Path) -> None:
    with RtspServer() as camera:
        sources = {"dark": "rtsp://127.0.0.1:9/none", "dock": camera.url}
        with running(site_of(tmp_path, sources), tmp_path) as events:
            wait_until(lambda: count(events, "start") == 1, "an event of the camera that is on")
        rows = table((tmp_path / "errors.txt").read_text())
    assert rows["dark"][0] == "0"
    assert int(rows["dock"][0]) > 0
