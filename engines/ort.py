"""Runs ONNX files on the CPU with ONNX Runtime, on a bounded number of threads."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping
from pathlib import Path

import onnxruntime as ort

from engines.errors import EngineError
from engines.protocol import Tensor


class OrtEngine:
    """An ONNX file ready to run.

    threads: intra-op threads; at most the number of cores. Idle threads do not spin, because the
    decoder and GStreamer's own threads need the same few cores.

    Attributes:
        inference_s: seconds spent inside ONNX Runtime so far.
        runs: number of calls so far.

    Raises:
        EngineError: the file is missing or is no model that ONNX Runtime can load.
    """

    def __init__(self, path: Path, *, threads: int = 2) -> None:
        if not path.is_file():
            raise EngineError(f"{path}: no such model file")
        content = path.read_bytes()
        options = ort.SessionOptions()
        options.intra_op_num_threads = max(1, min(threads, os.cpu_count() or 1))
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = ort.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # noqa: BLE001 - ONNX Runtime raises a dozen private types
            reason = str(error).splitlines()[0]
            raise EngineError(f"{path}: not a model that ONNX Runtime can load: {reason}") from None
        self.path = path
        self.inputs = {i.name: _shape(i.shape) for i in self._session.get_inputs()}
        self.outputs = {o.name: _shape(o.shape) for o in self._session.get_outputs()}
        self.metadata: Mapping[str, str] = dict(self._session.get_modelmeta().custom_metadata_map)
        self.sha256 = hashlib.sha256(content).hexdigest()
        self.runtime = "onnxruntime-cpu"
        self.inference_s = 0.0
        self.runs = 0

    def run(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Run one batch; see ``engines.protocol.Engine``."""
        started = time.perf_counter()
        values = self._session.run(None, dict(inputs))
        self.inference_s += time.perf_counter() - started
        self.runs += 1
        return dict(zip(self.outputs, values, strict=True))


def _shape(sizes: list[int | str | None]) -> tuple[int | None, ...]:
    return tuple(size if isinstance(size, int) else None for size in sizes)
