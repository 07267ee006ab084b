"""Kinds of surface memory by NVIDIA's numbers (nvbufsurface.h); here all of them are plain memory.

Applications name them when they set ``nvbuf-memory-type``.
"""

from __future__ import annotations

from enum import IntEnum


class NvBufSurfaceMemType(IntEnum):
    """Where a surface lies."""

    NVBUF_MEM_DEFAULT = 0
    NVBUF_MEM_CUDA_PINNED = 1
    NVBUF_MEM_CUDA_DEVICE = 2
    NVBUF_MEM_CUDA_UNIFIED = 3
    NVBUF_MEM_SURFACE_ARRAY = 4
    NVBUF_MEM_HANDLE = 5
    NVBUF_MEM_SYSTEM = 6


class NvBufSurfaceLayout(IntEnum):
    """How the rows of a surface follow each other."""

    NVBUF_LAYOUT_PITCH = 0
    NVBUF_LAYOUT_BLOCK_LINEAR = 1


class NvBufSurfaceMemMapFlags(IntEnum):
    """What a surface is mapped for."""

    NVBUF_MAP_READ = 0
    NVBUF_MAP_WRITE = 1
    NVBUF_MAP_READ_WRITE = 2


class GstNvDsMetaType(IntEnum):
    """What GstNvDsMeta can hold (gstnvdsmeta.h)."""

    NVDS_GST_INVALID_META = -1
    NVDS_BATCH_GST_META = 5
    NVDS_DECODER_GST_META = 6
    NVDS_DEWARPER_GST_META = 7
    NVDS_RESERVED_GST_META = 0x1000
    NVDS_GST_META_FORCE32 = 0x7FFFFFFF


_FORMATS = """
    INVALID GRAY8 YUV420 YVU420 YUV420_ER YVU420_ER NV12 NV12_ER NV21 NV21_ER UYVY UYVY_ER VYUY
    VYUY_ER YUYV YUYV_ER YVYU YVYU_ER YUV444 RGBA BGRA ARGB ABGR RGBx BGRx xRGB xBGR RGB BGR
    NV12_10LE NV12_12LE YUV420_709 YUV420_709_ER NV12_709 NV12_709_ER YUV420_2020 NV12_2020
    NV12_10LE_ER NV12_10LE_709 NV12_10LE_709_ER NV12_10LE_2020 SIGNED_R16G16 LAST
"""
_NAMES = tuple(f"NVBUF_COLOR_FORMAT_{name}" for name in _FORMATS.split())
NvBufSurfaceColorFormat = IntEnum(  # type: ignore[misc]
    "NvBufSurfaceColorFormat", {name: number for number, name in enumerate(_NAMES)}
)
"""How the pixels of a surface are written."""
