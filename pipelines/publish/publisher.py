"""From events to every way out: rendered once, the same bytes for all sinks."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence

from pipelines.publish.compose import Context, SourceContext, render
from pipelines.publish.sinks import Counters, OutMessage, Sink
from pipelines.publish.topics import event_topic
from recognition.events import ActionEvent


class Publisher:
    """Takes events from the worker thread, which owns it, and hands them to the sinks."""

    def __init__(self, context: Context, sinks: Sequence[Sink]) -> None:
        self.context = context
        self._sinks = tuple(sinks)
        self._numbers = itertools.count(1)

    def set_source(self, source_id: int, source: SourceContext) -> None:
        """Say what a source is called and when its PTS 0 was, before its first event."""
        self.context.sources[source_id] = source

    def publish(self, event: ActionEvent) -> bytes:
        """Render an event and give it to every sink; the payload."""
        payload = render(event, self.context, next(self._numbers))
        camera = self.context.sources[event.source_id].name
        topic = event_topic(self.context.base, self.context.node, camera, event.action)
        for sink in self._sinks:
            sink.offer(OutMessage(topic, payload))
        return payload

    def counters(self) -> dict[str, Counters]:
        """What became of the messages, by sink."""
        return {sink.name: sink.counters for sink in self._sinks}

    def close(self, timeout_s: float = 2.0) -> dict[str, Counters]:
        """Close all sinks within the time; the final counters."""
        deadline = time.monotonic() + timeout_s
        for sink in self._sinks:
            sink.close(max(0.0, deadline - time.monotonic()))
        return self.counters()
