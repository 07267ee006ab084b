"""Cameras as devices of Home Assistant, in the format of its MQTT device discovery.

Format: https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload; it needs Home
Assistant 2024.11 or later. Its templates are Jinja2. Keys are written out: Home Assistant refuses a
whole device for one key at its root that it does not know.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, Field, field_validator

from pipelines.publish.states import Birth, BirthCamera, Health
from pipelines.publish.topics import (
    active_topic,
    availability_topic,
    check_base,
    discovery_topic,
    event_filter,
    slug,
    snapshot_filter,
    status_topic,
)
from recognition.taxonomy import load_taxonomy

ORIGIN = "edgeact"
"""Who announced a device: only our own are ever taken back."""

_SEEN = "{{ 'offline' if value_json.state in ('offline', 'disabled') else 'online' }}"
_ONLINE = "{{ 'ON' if value_json.state in ('online', 'degraded') else 'OFF' }}"
# Nothing but a start is an event to Home Assistant; an empty text makes it ignore the message.
_EVENT = (
    "{% set data = value_json.data %}{% if data.event.phase == 'start' %}"
    "{{ {'event_type': data.event.action, 'event_id': data.event.id, "
    "'severity': data.event.severity | default('info'), 'onset': data.time.onset, "
    "'track': data.track.id, 'score': data.score.current, "
    "'replayed': data.delivery is defined} | tojson }}{% endif %}"
)

Component = dict[str, Any]


class HomeAssistantConfig(BaseModel, extra="forbid", frozen=True):
    """Devices for Home Assistant, one for each camera."""

    enabled: bool = Field(default=False, description="false: devices announced before are removed")
    prefix: str = Field(default="homeassistant", description="the discovery prefix set there")

    @field_validator("prefix")
    @classmethod
    def _prefix_is_a_topic(cls, value: str) -> str:
        return check_base(value, "prefix", "homeassistant")

    @property
    def status_topic(self) -> str:
        """Where Home Assistant says that it is ``online``."""
        return f"{self.prefix}/status"


def devices(
    birth: Birth, *, base: str, prefix: str, pictures: bool = False
) -> Iterator[tuple[str, bytes]]:
    """The discovery topic and payload of every camera of a node. pictures: whether it sends any."""
    for camera in birth.cameras:
        device = _device(birth, camera, base, pictures=pictures)
        payload = json.dumps(device, separators=(",", ":"))
        yield discovery_topic(prefix, birth.node, camera.id), payload.encode()


def without_the_gone(before: bytes, now: bytes) -> bytes:
    """A device that takes back components which it had before and has no more.

    before: what the broker kept of an earlier run; now: what this run says. Home Assistant keeps a
    component until it is named with nothing but its platform.
    """
    had, has = components_of(before), components_of(now)
    gone = {
        name: {"platform": component["platform"]}
        for name, component in had.items()
        if name not in has and len(component) > 1
    }
    if not gone:
        return now
    device = json.loads(now)
    device["components"] = {**device["components"], **gone}
    return json.dumps(device, separators=(",", ":")).encode()


def is_ours(payload: bytes) -> bool:
    """Whether a discovery payload was made by this program."""
    origin = _loaded(payload).get("origin")
    return isinstance(origin, Mapping) and origin.get("name") == ORIGIN


def components_of(payload: bytes) -> dict[str, Component]:
    """The components of a device by their id; none of a payload that is no device of ours."""
    components = _loaded(payload).get("components") if is_ours(payload) else None
    if not isinstance(components, Mapping):
        return {}
    return {
        name: dict(component)
        for name, component in components.items()
        if isinstance(component, Mapping) and isinstance(component.get("platform"), str)
    }


def _loaded(payload: bytes) -> Mapping[str, Any]:
    try:
        loaded = json.loads(payload)
    except (ValueError, RecursionError):  # somebody else's
        return {}
    return loaded if isinstance(loaded, Mapping) else {}


def _device(birth: Birth, camera: BirthCamera, base: str, *, pictures: bool) -> dict[str, Any]:
    """One camera with all its components."""
    node = {"topic": availability_topic(base, birth.node)}
    seen = {"topic": status_topic(base, birth.node, camera.id), "value_template": _SEEN}
    components = {**_events(birth, camera, base), **_states(birth, camera, base, node)}
    if pictures:
        components["picture"] = {
            "platform": "image",
            "name": "Last picture",
            "content_type": "image/jpeg",
            "image_topic": snapshot_filter(base, camera.id, node=birth.node),
        }
    for action in birth.actions:
        components.update(_action(birth.node, camera, base, action))
    ours = f"{ORIGIN}:{birth.node}:{camera.id}"
    return {
        "device": {
            "identifiers": [ours],
            "name": camera.name,
            "manufacturer": ORIGIN,
            "model": f"camera of {birth.node}",
            "sw_version": birth.app_version,
        },
        "origin": {"name": ORIGIN, "sw_version": birth.app_version},
        "availability": [node, seen],
        "availability_mode": "all",
        "qos": 1,
        "components": {
            name: {**component, "unique_id": f"{ours}:{name}"}
            for name, component in components.items()
        },
    }


def _events(birth: Birth, camera: BirthCamera, base: str) -> dict[str, Component]:
    topic = event_filter(base, camera.id, node=birth.node)
    return {
        "event": {
            "platform": "event",
            "name": "Action",
            "state_topic": topic,
            "event_types": list(birth.actions),
            "value_template": _EVENT,
        },
        "last_event": {
            "platform": "sensor",
            "name": "Last event",
            "device_class": "timestamp",
            "state_topic": topic,
            "value_template": "{{ value_json.time }}",
        },
    }


def _states(
    birth: Birth, camera: BirthCamera, base: str, node: Mapping[str, str]
) -> dict[str, Component]:
    """How the camera fares; said while the node is there, also of a camera that is not."""
    shared = {
        "state_topic": status_topic(base, birth.node, camera.id),
        "entity_category": "diagnostic",
        "availability": [node],
    }
    return {
        "connectivity": {
            "platform": "binary_sensor",
            "name": "Connection",
            "device_class": "connectivity",
            "value_template": _ONLINE,
            **shared,
        },
        "state": {
            "platform": "sensor",
            "name": "State",
            "device_class": "enum",
            "options": list(get_args(Health)),
            "value_template": "{{ value_json.state }}",
            **shared,
        },
        "sound": {
            "platform": "sensor",
            "name": "Sound",
            "device_class": "enum",
            "options": list(get_args(Health)),
            "value_template": "{{ value_json.audio }}",
            **shared,
        },
        "problem": {
            "platform": "sensor",
            "name": "Problem",
            "value_template": "{{ value_json.error | default('none') }}",
            **shared,
        },
    }


def _action(node: str, camera: BirthCamera, base: str, action: str) -> dict[str, Component]:
    """Whether anybody does it, and how many do."""
    topic, shown = active_topic(base, node, camera.id, action), action.replace("_", " ")
    known = load_taxonomy().actions.get(action)
    grave = {"device_class": "safety"} if known and known.severity == "alarm" else {}
    return {
        f"active_{slug(action)}": {
            "platform": "binary_sensor",
            "name": shown.capitalize(),
            "state_topic": topic,
            "value_template": "{{ value_json.state }}",
            "json_attributes_topic": topic,
            **grave,
        },
        # Off at first: with dozens of actions they would bury the rest.
        f"count_{slug(action)}": {
            "platform": "sensor",
            "name": f"People: {shown}",
            "state_topic": topic,
            "value_template": "{{ value_json.count }}",
            "state_class": "measurement",
            "enabled_by_default": False,
        },
    }
