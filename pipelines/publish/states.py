"""The messages beside the events: what a node is, how it fares, what is going on now.

States are retained, so that whoever comes late knows them; reports and gaps are not. The topics
are in ``topics``, the JSON Schemas in docs/contract/.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pipelines.publish.contract import (
    BoxPixels,
    BoxShares,
    ModelPart,
    Part,
    Seconds,
    Sequence,
    Sha256,
    Share,
    Slug,
    Time,
)

Availability = Literal["online", "offline"]
"""Plain text, no JSON; also what the broker says for a program that died."""

Health = Literal["online", "degraded", "offline", "disabled"]

GapReason = Literal[
    "overflow",
    "expired",
    "refused",
    "crash",
    "outbox_corrupt",
]
"""overflow: the outbox was full. expired: older than it keeps. refused: the broker did not want
them. crash: the program died before it had written them. outbox_corrupt: the file was damaged and
set aside."""

Count = Annotated[int, Field(ge=0)]


class BirthCamera(Part):
    """A camera that the node looks through."""

    id: Slug
    name: str
    live: bool


class Birth(Part):
    """What a node is; retained, sent again on every connection."""

    time: Time
    node: Slug
    boot_id: str
    app_version: str
    config_sha256: Sha256
    model: ModelPart
    cameras: tuple[BirthCamera, ...]
    actions: tuple[str, ...]
    schemas: dict[str, str]
    clock: Literal["system"] = "system"


class SinkCounters(Part):
    """What became of a way out's messages since the run began; none of them goes down."""

    published: Count
    acknowledged: Count
    dropped: Count


class OutboxGauges(Part):
    """What waits for the broker now. durable: on disk; False means in memory only."""

    waiting: Count
    in_flight: Count
    bytes: Count
    durable: bool


class CommandCounters(Part):
    """What became of commands since the run began."""

    done: Count
    rejected: Count


class CameraCounters(Part):
    """What a camera gave since the run began; none of them goes down.

    frames: worked on. people: followed, each once. events: begun.
    """

    frames: Count
    people: Count
    events: Count


class Stats(Part):
    """How a node fares; counters and gauges, every so many seconds.

    cameras: by their slug. frames_dropped: of live cameras, because the machine was too slow.
    """

    time: Time
    boot_id: str
    uptime_s: Seconds
    sequence: Sequence
    open_events: Count
    cameras: dict[Slug, CameraCounters]
    frames_dropped: Count
    sinks: dict[str, SinkCounters]
    outbox: OutboxGauges
    commands: CommandCounters | None = None


class Gap(Part):
    """Messages that will never come, so that nothing is missing in silence.

    boot_id: of the run that made them. from_sequence, to_sequence: the first and the last of them;
    between them others may have been delivered. No to_sequence: nobody knows how many there were.
    events: how many events are missing as a whole. updates: how many updates alone.
    """

    time: Time
    boot_id: str
    reason: GapReason
    from_sequence: Sequence
    to_sequence: Sequence | None = None
    messages: Count
    events: Count
    updates: Count
    detail: str | None = None


class CameraStatus(Part):
    """How a camera fares; retained. error: the class of the last failure, never an address."""

    time: Time
    camera: Slug
    name: str
    state: Health
    video: Health
    audio: Health
    pose: Health
    since: Time
    error: str | None = None


class ActiveState(Part):
    """Whether anybody does it now; retained. since: onset of the oldest open event."""

    state: Literal["ON", "OFF"]
    count: Count
    since: Time | None = None


class SeenTrack(Part):
    """One person as followed right now."""

    id: str
    box: BoxShares
    box_px: BoxPixels
    actions: dict[str, Share]


class Tracks(Part):
    """Everybody whom a camera sees; for looking on, off by default.

    left_out: people for whom there was no room in the message.
    """

    time: Time
    camera: Slug
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    media_pts_ns: int
    tracks: tuple[SeenTrack, ...]
    left_out: Count | None = None
