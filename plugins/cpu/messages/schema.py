"""DeepStream's two JSON schemas of an event message (eventmsg_payload.cpp of nvmsgconv).

The full one has a message for each event, with the place, sensor and module of the configuration
file. The minimal one has a message for each frame, its objects as texts of fields parted by ``|``.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from plugins.cpu.key_file import Sections, read_sections
from plugins.cpu.metadata.c_memory import get_string
from plugins.cpu.metadata.event_message import NvDsEventMsgMeta, NvDsEventType, NvDsObjectType
from plugins.cpu.metadata.meta import NvDsFrameMeta
from plugins.cpu.metadata.object_meta import NvDsObjectMeta

Json = dict[str, Any]

_ON = {"1", "true"}

_EVENTS = {
    NvDsEventType.NVDS_EVENT_ENTRY: "entry",
    NvDsEventType.NVDS_EVENT_EXIT: "exit",
    NvDsEventType.NVDS_EVENT_MOVING: "moving",
    NvDsEventType.NVDS_EVENT_STOPPED: "stopped",
    NvDsEventType.NVDS_EVENT_PARKED: "parked",
    NvDsEventType.NVDS_EVENT_EMPTY: "empty",
    NvDsEventType.NVDS_EVENT_RESET: "reset",
}
_NAMES = {
    NvDsObjectType.NVDS_OBJECT_TYPE_VEHICLE: "Vehicle",
    NvDsObjectType.NVDS_OBJECT_TYPE_FACE: "Face",
    NvDsObjectType.NVDS_OBJECT_TYPE_PERSON: "Person",
    NvDsObjectType.NVDS_OBJECT_TYPE_BAG: "Bag",
    NvDsObjectType.NVDS_OBJECT_TYPE_BICYCLE: "Bicycle",
    NvDsObjectType.NVDS_OBJECT_TYPE_ROADSIGN: "RoadSign",
    NvDsObjectType.NVDS_OBJECT_TYPE_CUSTOM: "Custom",
}
_VEHICLE = {
    "type": "type",
    "make": "make",
    "model": "model",
    "color": "color",
    "licenseState": "region",
    "license": "license",
}
_PERSON = {name: name for name in ("age", "gender", "hair", "cap", "apparel")}
_FACE = {name: name for name in ("age", "gender", "hair", "cap", "glasses", "facialhair", "name")}
_FACE["eyecolor"] = "eyecolor"
_DETAILS: Mapping[int, tuple[str, Mapping[str, str]]] = {
    NvDsObjectType.NVDS_OBJECT_TYPE_VEHICLE: ("vehicle", _VEHICLE),
    NvDsObjectType.NVDS_OBJECT_TYPE_VEHICLE_EXT: ("vehicle", _VEHICLE),
    NvDsObjectType.NVDS_OBJECT_TYPE_PERSON: ("person", _PERSON),
    NvDsObjectType.NVDS_OBJECT_TYPE_PERSON_EXT: ("person", _PERSON),
    NvDsObjectType.NVDS_OBJECT_TYPE_FACE: ("face", _FACE),
    NvDsObjectType.NVDS_OBJECT_TYPE_FACE_EXT: ("face", _FACE),
}
"""What an object's own part is called, and which field of extMsg each of its keys is."""

_SHORT: Mapping[str, str] = {
    "vehicle": "type|make|model|color|license|region",
    "person": "gender|age|hair|cap|apparel",
    "face": "gender|age|hair|cap|glasses|facialhair|name||eyecolor",
}
"""The fields of extMsg in the order of the minimal schema; one of a face is always empty."""


@dataclass(frozen=True, slots=True)
class Sites:
    """The enabled groups of the configuration file: sensorN, placeN and analyticsN."""

    groups: Mapping[str, Mapping[str, str]]

    def find(self, kind: str, number: int) -> Mapping[str, str] | None:
        """Give a group, None where the file has none of that number."""
        return self.groups.get(f"{kind}{number}")


def load_sites(path: str | None) -> Sites:
    """Read a configuration file, key file or YAML. Raises ValueError where it cannot be read."""
    sections: Sections = read_sections(Path(path)) if path else {}
    enabled = {name: keys for name, keys in sections.items() if keys.get("enable") in _ON}
    return Sites(enabled)


def full_message(meta: NvDsEventMsgMeta, sites: Sites) -> str:
    """Make the message of one event; parts without a group in the file are null."""
    content = {
        "messageid": str(uuid.uuid4()),
        "mdsversion": "1.0",
        "@timestamp": get_string(meta.ts),
        "place": _place(meta, sites.find("place", meta.placeId)),
        "sensor": _sensor(sites.find("sensor", meta.sensorId)),
        "analyticsModule": _module(sites.find("analytics", meta.moduleId)),
        "object": _object(meta),
        "event": _event(meta),
        "videoPath": get_string(meta.videoPath) or "",
    }
    return _written(content)


def minimal_message(metas: Sequence[NvDsEventMsgMeta], sites: Sites) -> str:
    """Make the message of one frame, whose first event gives time, frame and sensor."""
    first = metas[0]
    sensor = sites.find("sensor", first.sensorId)
    content = {
        "version": "4.0",
        "id": str(first.frameId),
        "@timestamp": get_string(first.ts),
        "sensorId": get_string(first.sensorStr) or (sensor["id"] if sensor else "0"),
        "objects": [_short(meta) for meta in metas],
    }
    return _written(content)


