"""The graph as data: nodes and links in DeepStream's vocabulary, printable without GStreamer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Literal

from pipelines.config import Config, SourceConfig
from pipelines.stages import engine_for, read_stage
from plugins.redact import redact

Value = str | int | float | bool
Properties = Mapping[str, Value]

TRACKER_SIZE = (960, 544)
"""nvtracker's working size: its own defaults."""


@dataclass(frozen=True, slots=True)
class Node:
    """One element: its name in the graph, its factory, its properties."""

    name: str
    factory: str
    properties: Properties = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """From one node to another; a named pad is requested, or appears while the graph runs."""

    source: str
    sink: str
    source_pad: str = ""
    sink_pad: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """All nodes and links. ``live`` tells whether anything in it cannot wait."""

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    live: bool


def action_graph(config: Config, *, video: Path | None = None, paced: bool = False) -> Graph:
    """The graph of a site.

    video: an annotated MP4 to write. paced: play files at their own speed, not as fast as they go.

    Raises:
        ConfigError: the detector's nvinfer file cannot be read.
    """
    live = config.is_live
    nodes: list[Node] = []
    links: list[Link] = []
    for index, source in enumerate(config.sources):
        pace = source.is_file and (paced or live)
        for part in (_video_input(index, source, pace=pace), _sound_input(index, source)):
            nodes += part.nodes
            links += part.links
    # Sources that keep their own pace must not wait for each other.
    spine = _spine(config, live=live or paced)
    nodes += spine
    links += _chain(spine)
    end = _video_output(config, video) if video else Graph((), (), live)
    nodes += end.nodes
    links += end.links
    return Graph(tuple(nodes), tuple(links), live)


def _video_input(index: int, source: SourceConfig, *, pace: bool) -> Graph:
    name = f"source_{index}"
    properties: dict[str, Value] = {
        "uri": source.gst_uri,
        "source-id": index,
        "disable-audio": not listens(source),
    }
    if source.is_file:
        properties["file-loop"] = source.loop
    if source.uri.startswith("rtsp://"):
        properties |= {
            "latency": source.latency_ms,
            "rtsp-reconnect-interval": source.reconnect_s,
            "select-rtp-protocol": 4 if source.tcp else 7,
        }
    node = Node(name, "nvurisrcbin", properties)
    if not pace:
        return Graph((node,), (Link(name, "mux", "vsrc_0", f"sink_{index}"),), live=False)
    clock = Node(f"pace_{index}", "clocksync")
    links = (
        Link(name, clock.name, "vsrc_0", "sink"),
        Link(clock.name, "mux", "src", f"sink_{index}"),
    )
    return Graph((node, clock), links, live=False)


def listens(source: SourceConfig) -> bool:
    """Whether a source's sound is used: nvurisrcbin restarts the sound's clock at each loop."""
    return source.audio and not source.loop


def _sound_input(index: int, source: SourceConfig) -> Graph:
    if not listens(source):
        return Graph((), (), live=False)
    live = not source.is_file
    # A live camera's sound may be dropped when nobody takes it; a file's is kept.
    queue: dict[str, Value] = {"max-size-time": 2_000_000_000, "leaky": 2 if live else 0}
    chain = [
        Node(f"sound_{index}_queue", "queue", queue),
        Node(f"sound_{index}_convert", "audioconvert"),
        Node(f"sound_{index}_resample", "audioresample"),
        Node(
            f"sound_{index}_format",
            "capsfilter",
            {"caps": "audio/x-raw,format=F32LE,rate=16000,channels=1,layout=interleaved"},
        ),
        Node(f"sound_{index}", "appsink", {"sync": False, "async": False, "emit-signals": True}),
    ]
    links = [Link(f"source_{index}", chain[0].name, "asrc_0", "sink"), *_chain(chain)]
    return Graph(tuple(chain), tuple(links), live)


