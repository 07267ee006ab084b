"""What MQTT 5 tells beside a payload: what it is, and how long it is worth delivering."""

from __future__ import annotations

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from pipelines.publish.mqtt import MqttConfig


class Packed(Properties):
    """Properties that do not change any more: paho packs others anew for each message."""

    _packed: bytes

    def __init__(self, properties: Properties) -> None:
        # Properties sets nothing but what MQTT knows.
        object.__setattr__(self, "_packed", properties.pack())  # type: ignore[no-untyped-call]

    def pack(self) -> bytes:
        """As they are sent."""
        return self._packed

    def __str__(self) -> str:
        return repr(self._packed)


def of_event(config: MqttConfig, age_ms: int) -> Properties | None:
    """For an event of such an age; None where MQTT has no properties."""
    if config.protocol != "5":
        return None
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.ContentType = "application/cloudevents+json"
    properties.PayloadFormatIndicator = 1
    properties.MessageExpiryInterval = max(1, (config.outbox.max_age_ms - age_ms) // 1000)
    return Packed(properties)


def of_picture(config: MqttConfig, event_id: str | None) -> Properties | None:
    """For a picture of an event; None for other reports."""
    if config.protocol != "5" or event_id is None:
        return None
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.ContentType = "image/jpeg"
    properties.UserProperty = ("event", event_id)
    return properties
