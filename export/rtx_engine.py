"""``python -m export.rtx_engine MODEL.onnx``: an engine for TensorRT-RTX, built without a GPU.

TensorRT-RTX splits the work: an engine is built ahead of time on any x86_64 machine, and the
library finishes it for the GPU it meets (Ampere and later) when it is loaded. It keeps the types
that the ONNX file says: for half precision, export a graph in half precision.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from pathlib import Path
from typing import Any

from engines.engine_manifest import EngineManifest, write_engine
from engines.errors import EngineError
from engines.registry import STORE, digest
from export.plan import BATCHES, PlanRequest, build_plan, fixed_profiles, onnx_metadata


def build_rtx_engine(onnx: Path, engine: Path) -> None:
    """Build an engine for TensorRT-RTX and write its manifest beside it.

    The engine takes batches of 1, 16 and 128, as ``engines.trt`` fills them, where the batch of the
    graph is free.

    Raises:
        EngineError: tensorrt_rtx is not installed, the ONNX file is missing, or NVIDIA's parser or
            builder refuses it.
    """
    trt = rtx_library()
    if not onnx.is_file():
        raise EngineError(f"{onnx}: no such model file")
    plan = build_plan(trt, onnx, PlanRequest(profiles=fixed_profiles(BATCHES)))
    manifest = EngineManifest(
        runtime="tensorrt_rtx",
        version=trt.__version__,
        gpu=None,
        precision="fp32",
        batches=plan.batches,
        onnx=os.path.relpath(onnx.resolve(), engine.resolve().parent),
        onnx_sha256=digest(onnx),
        engine_sha256=hashlib.sha256(plan.content).hexdigest(),
        rebuild=f"python -m export.rtx_engine {onnx} --to {engine}",
        metadata=onnx_metadata(onnx),
    )
    write_engine(engine, plan.content, manifest)


def rtx_library() -> Any:
    """NVIDIA's module.

    Raises:
        EngineError: it is not installed, or cannot be loaded.
    """
    try:
        import tensorrt_rtx_bindings
    except ImportError as error:
        raise EngineError(
            f"TensorRT for RTX cannot be loaded: {error}. On Linux on x86_64 install it: pip "
            "install -r requirements/training.txt; elsewhere export without an engine"
        ) from None
    return tensorrt_rtx_bindings


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m export.rtx_engine", description=__doc__)
    parser.add_argument("onnx", type=Path, nargs="+", help="ONNX files; only the batch may be free")
    parser.add_argument("--to", type=Path, help="engine file; default engines/store/NAME.engine")
    options = parser.parse_args(argv)
    if options.to and len(options.onnx) > 1:
        parser.error("--to names one engine; give one ONNX file")
    for onnx in options.onnx:
        engine = options.to or STORE / f"{onnx.stem}_rtx.engine"
        try:
            build_rtx_engine(onnx, engine)
        except EngineError as error:
            sys.stderr.write(f"{error}\n")
            return 2
        sys.stderr.write(f"{engine}: {engine.stat().st_size / 1e6:.1f} MB\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
