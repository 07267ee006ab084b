"""Output parsers by the names that nvinfer's configuration files have for them."""

from __future__ import annotations

from collections.abc import Mapping

from plugins.cpu.nvinfer import instance_parsers, nvidia_parsers, parsers, yolo_parsers
from plugins.cpu.nvinfer.parsers import Parser

BOX_PARSERS: Mapping[str, Parser] = {
    # This project's, see plugins/nvdsinfer.
    "NvDsInferParseYoloX": parsers.parse_yolox,
    "NvDsInferParseRtmDet": parsers.parse_rtmdet,
    "NvDsInferParseDetr": parsers.parse_detr,
    "NvDsInferParseEndToEnd": parsers.parse_end_to_end,
    # DeepStream's libnvds_infercustomparser.so.
    "NvDsInferParseCustomResnet": nvidia_parsers.parse_resnet,
    "NvDsInferParseCustomTfSSD": nvidia_parsers.parse_tf_ssd,
    "NvDsInferParseCustomNMSTLT": nvidia_parsers.parse_nms,
    "NvDsInferParseCustomBatchedNMSTLT": nvidia_parsers.parse_batched_nms,
    "NvDsInferParseYoloV5CustomBatchedNMSTLT": nvidia_parsers.parse_batched_nms_pixels,
    "NvDsInferParseCustomEfficientDetTAO": nvidia_parsers.parse_efficientdet,
    "NvDsInferParseCustomDDETRTAO": nvidia_parsers.parse_ddetr,
    "NvDsInferParseCustomRTDETRTAO": nvidia_parsers.parse_rtdetr,
    # DeepStream-Yolo; its parsers in CUDA give the same boxes.
    "NvDsInferParseYolo": yolo_parsers.parse_yolo,
    "NvDsInferParseYoloE": yolo_parsers.parse_yolo_corners,
    "NvDsInferParseYoloCuda": yolo_parsers.parse_yolo,
    "NvDsInferParseYoloECuda": yolo_parsers.parse_yolo_corners,
}
"""By ``parse-bbox-func-name``."""

INSTANCE_PARSERS: Mapping[str, Parser] = {
    "NvDsInferParseYoloPose": instance_parsers.parse_yolo_pose,
    "NvDsInferParseYoloPoseE": instance_parsers.parse_yolo_pose_corners,
    "NvDsInferParseYoloFace": instance_parsers.parse_yolo_face,
    "NvDsInferParseYoloSeg": yolo_parsers.parse_yolo_masks,
    "NvDsInferParseCustomMrcnnTLT": instance_parsers.parse_mask_rcnn,
    "NvDsInferParseCustomMrcnnTLTV2": instance_parsers.parse_mask_rcnn,
}
"""By ``parse-bbox-instance-mask-func-name``."""


def parser_named(name: str | None) -> Parser:
    """Give the parser of ``parse-bbox-func-name``; without a name nvinfer's own, for DetectNet_v2.

    Raises:
        ValueError: none of that name; tells which there are.
    """
    if name is None:
        return nvidia_parsers.parse_detectnet
    return _known(BOX_PARSERS, "parse-bbox-func-name", name)


def instance_parser_named(name: str | None) -> Parser:
    """Give the parser of ``parse-bbox-instance-mask-func-name``.

    Raises:
        ValueError: none of that name, or no name; tells which there are.
    """
    return _known(INSTANCE_PARSERS, "parse-bbox-instance-mask-func-name", name)


def _known(known: Mapping[str, Parser], key: str, name: str | None) -> Parser:
    found = known.get(name or "")
    if found is None:
        got = f"{key}={name}" if name else f"no {key}"
        raise ValueError(f"{got}; platform cpu has {', '.join(known)}")
    return found
