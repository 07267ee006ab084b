"""What nvdsanalytics hangs on frames and objects, with NVIDIA's names (nvds_analytics_meta.h)."""

from __future__ import annotations

from plugins.cpu.metadata.meta_list import Castable

OBJECT_META = "NVIDIA.DSANALYTICSOBJ.USER_META"
FRAME_META = "NVIDIA.DSANALYTICSFRAME.USER_META"
"""Names for ``pyds.nvds_get_user_meta_type``."""


class NvDsAnalyticsObjInfo(Castable):
    """One object: the labels of the regions it is in and the lines it just crossed.

    dirStatus, objStatus: as they are shown, such as " DIR:South " and " ROI:RF LC:Exit ".
    """

    __slots__ = ("dirStatus", "lcStatus", "objStatus", "ocStatus", "roiStatus", "unique_id")

    def __init__(self) -> None:
        self.roiStatus: list[str] = []
        self.ocStatus: list[str] = []
        self.lcStatus: list[str] = []
        self.dirStatus = ""
        self.objStatus = ""
        self.unique_id = 0


class NvDsAnalyticsFrameMeta(Castable):
    """One frame, by label: who is in each region, how many crossed each line, now and in all.

    objCnt: objects by class, smoothed over obj-cnt-win-in-ms. ocStatus: which are overcrowded.
    """

    __slots__ = ("objCnt", "objInROIcnt", "objLCCumCnt", "objLCCurrCnt", "ocStatus", "unique_id")

    def __init__(self) -> None:
        self.ocStatus: dict[str, bool] = {}
        self.objInROIcnt: dict[str, int] = {}
        self.objLCCurrCnt: dict[str, int] = {}
        self.objLCCumCnt: dict[str, int] = {}
        self.objCnt: dict[int, int] = {}
        self.unique_id = 0
