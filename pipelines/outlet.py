"""From the worker's events to the publisher: who we are, when each source's clock began."""

from __future__ import annotations

import hashlib
import secrets
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import metadata
from pathlib import Path
from types import TracebackType

from engines.protocol import Engine
from pipelines.config import Config
from pipelines.groups import known_labels
from pipelines.live_clock import LiveClock
from pipelines.publish.channels import CHANNELS
from pipelines.publish.compose import rfc3339
from pipelines.publish.context import Context, SourceContext
from pipelines.publish.contract import ModelPart
from pipelines.publish.desk import Handler
from pipelines.publish.mqtt import MqttConfig, mqtt_from_url
from pipelines.publish.publisher import Publisher
from pipelines.publish.sight import Pace, Seen, tracks_message
from pipelines.publish.sinks import Counters, LineSink, Sink, file_sink
from pipelines.publish.snapshots import SnapshotConfig
from pipelines.publish.states import Birth, BirthCamera, CameraCounters, CameraStatus, Health
from pipelines.publish.topics import check_apart, slug
from plugins.metadata import RawFrame
from plugins.redact import redact
from plugins.snapshots import Wanted
from recognition.events import ActionEvent
from settings.errors import ConfigError

_CLOSE_S = 2.0  # for what the broker has not confirmed yet

DEFAULT_BASE = "edgeact"

NOTHING = CameraCounters(frames=0, people=0, events=0)

ActionsOf = Callable[[int, int], Sequence[tuple[str, float]]]
"""Source and track id to the open actions of a track with their scores, best first."""

_ON_THE_WAY_MS = 500
"""How long a picture may be on its way beside the jitter buffer: camera, network, decoder."""


