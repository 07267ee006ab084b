"""Segmentation networks of nvinfer (network-type 2): a class for each pixel.

Sources: SegmentPostprocessor of nvdsinfer_context_impl_output_parsing.cpp and
attach_metadata_segmentation of gstnvinfer_meta_utils.cpp.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engines.protocol import Tensor
from plugins.cpu.metadata.object_meta import NvDsMetaType, NvDsUserMeta
from plugins.cpu.metadata.tensor_meta import NvDsInferSegmentationMeta
from plugins.cpu.nvinfer.config import InferConfig

NHWC = 1
"""segmentation-output-order: classes last; 0 is classes first."""

NO_CLASS = -1


class Segmentation:
    """Makes the meta of one picture of the network's first layer."""

    def __init__(self, config: InferConfig) -> None:
        self._threshold = config.segmentation_threshold
        self._last = config.segmentation_output_order == NHWC

    def meta(self, layers: Mapping[str, Tensor]) -> NvDsUserMeta:
        """Give each pixel its best class, where that is above the threshold, strictly.

        layers: (classes, H, W) or, with segmentation-output-order=1, (H, W, classes) float32.

        Raises:
            ValueError: the layer has another number of axes.
        """
        name, values = next(iter(layers.items()))
        if values.ndim != 3:
            raise ValueError(
                f"layer {name}: wanted classes x height x width for network-type=2, got "
                f"{'x'.join(map(str, values.shape))}"
            )
        scores = np.moveaxis(values, -1, 0) if self._last else values
        scores = np.ascontiguousarray(scores, np.float32)
        best = scores.argmax(axis=0).astype(np.int32)
        made = NvDsInferSegmentationMeta()
        made.classes, made.height, made.width = scores.shape
        made.class_map = np.where(scores.max(axis=0) > self._threshold, best, np.int32(NO_CLASS))
        made.class_probabilities_map = scores
        return NvDsUserMeta(NvDsMetaType.NVDSINFER_SEGMENTATION_META, made)
