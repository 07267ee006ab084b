"""Refuses what the nvinfer twin cannot do, with the reason and what to set instead."""

from __future__ import annotations

from pathlib import Path

from engines.engine_name import nvinfer_engine_file
from plugins.cpu.nvinfer.config import InferConfig

DETECTOR, CLASSIFIER, SEGMENTATION, INSTANCES, TENSORS = 0, 1, 2, 3, 100
"""network-type of gst-nvinfer: boxes, labels, a class for each pixel, boxes with masks, tensors."""

PRIMARY, SECONDARY = 1, 2
"""process-mode: whole frames, or the objects of another nvinfer."""

RGB, BGR, GREY = 0, 1, 2
"""model-color-format."""

NO_CLUSTERING = 4

MAX_BATCH = 1024
"""NVDSINFER_MAX_BATCH_SIZE of nvdsinfer_context.h."""


def check_config(config: InferConfig, path: Path) -> Path:
    """Refuse what this twin cannot do, after the element's properties have been applied.

    Returns the model file.

    Raises:
        ValueError: names the key, what came, and what to set instead.
    """
    if config.network_type not in {DETECTOR, CLASSIFIER, SEGMENTATION, INSTANCES, TENSORS}:
        raise ValueError(
            f"{path}: network-type={config.network_type} is not there on platform cpu; "
            "wanted 0 (detector), 1 (classifier), 2 (segmentation), 3 (boxes with masks) or 100 "
            "(raw tensors)"
        )
    if config.process_mode not in {PRIMARY, SECONDARY}:
        raise ValueError(f"{path}: process-mode={config.process_mode}; wanted 1 or 2")
    if config.gie_unique_id < 1:
        raise ValueError(f"{path}: gie-unique-id={config.gie_unique_id}; wanted at least 1")
    _check_input(config, path)
    if config.onnx_file is None:
        raise ValueError(f"{path}: no onnx-file; platform cpu runs ONNX models only")
    if not 1 <= config.batch_size <= MAX_BATCH:
        raise ValueError(f"{path}: batch-size={config.batch_size}; wanted 1 to {MAX_BATCH}")
    if config.network_type in {DETECTOR, INSTANCES}:
        _check_clustering(config, path)
    return config.onnx_file


def _check_input(config: InferConfig, path: Path) -> None:
    if config.model_color_format not in {RGB, BGR, GREY}:
        raise ValueError(
            f"{path}: model-color-format={config.model_color_format}; wanted 0 (RGB), 1 (BGR) or 2 "
            "(grey)"
        )
    if config.network_input_order not in {0, 1}:
        raise ValueError(
            f"{path}: network-input-order={config.network_input_order}; wanted 0 (NCHW) or 1 (NHWC)"
        )
    channels = 1 if config.model_color_format == GREY else 3
    place = -1 if config.network_input_order else 0
    if config.infer_dims and (len(config.infer_dims) != 3 or config.infer_dims[place] != channels):
        wanted = f"height;width;{channels}" if place else f"{channels};height;width"
        raise ValueError(f"{path}: infer-dims={config.infer_dims}; wanted {wanted}")
    if config.offsets and len(config.offsets) != channels:
        raise ValueError(f"{path}: offsets: wanted {channels} numbers, got {len(config.offsets)}")


def _check_clustering(config: InferConfig, path: Path) -> None:
    if config.num_detected_classes == 0:
        raise ValueError(f"{path}: num-detected-classes is 0, so every box would be dropped")
    mode = config.cluster_mode
    if config.network_type == INSTANCES:
        if mode != NO_CLUSTERING:
            raise ValueError(
                f"{path}: cluster-mode={mode} does not go with network-type=3, whose parser does "
                "the suppression itself; set 4 (none)"
            )
    elif mode == 0:
        raise ValueError(
            f"{path}: cluster-mode=0 is group rectangles, which DeepStream silently replaces by "
            "NMS at IoU 0.5 unless it was built with OpenCV; set 2 (NMS) or 4 (none)"
        )
    elif mode not in {1, 2, 3, NO_CLUSTERING}:
        raise ValueError(
            f"{path}: cluster-mode={mode} is unknown; wanted 1 (DBSCAN), 2 (NMS), 3 (DBSCAN, then "
            "NMS) or 4 (none)"
        )


def engine_warning(config: InferConfig, path: Path) -> str | None:
    """Tell where DeepStream would build its engine anew at every start, None where it would not.

    It saves what it builds beside the ONNX file, under a name of its own, and only looks for
    ``model-engine-file``.
    """
    built = built_engine(config)
    if built is None or config.model_engine_file is None:
        return None
    if built == config.model_engine_file or config.model_engine_file.is_file():
        return None
    return (
        f"{path}: model-engine-file={config.model_engine_file} does not exist and DeepStream saves "
        f"what it builds as {built}: it would build it at every start"
    )


def built_engine(config: InferConfig) -> Path | None:
    """Give the file to which DeepStream saves the engine that it builds; None without a model."""
    if config.onnx_file is None:
        return None
    return nvinfer_engine_file(
        config.onnx_file,
        batch_size=config.batch_size,
        precision=_precision(config),
        gpu_id=config.gpu_id,
        dla_core=config.use_dla_core if config.enable_dla else None,
    )


def _precision(config: InferConfig) -> str:
    # INT8 without a calibration file silently becomes FP16.
    mode = config.network_mode
    if mode == 1 and config.int8_calib_file is None:
        mode = 2
    return {0: "fp32", 1: "int8", 2: "fp16", 3: "best"}.get(mode, "fp32")
