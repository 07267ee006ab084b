"""``python -m export.build_engines FILE...``: TensorRT engines for this machine's GPU.

FILE is an nvinfer configuration, for an engine that nvinfer finds by the name it gives it, with one
profile from 1 to batch-size; or an ONNX file, for an engine that ``engines.trt`` runs, in
engines/store, with a profile for each of 1, 16 and 128. An engine that fits already is left alone.

Not run on NVIDIA hardware yet; docs/gpu.md says what was tried instead.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from engines.engine_manifest import (
    EngineManifest,
    Precision,
    check_machine,
    check_sources,
    write_engine,
)
from engines.engine_name import nvinfer_engine_file
from engines.errors import EngineError
from engines.registry import STORE, digest
from export.half_precision import write_half_precision
from export.plan import (
    BATCHES,
    PlanRequest,
    Profile,
    build_plan,
    fixed_profiles,
    onnx_metadata,
)
from plugins.cpu.key_file import read_sections

NETWORK_MODES: dict[str, Precision] = {"0": "fp32", "1": "int8", "2": "fp16"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One engine to build."""

    onnx: Path
    engine: Path
    precision: Precision
    profiles: tuple[Profile, ...]
    strongly_typed: bool
    rebuild: str


def nvinfer_job(path: Path, *, batch: int | None, gpu: int) -> Job:
    """What an nvinfer configuration asks for.

    batch: instead of the file's batch-size, as the element property ``batch-size`` would set it.

    Raises:
        EngineError: no such file, no ONNX file in it, an engine for a DLA core, or a
            model-engine-file that nvinfer would not find again.
    """
    try:
        keys = read_sections(path).get("property", {})
    except (OSError, ValueError) as error:
        raise EngineError(str(error)) from None
    if "onnx-file" not in keys:
        raise EngineError(f"{path}: [property] onnx-file: missing; an engine is built from ONNX")
    if keys.get("enable-dla", "0") == "1":
        raise EngineError(
            f"{path}: enable-dla=1: nvinfer builds this engine itself, at its first start; "
            "this command builds for the GPU alone"
        )
    mode = keys.get("network-mode", "0")
    if mode not in NETWORK_MODES:
        raise EngineError(f"{path}: network-mode={mode}: wanted 0 (fp32), 1 (int8) or 2 (fp16)")
    size = batch or int(keys.get("batch-size", "1"))
    precision = NETWORK_MODES[mode]
    onnx = (path.parent / keys["onnx-file"]).resolve()
    engine = nvinfer_engine_file(onnx, batch_size=size, precision=precision, gpu_id=gpu)
    named = keys.get("model-engine-file")
    own = batch is None and gpu == int(keys.get("gpu-id", "0"))
    if own and (named is None or (path.parent / named).resolve() != engine):
        raise EngineError(
            f"{path}: model-engine-file={named}: nvinfer would build anew at every start. "
            f"Set it to {os.path.relpath(engine, path.parent)}"
        )
    typed = keys.get("strongly-typed", "0") == "1"
    extra = "" if batch is None else f" --batch-size {batch}"
    extra += f" --gpu {gpu}" if gpu else ""
    return Job(
        onnx=onnx, engine=engine, precision=precision, profiles=(Profile(1, size, size),),
        strongly_typed=typed, rebuild=f"python -m export.build_engines {path}{extra}",
    )  # fmt: skip


def model_job(onnx: Path, *, precision: Precision, strongly_typed: bool) -> Job:
    """An engine for ``engines.trt``."""
    extra = " --strongly-typed" if strongly_typed else ""
    return Job(
        onnx=onnx,
        engine=STORE / f"{onnx.stem}_{precision}.engine",
        precision=precision,
        profiles=fixed_profiles(BATCHES),
        strongly_typed=strongly_typed,
        rebuild=f"python -m export.build_engines {onnx} --precision {precision}{extra}",
    )