def _spine(config: Config, *, live: bool) -> list[Node]:
    count = len(config.sources)
    mux: dict[str, Value] = {
        "batch-size": count,
        "width": config.mux.width_px,
        "height": config.mux.height_px,
        "live-source": live,
        # Files wait for each other, so that a repeat has the same batches.
        "batched-push-timeout": config.mux.batch_timeout_ms * 1000 if live else -1,
    }
    if not live:
        mux["attach-sys-ts"] = False  # a file's frames have no wall clock
    tracker: dict[str, Value] = {
        "tracker-width": TRACKER_SIZE[0],
        "tracker-height": TRACKER_SIZE[1],
        "ll-config-file": str(config.track.config),
    }
    if config.platform == "deepstream":
        tracker["ll-lib-file"] = str(config.track.library)
    sink: dict[str, Value] = {"sync": False, "async": False, "qos": False}
    return [
        Node("mux", "nvstreammux", mux),
        Node("mux_queue", "queue", {"max-size-buffers": 4}),
        Node("detect", "nvinfer", _detector(config)),
        Node("track", "nvtracker", tracker),
        Node("pose", "nvinfer", {"config-file-path": str(config.pose.config)}),
        Node("tee", "tee"),
        Node("sink_queue", "queue", {"max-size-buffers": 2}),
        Node("sink", "fakesink", sink),
    ]


def _detector(config: Config) -> Properties:
    properties: dict[str, Value] = {
        "config-file-path": str(config.detect.config),
        "batch-size": len(config.sources),
        "interval": config.detect.interval,
    }
    if engine := engine_for(read_stage(config.detect.config), len(config.sources)):
        properties["model-engine-file"] = str(engine)
    return properties


def _video_output(config: Config, video: Path) -> Graph:
    count = len(config.sources)
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    tiler: dict[str, Value] = {
        "rows": rows,
        "columns": columns,
        "width": _even(min(config.mux.width_px * columns, 1920)),
        "height": _even(min(config.mux.height_px * rows, 1080)),
    }
    on_device = config.platform == "deepstream"
    encoder = (
        Node("encode", "nvv4l2h264enc", {"bitrate": 4_000_000})
        if on_device
        else Node("encode", "x264enc", {"speed-preset": "veryfast", "bitrate": 2500, "threads": 1})
    )
    memory = "video/x-raw(memory:NVMM)" if on_device else "video/x-raw"
    # On a live source the picture may fall behind without harm; the analysis may not.
    queue: dict[str, Value] = {"max-size-buffers": 4, "leaky": 2 if config.is_live else 0}
    chain = [
        Node("video_queue", "queue", queue),
        Node("tiler", "nvmultistreamtiler", tiler),
        Node("osd", "nvdsosd"),
        Node("video_convert", "nvvideoconvert"),
        Node("video_format", "capsfilter", {"caps": f"{memory},format=I420"}),
        encoder,
        Node("video_parse", "h264parse"),
        Node("video_mux", "mp4mux"),
        Node("video_file", "filesink", {"location": str(video), "sync": False, "async": False}),
    ]
    return Graph(tuple(chain), (Link("tee", "video_queue"), *_chain(chain)), config.is_live)


def _even(size: int) -> int:
    return size - size % 2


def _chain(nodes: list[Node]) -> list[Link]:
    return [Link(a.name, b.name) for a, b in pairwise(nodes)]


Form = Literal["text", "dot"]


def describe(graph: Graph, form: Form = "text") -> str:
    """The graph as text, one node a line with its links, or as Graphviz DOT."""
    if form == "dot":
        lines = ["digraph edgeact {", "  rankdir=LR; node [shape=box];"]
        lines += [f'  {node.name} [label="{node.name}\\n{node.factory}"];' for node in graph.nodes]
        for link in graph.links:
            label = " → ".join(pad for pad in (link.source_pad, link.sink_pad) if pad)
            lines.append(f'  {link.source} -> {link.sink} [label="{label}"];')
        return "\n".join([*lines, "}"])
    lines = []
    for node in graph.nodes:
        properties = " ".join(f"{key}={_shown(value)}" for key, value in node.properties.items())
        lines.append(f"{node.name} ({node.factory}) {properties}".rstrip())
        lines += [
            f"    {link.source_pad + ' ' if link.source_pad else ''}-> {link.sink}"
            f"{' ' + link.sink_pad if link.sink_pad else ''}"
            for link in graph.links
            if link.source == node.name
        ]
    return "\n".join(lines)


def _shown(value: Value) -> str:
    return str(int(value)) if isinstance(value, bool) else redact(str(value))
