"""Does every event arrive, or is it announced as lost, whatever is killed, cut or filled?

The broker is killed, the network cut, the program killed three times and the disk filled, each for
a minute under 200 events per second, with a real mosquitto and the product's outbox and client.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial

from tests.acceptance.chaos.faults import UNSHARE, can_isolate
from tests.acceptance.chaos.trials import TRIALS, Outcome, run
from tests.acceptance.figure import Figure, main

GOAL = (
    "each start has its end, nothing lost without a gap record, repeats the same, events in order"
)


def measure(seconds: float, rate: float, *, isolated: bool) -> Figure:
    """All trials in turn."""
    outcomes = []
    for trial in TRIALS:
        outcomes.append(run(trial, seconds, rate, isolated=isolated))
        sys.stderr.write(f"{trial.name}: {'pass' if outcomes[-1].verdict.clean else 'FAIL'}\n")
    sys.stderr.write(table(outcomes))
    value = {
        name: sum(getattr(one.verdict, name) for one in outcomes)
        for name in ("lost", "open", "disorder", "wrong")
    }
    detail = {
        one.name: {
            "how": one.how,
            "events_per_s": round(one.starts_per_s),
            **asdict(one.verdict),
        }
        for one in outcomes
    }
    return Figure("chaos", value, GOAL, all(one.verdict.clean for one in outcomes), detail)


def table(outcomes: Sequence[Outcome]) -> str:
    """A line for each trial, for people."""
    counts = list(asdict(outcomes[0].verdict))
    rows = [["fault", "how", "events/s", *counts]]
    for one in outcomes:
        numbers = [f"{one.starts_per_s:.0f}", *map(str, asdict(one.verdict).values())]
        rows.append([one.name, one.how, *numbers])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def parse() -> argparse.Namespace:
    """The arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long an outage lasts")
    parser.add_argument("--rate", type=float, default=200.0, help="events per second")
    parser.add_argument("--isolated", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument(
        "--no-namespaces", action="store_true", help="a relay and a limit of files instead"
    )
    return parser.parse_args()


if __name__ == "__main__":
    args = parse()
    if not (args.isolated or args.no_namespaces) and can_isolate():
        again = [sys.executable, "-m", "tests.acceptance.chaos", *sys.argv[1:], "--isolated"]
        os.execvp(UNSHARE[0], [*UNSHARE, *again])
    if args.isolated:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    main(partial(measure, args.seconds, args.rate, isolated=args.isolated))
