"""The event message as subscribers read it: CloudEvents 1.0 in JSON, in fixed order.

docs/events.md describes it for subscribers, docs/contract/ holds it as JSON Schema; ``compose``
fills it, ``states`` has the other messages.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from recognition.hysteresis import EndReason, Phase
from recognition.taxonomy import Severity

TYPE_PREFIX = "io.edgeact.action"
MAX_BYTES = 4096
"""Messages stay below; subscribers on small machines may rely on it."""

SEQUENCE_DIGITS = 12

Clock = Literal["file_mtime", "arrival", "ntp", "rtcp_sr"]


def _number(low: float | None, high: float | None) -> WithJsonSchema:
    bounds = {"minimum": low, "maximum": high}
    given = {name: value for name, value in bounds.items() if value is not None}
    return WithJsonSchema({"type": "number", **given})


def _box(high: float | None) -> WithJsonSchema:
    side = {"type": "number", "minimum": 0, **({} if high is None else {"maximum": high})}
    return WithJsonSchema({"type": "array", "items": side, "minItems": 4, "maxItems": 4})


_FOUR_DECIMALS = AfterValidator(lambda value: round(value, 4))
_ONE_DECIMAL = AfterValidator(lambda value: round(value, 1))

Share = Annotated[float, _FOUR_DECIMALS, _number(0, 1)]
Signed = Annotated[float, _FOUR_DECIMALS, _number(-1, 1)]
Seconds = Annotated[float, _FOUR_DECIMALS, _number(0, None)]
_Part = Annotated[float, _FOUR_DECIMALS]
_Pixels = Annotated[float, _ONE_DECIMAL]
BoxShares = Annotated[tuple[_Part, _Part, _Part, _Part], _box(1)]
BoxPixels = Annotated[tuple[_Pixels, _Pixels, _Pixels, _Pixels], _box(None)]

Slug = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,64}$")]
Time = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]
"""RFC 3339, UTC, milliseconds."""
Ulid = Annotated[str, Field(pattern=r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Sequence = Annotated[str, Field(pattern=rf"^\d{{{SEQUENCE_DIGITS}}}$")]
"""The number of a message within one run, with leading zeros, so that text sorts as numbers do."""


class Part(BaseModel):
    """A part of a message. Readers ignore fields that they do not know."""

    model_config = ConfigDict(frozen=True)


class ModelPart(Part):
    """The fusion model that decided."""

    name: str
    version: str | None = None
    sha256: Sha256 | None = None
    runtime: str | None = None
    feature_spec: str | None = None


class EventPart(Part):
    """Which event, and which message of it.

    severity: of the action, from the taxonomy. continues: the event before, when the same person
    took the action up again. parent_event_id: the group's event that this one is part of.
    """

    id: Ulid
    phase: Phase
    rev: int = Field(ge=0)
    action: str = Field(min_length=1)
    label_display: str
    severity: Severity | None = None
    end_reason: EndReason | None = None
    continues: Ulid | None = None
    parent_event_id: Ulid | None = None


class TimePart(Part):
    """RFC 3339 UTC times, and the same as PTS of the source's media in ns.

    decision_latency_ms: of a live camera, from the picture that caused the message to the message.
    """

    onset: Time
    detected: Time
    last: Time
    end: Time | None = None
    duration_s: Seconds | None = None
    media_pts_ns: int
    media_onset_ns: int
    media_end_ns: int | None = None
    clock: Clock
    clock_uncertainty_ms: int | None = Field(default=None, ge=0)
    decision_latency_ms: int | None = Field(default=None, ge=0)


class CameraPart(Part):
    """The camera; width and height are the space of ``box_px``."""

    id: Slug
    name: str
    width: int = Field(gt=0)
    height: int = Field(gt=0)


class ZonesPart(Part):
    """Where somebody stands, by the names of the configuration.

    entered: all zones so far. dwell_s: how long in each zone of now.
    """

    current: tuple[str, ...]
    entered: tuple[str, ...]
    dwell_s: dict[str, Seconds]


class TrackPart(Part):
    """Who. Boxes are x, y, width, height, cut at the picture's edge: 0..1 and px.

    uid: unique over nodes, runs and cameras. co_tracks: others who take part. co_boxes: theirs, as
    ``box``, in the same order; left out where one of them is not known. zones: where ``id`` stands.
    """

    id: str
    uid: str
    box: BoxShares
    box_px: BoxPixels
    co_tracks: tuple[str, ...] | None = None
    co_boxes: tuple[BoxShares, ...] | None = None
    zones: ZonesPart | None = None


class LabelScore(Part):
    """A label and its smoothed probability."""

    action: str
    score: Share


class ScorePart(Part):
    """How sure: smoothed scores of the event's action, and the best labels.

    margin: current score less that of the best other label; below 0 where another one leads.
    """

    current: Share
    peak: Share
    mean: Share
    enter_threshold: Share
    exit_threshold: Share
    margin: Signed | None = None
    topk: tuple[LabelScore, ...]


class EvidencePart(Part):
    """What one modality gave to the decision.

    contribution: how much the score falls when this modality is left out; below 0 where it spoke
    against.
    """

    present: bool
    quality: Share | None = None
    weight: Share | None = None
    contribution: Signed | None = None


class NodePart(Part):
    """The machine and program that decided. boot_id only where a source is live."""

    id: Slug
    boot_id: str | None = None
    app_version: str


class DeliveryPart(Part):
    """Only in messages that did not leave at once.

    queued_ms: how long it waited. attempt: which time this run of the program sends it.
    """

    replayed: Literal[True] = True
    queued_ms: int = Field(ge=0)
    attempt: int = Field(ge=1)


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
    delivery: DeliveryPart | None = None


class ActionMessage(Part):
    """One message. ``source`` and ``id`` together tell a repeated delivery.

    Format: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md; ``sequence`` is
    its extension of that name.
    """

    specversion: Literal["1.0"] = "1.0"
    id: str = Field(pattern=r"^[0-7][0-9A-HJKMNP-TV-Z]{25}\.\d+$")
    source: str = Field(pattern=r"^urn(:[a-z0-9_-]+)+$")
    type: str = Field(pattern=r"^io\.edgeact\.action\.(start|update|end|retract)\.v1$")
    subject: str = Field(pattern=r"^track/.+$")
    time: Time
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: Literal["urn:edgeact:schema:event:v1"] = "urn:edgeact:schema:event:v1"
    sequence: Sequence
    data: DataPart
