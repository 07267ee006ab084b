"""What nvdspreprocess made for an nvinfer (gst_nvinfer_process_tensor_input of gstnvinfer.cpp)."""

from __future__ import annotations

from collections.abc import Iterator

from engines.protocol import Tensor
from plugins.cpu.metadata.meta import NvDsBatchMeta
from plugins.cpu.metadata.object_meta import NvDsMetaType
from plugins.cpu.metadata.preprocess_meta import GstNvDsPreProcessBatchMeta, NvDsRoiMeta
from plugins.cpu.nvinfer.targets import Target

Prepared = tuple[Tensor, list[Target]]
"""Pictures (N, 3, H, W) float32, and what each of them shows."""


def prepared_for(
    batch_meta: NvDsBatchMeta, unique_id: int, input_name: str, batch_size: int
) -> Iterator[Prepared]:
    """Give the pictures made for one nvinfer, at most ``batch_size`` at a time.

    Raises:
        LookupError: they are for another input than the network's.
    """
    for user_meta in batch_meta.user_items:
        if user_meta.base_meta.meta_type != NvDsMetaType.NVDS_PREPROCESS_BATCH_META:
            continue
        made = GstNvDsPreProcessBatchMeta.cast(user_meta.user_meta_data)
        tensor = made.tensor_meta
        if unique_id not in made.target_unique_ids or tensor is None:
            continue
        if tensor.tensor_name != input_name:
            raise LookupError(
                f"the tensor of nvdspreprocess is called '{tensor.tensor_name}', the network's "
                f"input '{input_name}', so nothing is inferred; set tensor-name={input_name}"
            )
        targets = [_target(roi) for roi in made.roi_vector]
        for start in range(0, len(targets), batch_size):
            part = slice(start, start + batch_size)
            yield tensor.array[part], targets[part]


def _target(roi: NvDsRoiMeta) -> Target:
    if roi.frame_meta is None or roi.placement is None:
        raise ValueError("an NvDsRoiMeta that nvdspreprocess did not make cannot be inferred on")
    return Target(roi.frame_meta, None, roi.placement, roi)
