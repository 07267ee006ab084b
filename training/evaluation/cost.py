"""What a model costs: parameters, multiplications, and time by batch size on this machine."""

from __future__ import annotations

import platform
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx_tool
import onnxruntime as ort

from recognition.frames import Float
from training.evaluation.data import EvaluationData
from training.evaluation.predictions import FusionFile

BATCHES = (1, 8, 32, 100)
_SECONDS = 1.0  # for each batch size
_LEAST, _MOST = 5, 200  # timed calls


def size(model: FusionFile) -> dict[str, Any]:
    """Parameters, multiply-adds of one window in millions (by onnx-tool), bytes of the file."""
    graph = onnx.load(model.path).graph
    floats = {onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16}
    one = {
        name: np.zeros([1 if axis is None else axis for axis in shape], np.float32)
        for name, shape in model.engine.inputs.items()
    }
    try:
        macs = _macs(model.path, one)
    except AssertionError:  # onnx-tool does not follow how bottleneck tokens are made
        macs = _macs_of_one(model.path, one)
    return {
        "parameters": sum(int(np.prod(w.dims)) for w in graph.initializer if w.data_type in floats),
        "mmacs": macs / 1e6,
        "bytes": model.path.stat().st_size,
        "nodes": len(graph.node),
    }


def _macs(path: Path, one: Mapping[str, Float]) -> float:
    """Multiply-adds of a graph for these inputs."""
    counted = onnx_tool.Model(str(path)).graph
    counted.shape_infer(one)
    counted.profile()
    return float(counted.macs[0] if np.ndim(counted.macs) else counted.macs)


def _macs_of_one(path: Path, one: Mapping[str, Float]) -> float:
    """The same, once ONNX Runtime has worked out all shapes for a batch of one."""
    model = onnx.load(path)
    for given in model.graph.input:
        given.type.tensor_type.shape.dim[0].dim_value = 1
    with tempfile.TemporaryDirectory() as folder:
        options = ort.SessionOptions()
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(Path(folder) / "one.onnx")
        options.log_severity_level = 3
        ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        return _macs(Path(folder) / "one.onnx", one)


def latency(
    model: FusionFile, data: EvaluationData, batches: Iterable[int] = BATCHES
) -> dict[str, dict[str, float]]:
    """``latency`` of ``metrics.json``: milliseconds of a call by batch size.

    Windows are taken in turn from the data, widened to float32 before the clock starts.
    """
    return {str(batch): _timed(model, data, batch) for batch in batches}


def _timed(model: FusionFile, data: EvaluationData, batch: int) -> dict[str, float]:
    rows = np.arange(batch) % len(data)
    arrays = {name: data.inputs[name][rows].astype(np.float32) for name in model.engine.inputs}
    for _ in range(3):
        model.engine.run(arrays)
    times: list[float] = []
    began = time.perf_counter()
    while len(times) < _LEAST or (len(times) < _MOST and time.perf_counter() - began < _SECONDS):
        started = time.perf_counter()
        model.engine.run(arrays)
        times.append((time.perf_counter() - started) * 1e3)
    middle, late = np.quantile(times, [0.5, 0.95])
    return {
        "min_ms": min(times),
        "p50_ms": float(middle),
        "p95_ms": float(late),
        "windows_per_s": batch / float(middle) * 1e3,
        "calls": len(times),
    }


def machine(threads: int) -> dict[str, Any]:
    """Where the times were taken."""
    import onnxruntime

    return {
        "engine": f"ONNX Runtime {onnxruntime.__version__}, CPU, FP32",
        "threads": threads,
        "processor": _processor(),
    }


def _processor() -> str:
    from pathlib import Path

    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()
