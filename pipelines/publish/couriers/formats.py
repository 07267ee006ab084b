"""What a courier brings: our own messages, or the same events as DeepStream's nvmsgconv writes.

Format: ``generate_dsmeta_message`` and ``generate_dsmeta_message_minimal`` of DeepStream's
sources/libs/nvmsgconv/deepstream_schema/dsmeta_payload.cpp, which is nvmsgconv with
``msg2p-newapi`` and payload type 0 or 1; a few words of them say what an event is, see below.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any, Literal

Format = Literal["cloudevents", "deepstream", "deepstream_minimal"]

EVENT_TYPE = "application/cloudevents+json"
JSON_TYPE = "application/json"

_NO_PLACE = {"lat": 0.0, "lon": 0.0, "alt": 0.0}
_NO_COORDINATE = {"x": 0.0, "y": 0.0, "z": 0.0}
"""As nvmsgconv writes where its configuration says nothing."""


def content_type(chosen: Format) -> str:
    """The media type of messages."""
    return EVENT_TYPE if chosen == "cloudevents" else JSON_TYPE


def payload_in(chosen: Format, payload: bytes) -> bytes:
    """The payload of an event (an ``ActionMessage``) in the format that was chosen."""
    if chosen == "cloudevents":
        return payload
    make: Callable[[dict[str, Any]], dict[str, Any]] = (
        deepstream if chosen == "deepstream" else deepstream_minimal
    )
    made = make(json.loads(payload))
    return json.dumps(made, separators=(",", ":"), ensure_ascii=False).encode()


def deepstream(message: dict[str, Any]) -> dict[str, Any]:
    """The full schema, payload type 0: one person per message.

    messageid: as of a random UUID, but the same each time the message is sent.
    mdsversion: as nvmsgconv has it. @timestamp: of the message. place, sensor: nvmsgconv's
    configuration in place of ours: the node, and the camera. analyticsModule: the fusion model.
    object: ``generate_object_object``; the action is the label of a classifier of type ``action``,
    its confidence the event's score. event: nvmsgconv leaves ``type`` empty here; ours is the
    phase. customMessage: as of NVDS_CUSTOM_MSG_BLOB, see ``_custom``.
    """
    data = message["data"]
    camera, model = data["camera"], data["model"]
    return {
        "messageid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{message['source']}#{message['id']}")),
        "mdsversion": "1.0",
        "@timestamp": message["time"],
        "place": {
            "id": data["node"]["id"],
            "name": data["node"]["id"],
            "type": "",
            "location": _NO_PLACE,
        },
        "sensor": {
            "id": camera["id"],
            "type": "Camera",
            "description": camera["name"],
            "location": _NO_PLACE,
            "coordinate": _NO_COORDINATE,
        },
        "analyticsModule": {
            "id": model["name"],
            "description": "actions of people",
            "source": "edgeact",
            "version": model.get("version", data["node"]["app_version"]),
        },
        "object": _object(data),
        "event": {"id": data["event"]["id"], "type": data["event"]["phase"]},
        "videoPath": "",
        "customMessage": _custom(data),
    }


def deepstream_minimal(message: dict[str, Any]) -> dict[str, Any]:
    """The minimal schema, payload type 1.

    id: nvmsgconv's frame number, which is not known here: the frame's PTS, ns. sensorId: the
    camera. objects: one text each, ``track|left|top|right|bottom|person|#|action|score``, px as
    C++ prints them (six digits). customMessage: see ``_custom``.
    """
    data = message["data"]
    edges = "|".join(f"{edge:g}" for edge in _edges(data))
    score = f"{data['score']['current']:g}"
    return {
        "version": "4.0",
        "id": data["time"]["media_pts_ns"],
        "@timestamp": message["time"],
        "sensorId": data["camera"]["id"],
        "objects": [
            f"{data['track']['id']}|{edges}|person|#|{data['event']['action']}|{score}",
        ],
        "customMessage": _custom(data),
    }


def _object(data: dict[str, Any]) -> dict[str, Any]:
    names = ("topleftx", "toplefty", "bottomrightx", "bottomrighty")
    return {
        "id": data["track"]["id"],
        "speed": 0.0,
        "direction": 0.0,
        "orientation": 0.0,
        "person": {"confidence": data["score"]["current"], "action": data["event"]["action"]},
        "bbox": {name: int(edge) for name, edge in zip(names, _edges(data), strict=True)},
        "location": {},
        "coordinate": {},
    }


def _edges(data: dict[str, Any]) -> tuple[float, float, float, float]:
    left, top, width, height = data["track"]["box_px"]
    return left, top, left + width, top + height


def _custom(data: dict[str, Any]) -> list[str]:
    """What nvmsgconv has no word for, as JSON text: ``event``, ``time`` and who else takes part."""
    said = {"event": data["event"], "time": data["time"]}
    if "co_tracks" in data["track"]:
        said["co_tracks"] = data["track"]["co_tracks"]
    return [json.dumps(said, separators=(",", ":"), ensure_ascii=False)]
