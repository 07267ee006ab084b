"""Batch, frames and drawings: the upper half of the metadata tree, with NVIDIA's names.

The elements of ``plugins/cpu`` fill the ``*_items`` lists. An application reads what pyds has:
None-terminated lists of nodes (``frame_meta_list`` and so on) that it walks by ``.next``.
"""

from __future__ import annotations

import threading
import time

from plugins.cpu.metadata.c_fields import IntField, LazyField, user_fields
from plugins.cpu.metadata.meta_list import Castable, GList, head
from plugins.cpu.metadata.object_meta import (
    NvDsBaseMeta,
    NvDsMetaType,
    NvDsObjectMeta,
    NvDsUserMeta,
)
from plugins.cpu.metadata.osd_params import (
    MAX_ELEMENTS_IN_DISPLAY_META,
    NvOSD_ArrowParams,
    NvOSD_CircleParams,
    NvOSD_LineParams,
    NvOSD_RectParams,
    NvOSD_TextParams,
)


class NvDsDisplayMeta(Castable):
    """Drawings of the application on one frame: at most 16 of each kind; set ``num_*`` too."""

    __slots__ = (
        "_misc_osd_data",
        "_num_arrows",
        "_num_circles",
        "_num_labels",
        "_num_lines",
        "_num_rects",
        "_reserved",
        "arrow_params",
        "base_meta",
        "circle_params",
        "line_params",
        "rect_params",
        "text_params",
    )
    num_rects, num_labels, num_lines = IntField(), IntField(), IntField()
    num_arrows, num_circles = IntField(), IntField()
    misc_osd_data = LazyField(user_fields)
    reserved = LazyField(user_fields)

    def __init__(self) -> None:
        room = range(MAX_ELEMENTS_IN_DISPLAY_META)
        self.base_meta = NvDsBaseMeta(NvDsMetaType.NVDS_DISPLAY_META)
        self.rect_params = [NvOSD_RectParams() for _ in room]
        self.text_params = [NvOSD_TextParams() for _ in room]
        self.line_params = [NvOSD_LineParams() for _ in room]
        self.arrow_params = [NvOSD_ArrowParams() for _ in room]
        self.circle_params = [NvOSD_CircleParams() for _ in room]


class NvDsFrameMeta(Castable):
    """One frame of one source in the batch.

    buf_pts: presentation time of the source's buffer, ns. ntp_timestamp: wall clock, ns, or 0.
    batch_id: which memory of the batch buffer holds the pixels. arrived_s: when it came to the mux.
    """

    __slots__ = (
        "__weakref__",
        "_misc_frame_info",
        "_reserved",
        "arrived_s",
        "bInferDone",
        "base_meta",
        "batch_id",
        "buf_pts",
        "display_items",
        "frame_num",
        "ntp_timestamp",
        "num_surfaces_per_frame",
        "object_items",
        "pad_index",
        "pipeline_height",
        "pipeline_width",
        "source_frame_height",
        "source_frame_width",
        "source_id",
        "surface_index",
        "surface_type",
        "user_items",
    )
    misc_frame_info = LazyField(user_fields)
    reserved = LazyField(user_fields)

    def __init__(self) -> None:
        self.base_meta = NvDsBaseMeta(NvDsMetaType.NVDS_FRAME_META)
        self.pad_index = self.batch_id = self.frame_num = self.source_id = 0
        self.buf_pts = self.ntp_timestamp = 0
        self.arrived_s = time.monotonic()
        self.num_surfaces_per_frame = 1
        self.surface_type = self.surface_index = 0
        self.source_frame_width = self.source_frame_height = 0
        self.pipeline_width = self.pipeline_height = 0
        self.bInferDone = 0
        self.object_items: list[NvDsObjectMeta] = []
        self.display_items: list[NvDsDisplayMeta] = []
        self.user_items: list[NvDsUserMeta] = []

    @property
    def num_obj_meta(self) -> int:
        """How many objects there are."""
        return len(self.object_items)

    @property
    def obj_meta_list(self) -> GList[NvDsObjectMeta] | None:
        """First node of the objects."""
        return head(self.object_items, self)

    @property
    def display_meta_list(self) -> GList[NvDsDisplayMeta] | None:
        """First node of the drawings."""
        return head(self.display_items, self)

    @property
    def frame_user_meta_list(self) -> GList[NvDsUserMeta] | None:
        """First node of the user metas, raw tensors of a primary nvinfer among them."""
        return head(self.user_items, self)


class NvDsBatchMeta(Castable):
    """The metadata of one batch buffer."""

    __slots__ = (
        "__weakref__",
        "_meta_mutex",
        "_misc_batch_info",
        "_reserved",
        "base_meta",
        "frame_items",
        "max_frames_in_batch",
        "user_items",
    )
    meta_mutex = LazyField(threading.RLock)
    misc_batch_info = LazyField(user_fields)
    reserved = LazyField(user_fields)

    def __init__(self, max_frames_in_batch: int = 1) -> None:
        self.base_meta = NvDsBaseMeta(NvDsMetaType.NVDS_BATCH_META)
        self.base_meta.batch_meta = self
        self.max_frames_in_batch = max_frames_in_batch
        self.frame_items: list[NvDsFrameMeta] = []
        self.user_items: list[NvDsUserMeta] = []

    @property
    def num_frames_in_batch(self) -> int:
        """How many frames there are; a batch can be partial."""
        return len(self.frame_items)

    @property
    def frame_meta_list(self) -> GList[NvDsFrameMeta] | None:
        """First node of the frames."""
        return head(self.frame_items, self)

    @property
    def batch_user_meta_list(self) -> GList[NvDsUserMeta] | None:
        """First node of the user metas of the batch."""
        return head(self.user_items, self)