def frame_message(frame: NvDsFrameMeta, sites: Sites) -> str:
    """Make the message of one frame of its objects themselves, as msg2p-newapi asks for it.

    Boxes are in px of the muxed frame, and labels of classifiers follow where an object has any
    (generate_dsmeta_message_minimal of dsmeta_payload.cpp).
    """
    now = datetime.now(timezone.utc)
    sensor = sites.find("sensor", frame.source_id)
    content = {
        "version": "4.0",
        "id": frame.frame_num,
        "@timestamp": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z",
        "sensorId": sensor["id"] if sensor else "0",
        "objects": [_of_object(item) for item in frame.object_items],
    }
    return _written(content)


def _of_object(item: NvDsObjectMeta) -> str:
    rect = item.rect_params
    corners = (rect.left, rect.top, rect.left + rect.width, rect.top + rect.height)
    parts = [str(item.object_id), *(f"{value:.6g}" for value in corners), item.obj_label]
    if item.classifier_items:
        labels = [info for meta in item.classifier_items for info in meta.label_items]
        parts += ["#", *(info.result_label for info in labels), f"{item.confidence:.6g}"]
    return "|".join(parts)


def _written(content: Json) -> str:
    # As json-glib writes it.
    return json.dumps(content, indent=2, separators=(",", " : "), ensure_ascii=False)


def _point(text: str, names: str) -> Json:
    values = [float(part) for part in text.split(";") if part.strip()] + [0.0] * len(names.split())
    return dict(zip(names.split(), values, strict=False))


def _place(meta: NvDsEventMsgMeta, keys: Mapping[str, str] | None) -> Json | None:
    if keys is None:
        return None
    type_of = NvDsEventType
    name, second = "entrance", ("name", "lane")
    if meta.type in {type_of.NVDS_EVENT_EMPTY, type_of.NVDS_EVENT_PARKED}:
        name, second = "parkingSpot", ("id", "type")
    elif (
        meta.type in {type_of.NVDS_EVENT_MOVING, type_of.NVDS_EVENT_STOPPED}
        or meta.objType == NvDsObjectType.NVDS_OBJECT_TYPE_VEHICLE
    ):
        name, second = "aisle", ("id", "name")
    return {
        "id": keys.get("id", ""),
        "name": keys.get("name", ""),
        "type": keys.get("type", ""),
        "location": _point(keys.get("location", ""), "lat lon alt"),
        name: {
            second[0]: keys.get("place-sub-field1", ""),
            second[1]: keys.get("place-sub-field2", ""),
            "level": keys.get("place-sub-field3", ""),
            "coordinate": _point(keys.get("coordinate", ""), "x y z"),
        },
    }


def _sensor(keys: Mapping[str, str] | None) -> Json | None:
    if keys is None:
        return None
    return {
        "id": keys.get("id", ""),
        "type": keys.get("type", ""),
        "description": keys.get("description", ""),
        "location": _point(keys.get("location", ""), "lat lon alt"),
        "coordinate": _point(keys.get("coordinate", ""), "x y z"),
    }


def _module(keys: Mapping[str, str] | None) -> Json | None:
    if keys is None:
        return None
    return {name: keys.get(name, "") for name in ("id", "description", "source", "version")}


def _event(meta: NvDsEventMsgMeta) -> Json:
    made = {"id": str(uuid.uuid4())}
    if meta.type in _EVENTS:
        made["type"] = _EVENTS[meta.type]
    return made


def _object(meta: NvDsEventMsgMeta) -> Json:
    box = meta.bbox
    made: Json = {"id": str(meta.trackingId), "speed": 0.0, "direction": 0.0, "orientation": 0.0}
    made.update(_details(meta))
    made["bbox"] = {
        "topleftx": int(box.left),
        "toplefty": int(box.top),
        "bottomrightx": int(box.left + box.width),
        "bottomrighty": int(box.top + box.height),
    }
    place, at = meta.location, meta.coordinate
    made["location"] = {"lat": place.lat, "lon": place.lon, "alt": place.alt}
    made["coordinate"] = {"x": at.x, "y": at.y, "z": at.z}
    made["pose"] = {}
    return made


def _details(meta: NvDsEventMsgMeta) -> Json:
    if meta.objType == NvDsObjectType.NVDS_OBJECT_TYPE_UNKNOWN and meta.objectId:
        return {str(get_string(meta.objectId)): {}}
    if meta.objType not in _DETAILS:
        return {}
    name, fields = _DETAILS[meta.objType]
    if meta.extMsgSize and meta.extMsg is not None:
        values: Json = {key: _value(meta.extMsg, field) for key, field in fields.items()}
        return {name: {**values, "confidence": float(meta.confidence)}}
    return {name: {**{key: 0 if key == "age" else "" for key in fields}, "confidence": 1.0}}


def _value(struct: Any, field: str) -> int | str | None:
    value: int = getattr(struct, field)
    return value if field == "age" else get_string(value)


def _short(meta: NvDsEventMsgMeta) -> str:
    box = meta.bbox
    name = _NAMES.get(meta.objType) or get_string(meta.objectId) or "Unknown"
    corners = (box.left, box.top, box.left + box.width, box.top + box.height)
    parts = [str(meta.trackingId), *(f"{value:.6g}" for value in corners), name]
    known = meta.objType in _DETAILS and meta.extMsg is not None
    if meta.extMsgSize and known:
        fields = _SHORT[_DETAILS[meta.objType][0]].split("|")
        parts += ["#", *(str(_value(meta.extMsg, f) or "") if f else "" for f in fields)]
    else:
        parts += ["#", "", "", "", "", ""]
    return "|".join([*parts, f"{float(meta.confidence):.6g}"])
