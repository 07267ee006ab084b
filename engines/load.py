"""Chooses what runs a model by the kind of its file."""

from __future__ import annotations

from pathlib import Path

from engines.errors import EngineError
from engines.protocol import Engine


def load_engine(path: Path, *, threads: int = 2) -> Engine:
    """Load the model in ``path``.

    Raises:
        EngineError: the file is missing, is of a kind that nothing here runs, or cannot be loaded.
    """
    match path.suffix:
        case ".onnx":
            from engines.ort import OrtEngine  # imported here: only a machine that runs ONNX has it

            return OrtEngine(path, threads=threads)
        case other:
            raise EngineError(f"{path}: nothing here runs '{other}' files; wanted .onnx")
