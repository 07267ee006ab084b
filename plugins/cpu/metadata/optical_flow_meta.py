"""What nvof hangs on frames, with NVIDIA's names (nvds_opticalflow_meta.h)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from plugins.cpu.metadata.c_fields import LazyField, user_fields
from plugins.cpu.metadata.meta_list import Castable

MV_SIZE = 4
"""Bytes of one vector: two int16."""


class NvOFFlowVector(Castable):
    """How far one block moved, in 1/32 px."""

    __slots__ = ("flowx", "flowy")

    def __init__(self, flowx: int = 0, flowy: int = 0) -> None:
        self.flowx, self.flowy = flowx, flowy


class NvDsOpticalFlowMeta(Castable):
    """The flow of one frame.

    vectors: (rows, cols, 2) int16, x and y of each block, 1/32 px since the frame before.
    """

    __slots__ = ("_reserved", "cols", "frame_num", "mv_size", "priv", "rows", "vectors")
    reserved = LazyField(user_fields)

    def __init__(self, vectors: npt.NDArray[np.int16] | None = None, frame_num: int = 0) -> None:
        self.vectors = np.zeros((0, 0, 2), np.int16) if vectors is None else vectors
        self.rows, self.cols = self.vectors.shape[:2]
        self.mv_size, self.frame_num = MV_SIZE, frame_num
        self.priv = None

    @property
    def data(self) -> int:
        """Where the vectors lie; ``pyds.get_optical_flow_vectors`` reads them."""
        return int(self.vectors.ctypes.data)


def get_optical_flow_vectors(of_meta: NvDsOpticalFlowMeta) -> npt.NDArray[np.float32]:
    """Give (rows * cols * 2,) float32: x and y of each block, row by row, in 1/32 px."""
    return NvDsOpticalFlowMeta.cast(of_meta).vectors.astype(np.float32).reshape(-1)