def build(job: Job, trt: Any, *, gpu_name: str, timing_cache: Path | None) -> None:
    """Build one engine and its manifest.

    trt: the module ``tensorrt``. A strongly typed fp16 engine is built from a graph in which half
    precision has been put first.

    Raises:
        EngineError: the ONNX file is missing, or TensorRT refuses it.
    """
    if not job.onnx.is_file():
        raise EngineError(f"{job.onnx}: no such model file")
    request = PlanRequest(
        profiles=job.profiles,
        precision=job.precision,
        strongly_typed=job.strongly_typed,
        timing_cache=timing_cache,
    )
    with tempfile.TemporaryDirectory() as folder:
        source = job.onnx
        if job.strongly_typed and job.precision == "fp16":
            source = Path(folder) / job.onnx.name
            write_half_precision(job.onnx, source)
        plan = build_plan(trt, source, request)
    manifest = EngineManifest(
        runtime="tensorrt_rtx" if "rtx" in trt.__name__ else "tensorrt",
        version=trt.__version__,
        gpu=gpu_name,
        precision=job.precision,
        batches=plan.batches,
        onnx=os.path.relpath(job.onnx.resolve(), job.engine.resolve().parent),
        onnx_sha256=digest(job.onnx),
        engine_sha256=hashlib.sha256(plan.content).hexdigest(),
        rebuild=job.rebuild,
        metadata=onnx_metadata(job.onnx),
    )
    write_engine(job.engine, plan.content, manifest)


def is_current(job: Job, *, version: str, gpu_name: str) -> bool:
    """Tell whether the engine is there and fits its ONNX file, this GPU and this TensorRT."""
    try:
        manifest = check_sources(job.engine)
        check_machine(job.engine, manifest, version=version, gpu=gpu_name)
    except EngineError:
        return False
    return manifest.batches == tuple(profile.largest for profile in job.profiles)


def _jobs(options: argparse.Namespace) -> list[Job]:
    jobs = []
    for path in options.files:
        if path.suffix == ".onnx":
            job = model_job(
                path, precision=options.precision, strongly_typed=options.strongly_typed
            )
        else:
            job = nvinfer_job(path, batch=options.batch_size, gpu=options.gpu)
        jobs.append(job)
    return jobs


def _build_all(options: argparse.Namespace) -> None:
    jobs = _jobs(options)
    try:
        import tensorrt as trt
    except ImportError as error:
        raise EngineError(
            f"building engines needs tensorrt ({error}), which comes with DeepStream and JetPack. "
            "Without a GPU, build for TensorRT-RTX: python -m export.rtx_engine MODEL.onnx"
        ) from None
    from engines.trt import Gpu

    gpu_name = Gpu(options.gpu).name
    for job in jobs:
        if not options.force and is_current(job, version=trt.__version__, gpu_name=gpu_name):
            sys.stderr.write(f"{job.engine}: is up to date\n")
            continue
        sys.stderr.write(f"{job.engine}: building for {gpu_name}; this takes minutes\n")
        build(job, trt, gpu_name=gpu_name, timing_cache=options.timing_cache)
        sys.stderr.write(f"{job.engine}: {job.engine.stat().st_size / 1e6:.1f} MB\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m export.build_engines", description=__doc__)
    parser.add_argument("files", type=Path, nargs="+", help="nvinfer configurations, ONNX files")
    parser.add_argument("--precision", choices=get_args(Precision), default="fp16", help="of ONNX")
    parser.add_argument("--strongly-typed", action="store_true", help="ONNX: types of the graph")
    parser.add_argument("--batch-size", type=int, help="nvinfer: instead of the file's")
    parser.add_argument("--gpu", type=int, default=0, help="index of the GPU")
    parser.add_argument("--timing-cache", type=Path, default=STORE / "tactics.timing")
    parser.add_argument("--force", action="store_true", help="build what is up to date, too")
    try:
        _build_all(parser.parse_args(argv))
    except EngineError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
