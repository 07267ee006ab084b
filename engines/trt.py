"""Runs engine files on an NVIDIA GPU: TensorRT and TensorRT-RTX, with pycuda.

One CUDA context (the device's primary one, which DeepStream uses too), one stream, one execution
context per batch size of the engine. All device memory is taken when the engine is loaded. NVIDIA
asks for one execution context per captured CUDA graph; they share their scratch memory, because
only one runs at a time. Use an engine from one thread at a time.

Not run on NVIDIA hardware yet; docs/gpu.md names the command that runs it.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from engines.batches import pieces
from engines.engine_manifest import check_machine, check_sources
from engines.errors import EngineError
from engines.protocol import Tensor

_MODULES = {"tensorrt": "tensorrt", "tensorrt_rtx": "tensorrt_rtx_bindings"}


class Gpu:
    """One GPU's primary context, and the stream that an engine works on.

    Raises:
        EngineError: no pycuda, no driver, or no such GPU.
    """

    def __init__(self, index: int = 0) -> None:
        self.driver = _module("pycuda.driver", "pip install pycuda")
        try:
            self.driver.init()
            device = self.driver.Device(index)
        except self.driver.Error as error:
            raise EngineError(
                f"GPU {index}: {error}. Look with nvidia-smi (Jetson: jtop)"
            ) from None
        major, minor = device.compute_capability()
        self.name = f"{device.name()} (sm_{major}{minor})"
        self._context = device.retain_primary_context()
        with self.current():
            self.stream = self.driver.Stream()

    @contextmanager
    def current(self) -> Iterator[None]:
        """Make the context this thread's own for the time of the block."""
        self._context.push()
        try:
            yield
        finally:
            self._context.pop()


class _Buffer:
    """One tensor's memory on both sides, for the largest batch."""

    def __init__(self, gpu: Gpu, shape: tuple[int, ...], dtype: Any) -> None:
        self.host = gpu.driver.pagelocked_empty(shape, dtype)
        self.host[:] = 0
        self.device = gpu.driver.mem_alloc(self.host.nbytes)


