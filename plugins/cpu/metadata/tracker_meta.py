"""What the tracker tells of frames gone by, with the names of nvds_tracker_meta.h."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from plugins.cpu.metadata.meta_list import Castable
from plugins.cpu.metadata.osd_params import NvOSD_RectParams


class NvDsTargetMiscDataFrame(Castable):
    """A target in a frame in which it was not output.

    tBbox: its box, px of the muxed frame. age: frames since it was first seen.
    """

    __slots__ = ("age", "confidence", "frameNum", "tBbox")

    def __init__(self) -> None:
        self.frameNum = self.age = 0
        self.confidence = 0.0
        self.tBbox = NvOSD_RectParams()


class NvDsTargetMiscDataObject(Castable):
    """One target: its frames, oldest first."""

    __slots__ = ("classId", "frames", "objLabel", "uniqueId")

    def __init__(self, frames: Sequence[NvDsTargetMiscDataFrame] = ()) -> None:
        self.frames = frames
        self.uniqueId = self.classId = 0
        self.objLabel = ""

    @property
    def numObj(self) -> int:
        """How many frames there are."""
        return len(self.frames)

    def list(self) -> Iterator[NvDsTargetMiscDataFrame]:
        """Go over the frames."""
        return iter(self.frames)


class NvDsTargetMiscDataStream(Castable):
    """The targets of one source. streamID: the pad_index."""

    __slots__ = ("streamID", "surfaceStreamID", "targets")

    def __init__(self, targets: Sequence[NvDsTargetMiscDataObject] = ()) -> None:
        self.targets = targets
        self.streamID = self.surfaceStreamID = 0

    @property
    def numFilled(self) -> int:
        """How many targets there are."""
        return len(self.targets)

    @property
    def numAllocated(self) -> int:
        """Room for targets; here as many as there are."""
        return len(self.targets)

    def list(self) -> Iterator[NvDsTargetMiscDataObject]:
        """Go over the targets."""
        return iter(self.targets)


class NvDsTargetMiscDataBatch(Castable):
    """The sources of one batch."""

    __slots__ = ("streams",)

    def __init__(self, streams: Sequence[NvDsTargetMiscDataStream] = ()) -> None:
        self.streams = streams

    @property
    def numFilled(self) -> int:
        """How many sources there are."""
        return len(self.streams)

    @property
    def numAllocated(self) -> int:
        """Room for sources; here as many as there are."""
        return len(self.streams)

    def list(self) -> Iterator[NvDsTargetMiscDataStream]:
        """Go over the sources."""
        return iter(self.streams)
