"""Whether the engine files, and what nvinfer needs beside them, fit this machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from engines.engine_manifest import check_machine, check_sources, manifest_path
from engines.errors import EngineError
from engines.registry import BUNDLED, STORE
from pipelines.config import Config
from pipelines.doctor.findings import Finding
from pipelines.doctor.machine import Machine
from pipelines.stages import engine_for, read_stage
from plugins.cpu.key_file import read_sections
from plugins.cpu.nvinfer.checks import built_engine


def judge_kept_engines(machine: Machine) -> Iterator[Finding]:
    """Every engine file in the folders that the program knows."""
    for folder in (STORE, BUNDLED):
        for path in sorted(folder.glob("*.engine")):
            yield judge_engine(path, machine)


def judge_site(config: Config, machine: Machine) -> Iterator[Finding]:
    """The engines, and the library of parsers, that a site's stages and its fusion model name.

    Raises:
        ConfigError: an nvinfer file cannot be read.
    """
    yield from _stage("detect", config.detect.config, len(config.sources), machine)
    yield from _stage("pose", config.pose.config, None, machine)
    if config.fusion.model.suffix == ".engine":
        yield judge_engine(config.fusion.model, machine)
    elif "onnxruntime" in machine.packages:
        yield Finding("fusion", "ok", f"{config.fusion.model.name} on the CPU")
    else:
        mend = "pip install -r requirements/deepstream.txt"
        yield Finding("fusion", "problem", "no onnxruntime for an ONNX model", mend)


def judge_engine(path: Path, machine: Machine) -> Finding:
    """One engine file: is it the one of its manifest, of this ONNX file, for this GPU."""
    if path.is_file() and not manifest_path(path).is_file():
        return Finding("engine", "note", f"{path.name}: built by nvinfer itself, fits unknown")
    try:
        manifest = check_sources(path)
        version = machine.packages.get("tensorrt")
        known = [gpu for gpu in machine.gpus if "(sm_" in gpu]
        if manifest.runtime == "tensorrt" and version and known:
            check_machine(path, manifest, version=version, gpu=known[0])
    except EngineError as error:
        return Finding("engine", "problem", str(error))
    return Finding(
        "engine", "ok", f"{path.name}: {manifest.precision}, {manifest.gpu or 'any GPU'}"
    )


def _stage(name: str, path: Path, batch: int | None, machine: Machine) -> Iterator[Finding]:
    """batch: what the program sets; None where the file's own counts."""
    stage, keys = read_stage(path), read_sections(path)["property"]
    size = batch or stage.batch_size
    build = f"python -m export.build_engines {path}"
    if size != stage.batch_size:
        build += f" --batch-size {size}"
    wanted, named = built_engine(replace(stage, batch_size=size)), engine_for(stage, size)
    if wanted is not None and (named is None or (named != wanted and not _takes(named, size))):
        yield Finding(
            name, "note", f"{path.name} does not name {wanted.name}, the engine for a batch "
            f"of {size}: nvinfer builds one at every start, which takes minutes",
            f"set model-engine-file to {wanted.name}, then {build}",
        )  # fmt: skip
    elif named is not None and named.is_file():
        yield judge_engine(named, machine)
    elif named is not None:
        found = f"{named.name} is not built yet; nvinfer does it at the first start, in minutes"
        yield Finding(name, "note", found, "" if stage.enable_dla else build)
    library = keys.get("custom-lib-path")
    if library is not None and not (path.parent / library).is_file():
        yield Finding(
            name, "problem", f"no output parser {Path(library).name}",
            "make -C plugins/nvdsinfer CUDA_VER=...; its README says which",
        )  # fmt: skip


def _takes(named: Path, size: int) -> bool:
    """Whether an engine's manifest says that it takes batches of this size, too."""
    try:
        return max(check_sources(named).batches) >= size
    except EngineError:
        return False
