"""The name under which nvinfer saves, and looks for, the TensorRT engine of an ONNX file."""

from __future__ import annotations

from pathlib import Path


def nvinfer_engine_file(
    onnx_file: Path,
    *,
    batch_size: int,
    precision: str,
    gpu_id: int = 0,
    dla_core: int | None = None,
) -> Path:
    """Give ``<onnx>_b<batch>_gpu<id>|dla<core>_<precision>.engine`` beside the ONNX file.

    precision: fp32, fp16, int8 or best. Source: nvdsinfer_model_builder.cpp of DeepStream 9.1.
    """
    device = f"gpu{gpu_id}" if dla_core is None else f"dla{dla_core}"
    name = f"{onnx_file.name}_b{batch_size}_{device}_{precision}.engine"
    return onnx_file.with_name(name)
