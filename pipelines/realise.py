"""Makes GStreamer elements of a graph: NVIDIA's where DeepStream is, the CPU twins otherwise."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from pipelines.doctor.deepstream import judge_versions
from pipelines.doctor.machine import read_versions
from pipelines.graph import Graph, Link, Node
from plugins.errors import GraphError
from plugins.gst import Gst

MakeElement = Callable[[str, str], Gst.Element]


def element_maker(platform: str) -> MakeElement:
    """What makes elements on a platform.

    Raises:
        GraphError: DeepStream was asked for and is not installed.
    """
    Gst.init(None)
    if platform == "cpu":
        from plugins.cpu.registry import make_element  # the twins need ONNX Runtime and OpenCV

        return make_element
    if Gst.ElementFactory.find("nvstreammux") is None:
        raise GraphError(
            "platform: deepstream, but GStreamer has no element 'nvstreammux': install DeepStream "
            "and remove ~/.cache/gstreamer-1.0, or set platform: cpu"
        )
    return _make_installed


def load_pyds(platform: str) -> Any:
    """NVIDIA's pyds, or its CPU twin.

    Raises:
        GraphError: NVIDIA's module is not installed, or does not fit this DeepStream.
    """
    if platform == "cpu":
        from plugins.cpu import pyds as twin

        return twin
    misfits = [one for one in judge_versions(read_versions()) if one.state == "problem"]
    if misfits:
        lines = "\n".join(f"  {one}" for one in misfits)
        raise GraphError(f"platform: deepstream does not fit this machine:\n{lines}")
    try:
        import pyds
    except ImportError as error:
        raise GraphError(
            f"platform: deepstream, but pyds cannot be imported ({error}); see edgeact doctor"
        ) from None
    return pyds


def _make_installed(factory: str, name: str) -> Gst.Element:
    element = Gst.ElementFactory.make(factory, name)
    if element is None:
        raise GraphError(f"element '{factory}' not found: look for it with gst-inspect-1.0")
    return element


class Realised:
    """A pipeline made from a graph.

    Links from a pad that appears while the graph runs are made then. What stands behind a sound
    pad is added with it, because a sink that never gets data would hold up the end of the run.

    on_sound: called with the index of the source and its appsink when a source's sound appears.
    """

    def __init__(
        self, graph: Graph, make: MakeElement, *, on_sound: Callable[[int, Gst.Element], None]
    ) -> None:
        self.graph = graph
        self.pipeline = Gst.Pipeline.new("edgeact")
        self._make = make
        self._on_sound = on_sound
        self._nodes = {node.name: node for node in graph.nodes}
        later = self._reached_from("asrc")
        for node in graph.nodes:
            if node.name not in later:
                self._add(node)
        for link in graph.links:
            if link.sink_pad.startswith("sink_"):
                # All inputs are there from the start: a mux of files waits for each of them.
                self.element(link.sink).request_pad_simple(link.sink_pad)
            if link.source not in later and not link.source_pad.startswith(("vsrc", "asrc")):
                self._link(link)
        self._heard = [
            (source, source.connect("pad-added", self._on_pad, node.name))
            for node in graph.nodes
            if node.factory == "nvurisrcbin"
            for source in (self.element(node.name),)
        ]

    def element(self, name: str) -> Gst.Element:
        """The element of a node. KeyError where the graph has none of that name."""
        element = self.pipeline.get_by_name(name)
        if element is None:
            raise KeyError(f"no element '{name}' in the pipeline")
        return element

    def disconnect(self) -> None:
        """Listen to the sources no longer; until then they keep this object, and it keeps them."""
        for source, handler in self._heard:
            source.disconnect(handler)
        self._heard.clear()

    def mux_pad(self, index: int) -> Gst.Pad:
        """The mux's input for a source."""
        return self.element("mux").get_static_pad(f"sink_{index}")

    def _reached_from(self, pad: str) -> set[str]:
        """Names of the nodes behind pads whose name starts with ``pad``."""
        names = {link.sink for link in self.graph.links if link.source_pad.startswith(pad)}
        while more := {link.sink for link in self.graph.links if link.source in names} - names:
            names |= more
        return names

    def _add(self, node: Node) -> Gst.Element:
        element = self._make(node.factory, node.name)
        for key, value in node.properties.items():
            is_caps = key == "caps"
            try:
                element.set_property(key, Gst.Caps.from_string(str(value)) if is_caps else value)
            except TypeError as error:
                raise GraphError(f"{node.factory} '{node.name}': {error}") from None
        self.pipeline.add(element)
        return element

    def _link(self, link: Link) -> None:
        source, sink = self.element(link.source), self.element(link.sink)
        if not source.link_pads(link.source_pad or None, sink, link.sink_pad or None):
            raise GraphError(f"'{link.source}' cannot be linked to '{link.sink}'")

    def _on_pad(self, _source: Gst.Element, pad: Gst.Pad, name: str) -> None:
        """A source has found a stream; called on one of its threads."""
        kind = pad.get_name().split("_")[0]
        for link in self.graph.links:
            if link.source == name and link.source_pad.startswith(kind):
                if kind == "asrc":
                    self._add_sound(pad, link)
                else:
                    pad.link(self.element(link.sink).get_static_pad(link.sink_pad))

    def _add_sound(self, pad: Gst.Pad, link: Link) -> None:
        names = [link.sink]
        while following := [a.sink for a in self.graph.links if a.source == names[-1]]:
            names += following
        elements = [self._add(self._nodes[name]) for name in names]
        for before, after in pairwise(elements):
            before.link(after)
        self._on_sound(int(link.source.rsplit("_", 1)[1]), elements[-1])
        for element in reversed(elements):
            element.sync_state_with_parent()
        pad.link(elements[0].get_static_pad("sink"))
