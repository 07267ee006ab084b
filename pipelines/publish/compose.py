"""Fills the event message: one function makes the bytes, and every sink gets the same ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

from pipelines.publish.context import Context, SourceContext
from pipelines.publish.contract import (
    SEQUENCE_DIGITS,
    TYPE_PREFIX,
    ActionMessage,
    BoxPixels,
    BoxShares,
    CameraPart,
    DataPart,
    DeliveryPart,
    EventPart,
    EvidencePart,
    LabelScore,
    NodePart,
    ScorePart,
    TimePart,
    TrackPart,
    ZonesPart,
)
from pipelines.publish.topics import slug
from pipelines.publish.ulid import ulid
from recognition.continuation import EventName
from recognition.events import ActionEvent, Evidence
from recognition.taxonomy import load_taxonomy
from recognition.zones import Stays

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def message(
    event: ActionEvent, context: Context, sequence: int = 0, now_ns: int | None = None
) -> ActionMessage:
    """The message of an event. KeyError for a source that the context does not know.

    now_ns: UTC since 1970, where it may be told how long the decision took.
    """
    source = context.source(event.source_id, event.name)
    event_id = event_id_of(event, context)
    continues, parent = (
        None if name is None else _event_id(event.source_id, name, context)
        for name in (event.continues, event.parent)
    )
    urn = ":".join(("urn", *context.base.split("/"), context.node, slug(source.name)))
    return ActionMessage(
        id=f"{event_id}.{event.rev}",
        source=urn,
        type=f"{TYPE_PREFIX}.{event.phase}.v1",
        subject=f"track/{event.track_id}",
        time=rfc3339(source.utc_base_ns + event.pts_ns),
        sequence=numbered(sequence),
        data=DataPart(
            event=_event(event, event_id, continues, parent),
            time=_time(event, source, now_ns),
            camera=CameraPart(
                id=slug(source.name),
                name=source.name,
                width=event.frame_size[0],
                height=event.frame_size[1],
            ),
            track=_track(event, source, context),
            score=_score(event),
            evidence={name: _evidence(part) for name, part in event.evidence.items()},
            model=context.model,
            node=NodePart(
                id=context.node,
                boot_id=context.boot_id if source.live else None,
                app_version=context.app_version,
            ),
        ),
    )


def render(event: ActionEvent, context: Context, sequence: int = 0) -> bytes:
    """The payload of an event, UTF-8 JSON without spaces or line ends: one for all sinks."""
    return payload_of(message(event, context, sequence))


def payload_of(made: ActionMessage) -> bytes:
    """A message as bytes."""
    return made.model_dump_json(exclude_none=True).encode()


def retraction(last: ActionMessage, sequence: int, now_ns: int) -> ActionMessage:
    """Takes an event back; ``last``: what was told of it last. now_ns: UTC since 1970."""
    data = last.data
    rev = data.event.rev + 1
    event = data.event.model_copy(update={"phase": "retract", "rev": rev, "end_reason": None})
    time = data.time.model_copy(
        update={"end": None, "media_end_ns": None, "decision_latency_ms": None}
    )
    return last.model_copy(
        update={
            "id": f"{data.event.id}.{rev}",
            "type": f"{TYPE_PREFIX}.retract.v1",
            "time": rfc3339(now_ns),
            "sequence": numbered(sequence),
            "data": data.model_copy(update={"event": event, "time": time}),
        }
    )


def recovered_end(last: ActionMessage, context: Context, sequence: int) -> ActionMessage:
    """The end of an event that a run which died left open; ``last``: what was told of it last.

    Nobody saw when it ended, so it ends when it was last seen.
    """
    data = last.data
    rev = data.event.rev + 1
    event = data.event.model_copy(
        update={"phase": "end", "rev": rev, "end_reason": "restart_recovered"}
    )
    node = NodePart(
        id=context.node,
        boot_id=context.boot_id if data.node.boot_id else None,
        app_version=context.app_version,
    )
    lasted_s = (data.time.media_pts_ns - data.time.media_onset_ns) / 1e9
    time = data.time.model_copy(
        update={
            "end": data.time.last,
            "duration_s": round(lasted_s, 4),
            "media_end_ns": data.time.media_pts_ns,
            "decision_latency_ms": None,
        }
    )
    return last.model_copy(
        update={
            "id": f"{data.event.id}.{rev}",
            "type": f"{TYPE_PREFIX}.end.v1",
            "sequence": numbered(sequence),
            "data": data.model_copy(
                update={"event": event, "time": time, "node": node, "delivery": None}
            ),
        }
    )


def with_delivery(payload: bytes, *, queued_ms: int, attempt: int) -> bytes:
    """The payload of an event that did not leave at once, saying so; nothing else changes."""
    loaded = json.loads(payload)
    part = DeliveryPart(queued_ms=max(queued_ms, 0), attempt=attempt)
    loaded["data"]["delivery"] = part.model_dump()
    return json.dumps(loaded, separators=(",", ":"), ensure_ascii=False).encode()


def numbered(sequence: int) -> str:
    """A sequence number as messages carry it."""
    return f"{sequence:0{SEQUENCE_DIGITS}d}"


def rfc3339(utc_ns: int) -> str:
    """UTC nanoseconds since 1970 as RFC 3339 with milliseconds, cut, not rounded."""
    moment = EPOCH + timedelta(milliseconds=utc_ns // 1_000_000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def event_id_of(event: ActionEvent, context: Context) -> str:
    """The id of an event, as all its messages have it."""
    return _event_id(event.source_id, event.name, context)


def _event_id(source_id: int, name: EventName, context: Context) -> str:
    source = context.source(source_id, name)
    salt = context.boot_id if source.live else ""
    return ulid(
        (source.utc_base_ns + name.onset_ns) // 1_000_000,
        [context.node, source.name, *name.tracks, name.action, name.onset_ns, salt],
    )


def _event(
    event: ActionEvent, event_id: str, continues: str | None, parent: str | None
) -> EventPart:
    known = load_taxonomy().actions.get(event.action)
    return EventPart(
        id=event_id,
        phase=event.phase,
        rev=event.rev,
        action=event.action,
        label_display=event.action.replace("_", " "),
        severity=None if known is None else known.severity,
        end_reason=event.end_reason,
        continues=continues,
        parent_event_id=parent,
    )


def _time(event: ActionEvent, source: SourceContext, now_ns: int | None) -> TimePart:
    base_ns = source.utc_base_ns
    took_ms = None
    if now_ns is not None and source.live:
        took_ms = max(now_ns - base_ns - event.pts_ns, 0) // 1_000_000
    lasted = event.phase != "start"
    until_ns = event.pts_ns if event.end_ns is None else event.end_ns
    return TimePart(
        onset=rfc3339(base_ns + event.onset_ns),
        detected=rfc3339(base_ns + event.detected_ns),
        last=rfc3339(base_ns + event.pts_ns),
        end=None if event.end_ns is None else rfc3339(base_ns + event.end_ns),
        duration_s=(until_ns - event.onset_ns) / 1e9 if lasted else None,
        media_pts_ns=event.pts_ns,
        media_onset_ns=event.onset_ns,
        media_end_ns=event.end_ns,
        clock=source.clock,
        clock_uncertainty_ms=source.clock_uncertainty_ms,
        decision_latency_ms=took_ms,
    )


def boxes_of(box: Sequence[float], frame_size: tuple[int, int]) -> tuple[BoxShares, BoxPixels]:
    """A box x1 y1 x2 y2 px, cut at the picture's edge, as x, y, width, height: 0..1 and px."""
    width, height = frame_size
    left, right = (min(max(edge, 0.0), width) for edge in (box[0], box[2]))
    top, bottom = (min(max(edge, 0.0), height) for edge in (box[1], box[3]))
    across, down = right - left, bottom - top
    shares = left / width, top / height, across / width, down / height
    return shares, (left, top, across, down)