class Outlet:
    """Gives events to standard output and wherever else the run was told to.

    Raises:
        ConfigError: a file cannot be written, or the broker's settings cannot be used.
    """

    def __init__(
        self, config: Config, fusion: Engine, *, events: Path | None = None, mqtt: str | None = None
    ) -> None:
        boot_id = secrets.token_hex(8)
        try:
            broker = mqtt_from_url(mqtt, config.mqtt) if mqtt else config.mqtt
            actions = watched_actions(config, fusion)
            check_apart("actions of the fusion model", actions)
            sinks = _sinks(config, broker, events, boot_id)
        except ValueError as error:
            raise ConfigError([str(error)]) from None
        self._config = config
        self._pace = Pace(broker.tracks_hz if broker else 0.0)
        self._actions_of: ActionsOf = lambda _source_id, _track_id: ()
        self._snapshots = broker.snapshots if broker else SnapshotConfig()
        self._want_picture: Callable[[Wanted], None] | None = None
        self._shown: set[int] = set()
        self._clocks: dict[int, LiveClock] = {}
        self._count_of: Callable[[int], CameraCounters] = lambda _: NOTHING
        self._dropped: Callable[[], int] = lambda: 0
        self._fares: dict[int, tuple[Health, str]] = {}  # and since when
        self._publisher = Publisher(
            Context(
                base=broker.base if broker else DEFAULT_BASE,
                node=config.node,
                boot_id=boot_id,
                app_version=metadata.version("edgeact"),
                model=describe_model(fusion),
            ),
            sinks,
            count=self._tally,
        )
        self._announce(actions)
        for index, source in enumerate(config.sources):
            if source.is_file:
                base_ns = source.path.stat().st_mtime_ns
                self._publisher.set_source(
                    index,
                    SourceContext(name=source.name, utc_base_ns=base_ns, clock="file_mtime"),
                )

    def _announce(self, actions: Sequence[str]) -> None:
        """Say who we are, and that nobody does anything yet."""
        context, names = self._publisher.context, [one.name for one in self._config.sources]
        settings = redact(self._config.model_dump_json())
        birth = Birth(
            time=rfc3339(time.time_ns()),
            node=context.node,
            boot_id=context.boot_id,
            app_version=context.app_version,
            config_sha256=hashlib.sha256(settings.encode()).hexdigest(),
            model=context.model,
            cameras=tuple(
                BirthCamera(id=slug(source.name), name=source.name, live=not source.is_file)
                for source in self._config.sources
            ),
            actions=tuple(actions),
            schemas={one.name: one.schema_id for one in CHANNELS if one.model is not None},
        )
        for index in range(len(names)):  # what an earlier run said of it is true no more
            self.fares(index, "offline", "starting")
        self._publisher.announce(birth, [(name, action) for name in names for action in actions])

    def __enter__(self) -> Outlet:
        """Use it as ``with``: at the end everything is brought out, within two seconds."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for index, (health, _) in list(self._fares.items()):
            if health != "offline":  # nobody watches it any more
                self.fares(index, "offline", "stopped")
        self._publisher.close(_CLOSE_S)

    def obey(self, handlers: Mapping[str, Handler]) -> None:
        """Have commands done by these, by verb, where the configuration takes commands."""
        self._publisher.obey(handlers)

    def emit(self, events: Sequence[ActionEvent]) -> None:
        """Publish events; called on the worker's thread."""
        for event in events:
            self._publisher.publish(event)
            if event.phase == "start" and self._want_picture is not None:
                self._want_picture(self._picture_of(event))

    def retract(self, event_id: str) -> None:
        """Take an event back, on the worker's thread. ValueError for one that is not known."""
        self._publisher.retract(event_id)

    def see(self, frames: Sequence[RawFrame]) -> None:
        """Note when a live source's clock began: by the arrival of its frames."""
        for frame in frames:
            source = self._config.sources[frame.source_id]
            if source.is_file:
                continue
            clock = self._clocks.setdefault(frame.source_id, LiveClock())
            base_ns = clock.set_by(frame.pts_ns, frame.ntp_ns or time.time_ns())
            if base_ns is None:
                continue
            self._publisher.set_source(
                frame.source_id,
                SourceContext(
                    name=source.name,
                    utc_base_ns=base_ns,
                    clock="arrival",
                    clock_uncertainty_ms=_ON_THE_WAY_MS + source.latency_ms,
                ),
            )
        for index in {frame.source_id for frame in frames} - self._shown:
            self._shown.add(index)
            self.fares(index, "online", "")

    def ask_actions(self, actions_of: ActionsOf) -> None:
        """Have this say what people do, for ``look``."""
        self._actions_of = actions_of

    def ask_counts(
        self, count_of: Callable[[int], CameraCounters], dropped: Callable[[], int]
    ) -> None:
        """Have these say what the sources gave so far, and how many frames were dropped."""
        self._count_of, self._dropped = count_of, dropped

    def ask_pictures(self, want: Callable[[Wanted], None]) -> None:
        """Have this take pictures of starts, where the configuration wants them."""
        if self._snapshots.enabled:
            self._want_picture = want

    def look(self, frames: Sequence[RawFrame]) -> None:
        """Tell who is in sight, where the configuration wants that; on the worker's thread."""
        size = self._config.mux.width_px, self._config.mux.height_px
        for frame in frames:
            if not self._pace.due(frame.source_id, frame.pts_ns):
                continue
            people = [
                Seen(
                    track_id=track_id,
                    box=box.tolist(),
                    actions=self._actions_of(frame.source_id, track_id),
                )
                for track_id, box in zip(frame.track_ids, frame.boxes, strict=True)
            ]
            source = self._publisher.context.sources[frame.source_id]
            self._publisher.tell_tracks(
                source.name, tracks_message(source, frame.pts_ns, size, people)
            )

    def _tally(self) -> tuple[dict[str, CameraCounters], int]:
        names = [slug(source.name) for source in self._config.sources]
        return {name: self._count_of(i) for i, name in enumerate(names)}, self._dropped()

    def _picture_of(self, event: ActionEvent) -> Wanted:
        return Wanted(
            source_id=event.source_id,
            track_id=event.track_id,
            shown=self._snapshots.show,
            coarse=self._snapshots.coarse,
            quality=self._snapshots.quality,
            taken=partial(self._publisher.tell_snapshot, event),
        )

    def fares(self, index: int, health: Health, why: str) -> None:
        """Say how a source fares from now on, and why in a word or two; on any thread."""
        source, now = self._config.sources[index], rfc3339(time.time_ns())
        before, since = self._fares.get(index, (None, now))
        self._fares[index] = health, since if health == before else now
        self._publisher.tell_camera(
            CameraStatus(
                time=now,
                camera=slug(source.name),
                name=source.name,
                state=health,
                video=health,
                audio=health if source.audio else "disabled",
                pose=health,
                since=self._fares[index][1],
                error=why or None,
            )
        )

    def counters(self) -> dict[str, Counters]:
        """What became of the messages, by sink."""
        return self._publisher.counters()


def describe_model(fusion: Engine) -> ModelPart:
    """The fusion model as every event names it."""
    return ModelPart(
        name=fusion.metadata.get("name", "fusion"),
        version=fusion.metadata.get("version"),
        sha256=fusion.sha256,
        runtime=fusion.runtime,
        feature_spec=fusion.metadata.get("layout_version"),
    )


def watched_actions(config: Config, fusion: Engine) -> list[str]:
    """The actions that may be told of: known to the models, enabled, and not the background."""
    labels = known_labels(config, fusion)
    return [one for one in labels if one != "background" and config.events.rule(one).enabled]


def _sinks(
    config: Config, broker: MqttConfig | None, events: Path | None, boot_id: str
) -> list[Sink]:
    sinks: list[Sink] = [LineSink("stdout", sys.stdout.buffer)]
    if events is not None:
        sinks.append(file_sink(events))
    if broker is not None:
        from pipelines.publish.mqtt_sink import MqttSink  # paho is only loaded where it is used

        sinks.append(MqttSink(broker, config.node, boot_id=boot_id))
    if config.sinks is not None:
        from pipelines.publish.couriers.sinks import courier_sinks

        base = broker.base if broker else DEFAULT_BASE
        sinks += courier_sinks(config.sinks, base=base, node=config.node, boot_id=boot_id)
    return sinks
