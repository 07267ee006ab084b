"""``edgeact events --mock``: a scripted day, so that a subscriber can be built without a camera.

Three cameras, every phase and most reasons to end, a camera that fails, a wrong start that is taken
back. It goes the way of real events: the same classes, topics and states.
"""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import metadata

from pipelines.publish.channels import CHANNELS
from pipelines.publish.compose import rfc3339
from pipelines.publish.context import Context, SourceContext
from pipelines.publish.contract import ModelPart
from pipelines.publish.mqtt import MqttConfig
from pipelines.publish.mqtt_sink import MqttSink
from pipelines.publish.outbox_config import OutboxConfig
from pipelines.publish.publisher import Publisher
from pipelines.publish.states import Birth, BirthCamera, CameraStatus, Health
from recognition.continuation import EventName
from recognition.events import ActionEvent, Evidence
from recognition.hysteresis import EndReason
from recognition.zones import Stays

NODE = "mock"
CAMERAS = ("door", "lobby", "dock")
SIZE = (1280, 720)
DAY_S = 86_400
_SECOND_NS = 1_000_000_000
_CLOSE_S = 5.0


@dataclass(frozen=True, slots=True)
class Scene:
    """One thing that happens. at: time of the day; seconds: how long. ending: None: taken back."""

    at: str
    camera: str
    track: int
    action: str
    seconds: float
    ending: EndReason | None = "score_low"
    updates: int = 0


DAY = (
    Scene("06:58:10", "door", 1, "walk", 9.0),
    Scene("06:58:21", "door", 1, "wave", 3.2),
    Scene("07:03:00", "lobby", 2, "sit_down", 2.5),
    Scene("07:03:05", "lobby", 2, "read", 1740.0, "track_lost", updates=3),
    Scene("08:12:00", "dock", 3, "carry_box", 21.0),
    Scene("08:12:40", "dock", 4, "carry_box", 19.0),
    Scene("09:30:00", "lobby", 5, "clap", 4.0),
    Scene("09:30:01", "lobby", 6, "clap", 3.0),
    Scene("10:40:07", "dock", 4, "fall", 65.0, updates=2),
    Scene("11:15:30", "lobby", 7, "punch", 1.4, None),
    Scene("12:59:00", "dock", 8, "stand", 60.0, "camera_offline"),
    Scene("13:30:00", "door", 9, "raise_hands", 6.0),
    Scene("15:00:00", "lobby", 10, "stand", 3600.0, "max_duration", updates=5),
    Scene("17:45:00", "door", 11, "walk", 12.0, "track_lost"),
    Scene("18:00:00", "lobby", 12, "read", 30.0, "shutdown"),
)

EVIDENCE = {
    "pose": Evidence(present=True, quality=0.91, weight=0.52, contribution=0.47),
    "trajectory": Evidence(present=True, quality=1.0, weight=0.31, contribution=0.12),
    "objects": Evidence(present=True, quality=0.74, weight=0.17, contribution=-0.03),
    "audio": Evidence(present=False),
}

OUTAGES = (("dock", "13:00:00", "13:20:00"),)
"""A camera and when it is gone."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is told at a second of the day: a message of an event, or how a camera fares."""

    at_s: float
    event: ActionEvent | None = None
    camera: str = ""
    health: Health = "online"


def steps() -> list[Step]:
    """The whole day in its order."""
    found = [Step(0.0, camera=name) for name in CAMERAS]
    for camera, gone, back in OUTAGES:
        found.append(Step(_second(gone), camera=camera, health="offline"))
        found.append(Step(_second(back), camera=camera))
    for scene in DAY:
        found += [Step(event.pts_ns / _SECOND_NS, event) for event in _messages(scene)]
    return sorted(found, key=lambda step: step.at_s)


