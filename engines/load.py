"""Chooses what runs a model by the kind of its file."""

from __future__ import annotations

from pathlib import Path

from engines.errors import EngineError
from engines.protocol import Engine


def load_engine(path: Path, *, threads: int = 2, cuda_graphs: bool = True) -> Engine:
    """Load the model in ``path``: an ONNX file on the CPU, or an engine file on the GPU.

    threads: of ONNX Runtime. cuda_graphs: see ``engines.trt``.

    Raises:
        EngineError: the file is missing, is of a kind that nothing here runs, or cannot be loaded.
    """
    match path.suffix:
        case ".onnx":
            from engines.ort import OrtEngine  # imported here: only a machine that runs ONNX has it

            return OrtEngine(path, threads=threads)
        case ".engine":
            from engines.trt import TrtEngine  # needs a GPU

            return TrtEngine(path, cuda_graphs=cuda_graphs)
        case other:
            raise EngineError(f"{path}: nothing here runs '{other}' files; wanted .onnx or .engine")
