"""pyds' functions that read what nvinfer's networks gave: layers and classes of pixels."""

from __future__ import annotations

from typing import Any

from plugins.cpu.metadata.tensor_meta import (
    NvDsInferLayerInfo,
    NvDsInferSegmentationMeta,
    NvDsInferTensorMeta,
    TensorBuffer,
)


def get_nvds_LayerInfo(  # noqa: N802 - NVIDIA's name
    data: NvDsInferTensorMeta, index: int
) -> NvDsInferLayerInfo:
    """Give one output layer, its ``buffer`` set to the values of this frame or object."""
    layers = NvDsInferTensorMeta.cast(data).layers
    if not 0 <= index < len(layers):
        raise IndexError(f"wanted a layer of 0..{len(layers) - 1}, got {index}")
    return layers[index]


def get_detections(data: TensorBuffer | None, index: int) -> float:
    """Give one float of a layer, as slow as in pyds."""
    if data is None:
        raise ValueError("this layer has no values: get it by get_nvds_LayerInfo, which sets them")
    return float(data.array.flat[index])


def get_segmentation_masks(data: NvDsInferSegmentationMeta) -> Any:
    """Give the class of each pixel, (height, width) int32."""
    return NvDsInferSegmentationMeta.cast(data).class_map
