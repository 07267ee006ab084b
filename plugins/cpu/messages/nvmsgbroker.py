"""nvmsgbroker: sends the payloads that nvmsgconv hung on frames to an MQTT broker."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstBase", "1.0")
from gi.repository import Gst, GstBase  # noqa: E402

from plugins.cpu.elements.element import (  # noqa: E402
    Settings,
    boolean,
    post_error,
    string,
    template,
    uint,
)
from plugins.cpu.messages.mqtt import MqttAdaptor, load_settings  # noqa: E402
from plugins.cpu.metadata.carrier import batch_of  # noqa: E402
from plugins.cpu.metadata.event_message import NvDsPayload  # noqa: E402
from plugins.cpu.metadata.object_meta import NvDsMetaType  # noqa: E402

MQTT_LIBRARY = "libnvds_mqtt_proto.so"


class NvMsgBroker(Settings, GstBase.BaseSink):  # type: ignore[misc]
    """Only the MQTT adaptor has a stand-in; ``proto-lib`` names it as on the device.

    topic: else what follows the last ``;`` of conn-str.
    """

    __gstmetadata__ = ("nvmsgbroker", "Sink/Metadata", "CPU twin", "edgeact")
    __gsttemplates__ = (template("sink", Gst.PadDirection.SINK, "ANY"),)
    __gproperties__: ClassVar[dict[str, tuple[Any, ...]]] = {
        "proto-lib": string(),
        "conn-str": string(),
        "config": string(),
        "topic": string(),
        "comp-id": uint(0),
        "new-api": boolean(False),
        "sleep-time": uint(0),
    }

    _adaptor: MqttAdaptor | None = None

    def do_start(self) -> bool:
        """GstBaseSink: connect."""
        try:
            self._connect()
        except ValueError as error:
            post_error(self, error)
            return False
        return True

    def _connect(self) -> None:
        library = self.setting("proto-lib")
        if not library or Path(library).name != MQTT_LIBRARY:
            raise ValueError(
                f"proto-lib={library or ''} is not there on platform cpu; wanted {MQTT_LIBRARY}, "
                "for which MQTT stands in"
            )
        conn_str = self.setting("conn-str")
        self._topic = (self.setting("topic") or "").strip() or (conn_str or "").rpartition(";")[2]
        self._adaptor = MqttAdaptor(load_settings(conn_str, self.setting("config")))

    def do_stop(self) -> bool:
        """GstBaseSink: disconnect when everything has left."""
        adaptor, self._adaptor = self._adaptor, None
        if adaptor is not None:
            adaptor.close()
        return True

    def do_render(self, buffer: Gst.Buffer) -> Gst.FlowReturn:
        """GstBaseSink: send the payloads of one batch."""
        batch = batch_of(buffer)
        component = self.setting("comp-id")
        for frame in batch.frame_items if batch is not None else ():
            for user_meta in list(frame.user_items):
                if user_meta.base_meta.meta_type != NvDsMetaType.NVDS_PAYLOAD_META:
                    continue
                payload = NvDsPayload.cast(user_meta.user_meta_data)
                if component in {0, payload.componentId} and self._adaptor is not None:
                    self._adaptor.send(self._topic, payload.payload.array.tobytes())
        return Gst.FlowReturn.OK