class TrtEngine:
    """An engine file ready to run; see ``engines.protocol.Engine``.

    cuda_graphs: replay each batch size as one CUDA graph instead of launching kernel by kernel.

    Attributes:
        sha256: of the ONNX file that the engine was built from.

    Raises:
        EngineError: the file, its manifest, its ONNX file, this machine or its libraries do not fit
            each other; says what to run.
    """

    def __init__(self, path: Path, *, gpu: int = 0, cuda_graphs: bool = True) -> None:
        manifest = check_sources(path)
        trt = _module(_MODULES[manifest.runtime], "it comes with DeepStream and with JetPack")
        self._gpu = Gpu(gpu)
        check_machine(path, manifest, version=trt.__version__, gpu=self._gpu.name)
        self.metadata: Mapping[str, str] = manifest.metadata
        self.sha256 = manifest.onnx_sha256
        self.runtime = f"{manifest.runtime} {manifest.version}"
        self._sizes = tuple(sorted(manifest.batches))
        with self._gpu.current():
            self._logger = trt.Logger(trt.Logger.ERROR)
            self._runtime = trt.Runtime(self._logger)  # must outlive the engine
            self._engine = self._runtime.deserialize_cuda_engine(path.read_bytes())
            if self._engine is None:
                raise EngineError(
                    f"{path}: {manifest.runtime} cannot load it. Rebuild it: {manifest.rebuild}"
                )
            self._take_memory(trt)
            self._runs = {
                size: _Run(self._gpu, self._context(trt, profile, size), self._transfers(size))
                for profile, size in enumerate(manifest.batches)
            }
            for run in self._runs.values():
                run.prepare(cuda_graphs=cuda_graphs)

    def run(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Run one batch of any size; the arrays returned are the caller's own."""
        if set(inputs) != set(self.inputs):
            raise EngineError(f"wanted inputs {', '.join(self.inputs)}; got {', '.join(inputs)}")
        count = len(next(iter(inputs.values())))
        answer = {
            name: np.empty(
                (count, *self._buffers[name].host.shape[1:]), self._buffers[name].host.dtype
            )
            for name in self.outputs
        }
        with self._gpu.current():
            for start, rows, size in pieces(count, self._sizes):
                for name, values in inputs.items():
                    self._buffers[name].host[:rows] = values[start : start + rows]
                self._runs[size].launch()
                self._gpu.stream.synchronize()
                for name, values in answer.items():
                    values[start : start + rows] = self._buffers[name].host[:rows]
        return answer

    def _take_memory(self, trt: Any) -> None:
        engine, largest = self._engine, self._sizes[-1]
        names = [engine.get_tensor_name(index) for index in range(engine.num_io_tensors)]
        shapes = {name: tuple(engine.get_tensor_shape(name)) for name in names}
        free = {
            name: tuple(None if size < 0 else size for size in shape)
            for name, shape in shapes.items()
        }
        is_input = {name: engine.get_tensor_mode(name) == trt.TensorIOMode.INPUT for name in names}
        self.inputs = {name: shape for name, shape in free.items() if is_input[name]}
        self.outputs = {name: shape for name, shape in free.items() if not is_input[name]}
        self._buffers = {
            name: _Buffer(
                self._gpu, (largest, *shapes[name][1:]), trt.nptype(engine.get_tensor_dtype(name))
            )
            for name in names
        }
        self._scratch_size = max(256, engine.device_memory_size_v2)
        self._scratch = self._gpu.driver.mem_alloc(self._scratch_size)

    def _context(self, trt: Any, profile: int, size: int) -> Any:
        """An execution context for one batch size, with all its addresses set."""
        strategy = trt.ExecutionContextAllocationStrategy.USER_MANAGED
        context = self._engine.create_execution_context(strategy)
        context.set_device_memory(int(self._scratch), self._scratch_size)
        context.set_optimization_profile_async(profile, self._gpu.stream.handle)
        for name, buffer in self._buffers.items():
            if name in self.inputs:
                context.set_input_shape(name, (size, *buffer.host.shape[1:]))
            context.set_tensor_address(name, int(buffer.device))
        self._gpu.stream.synchronize()
        return context

    def _transfers(self, size: int) -> tuple[list[tuple[Any, Any]], list[tuple[Any, Any]]]:
        """(device, host) of each input and of each output, the first ``size`` rows."""

        def pairs(names: Mapping[str, Any]) -> list[tuple[Any, Any]]:
            return [(self._buffers[n].device, self._buffers[n].host[:size]) for n in names]

        return pairs(self.inputs), pairs(self.outputs)


class _Run:
    """One batch size: copies in, the network, copies out, on the stream."""

    def __init__(
        self,
        gpu: Gpu,
        context: Any,
        transfers: tuple[list[tuple[Any, Any]], list[tuple[Any, Any]]],
    ) -> None:
        self._gpu, self._context, (self._into, self._out) = gpu, context, transfers
        self._graph: Any = None

    def prepare(self, *, cuda_graphs: bool) -> None:
        """Run once, because the first run loads kernels, and then capture the next."""
        stream = self._gpu.stream
        self._enqueue()
        stream.synchronize()
        # TensorRT-RTX says itself when a context cannot be captured; TensorRT has no such question.
        capturable = getattr(self._context, "is_stream_capturable", lambda _handle: True)
        if cuda_graphs and capturable(stream.handle):
            stream.begin_capture()
            self._enqueue()
            self._graph = stream.end_capture().instantiate()

    def launch(self) -> None:
        """Put the run on the stream."""
        if self._graph is not None:
            self._graph.launch(self._gpu.stream)
        else:
            self._enqueue()

    def _enqueue(self) -> None:
        stream = self._gpu.stream
        for device, host in self._into:
            self._gpu.driver.memcpy_htod_async(device, host, stream)
        if not self._context.execute_async_v3(stream.handle):
            raise EngineError("TensorRT could not run the engine; its words are on stderr")
        for device, host in self._out:
            self._gpu.driver.memcpy_dtoh_async(host, device, stream)


def _module(name: str, advice: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise EngineError(f"engine files need {name} ({error}): {advice}") from None