def _track(event: ActionEvent, source: SourceContext, context: Context) -> TrackPart:
    box, box_px = boxes_of(event.box, event.frame_size)
    run = [context.boot_id] if source.live else []
    return TrackPart(
        id=str(event.track_id),
        uid=":".join([context.node, *run, slug(source.name), str(event.track_id)]),
        box=box,
        box_px=box_px,
        co_tracks=tuple(str(track_id) for track_id in event.co_tracks) or None,
        co_boxes=tuple(boxes_of(box, event.frame_size)[0] for box in event.co_boxes) or None,
        zones=None if event.zones is None else _zones(event.zones),
    )


def _zones(stays: Stays) -> ZonesPart:
    return ZonesPart(current=stays.current, entered=stays.entered, dwell_s=dict(stays.dwell_s))


def _score(event: ActionEvent) -> ScorePart:
    others = [score for label, score in event.topk if label != event.action]
    return ScorePart(
        current=event.score,
        peak=event.peak,
        mean=event.mean,
        enter_threshold=event.enter,
        exit_threshold=event.exit,
        margin=event.score - max(others) if others else None,
        topk=tuple(LabelScore(action=label, score=score) for label, score in event.topk),
    )


def _evidence(part: Evidence) -> EvidencePart:
    return EvidencePart(
        present=part.present,
        quality=part.quality,
        weight=part.weight,
        contribution=part.contribution,
    )