def play(config: MqttConfig, *, speed: float, seconds: float | None) -> None:
    """Publish the day from its first second on.

    speed: seconds of the day in one of ours. seconds: stop after so many of ours; the events that
    are open then end, as after any stop.
    """
    memory = config.model_copy(update={"outbox": OutboxConfig(durable=False)})
    began_s, began_ns = time.monotonic(), time.time_ns()
    context = _context(config, began_ns)
    sink = MqttSink(memory, NODE, boot_id=context.boot_id)
    publisher = Publisher(context, [sink])
    publisher.announce(_birth(context), sorted({(one.camera, one.action) for one in DAY}))
    sys.stderr.write(f"publishing a day of node '{NODE}' to {config.broker}; Ctrl-C to stop\n")
    last: dict[EventName, ActionEvent] = {}
    try:
        for step in steps():
            due_s = began_s + step.at_s / speed
            if seconds is not None and due_s > began_s + seconds:
                time.sleep(max(0.0, began_s + seconds - time.monotonic()))
                break
            time.sleep(max(0.0, due_s - time.monotonic()))
            _tell(publisher, step, began_ns)
            if step.event is not None:
                last[step.event.name] = step.event
    finally:
        for event in last.values():
            if event.phase in ("start", "update"):
                publisher.publish(_ended(event, "shutdown"))
        publisher.close(_CLOSE_S)


def _ended(event: ActionEvent, reason: EndReason) -> ActionEvent:
    """The end of an event at the moment of its last message."""
    return replace(event, rev=event.rev + 1, phase="end", end_ns=event.pts_ns, end_reason=reason)


def _tell(publisher: Publisher, step: Step, began_ns: int) -> None:
    if step.event is not None:
        publisher.publish(step.event)
        return
    now = rfc3339(began_ns + round(step.at_s * _SECOND_NS))
    publisher.tell_camera(
        CameraStatus(
            time=now,
            camera=step.camera,
            name=step.camera,
            state=step.health,
            video=step.health,
            audio="disabled",
            pose=step.health,
            since=now,
            error=None if step.health == "online" else "no data",
        )
    )


def _context(config: MqttConfig, began_ns: int) -> Context:
    return Context(
        base=config.base,
        node=NODE,
        boot_id=secrets.token_hex(8),
        app_version=metadata.version("edgeact"),
        model=ModelPart(name="script", version="1"),
        sources={
            index: SourceContext(
                name=name, utc_base_ns=began_ns, clock="arrival", clock_uncertainty_ms=600
            )
            for index, name in enumerate(CAMERAS)
        },
    )


def _birth(context: Context) -> Birth:
    return Birth(
        time=rfc3339(time.time_ns()),
        node=context.node,
        boot_id=context.boot_id,
        app_version=context.app_version,
        config_sha256="0" * 64,
        model=context.model,
        cameras=tuple(BirthCamera(id=name, name=name, live=True) for name in CAMERAS),
        actions=tuple(sorted({scene.action for scene in DAY})),
        schemas={one.name: one.schema_id for one in CHANNELS if one.model is not None},
    )


def _messages(scene: Scene) -> Iterator[ActionEvent]:
    onset_ns = round(_second(scene.at) * _SECOND_NS)
    end_ns = onset_ns + round(scene.seconds * _SECOND_NS)
    detected_ns = onset_ns + 300_000_000
    start = ActionEvent(
        source_id=CAMERAS.index(scene.camera),
        track_id=scene.track,
        action=scene.action,
        rev=0,
        phase="start",
        onset_ns=onset_ns,
        detected_ns=detected_ns,
        pts_ns=detected_ns,
        end_ns=None,
        end_reason=None,
        score=0.82,
        peak=0.86,
        mean=0.78,
        enter=0.5,
        exit=0.3,
        topk=((scene.action, 0.82), ("background", 0.09), ("stand_up", 0.04)),
        evidence=EVIDENCE,
        box=(510.0, 160.0, 690.0, 640.0),
        frame_size=SIZE,
        zones=Stays(("entrance",), ("entrance",), {"entrance": 2.6}),
    )
    yield start
    weighed = {name: replace(part, contribution=None) for name, part in start.evidence.items()}
    later = replace(start, evidence=weighed)
    for number in range(1, scene.updates + 1):
        yield replace(
            later,
            rev=number,
            phase="update",
            pts_ns=onset_ns + (end_ns - onset_ns) * number // (scene.updates + 1),
        )
    last = replace(later, rev=scene.updates, pts_ns=end_ns, score=0.21)
    if scene.ending is None:
        yield replace(last, rev=last.rev + 1, phase="retract")
    else:
        yield _ended(last, scene.ending)


def _second(clock: str) -> float:
    hours, minutes, seconds = (int(part) for part in clock.split(":"))
    return hours * 3600.0 + minutes * 60 + seconds
