"""Events on their way to standard output and files."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.publish.compose import event_id_of, render
from pipelines.publish.contract import ActionMessage
from pipelines.publish.publisher import Publisher
from pipelines.publish.sinks import Counters, LineSink, file_sink
from pipelines.publish.told import REMEMBERED
from recognition.events import ActionEvent
from tests.pipelines.publish.examples import END, LOBBY, START, context, numbered


def test_every_sink_gets_the_same_bytes_one_line_per_event(tmp_path: Path) -> None:
    stream, path = io.BytesIO(), tmp_path / "events.jsonl"
    publisher = Publisher(context(), [LineSink("stdout", stream), file_sink(path)])
    payloads = [publisher.publish(event) for event in (START, END)]
    assert payloads == [render(START, context(), 1), render(END, context(), 2)]
    assert stream.getvalue() == b"".join(payload + b"\n" for payload in payloads)
    assert path.read_bytes() == stream.getvalue()
    both = Counters(published=2, acknowledged=2)
    assert publisher.close() == {"stdout": both, str(path): both}


def test_a_line_is_in_the_file_before_the_file_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    publisher = Publisher(context(), [file_sink(path)])
    publisher.publish(START)
    assert path.read_bytes().endswith(b"}\n")
    publisher.close()


def test_a_source_may_be_named_after_the_start() -> None:
    publisher = Publisher(context(sources={}), [])
    with pytest.raises(KeyError):
        publisher.publish(START)
    publisher.set_source(0, replace(LOBBY, name="dock"))
    assert b'"source":"urn:edgeact:gate-1:dock"' in publisher.publish(START)


def test_of_the_events_that_are_over_only_the_newest_may_be_taken_back() -> None:
    stream = io.BytesIO()
    publisher = Publisher(context(), [LineSink("stdout", stream)])
    starts = numbered(REMEMBERED + 1)
    for event in starts:
        publisher.publish(event)
        publisher.publish(replace(END, track_id=event.track_id))
    first, last = (event_id_of(starts[index], publisher.context) for index in (0, -1))
    with pytest.raises(ValueError, match="no such event"):
        publisher.retract(first)
    publisher.retract(last)
    back = ActionMessage.model_validate_json(stream.getvalue().splitlines()[-1])
    assert (back.id, back.data.event.phase, back.data.event.end_reason) == (
        f"{last}.2",
        "retract",
        None,
    )
    assert (back.data.time.end, back.data.time.onset) == (None, "2023-11-14T22:13:22.000Z")


class Revived(LineSink):
    """A sink whose earlier run left an event open."""

    def left_open(self) -> list[bytes]:
        return [render(START, context(boot_id="before"), 7)]


def test_an_event_that_two_ways_out_left_open_ends_with_one_message() -> None:
    streams = io.BytesIO(), io.BytesIO()
    publisher = Publisher(context(), [Revived(f"to {one}", one) for one in streams])
    publisher.publish(START)
    first, second = (stream.getvalue().splitlines() for stream in streams)
    assert first == second
    assert [b'"sequence":"00000000000%d"' % number in first[number - 1] for number in (1, 2)] == [
        True,
        True,
    ]
    assert b'"end_reason":"restart_recovered"' in first[0]


def test_of_a_live_camera_it_is_told_how_long_the_decision_took() -> None:
    now_ns = time.time_ns()
    live = replace(LOBBY, clock="arrival", utc_base_ns=now_ns - START.pts_ns - 250_000_000)
    publisher = Publisher(context(sources={0: live, 1: LOBBY}), [])
    told = ActionMessage.model_validate_json(publisher.publish(START))
    assert 250 <= (told.data.time.decision_latency_ms or 0) < 10_000
    recorded = ActionMessage.model_validate_json(publisher.publish(replace(START, source_id=1)))
    assert recorded.data.time.decision_latency_ms is None


def test_an_event_keeps_its_id_and_its_times_though_the_clock_of_its_camera_is_set() -> None:
    live = replace(LOBBY, clock="arrival")
    later = replace(live, utc_base_ns=live.utc_base_ns + 3_600_000_000_000)
    publisher = Publisher(context(sources={0: live}), [])

    def told(event: ActionEvent) -> ActionMessage:
        return ActionMessage.model_validate_json(publisher.publish(event))

    start = told(START)
    publisher.set_source(0, later)
    end, other = told(END), told(replace(START, track_id=8, continues=START.name))
    assert end.data.event.id == start.data.event.id
    assert end.data.time.onset == start.data.time.onset < other.data.time.onset
    assert other.data.event.continues == start.data.event.id


def test_a_file_that_cannot_be_written_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"events file .*: cannot be written: No such file"):
        file_sink(tmp_path / "absent" / "events.jsonl")


def test_a_full_disk_is_told_once_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    publisher = Publisher(context(), [file_sink(Path("/dev/full"))])
    for event in (START, END):
        publisher.publish(event)
    assert publisher.close() == {"/dev/full": Counters(dropped=2)}
    assert [record.getMessage() for record in caplog.records] == [
        "/dev/full: cannot be written: [Errno 28] No space left on device; "
        "its events are lost from here"
    ]


def test_a_reader_that_goes_away_stops_neither_the_program_nor_its_exit() -> None:
    program = (
        "import sys\n"
        "from pipelines.publish.publisher import Publisher\n"
        "from pipelines.publish.sinks import LineSink\n"
        "from tests.pipelines.publish.examples import context, numbered\n"
        "publisher = Publisher(context(), [LineSink('stdout', sys.stdout.buffer)])\n"
        "for event in numbered(5000):\n"
        "    publisher.publish(event)\n"
        "sys.exit(3 if publisher.close()['stdout'].dropped else 4)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        words = process.stderr.read().decode()
        assert process.wait(60) == 3
    assert words.strip().splitlines() == [
        "stdout: cannot be written: [Errno 32] Broken pipe; its events are lost from here"
    ]
