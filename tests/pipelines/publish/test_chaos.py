"""The trials of ``python -m tests.acceptance.chaos``, with outages of a second."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from pipelines.publish.compose import render
from pipelines.publish.losses import Loss
from tests.acceptance.chaos.verdict import judge
from tests.broker import Heard, needs_mosquitto
from tests.pipelines.publish.examples import END, LOBBY, START, context

CHAOS = [sys.executable, "-m", "tests.acceptance.chaos", "--seconds", "1"]
LIVE = context(sources={0: replace(LOBBY, clock="arrival")})
LINES = [render(START, LIVE, 1), render(END, LIVE, 2)]


@pytest.mark.mqtt
@needs_mosquitto
def test_whatever_fails_every_event_arrives_or_is_announced_as_lost() -> None:
    run = subprocess.run(CHAOS, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    figure = json.loads(run.stdout)
    assert figure["value"] == {"lost": 0, "open": 0, "disorder": 0, "wrong": 0}
    assert figure["detail"]["program killed"]["told"] > 0
    assert figure["detail"]["outbox full"]["announced"] > 0


def heard(*payloads: bytes) -> list[Heard]:
    topic = "edgeact/v1/gate-1/cam/lobby_east/event/sit_down"
    return [Heard(topic, payload, 1, retain=False, content_type=None) for payload in payloads]


def gap(loss: Loss) -> Heard:
    return Heard("edgeact/v1/gate-1/gap", loss.payload(0), 1, retain=False, content_type=None)


def test_the_verdict_is_clean_where_all_came_and_repeats_do_not_matter() -> None:
    verdict = judge(LINES, heard(*LINES, LINES[0]))
    assert verdict.clean
    assert (verdict.told, verdict.heard, verdict.repeated) == (2, 2, 1)


def test_the_verdict_sees_a_loss_unless_a_gap_tells_of_it() -> None:
    assert judge(LINES, []).lost == 2
    told = judge(LINES, [gap(Loss("b00t", "overflow", 1, 2, messages=2, events=1))])
    assert (told.lost, told.announced) == (0, 2)
    assert judge(LINES, [gap(Loss("b00t", "overflow", 1, 2, messages=1))]).lost == 1
    assert judge(LINES, [gap(Loss("b00t", "crash", 2, None))]).lost == 1
    assert judge(LINES, [gap(Loss("other", "crash", 0, None))]).lost == 2


def test_the_verdict_sees_what_stays_open_comes_late_or_is_changed() -> None:
    assert judge(LINES, heard(LINES[0])).open == 1
    assert judge(LINES, heard(LINES[1], LINES[0])).disorder == 1
    assert judge(LINES, heard(LINES[0], LINES[1].replace(b"0.31", b"0.32"))).wrong == 1
