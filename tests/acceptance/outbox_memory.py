"""Does memory grow while a million events pass through publisher and outbox?"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

from pipelines.publish.publisher import Publisher
from tests.acceptance.figure import Figure, main, resident_mb
from tests.acceptance.outbox import AHEAD, open_sink
from tests.broker import Broker
from tests.pipelines.publish.examples import END, START, context

GOAL = "RSS after all messages within 10 MB of RSS after a tenth of them"
EVENTS = 1_000_000
MOST_MB = 10.0
PARTS = 10


def measure(events: int) -> Figure:
    """Half of the messages start an event, the others end it, to a real broker."""
    rss_mb: list[float] = []
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory() as name, Broker(Path(name)) as broker:
        sink = open_sink(broker.url, Path(name))
        publisher = Publisher(context(), [sink])
        for number in range(events):
            event = END if number % 2 else START
            publisher.publish(replace(event, track_id=number // 2))
            while number - sink.counters.acknowledged > AHEAD:
                time.sleep(0.001)
            if (number + 1) % (events // PARTS) == 0:
                rss_mb.append(round(resident_mb(), 1))
        publisher.close(60)
        left = sink.waiting
    grown_mb = round(rss_mb[-1] - rss_mb[0], 1)
    detail = {
        "messages": events,
        "rss_mb": rss_mb,
        "per_s": round(events / (time.monotonic() - began_s)),
        "left": left,
    }
    return Figure("outbox_memory", grown_mb, GOAL, grown_mb <= MOST_MB and not left, detail)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS, help="messages; at least 10")
    main(partial(measure, parser.parse_args().events))
