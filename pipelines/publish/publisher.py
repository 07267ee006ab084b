"""From events to every way out: rendered once, the same bytes for all sinks."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from pydantic import ValidationError

from pipelines.publish.activity import Activity
from pipelines.publish.compose import (
    event_id_of,
    message,
    numbered,
    payload_of,
    recovered_end,
    retraction,
    rfc3339,
)
from pipelines.publish.context import Context, SourceContext
from pipelines.publish.contract import ActionMessage, Part
from pipelines.publish.desk import Handler
from pipelines.publish.sinks import Counters, EventMark, OutMessage, Sink
from pipelines.publish.states import (
    Birth,
    CameraCounters,
    CameraStatus,
    CommandCounters,
    OutboxGauges,
    SinkCounters,
    Stats,
    Tracks,
)
from pipelines.publish.told import Told
from pipelines.publish.topics import (
    event_topic,
    node_topic,
    snapshot_topic,
    status_topic,
    tracks_topic,
)
from recognition.events import ActionEvent

LOG = logging.getLogger(__name__)


Tally = Callable[[], tuple[dict[str, CameraCounters], int]]


def no_tally() -> tuple[dict[str, CameraCounters], int]:
    """Where there are no cameras."""
    return {}, 0


class Publisher:
    """Takes events from the worker thread, which owns it, and hands them to the sinks.

    Events that an earlier run left open are ended first. count: for ``stats``, what the cameras
    gave, and how many frames were dropped; called on any thread.
    """

    def __init__(self, context: Context, sinks: Sequence[Sink], *, count: Tally = no_tally) -> None:
        self.context = context
        self._sinks = tuple(sinks)
        self._count = count
        self._sequence = 0
        self._activity = Activity(context.base, context.node)
        self._told = Told()
        self._began_s = time.monotonic()
        recovered: dict[str, ActionMessage] = {}
        for sink in self._sinks:
            for payload in sink.left_open():
                self._recover(sink, payload, recovered)
            sink.ask(self._stats)

    def set_source(self, source_id: int, source: SourceContext) -> None:
        """Say what a source is called and when its PTS 0 was, before its first event.

        Said again, it counts for events that begin from then on.
        """
        self.context.sources[source_id] = source

    def announce(self, birth: Birth, watched: Iterable[tuple[str, str]]) -> None:
        """Say what this node is, and that nobody does anything yet.

        watched: names of a camera and an action each, of all that may be told of. Tell how the
        cameras fare before this: what a broker keeps of us beside these states, it then loses.
        """
        for camera, action in watched:
            self._offer(self._activity.none(camera, action))
        for sink in self._sinks:
            sink.introduce(birth)
        # Last: whoever hears it may send commands, since sinks that take any listen by now.
        self._tell("birth", birth, retain=True)

    def tell_camera(self, status: CameraStatus) -> None:
        """Say how a camera fares."""
        topic = status_topic(self.context.base, self.context.node, status.name)
        self._offer(OutMessage(topic, _json(status), retain=True))

    def tell_snapshot(self, event: ActionEvent, jpeg: bytes) -> None:
        """Show a picture of an event to whoever listens just now; any thread may call."""
        camera = self.context.sources[event.source_id].name
        topic = snapshot_topic(self.context.base, self.context.node, camera, event.action)
        self._offer(OutMessage(topic, jpeg, picture_of=event_id_of(event, self.context)))

    def tell_tracks(self, camera: str, tracks: Tracks) -> None:
        """Say who is in sight, to whoever listens just now."""
        topic = tracks_topic(self.context.base, self.context.node, camera)
        self._offer(OutMessage(topic, _json(tracks)))

    def obey(self, handlers: Mapping[str, Handler]) -> None:
        """Hand commands to these, by verb; they are called on another thread."""
        for sink in self._sinks:
            sink.obey(handlers)

    def publish(self, event: ActionEvent) -> bytes:
        """Render an event and give it to every sink; the payload.

        Empty, and nothing is told, where the event was taken back before.
        """
        made = message(event, self.context, self._sequence + 1, time.time_ns())
        if self._told.hushes(made):
            return b""
        return self._tell_event(made)

    def retract(self, event_id: str) -> None:
        """Take an event back at somebody's word.

        Raises ValueError for one that was taken back, or is not known: unknown ids, and events
        that ended long ago.
        """
        try:
            payload = self._told.take_back(event_id)
        except KeyError:
            raise ValueError(
                "no such event; wanted one that goes on, or one of the last that ended"
            ) from None
        last = ActionMessage.model_validate_json(payload)
        self._tell_event(retraction(last, self._sequence + 1, time.time_ns()))

    def counters(self) -> dict[str, Counters]:
        """What became of the messages, by sink."""
        return {sink.name: sink.counters for sink in self._sinks}

    def close(self, timeout_s: float = 2.0) -> dict[str, Counters]:
        """Close all sinks within the time; the final counters."""
        deadline = time.monotonic() + timeout_s
        for sink in self._sinks:
            sink.close(max(0.0, deadline - time.monotonic()))
        return self.counters()

    def _tell_event(self, made: ActionMessage) -> bytes:
        self._sequence = int(made.sequence)
        payload = payload_of(made)
        self._told.note(made, payload)
        self._offer(self._event(made, payload))
        self._offer(self._activity.take(made))
        return payload

    def _offer(self, out: OutMessage) -> None:
        for sink in self._sinks:
            sink.offer(out)

    def _tell(self, kind: str, said: Part, *, retain: bool = False) -> None:
        topic = node_topic(self.context.base, self.context.node, kind)
        self._offer(OutMessage(topic, _json(said), retain=retain))

    def _event(self, made: ActionMessage, payload: bytes) -> OutMessage:
        event = made.data.event
        topic = event_topic(
            self.context.base, self.context.node, made.data.camera.name, event.action
        )
        return OutMessage(topic, payload, EventMark(event.id, event.phase, int(made.sequence)))

    def _recover(self, sink: Sink, payload: bytes, ended: dict[str, ActionMessage]) -> None:
        """End an event that an earlier run left open, for the sink that was told of its start.

        ended: by event id; a number that only one of two ways out has would be missed by the other.
        """
        try:
            last = ActionMessage.model_validate_json(payload)
        except ValidationError as error:
            LOG.warning("%s: an event that was left open cannot be read: %s", sink.name, error)
            return
        end = ended.get(last.id)
        if end is None:
            self._sequence += 1
            end = ended[last.id] = recovered_end(last, self.context, self._sequence)
        sink.offer(self._event(end, payload_of(end)))
        sink.offer(self._activity.take(end))

    def _stats(self, outbox: OutboxGauges, commands: CommandCounters | None) -> OutMessage:
        cameras, frames_dropped = self._count()
        stats = Stats(
            time=rfc3339(time.time_ns()),
            boot_id=self.context.boot_id,
            uptime_s=time.monotonic() - self._began_s,
            sequence=numbered(self._sequence),
            open_events=self._activity.open,
            cameras=cameras,
            frames_dropped=frames_dropped,
            sinks={
                name: SinkCounters(
                    published=counters.published,
                    acknowledged=counters.acknowledged,
                    dropped=counters.dropped,
                )
                for name, counters in self.counters().items()
            },
            outbox=outbox,
            commands=commands,
        )
        topic = node_topic(self.context.base, self.context.node, "stats")
        return OutMessage(topic, _json(stats))


def _json(said: Part) -> bytes:
    return said.model_dump_json(exclude_none=True).encode()
