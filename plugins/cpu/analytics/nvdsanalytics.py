"""CPU twin of gst-nvdsanalytics: regions, overcrowding, directions and line crossings."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

from plugins.cpu.analytics.config import AnalyticsConfig, load_analytics_config  # noqa: E402
from plugins.cpu.analytics.drawing import draw_object, draw_rules  # noqa: E402
from plugins.cpu.analytics.stream import StreamAnalytics  # noqa: E402
from plugins.cpu.elements.element import (  # noqa: E402
    BatchTwin,
    boolean,
    post_warning,
    sink_and_src,
    string,
    uint,
)
from plugins.cpu.metadata.analytics_meta import FRAME_META, OBJECT_META  # noqa: E402
from plugins.cpu.metadata.meta import NvDsBatchMeta, NvDsFrameMeta  # noqa: E402
from plugins.cpu.metadata.object_meta import NvDsUserMeta  # noqa: E402
from plugins.cpu.pyds import nvds_get_user_meta_type  # noqa: E402

RELOAD = "nv-analytics-reload_config-update"
"""Event that has the configuration file read again."""


class NvDsAnalytics(BatchTwin):
    """Tells, frame by frame, who is where and who crossed what; it never removes an object.

    Objects carry NvDsAnalyticsObjInfo where there is something to tell, every frame carries
    NvDsAnalyticsFrameMeta. Sources are told apart by pad_index.
    """

    __gstmetadata__ = (
        "DsAnalytics CPU twin",
        "Filter/Video",
        "Analyses where tracked objects are and how they move",
        "edgeact",
    )
    __gsttemplates__ = sink_and_src()
    __gproperties__: ClassVar[dict[str, tuple[Any, ...]]] = {
        "config-file": string(),
        "enable": boolean(True),
        "unique-id": uint(15),
    }

    def __init__(self) -> None:
        super().__init__()
        self._config: AnalyticsConfig | None = None
        self._streams: dict[int, StreamAnalytics] = {}
        self._stale = False

    def changed(self, name: str) -> None:
        """A new file takes effect with the next batch, and forgets what was counted."""
        self._stale = self._stale or name == "config-file"

    def on_event(self, event: Gst.Event) -> None:
        """Read the file again where an event asks for it."""
        structure = event.get_structure()
        if structure is not None and structure.get_name() == RELOAD:
            self._stale = True

    def on_start(self) -> None:
        """Read the configuration; an error goes to the bus in one line."""
        self._read()

    def on_stop(self) -> None:
        """Forget all sources."""
        self._streams.clear()

    def on_batch(self, buffer: Gst.Buffer, batch_meta: NvDsBatchMeta) -> None:
        """Analyse the frames of one batch; a source may be in it several times."""
        config = self._read() if self._stale or self._config is None else self._config
        enabled = self.setting("enable") if self.was_set("enable") else config.enable
        if not enabled:
            return
        for frame in batch_meta.frame_items:
            self._analyse(frame, config)

    def _read(self) -> AnalyticsConfig:
        path = self.setting("config-file")
        if not path:
            raise ValueError("no config-file; wanted the path of an nvdsanalytics configuration")
        config = load_analytics_config(Path(path).resolve())
        for warning in config.warnings:
            post_warning(self, warning)
        self._config, self._stale = config, False
        self._streams.clear()
        return config

    def _analyse(self, frame: NvDsFrameMeta, config: AnalyticsConfig) -> None:
        stream = self._streams.get(frame.pad_index)
        if stream is None:
            size = (frame.pipeline_width, frame.pipeline_height)
            stream = StreamAnalytics(config, frame.pad_index, size)
            self._streams[frame.pad_index] = stream
        infos, told = stream.analyse(frame.object_items, frame.buf_pts)
        for warning in stream.warnings:
            post_warning(self, f"source {frame.pad_index}: {warning}")
        stream.warnings.clear()
        for item, info in zip(frame.object_items, infos, strict=True):
            if not info.objStatus and not info.ocStatus:
                continue
            info.unique_id = self.setting("unique-id")
            item.user_items.append(NvDsUserMeta(nvds_get_user_meta_type(OBJECT_META), info))
            draw_object(item, info, config)
        draw_rules(frame, stream.rules, told, config)
        told.unique_id = self.setting("unique-id")
        frame.user_items.append(NvDsUserMeta(nvds_get_user_meta_type(FRAME_META), told))
