"""The outbox between worker and broker, without a network: what waits, leaves, and is lost."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.publish.lanes import Item
from pipelines.publish.losses import Loss
from pipelines.publish.outbox import Outbox
from pipelines.publish.outbox_config import OutboxConfig
from pipelines.publish.sinks import EventMark, OutMessage
from recognition.hysteresis import Phase
from tests.broker import wait_until

FILE = "outbox-n-edgeact.sqlite"


PHASES: tuple[Phase, ...] = ("start", "end")


def told(event: str, phase: Phase, sequence: int, size: int = 4) -> OutMessage:
    return OutMessage("edgeact/v1/n", b"x" * size, EventMark(event, phase, sequence))


@contextmanager
def outbox(folder: Path | None, *, boot: str = "b1", **bounds: float) -> Iterator[Outbox]:
    config = OutboxConfig.model_validate({"replay_per_s": 100_000, **bounds})
    path = None if folder is None else folder / FILE
    box = Outbox(config, path, boot_id=boot, on_ready=lambda: None)
    try:
        yield box
    finally:
        box.close()


def put(box: Outbox, *messages: OutMessage) -> None:
    for message in messages:
        box.put(message)


def written(box: Outbox, count: int) -> None:
    """Wait until the outbox's thread has so many messages on disk."""
    wait_until(lambda: box.gauges.bytes and box.waiting == count, f"{count} messages on disk")


def leaving(box: Outbox, count: int) -> list[Item]:
    """The next messages, as the network thread gets them."""
    items: list[Item] = []

    def taken() -> bool:
        items.extend(box.take(count - len(items)))
        return len(items) == count

    wait_until(taken, f"{count} messages to leave, got {items}")
    return items


def names(items: list[Item]) -> list[tuple[str, str]]:
    return [(item.row.event, item.row.phase) for item in items]


def gap(box: Outbox) -> Loss:
    found: list[tuple[int, Loss]] = []

    def taken() -> bool:
        if (one := box.take_gap()) is not None:
            found.append(one)
        return bool(found)

    wait_until(taken, "a gap")
    box.announced(found[0][0])
    return found[0][1]


def confirm(box: Outbox, items: list[Item]) -> None:
    box.answered(items)


def abandon(folder: Path, *messages: OutMessage, boot: str = "b1") -> None:
    """What a program leaves that is killed after it has written: its file, as it is."""
    with outbox(folder, boot=boot) as box:
        put(box, *messages)
        wait_until(lambda: on_disk(folder) == len(messages), "messages on disk")
        db = sqlite3.connect(folder / FILE)
        copy = sqlite3.connect(folder / "copy")
        db.backup(copy)
        db.close()
        copy.close()
    for ending in ("", "-wal", "-shm"):
        (folder / (FILE + ending)).unlink(missing_ok=True)
    (folder / "copy").rename(folder / FILE)


