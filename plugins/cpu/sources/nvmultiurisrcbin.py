"""nvmultiurisrcbin: an nvurisrcbin for each address of a list, and the mux that batches them."""

from __future__ import annotations

from typing import Any, ClassVar

from plugins.cpu.elements.element import Settings, boolean, post_warning, string, template, uint
from plugins.cpu.elements.pad_functions import weakly
from plugins.cpu.sources import nvurisrcbin
from plugins.cpu.sources.nvurisrcbin import NvUriSrcBin
from plugins.cpu.streammux import legacy
from plugins.cpu.streammux.legacy import LegacyStreamMux
from plugins.gst import Gst

_OF_SOURCES = {
    name: spec
    for name, spec in nvurisrcbin.PROPERTIES.items()
    if name not in {"uri", "source-id", "gpu-id"}
}
_OF_MUX = {name: spec for name, spec in legacy.PROPERTIES.items() if name != "batch-size"}


class NvMultiUriSrcBin(Settings, Gst.Bin):  # type: ignore[misc]
    """Batches of the sources of ``uri-list``; source N is pad N of the mux.

    Properties of nvurisrcbin and of the legacy mux are handed on. There is no REST server, so no
    source comes or goes while it plays.
    """

    __gstmetadata__ = ("nvmultiurisrcbin", "Source/Video", "CPU twin", "edgeact")
    __gsttemplates__ = (template("src", Gst.PadDirection.SRC),)
    __gproperties__: ClassVar[dict[str, tuple[Any, ...]]] = {
        **_OF_SOURCES,
        **_OF_MUX,
        "uri-list": string(),
        "sensor-id-list": string(),
        "sensor-name-list": string(),
        "max-batch-size": uint(30),
        "mode": uint(0),
        "port": string("9000"),
        "ip-address": string("localhost"),
        "base64-decode-uri": boolean(False),
    }

    def __init__(self) -> None:
        super().__init__()
        self._mux = LegacyStreamMux()
        self.add(self._mux)
        inner = self._mux.get_static_pad("src")
        self.add_pad(Gst.GhostPad.new_from_template("src", inner, self.get_pad_template("src")))
        self._sources: list[NvUriSrcBin] = []

    def do_change_state(self, transition: Gst.StateChange) -> Gst.StateChangeReturn:
        """GstElement: make the sources before anything starts."""
        if transition == Gst.StateChange.NULL_TO_READY and not self._sources:
            self._build()
        return Gst.Bin.do_change_state(self, transition)

    def _build(self) -> None:
        self._hand_on(self._mux, _OF_MUX)
        self._mux.set_property("batch-size", self.setting("max-batch-size"))
        text = self.setting("uri-list") or ""
        uris = [uri.strip() for uri in text.split(",") if uri.strip()]
        for number, uri in enumerate(uris):
            source = NvUriSrcBin()
            self._hand_on(source, _OF_SOURCES)
            source.set_property("uri", uri)
            source.set_property("source-id", number)
            self._mux.request_pad_simple(f"sink_{number}")
            source.connect("pad-added", weakly(self._link), number)
            self.add(source)
            self._sources.append(source)
        if self.setting("port") != "0":
            post_warning(
                self,
                f"port={self.setting('port')} has no effect on platform cpu: there is no REST "
                "server, and the sources are those of uri-list",
            )

    def _hand_on(self, part: Gst.Element, names: dict[str, tuple[Any, ...]]) -> None:
        for name in names:
            if self.was_set(name):
                part.set_property(name, self.setting(name))

    def _link(self, source: NvUriSrcBin, pad: Gst.Pad, number: int) -> None:
        if pad.get_name().startswith("vsrc"):
            pad.link(self._mux.get_static_pad(f"sink_{number}"))
