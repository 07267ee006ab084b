"""Hangs what a network said of one picture on its frame, object or region."""

from __future__ import annotations

from collections.abc import Mapping

from engines.protocol import Tensor
from plugins.cpu.metadata.object_meta import NvDsMetaType, NvDsUserMeta
from plugins.cpu.metadata.tensor_meta import (
    NvDsInferLayerInfo,
    NvDsInferNetworkInfo,
    NvDsInferTensorMeta,
)
from plugins.cpu.nvinfer.cluster import cluster
from plugins.cpu.nvinfer.config import InferConfig
from plugins.cpu.nvinfer.history import Histories
from plugins.cpu.nvinfer.model import Model
from plugins.cpu.nvinfer.postprocess import attach_objects
from plugins.cpu.nvinfer.targets import Target


def attach_results(
    target: Target,
    layers: Mapping[str, Tensor],
    config: InferConfig,
    model: Model,
    histories: Histories,
) -> None:
    """Hang up what a network of its kind tells: boxes, labels, classes of pixels, raw tensors.

    layers: by name, without the batch axis.
    """
    frame, roi = target.frame, target.roi
    if model.parser is not None:
        found = cluster(model.parser(layers, target.told(config, model.network)), config)
        corner = (roi.roi.left, roi.roi.top) if roi is not None else (0.0, 0.0)
        attach_objects(frame, found, target.placement, config, target.object, corner)
        frame.bInferDone = 1
    if model.classifier is not None:
        model.classifier.attach(target, layers, histories)
    holder = roi or target.object or frame
    if model.segmentation is not None:
        holder.user_items.append(model.segmentation.meta(layers))
    if config.output_tensor_meta:
        holder.user_items.append(_raw(layers, config, model))
        if roi is not None:
            frame.user_items.append(NvDsUserMeta(NvDsMetaType.NVDS_ROI_META, roi.bare()))


def _raw(layers: Mapping[str, Tensor], config: InferConfig, model: Model) -> NvDsUserMeta:
    tensors = NvDsInferTensorMeta(
        config.gie_unique_id,
        [NvDsInferLayerInfo(name, layers[name], i) for i, name in enumerate(layers)],
        NvDsInferNetworkInfo(model.network.width, model.network.height, model.network.channels),
    )
    return NvDsUserMeta(NvDsMetaType.NVDSINFER_TENSOR_OUTPUT_META, tensors)
