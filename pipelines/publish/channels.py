"""Every topic of the contract in one table: what it carries, how sure, whether it is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from pipelines.publish.commands import COMMANDS, CommandResult
from pipelines.publish.contract import ActionMessage
from pipelines.publish.states import ActiveState, Birth, CameraStatus, Gap, Stats, Tracks
from pipelines.publish.topics import command_topic

SESSION_EXPIRY_S = 3600
EVENT_EXPIRY_S = 259_200
"""72 h: an event that no subscriber fetched in that time is let go by the broker, too."""

WORDS = ("online", "offline")
"""The plain text of availability."""

_LEVELS = {
    "base": r"[a-z0-9_-]{1,64}(?:/[a-z0-9_-]{1,64})*",
    "node": r"[a-z0-9_-]{1,64}",
    "camera": r"[a-z0-9_-]{1,64}",
    "action": r"[a-z0-9_-]{1,64}",
    "verb": r"[a-z0-9_-]{1,64}",
    "prefix": r"[a-z0-9_-]{1,64}(?:/[a-z0-9_-]{1,64})*",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One kind of topic.

    name: also of the schema file. address: with ``{level}`` for what varies. model: of the JSON
    payload; None for plain text, a picture, or somebody else's format. sent: by us; else to us.
    expiry_s: MQTT 5 only.
    """

    name: str
    address: str
    summary: str
    model: type[BaseModel] | None
    qos: Literal[0, 1]
    retain: bool
    content_type: str = "application/json"
    sent: bool = True
    expiry_s: int | None = None

    @property
    def schema_id(self) -> str:
        """Names the schema of the payload: the ``$id`` of its file."""
        return f"urn:edgeact:schema:{self.name}:v1"

    @property
    def parameters(self) -> tuple[str, ...]:
        """The levels that vary, in order."""
        return tuple(re.findall(r"{(\w+)}", self.address))

    def match(self, topic: str) -> dict[str, str] | None:
        """The levels of a topic of this kind; None for another one."""
        pattern = re.sub(r"{(\w+)}", lambda found: _group(found[1]), self.address)
        found = re.fullmatch(pattern, topic)
        return None if found is None else found.groupdict()


def _group(name: str) -> str:
    return f"(?P<{name}>{_LEVELS[name]})"


_NODE = "{base}/v1/{node}"
_CAMERA = f"{_NODE}/cam/{{camera}}"

CHANNELS = (
    Channel(
        name="availability",
        address=f"{_NODE}/availability",
        summary="online or offline, as plain text; offline is also the last will",
        model=None,
        content_type="text/plain",
        qos=1,
        retain=True,
    ),
    Channel(
        name="birth",
        address=f"{_NODE}/birth",
        summary="what the node is, sent on every connection",
        model=Birth,
        qos=1,
        retain=True,
    ),
    Channel(
        name="stats",
        address=f"{_NODE}/stats",
        summary="counters and gauges",
        model=Stats,
        qos=0,
        retain=False,
    ),
    Channel(
        name="gap",
        address=f"{_NODE}/gap",
        summary="messages that will never come",
        model=Gap,
        qos=1,
        retain=False,
    ),
    Channel(
        name="status",
        address=f"{_CAMERA}/status",
        summary="how a camera fares",
        model=CameraStatus,
        qos=1,
        retain=True,
    ),
    Channel(
        name="event",
        address=f"{_CAMERA}/event/{{action}}",
        summary="an action begins, goes on, ends or was none after all",
        model=ActionMessage,
        content_type="application/cloudevents+json",
        qos=1,
        retain=False,
        expiry_s=EVENT_EXPIRY_S,
    ),
    Channel(
        name="active",
        address=f"{_CAMERA}/active/{{action}}",
        summary="whether anybody does it now",
        model=ActiveState,
        qos=1,
        retain=True,
    ),
    Channel(
        name="snapshot",
        address=f"{_CAMERA}/snapshot/{{action}}",
        summary="a picture of a start, off by default; the user property event is its id",
        model=None,
        content_type="image/jpeg",
        qos=0,
        retain=False,
    ),
    Channel(
        name="tracks",
        address=f"{_CAMERA}/tracks",
        summary="everybody in sight, off by default",
        model=Tracks,
        qos=0,
        retain=False,
    ),
    *(
        Channel(
            name=f"command-{verb.replace('_', '-')}",
            address=command_topic("{base}", "{node}", verb),
            summary=f"{(model.__doc__ or '').splitlines()[0]} Commands are off by default.",
            model=model,
            qos=1,
            retain=False,
            sent=False,
        )
        for verb, model in COMMANDS.items()
    ),
    Channel(
        name="command-result",
        address=f"{_NODE}/cmd/{{verb}}/result",
        summary="what became of a command",
        model=CommandResult,
        qos=1,
        retain=False,
    ),
    Channel(
        name="home-assistant",
        address="{prefix}/device/{node}/{camera}/config",
        summary="a device for Home Assistant, in its own format; empty to remove it",
        model=None,
        qos=1,
        retain=True,
    ),
)


def channel_of(topic: str) -> tuple[Channel, dict[str, str]] | None:
    """The kind of a topic and its levels; None for a topic that the contract does not know."""
    for channel in CHANNELS:
        levels = channel.match(topic)
        if levels is not None:
            return channel, levels
    return None