@contextmanager
def files_end_at(size: int) -> Iterator[None]:
    """As on a disk without room: no file of this process grows beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def on_disk(folder: Path) -> int:
    db = sqlite3.connect(folder / FILE)
    try:
        return int(db.execute("SELECT count(*) FROM messages").fetchone()[0])
    finally:
        db.close()


def test_a_message_is_on_disk_before_it_leaves_and_gone_once_it_is_confirmed(
    tmp_path: Path,
) -> None:
    with outbox(tmp_path) as box:
        box.connected()
        put(box, told("a", "start", 1))
        items = leaving(box, 1)
        assert on_disk(tmp_path) == 1
        assert items[0].attempt == 1
        confirm(box, items)
        wait_until(lambda: on_disk(tmp_path) == 0, "the message to be forgotten")
        assert box.waiting == 0


def test_messages_wait_for_the_next_run_in_their_order(tmp_path: Path) -> None:
    with outbox(tmp_path) as box:
        put(box, told("a", "start", 1), told("b", "start", 2), told("a", "end", 3))
    with outbox(tmp_path, boot="b2") as box:
        assert box.waiting == 3
        box.connected()
        items = leaving(box, 3)
        assert names(items) == [("a", "start"), ("b", "start"), ("a", "end")]


def test_what_was_on_its_way_when_the_connection_broke_goes_again(tmp_path: Path) -> None:
    with outbox(tmp_path) as box:
        box.connected()
        put(box, told("a", "start", 1), told("a", "end", 2))
        confirm(box, leaving(box, 2)[:1])
        box.disconnected()
        box.connected()
        (again,) = leaving(box, 1)
        assert (names([again]), again.attempt) == ([("a", "end")], 2)
        assert box.counters.published == 2


def test_new_events_leave_before_old_ones_but_never_before_their_own_start(tmp_path: Path) -> None:
    with outbox(tmp_path, replay_per_s=0.001) as box:
        put(box, *(told(f"old{n}", "start", n) for n in range(300)))
        written(box, 300)
        box.connected()
        put(box, told("new", "start", 301), told("old299", "end", 302))
        first = names(leaving(box, 4))
        first.remove(("old0", "start"))  # the one that the rate allows
        assert first == [("new", "start"), ("old299", "start"), ("old299", "end")]
        assert box.take(1) == []
        assert box.pause_s() is not None
        box.hurry()
        assert len(leaving(box, 298)) == 298


def test_a_refused_message_is_a_gap(tmp_path: Path) -> None:
    with outbox(tmp_path) as box:
        box.connected()
        put(box, told("a", "start", 7))
        box.answered(leaving(box, 1), refused=True)
        assert gap(box) == Loss("b1", "refused", 7, 7, messages=1, events=1)
        assert box.counters.dropped == 1


def test_events_that_a_killed_program_left_open_are_known_to_the_next(tmp_path: Path) -> None:
    abandon(tmp_path, told("a", "start", 1), told("b", "start", 2), told("b", "end", 3))
    with outbox(tmp_path, boot="b2") as box:
        assert box.left_open() == [b"xxxx"]
        assert box.left_open() == []
        box.connected()
        assert gap(box) == Loss("b1", "crash", 4, None)
        put(box, told("a", "end", 1))
    with outbox(tmp_path, boot="b3") as box:
        assert box.left_open() == []


def test_a_run_that_ended_in_order_leaves_no_gap(tmp_path: Path) -> None:
    with outbox(tmp_path) as box:
        put(box, told("a", "start", 1), told("a", "end", 2))
    with outbox(tmp_path, boot="b2") as box:
        box.connected()
        confirm(box, leaving(box, 2))
        wait_until(lambda: box.waiting == 0, "all to be forgotten")
        assert box.take_gap() is None


def test_of_many_updates_only_the_newest_waits_and_the_rest_is_a_gap(tmp_path: Path) -> None:
    updates = [told("a", "update", n) for n in range(2, 30)]
    with outbox(tmp_path, max_messages=10) as box:
        put(box, told("a", "start", 1), *updates, told("a", "end", 30))
        box.connected()
        wait_until(lambda: box.waiting <= 10, "room")
        items = leaving(box, box.waiting)
        assert names(items)[0] == ("a", "start")
        assert names(items)[-1] == ("a", "end")
        lost = gap(box)
        assert (lost.reason, lost.events) == ("overflow", 0)
        assert lost.messages == lost.updates == box.counters.dropped


@pytest.mark.parametrize(("messages", "mb"), [(6, 1), (100, 18 / 1024 / 1024)])
def test_the_oldest_events_go_whole_and_none_is_torn_apart(
    tmp_path: Path, messages: int, mb: float
) -> None:
    with outbox(tmp_path, max_messages=messages, max_mb=mb) as box:
        for number in range(10):
            event = f"e{number}"
            put(box, told(event, "start", 2 * number, 3), told(event, "end", 2 * number + 1, 3))
        box.connected()
        wait_until(lambda: box.counters.dropped == 14, "overflow")
        kept = names(leaving(box, 6))
        assert kept == [(f"e{n}", phase) for n in (7, 8, 9) for phase in ("start", "end")]
        lost = gap(box)
        assert (lost.first, lost.last, lost.events, lost.messages) == (0, 13, 7, 14)


def test_the_end_of_an_event_whose_start_has_left_is_kept_whatever_the_bounds(
    tmp_path: Path,
) -> None:
    with outbox(tmp_path, max_messages=1) as box:
        box.connected()
        starts = [told(f"e{n}", "start", n) for n in range(5)]
        for start in starts:
            put(box, start)
            confirm(box, leaving(box, 1))
            wait_until(lambda: box.waiting == 0, "the start to be forgotten")
        box.disconnected()
        put(box, *(told(f"e{n}", "end", 5 + n) for n in range(5)))
        box.connected()
        assert len(leaving(box, 5)) == 5
        assert box.counters.dropped == 0


def test_an_event_whose_start_may_have_arrived_before_the_connection_broke_is_kept(
    tmp_path: Path,
) -> None:
    with outbox(tmp_path, max_messages=4) as box:
        box.connected()
        put(box, told("a", "start", 1))
        assert names(leaving(box, 1)) == [("a", "start")]  # and nobody knows whether it arrived
        box.disconnected()
        put(box, told("a", "end", 2))
        put(box, *(told(f"e{n}", phase, n) for n in range(3, 9) for phase in PHASES))
        wait_until(lambda: box.counters.dropped > 0, "overflow")
        box.connected()
        assert names(leaving(box, 2)) == [("a", "start"), ("a", "end")]


def test_a_damaged_file_is_set_aside_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE).write_bytes(b"this is no database" * 500)
    with outbox(tmp_path) as box:
        box.connected()
        assert gap(box).reason == "outbox_corrupt"
        put(box, told("a", "start", 1))
        assert names(leaving(box, 1)) == [("a", "start")]
        assert box.gauges.durable
    assert "damaged: file is not a database; it is kept as" in caplog.text
    assert len(list(tmp_path.glob("*.damaged-*"))) == 1


def test_a_folder_that_cannot_be_written_costs_no_event_and_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder")
    with outbox(tmp_path / "file") as box:
        assert not box.gauges.durable
        box.connected()
        put(box, told("a", "start", 1), told("a", "end", 2))
        assert len(leaving(box, 2)) == 2
    assert "events wait in memory and are lost with the program; make room" in caplog.text


def test_a_full_disk_costs_no_event_and_is_left_as_soon_as_there_is_room(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.publish.outbox_keeper.DISK_AGAIN_S", 0.0)
    with outbox(tmp_path) as box:
        put(box, told("a", "start", 1))
        written(box, 1)
        with files_end_at(400_000):
            put(box, *(told(f"e{n}", "start", n, 1000) for n in range(2, 600)))
            wait_until(lambda: not box.gauges.durable, "memory")
            assert "cannot be written: " in caplog.text
        wait_until(lambda: box.waiting == 599, "all to be kept")
        put(box, told("a", "end", 600))
        wait_until(lambda: box.gauges.durable, "the disk again")
        wait_until(lambda: "all that waits is on disk" in caplog.text, "the word")
    assert on_disk(tmp_path) == 600


def test_two_programs_do_not_share_a_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with outbox(tmp_path) as first, outbox(tmp_path, boot="b2") as second:
        assert first.gauges.durable
        assert not second.gauges.durable
    assert "another edgeact uses it; give each program a node name of its own" in caplog.text


ACTS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=60)


@settings(deadline=None, max_examples=60)
@given(ACTS, st.integers(1, 12), st.lists(st.booleans(), min_size=1, max_size=8))
def test_whatever_happens_starts_and_ends_stay_together_and_in_order(
    acts: list[tuple[int, int]], room: int, broker: list[bool]
) -> None:
    """acts: (event, updates before its end). broker: which of the messages it confirms."""
    with outbox(None, max_messages=room) as box:
        heard: list[tuple[str, str]] = []
        sequence = 0
        for turn, (slot, updates) in enumerate(acts):
            event = f"{slot}.{turn}"
            for step in range(updates + 2):
                sequence += 1
                phase: Phase = "end" if step > updates else "update" if step else "start"
                put(box, told(event, phase, sequence))
            if broker[turn % len(broker)]:
                box.connected()
                items = box.take(1)
                heard += names(items)
                box.answered(items)
                box.disconnected()
        box.hurry()
        box.connected()

        def all_heard() -> bool:
            while items := box.take(3):
                heard.extend(names(items))
                box.answered(items)
            return box.waiting == 0

        wait_until(all_heard, "the rest")
        made = sequence
        counters = box.counters
    for event in {event for event, _ in heard}:
        phases_heard = [phase for one, phase in heard if one == event]
        assert phases_heard[0] == "start"
        assert phases_heard[-1] == "end"
        assert (phases_heard.count("start"), phases_heard.count("end")) == (1, 1)
    assert counters.acknowledged + counters.dropped == made
