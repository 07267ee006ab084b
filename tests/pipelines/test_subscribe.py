"""``edgeact events`` against a real broker, as a program of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from paho.mqtt.publish import single

from pipelines.mock_day import steps
from pipelines.publish.mqtt import mqtt_from_url
from pipelines.publish.mqtt_sink import MqttSink
from pipelines.publish.publisher import Publisher
from pipelines.subscribe import pretty
from tests.broker import (
    PATIENCE_S,
    Broker,
    Listener,
    free_port,
    needs_mosquitto,
    wait_until,
)
from tests.pipelines.publish.examples import END, START, context

PROGRAM = (
    "import argparse, signal, sys\n"
    "from pipelines import subscribe\n"
    # A job that a shell runs in the background is begun with Ctrl-C ignored.
    "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "parser = argparse.ArgumentParser()\n"
    "subscribe.add_arguments(parser)\n"
    "sys.exit(subscribe.run(parser.parse_args()))\n"
)


@contextmanager
def listening(*args: str) -> Iterator[subprocess.Popen[str]]:
    """The program, once it has subscribed."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "--seconds", f"{PATIENCE_S:g}", *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None
            assert process.stderr.readline().startswith("listening to ")
            yield process
        finally:
            process.kill()


def refused(*args: str) -> str:
    """What the program says when it ends with exit code 2, on one line."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *args], capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    return line


def publish(broker: Broker) -> list[str]:
    publisher = Publisher(context(), [MqttSink(mqtt_from_url(broker.url), "gate-1")])
    payloads = [publisher.publish(event).decode() for event in (START, END)]
    publisher.close(PATIENCE_S)
    return payloads


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with Broker(tmp_path) as running:
        yield running


def test_a_line_says_when_where_who_what_and_how_sure() -> None:
    from pipelines.publish.compose import render

    assert pretty("t", render(START, context())) == (
        "2023-11-14T22:13:22.400Z  Lobby east    track 7     sit_down      start    0.81"
    )
    assert pretty("t", render(END, context())).endswith("end      0.31  3.5 s  (score_low)")


def test_what_is_no_event_is_told_and_cannot_steer_the_terminal() -> None:
    assert pretty("a/b", b"\xff") == "a/b: not an event of this version (no JSON)"
    assert pretty("a/b", b"{}").startswith("a/b: not an event of this version (id)")
    assert pretty("a/\x1b[2J", b"") == "a/?[2J: not an event of this version (no JSON)"


@pytest.mark.mqtt
@needs_mosquitto
def test_the_payloads_are_printed_as_they_came(broker: Broker) -> None:
    with listening("--mqtt", broker.url, "--json") as process:
        payloads = publish(broker)
        assert process.stdout is not None
        assert [process.stdout.readline().rstrip("\n") for _ in payloads] == payloads


@pytest.mark.mqtt
@needs_mosquitto
def test_only_the_camera_and_action_asked_for_are_printed(broker: Broker) -> None:
    wanted = ("--camera", "Lobby east", "--action", "sit_down")
    with listening("--mqtt", broker.url, *wanted) as process:
        publish(broker)
        assert process.stdout is not None
        assert "sit_down      start" in process.stdout.readline()
    with listening("--mqtt", broker.url, "--action", "wave", "--seconds", "1") as process:
        publish(broker)
        assert process.stdout is not None
        assert process.stdout.read() == ""
        assert process.wait(PATIENCE_S) == 0


@pytest.mark.mqtt
@needs_mosquitto
def test_the_subscription_outlives_a_restart_of_the_broker(broker: Broker) -> None:
    with listening("--mqtt", broker.url, "--json") as process:
        broker.stop()
        assert process.stderr is not None
        assert "is gone; trying again" in process.stderr.readline()
        broker.start()
        assert process.stderr.readline().startswith("listening to ")
        payloads = publish(broker)
        assert process.stdout is not None
        assert process.stdout.readline().rstrip("\n") == payloads[0]


@pytest.mark.mqtt
@needs_mosquitto
def test_a_run_keeps_the_contract_and_what_breaks_it_is_told(broker: Broker) -> None:
    with listening("--mqtt", broker.url, "--validate") as process:
        publish(broker)
        single("edgeact/v1/gate-1/cam/dock/event/wave", b"{}", qos=1, port=broker.port)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("edgeact/v1/gate-1/cam/dock/event/wave: $: 'specversion' is a")
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        summary = process.stderr.read()
        assert "3 event" in summary
        assert "1 wrong" in summary
        assert process.wait(PATIENCE_S) == 1


@pytest.mark.mqtt
@needs_mosquitto
def test_the_scripted_day_keeps_the_contract_and_leaves_nothing_open(broker: Broker) -> None:
    with listening("--mqtt", broker.url, "--validate") as process:
        day = [sys.executable, "-c", PROGRAM, "--mqtt", broker.url, "--mock", "--speed", "1e9"]
        subprocess.run(day, check=True, capture_output=True, timeout=PATIENCE_S)
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        assert process.stdout.read() == ""
        assert process.stderr is not None
        summary = process.stderr.read()
        assert process.wait(PATIENCE_S) == 0
    assert "2 availability, 1 birth, 40 event" in summary
    assert "0 wrong, 0 repeated, 0 events still open" in summary


@pytest.mark.mqtt
@needs_mosquitto
def test_a_scripted_day_that_is_stopped_leaves_nothing_open_either(broker: Broker) -> None:
    # At ten past seven somebody reads in the lobby.
    pace = ["--speed", str(25_800 / 1.5), "--seconds", "1.5"]
    day = [sys.executable, "-c", PROGRAM, "--mqtt", broker.url, "--mock", *pace]
    with Listener(broker.port) as listener:
        subprocess.run(day, check=True, capture_output=True, timeout=PATIENCE_S)
        wait_until(lambda: b"offline" in listener.availability(), "the end")
    end = json.loads(listener.events()[-1].payload)["data"]
    assert (end["event"]["action"], end["event"]["end_reason"]) == ("read", "shutdown")
    reading = [one.payload for one in listener.heard if one.topic.endswith("/active/read")]
    assert json.loads(reading[-1]) == {"state": "OFF", "count": 0}


def test_the_scripted_day_shows_every_phase_and_most_reasons_to_end() -> None:
    events = [step.event for step in steps() if step.event is not None]
    assert {event.phase for event in events} == {"start", "update", "end", "retract"}
    assert {event.end_reason for event in events if event.phase == "end"} >= {
        "score_low",
        "track_lost",
        "camera_offline",
        "max_duration",
        "shutdown",
    }


def test_a_speed_that_is_none_is_one_line_and_exit_code_2() -> None:
    assert "--speed must be above 0, got 0" in refused("--mock", "--speed", "0")


def test_a_broker_that_is_away_is_one_line_and_exit_code_2() -> None:
    port = free_port()
    assert refused("--mqtt", f"mqtt://127.0.0.1:{port}") == (
        f"edgeact events: broker 127.0.0.1:{port} refused the connection; "
        "is it running, and is this its port?"
    )


@pytest.mark.mqtt
@needs_mosquitto
def test_wrong_credentials_are_one_line_and_exit_code_2(tmp_path: Path) -> None:
    with Broker(tmp_path, users={"edge": "sesame-7"}) as broker:
        line = refused("--mqtt", f"mqtt://edge:wrong-sesame@127.0.0.1:{broker.port}")
    assert "does not let user 'edge' in" in line
    assert "sesame" not in line


def test_a_url_of_no_broker_is_one_line_and_exit_code_2_without_its_password() -> None:
    line = refused("--mqtt", "http://edge:sesame-7@127.0.0.1")
    assert line.startswith("edgeact events: http://edge:***@127.0.0.1: not the URL of a broker")


def test_help_needs_neither_paho_nor_pydantic() -> None:
    program = PROGRAM.replace("sys.exit(", "print(sorted(sys.modules)) or sys.exit(0 and ")
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "'pipelines.subscribe'" in done.stdout
    assert "paho" not in done.stdout
    assert "pydantic" not in done.stdout
