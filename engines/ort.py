"""Runs ONNX files on the CPU with ONNX Runtime, on a bounded number of threads."""

from __future__ import annotations

import hashlib
import itertools
import os
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime as ort

from engines.errors import EngineError
from engines.protocol import Tensor

LEAST_ROWS = 16
"""Rows of a batch that are worth a thread of their own."""


class OrtEngine:
    """An ONNX file ready to run.

    threads: at most the number of cores. A large batch of a model with a free batch axis is cut
    into one part for each, which takes half the time on two where threads within an operation gain
    next to nothing on networks of small layers (docs/evaluation.md). Else they are intra-op
    threads. Idle ones do not spin, because the decoder and GStreamer's own threads need the same
    few cores.

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
        self._threads = max(1, min(threads, os.cpu_count() or 1))
        try:
            self._session = _session(content, self._threads)
        except Exception as error:  # noqa: BLE001 - ONNX Runtime raises a dozen private types
            reason = str(error).splitlines()[0]
            raise EngineError(f"{path}: not a model that ONNX Runtime can load: {reason}") from None
        self.path = path
        self.inputs = {i.name: _shape(i.shape) for i in self._session.get_inputs()}
        self.outputs = {o.name: _shape(o.shape) for o in self._session.get_outputs()}
        self.metadata: Mapping[str, str] = dict(self._session.get_modelmeta().custom_metadata_map)
        self.sha256 = hashlib.sha256(content).hexdigest()
        self.runtime = "onnxruntime-cpu"
        shapes = (*self.inputs.values(), *self.outputs.values())
        self._cut = all(shape and shape[0] is None for shape in shapes)
        self._content = content
        self._parts: _Parts | None = None
        self.inference_s = 0.0
        self.runs = 0

    def run(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Run one batch; see ``engines.protocol.Engine``."""
        started = time.perf_counter()
        rows = len(next(iter(inputs.values()))) if self._cut else 0
        count = min(self._threads, rows // LEAST_ROWS)
        if count > 1:
            self._parts = self._parts or _Parts(self._content, self._threads)
            values = self._parts.run(inputs, rows, count)
        else:
            values = self._session.run(None, dict(inputs))
        self.inference_s += time.perf_counter() - started
        self.runs += 1
        return dict(zip(self.outputs, values, strict=True))


class _Parts:
    """The same model with one thread for each call, and as many callers as there are threads."""

    def __init__(self, content: bytes, threads: int) -> None:
        self._session = _session(content, 1)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="onnxruntime")

    def run(self, inputs: Mapping[str, Tensor], rows: int, count: int) -> list[Tensor]:
        """Outputs of a batch of ``rows``, computed in ``count`` parts at once."""
        edges = np.linspace(0, rows, count + 1).astype(int)
        parts = [
            {name: values[first:last] for name, values in inputs.items()}
            for first, last in itertools.pairwise(edges.tolist())
        ]
        made = self._pool.map(partial(self._session.run, None), parts)
        return [np.concatenate(pieces) for pieces in zip(*made, strict=True)]


def _session(content: bytes, threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def _shape(sizes: list[int | str | None]) -> tuple[int | None, ...]:
    return tuple(size if isinstance(size, int) else None for size in sizes)
