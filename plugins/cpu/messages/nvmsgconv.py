"""nvmsgconv: event messages that an application hangs on frames become payloads for nvmsgbroker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import gi
import numpy as np

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

from plugins.cpu.elements.element import (  # noqa: E402
    BatchTwin,
    boolean,
    sink_and_src,
    string,
    uint,
)
from plugins.cpu.messages.schema import (  # noqa: E402
    frame_message,
    full_message,
    load_sites,
    minimal_message,
)
from plugins.cpu.metadata.event_message import (  # noqa: E402
    NvDsEventMsgMeta,
    NvDsPayload,
    NvDsPayloadType,
)
from plugins.cpu.metadata.meta import NvDsBatchMeta, NvDsFrameMeta  # noqa: E402
from plugins.cpu.metadata.object_meta import NvDsMetaType, NvDsUserMeta  # noqa: E402
from plugins.cpu.metadata.tensor_meta import TensorBuffer  # noqa: E402

OWN_LIBRARY = "libnvds_msgconv.so"
"""NVIDIA's own payload library, whose schemas the twin writes."""

FULL, MINIMAL = (
    NvDsPayloadType.NVDS_PAYLOAD_DEEPSTREAM,
    NvDsPayloadType.NVDS_PAYLOAD_DEEPSTREAM_MINIMAL,
)


class NvMsgConv(BatchTwin):
    """Hangs a payload on a frame for each of its events (payload-type 0) or for all of them (1).

    With msg2p-newapi it asks for no events: every frame-interval frames it tells of the objects.
    """

    __gstmetadata__ = ("nvmsgconv", "Filter/Metadata", "CPU twin", "edgeact")
    __gsttemplates__ = sink_and_src("ANY")
    __gproperties__: ClassVar[dict[str, tuple[Any, ...]]] = {
        "config": string(),
        "msg2p-lib": string(),
        "payload-type": uint(0),
        "comp-id": uint(0),
        "debug-payload-dir": string(),
        "multiple-payloads": boolean(False),
        "msg2p-newapi": boolean(False),
        "frame-interval": uint(30),
        "dummy-payload": boolean(False),
    }

    def on_start(self) -> None:
        """Read the configuration, and refuse what needs NVIDIA's library."""
        if self.setting("payload-type") not in {FULL, MINIMAL}:
            raise ValueError(
                f"payload-type={self.setting('payload-type')} is not there on platform cpu; "
                "wanted 0 (full JSON) or 1 (minimal JSON)"
            )
        library = self.setting("msg2p-lib")
        if library and Path(library).name != OWN_LIBRARY:
            raise ValueError(
                f"msg2p-lib={library}: platform cpu loads no C++ libraries; it writes the schemas "
                f"of {OWN_LIBRARY}"
            )
        if self.setting("dummy-payload"):
            raise ValueError("dummy-payload=1 is not there on platform cpu; wanted 0")
        if self.setting("msg2p-newapi") and self.setting("payload-type") != MINIMAL:
            raise ValueError(
                "msg2p-newapi=1: platform cpu makes messages of frames' own metadata in the "
                "minimal schema only; wanted payload-type=1"
            )
        self._sites = load_sites(self.setting("config"))

    def on_batch(self, buffer: Gst.Buffer, batch_meta: NvDsBatchMeta) -> None:
        """Make the payloads of one batch."""
        for frame in batch_meta.frame_items:
            for message in self._messages(frame):
                content = message.encode()
                payload = NvDsPayload()
                payload.payload = TensorBuffer(np.frombuffer(content, np.uint8))
                payload.payloadSize = len(content)
                payload.componentId = self.setting("comp-id")
                frame.user_items.append(NvDsUserMeta(NvDsMetaType.NVDS_PAYLOAD_META, payload))

    def _messages(self, frame: NvDsFrameMeta) -> Iterator[str]:
        if self.setting("msg2p-newapi"):
            if frame.frame_num % max(1, self.setting("frame-interval")) == 0:
                yield frame_message(frame, self._sites)
            return
        component = self.setting("comp-id")
        events = [
            event
            for event in map(_event_of, list(frame.user_items))
            if event is not None and component in {0, event.componentId}
        ]
        if self.setting("payload-type") == FULL:
            yield from (full_message(event, self._sites) for event in events)
        elif events:
            yield minimal_message(events, self._sites)


def _event_of(user_meta: NvDsUserMeta) -> NvDsEventMsgMeta | None:
    if user_meta.base_meta.meta_type != NvDsMetaType.NVDS_EVENT_MSG_META:
        return None
    return NvDsEventMsgMeta.cast(user_meta.user_meta_data)
