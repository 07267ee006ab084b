"""The event message as subscribers read it: CloudEvents 1.0 in JSON, in fixed order.

docs/events.md describes it for subscribers. One function makes the bytes, and every sink
gets the same ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict

from pipelines.publish.topics import check_base, check_node, slug
from pipelines.publish.ulid import ulid
from recognition.events import ActionEvent, Evidence
from recognition.hysteresis import EndReason, Phase

TYPE_PREFIX = "io.edgeact.action"
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

Clock = Literal["file_mtime", "arrival", "ntp", "rtcp_sr"]
Rounded = Annotated[float, AfterValidator(lambda value: round(value, 4))]
Pixels = Annotated[float, AfterValidator(lambda value: round(value, 1))]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceContext:
    """What the messages of one source say about it.

    name: of the configuration. utc_base_ns: UTC in ns since 1970 of the source's PTS 0.
    clock: where that base comes from; ``file_mtime`` for files, another for live sources.
    """

    name: str
    utc_base_ns: int
    clock: Clock

    @property
    def live(self) -> bool:
        """Whether two runs see different things."""
        return self.clock != "file_mtime"


class Part(BaseModel):
    """A part of the message. Readers ignore fields that they do not know."""

    model_config = ConfigDict(frozen=True)


class ModelPart(Part):
    """The fusion model that decided."""

    name: str
    version: str | None = None
    sha256: str | None = None
    runtime: str | None = None
    feature_spec: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What every message of a run says. base: topic levels; node: slug; boot_id: of this run.

    sources: by source_id; an entry must be there before the source's first event.
    Raises ValueError for a base or node that cannot be part of a topic.
    """

    base: str
    node: str
    boot_id: str
    app_version: str
    model: ModelPart
    sources: dict[int, SourceContext] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_base(self.base)
        check_node(self.node)


class EventPart(Part):
    """Which event, and which message of it."""

    id: str
    phase: Phase
    rev: int
    action: str
    end_reason: EndReason | None = None


class TimePart(Part):
    """RFC 3339 UTC times, and the same as PTS of the source's media in ns."""

    onset: str
    detected: str
    last: str
    end: str | None = None
    duration_s: Rounded | None = None
    media_pts_ns: int
    media_onset_ns: int
    media_end_ns: int | None = None
    clock: Clock


class CameraPart(Part):
    """The camera; width and height are the space of ``box_px``."""

    id: str
    name: str
    width: int
    height: int


class TrackPart(Part):
    """Who. Boxes are x, y, width, height, cut at the picture's edge: 0..1 and px."""

    id: str
    box: tuple[Rounded, Rounded, Rounded, Rounded]
    box_px: tuple[Pixels, Pixels, Pixels, Pixels]


class LabelScore(Part):
    """A label and its smoothed probability."""

    action: str
    score: Rounded


class ScorePart(Part):
    """How sure: smoothed scores of the event's action, and the best labels."""

    current: Rounded
    peak: Rounded
    mean: Rounded
    enter_threshold: Rounded
    exit_threshold: Rounded
    topk: tuple[LabelScore, ...]


class EvidencePart(Part):
    """What one modality gave to the decision."""

    present: bool
    quality: Rounded | None = None
    weight: Rounded | None = None


class NodePart(Part):
    """The machine and program that decided. boot_id only where a source is live."""

    id: str
    boot_id: str | None = None
    app_version: str


class DataPart(Part):
    """The event itself, inside the CloudEvents envelope."""

    event: EventPart
    time: TimePart
    camera: CameraPart
    track: TrackPart
    score: ScorePart
    evidence: dict[str, EvidencePart]
    model: ModelPart
    node: NodePart


class ActionMessage(Part):
    """One message. ``source`` and ``id`` together tell a repeated delivery."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: str
    datacontenttype: Literal["application/json"] = "application/json"
    data: DataPart


def message(event: ActionEvent, context: Context) -> ActionMessage:
    """The message of an event. KeyError for a source that the context does not know."""
    source = context.sources[event.source_id]
    event_id = _event_id(event, source, context)
    urn = ":".join(("urn", *context.base.split("/"), context.node, slug(source.name)))
    return ActionMessage(
        id=f"{event_id}.{event.rev}",
        source=urn,
        type=f"{TYPE_PREFIX}.{event.phase}.v1",
        subject=f"track/{event.track_id}",
        time=rfc3339(source.utc_base_ns + event.pts_ns),
        data=DataPart(
            event=EventPart(
                id=event_id,
                phase=event.phase,
                rev=event.rev,
                action=event.action,
                end_reason=event.end_reason,
            ),
            time=_time(event, source),
            camera=CameraPart(
                id=slug(source.name),
                name=source.name,
                width=event.frame_size[0],
                height=event.frame_size[1],
            ),
            track=_track(event),
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


def render(event: ActionEvent, context: Context) -> bytes:
    """The payload of an event, UTF-8 JSON without spaces or line ends: one for all sinks."""
    return message(event, context).model_dump_json(exclude_none=True).encode()


def rfc3339(utc_ns: int) -> str:
    """UTC nanoseconds since 1970 as RFC 3339 with milliseconds, cut, not rounded."""
    moment = EPOCH + timedelta(milliseconds=utc_ns // 1_000_000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _event_id(event: ActionEvent, source: SourceContext, context: Context) -> str:
    salt = context.boot_id if source.live else ""
    return ulid(
        (source.utc_base_ns + event.onset_ns) // 1_000_000,
        [context.node, source.name, event.track_id, event.action, event.onset_ns, salt],
    )


def _time(event: ActionEvent, source: SourceContext) -> TimePart:
    base_ns = source.utc_base_ns
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
    )


def _track(event: ActionEvent) -> TrackPart:
    width, height = event.frame_size
    left, right = (min(max(edge, 0.0), width) for edge in (event.box[0], event.box[2]))
    top, bottom = (min(max(edge, 0.0), height) for edge in (event.box[1], event.box[3]))
    across, down = right - left, bottom - top
    return TrackPart(
        id=str(event.track_id),
        box=(left / width, top / height, across / width, down / height),
        box_px=(left, top, across, down),
    )


def _score(event: ActionEvent) -> ScorePart:
    return ScorePart(
        current=event.score,
        peak=event.peak,
        mean=event.mean,
        enter_threshold=event.enter,
        exit_threshold=event.exit,
        topk=tuple(LabelScore(action=label, score=score) for label, score in event.topk),
    )


def _evidence(part: Evidence) -> EvidencePart:
    return EvidencePart(present=part.present, quality=part.quality, weight=part.weight)
