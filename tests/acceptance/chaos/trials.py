"""What goes wrong, one thing after the other."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.acceptance.chaos.bench import Bench
from tests.acceptance.chaos.faults import cable, limited_files, relay, small_disk
from tests.acceptance.chaos.verdict import Verdict, judge

LOST = "the connection was lost"
FULL = "cannot be written"
ROOM = 200
"""Messages in an outbox that is to overflow."""


@dataclass(frozen=True)
class Trial:
    """A fault. happen: brings it about and says how. room: in the outbox, messages."""

    name: str
    happen: Callable[[Bench, float], str]
    room: int = 1_000_000


@dataclass(frozen=True)
class Outcome:
    """how: the fault was brought about. starts_per_s: events that the program began."""

    name: str
    how: str
    starts_per_s: float
    verdict: Verdict


def kill_broker(bench: Bench, seconds: float) -> str:
    """After the outage it is started again."""
    bench.start()
    bench.go_on(seconds / 4)
    bench.kill_broker()
    bench.go_on(seconds, until=LOST)
    bench.broker.start()
    bench.go_on(seconds / 4)
    return "kill -9"


def cut_network(bench: Bench, seconds: float) -> str:
    """Nothing gets through and nobody says so."""
    bench.start()
    bench.go_on(seconds / 4)
    bench.wire.cut()
    bench.go_on(seconds, until=LOST)
    bench.wire.mend()
    bench.go_on(seconds / 4)
    return bench.wire.how


def kill_program(bench: Bench, seconds: float) -> str:
    """Three times; each next run goes on with the same state."""
    for _ in range(3):
        bench.start()
        bench.go_on(seconds / 4)
        bench.kill()
    bench.start()
    bench.go_on(seconds / 4)
    return "kill -9, three times"


def fill_disk(bench: Bench, seconds: float) -> str:
    """While the broker is away, too, so that everything has to wait in memory."""
    bench.start()
    bench.go_on(seconds / 4)
    bench.wire.cut()
    bench.disk.fill(bench.pid)
    bench.go_on(seconds, until=FULL)
    bench.disk.free(bench.pid)
    bench.wire.mend()
    bench.go_on(seconds / 4)
    return bench.disk.how


def fill_outbox(bench: Bench, seconds: float) -> str:
    """While the broker is away."""
    bench.start()
    bench.kill_broker()
    bench.go_on(seconds, until=LOST)
    bench.tell_more(2 * ROOM)
    bench.broker.start()
    bench.go_on(seconds / 4)
    return f"{ROOM} messages at most"


TRIALS = (
    Trial("broker killed", kill_broker),
    Trial("network cut", cut_network),
    Trial("program killed", kill_program),
    Trial("disk full", fill_disk),
    Trial("outbox full", fill_outbox, room=ROOM),
)


def run(trial: Trial, seconds: float, rate: float, *, isolated: bool) -> Outcome:
    """One trial on a bench of its own. seconds: of the outage. rate: events per second."""
    arguments = ["--rate", rate, "--outage", seconds, "--max-messages", trial.room]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        wire = stack.enter_context(cable() if isolated else relay())
        state = folder / "state"
        disk = stack.enter_context(small_disk(state) if isolated else limited_files(state))
        bench = stack.enter_context(Bench(folder, wire, disk, [str(one) for one in arguments]))
        how = trial.happen(bench, seconds)
        heard = bench.finish()
        return Outcome(trial.name, how, bench.starts_per_s, judge(bench.told, heard))
