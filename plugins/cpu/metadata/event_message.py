"""Event messages for nvmsgconv, with the names of nvdsmeta_schema.h."""

from __future__ import annotations

from enum import IntEnum

from plugins.cpu.metadata.c_fields import Field, IntField, LazyField, Struct, TextField
from plugins.cpu.metadata.object_meta import NvDsUserMeta

_FORCE32 = 0x7FFFFFFF
_RESERVED, _CUSTOM, _UNKNOWN = 0x100, 0x101, 0x102


class NvDsEventType(IntEnum):
    """What happened."""

    NVDS_EVENT_ENTRY = 0
    NVDS_EVENT_EXIT = 1
    NVDS_EVENT_MOVING = 2
    NVDS_EVENT_STOPPED = 3
    NVDS_EVENT_EMPTY = 4
    NVDS_EVENT_PARKED = 5
    NVDS_EVENT_RESET = 6
    NVDS_EVENT_RESERVED = _RESERVED
    NVDS_EVENT_CUSTOM = _CUSTOM
    NVDS_EVENT_FORCE32 = _FORCE32


class NvDsObjectType(IntEnum):
    """What it happened to."""

    NVDS_OBJECT_TYPE_VEHICLE = 0
    NVDS_OBJECT_TYPE_PERSON = 1
    NVDS_OBJECT_TYPE_FACE = 2
    NVDS_OBJECT_TYPE_BAG = 3
    NVDS_OBJECT_TYPE_BICYCLE = 4
    NVDS_OBJECT_TYPE_ROADSIGN = 5
    NVDS_OBJECT_TYPE_VEHICLE_EXT = 6
    NVDS_OBJECT_TYPE_PERSON_EXT = 7
    NVDS_OBJECT_TYPE_FACE_EXT = 8
    NVDS_OBJECT_TYPE_RESERVED = _RESERVED
    NVDS_OBJECT_TYPE_CUSTOM = _CUSTOM
    NVDS_OBJECT_TYPE_UNKNOWN = _UNKNOWN
    NVDS_OBEJCT_TYPE_FORCE32 = _FORCE32


class NvDsPayloadType(IntEnum):
    """Which schema nvmsgconv writes."""

    NVDS_PAYLOAD_DEEPSTREAM = 0
    NVDS_PAYLOAD_DEEPSTREAM_MINIMAL = 1
    NVDS_PAYLOAD_RESERVED = _RESERVED
    NVDS_PAYLOAD_CUSTOM = _CUSTOM
    NVDS_PAYLOAD_FORCE32 = _FORCE32


class Real(Field):
    """A number that is 0 at first."""

    zero = 0.0


class NvDsRect(Struct):
    """A box, px."""

    top, left, width, height = Real(), Real(), Real(), Real()


class NvDsGeoLocation(Struct):
    """Latitude and longitude in degrees, altitude in m."""

    lat, lon, alt = Real(), Real(), Real()


class NvDsCoordinate(Struct):
    """A place in the coordinates of the application."""

    x, y, z = Real(), Real(), Real()


class NvDsObjectSignature(Struct):
    """An embedding and its number of values."""

    signature, size = Field(), IntField()


class NvDsVehicleObject(Struct):
    """A vehicle."""

    type, make, model = TextField(), TextField(), TextField()
    color, region, license = TextField(), TextField(), TextField()


class NvDsPersonObject(Struct):
    """A person; age in years."""

    gender, hair, cap, apparel = TextField(), TextField(), TextField(), TextField()
    age = IntField()


class NvDsFaceObject(Struct):
    """A face; age in years."""

    gender, hair, cap, glasses = TextField(), TextField(), TextField(), TextField()
    facialhair, name, eyecolor = TextField(), TextField(), TextField()
    age = IntField()


class NvDsVehicleObjectExt(NvDsVehicleObject):
    """A vehicle with a list of polygons."""

    mask = Field()


class NvDsPersonObjectExt(NvDsPersonObject):
    """A person with a list of polygons."""

    mask = Field()


class NvDsFaceObjectWithExt(NvDsFaceObject):
    """A face with a list of polygons."""

    mask = Field()


class NvDsEventMsgMeta(Struct):
    """One event of one object. ts: the address of a buffer, see ``generate_ts_rfc3339``."""

    type, objType = Field(), Field()
    bbox = LazyField(NvDsRect)
    location = LazyField(NvDsGeoLocation)
    coordinate = LazyField(NvDsCoordinate)
    objSignature = LazyField(NvDsObjectSignature)
    objClassId = IntField(signed=True)
    sensorId = IntField(signed=True)
    moduleId = IntField(signed=True)
    placeId = IntField(signed=True)
    componentId = IntField(signed=True)
    frameId = IntField(signed=True)
    confidence = Real()
    trackingId = IntField(64)
    ts = IntField(64)
    objectId, sensorStr, otherAttrs = TextField(), TextField(), TextField()
    videoPath = TextField()
    extMsg = Field()
    extMsgSize = IntField()


class NvDsEvent(Struct):
    """A type of event with its message."""

    eventType, metadata = Field(), Field()


class NvDsPayload(Struct):
    """What nvmsgconv made of a message."""

    payload, payloadSize, componentId = Field(), IntField(), IntField()


def alloc_nvds_event_msg_meta(user_meta: NvDsUserMeta | None = None) -> NvDsEventMsgMeta:
    """Make an empty message; it lives as long as the user meta that it is hung on.

    Programs for pyds 1.1 and older name no user meta.
    """
    if user_meta is not None:
        NvDsUserMeta.cast(user_meta)
    return NvDsEventMsgMeta()
