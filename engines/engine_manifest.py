"""Says of a built engine file what it was built from and for, in a JSON file beside it.

A TensorRT engine runs on the kind of GPU and the version of TensorRT that built it, and answers for
the ONNX file it came from. ``MODEL.engine.json`` notes all three, so that an engine that does not
fit is refused with the command that builds it anew.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engines.errors import EngineError
from engines.registry import digest

Runtime = Literal["tensorrt", "tensorrt_rtx"]
Precision = Literal["fp32", "fp16", "int8"]


class EngineManifest(BaseModel):
    """What an engine file was built from and for.

    version: of the library that built it. gpu: name and compute capability; none where it was
    built ahead of time and is finished by the library on whatever GPU it meets. batches: the
    largest batch of each optimization profile. onnx: path relative to the engine's folder.
    rebuild: the command that builds it anew. metadata: what the ONNX file said about itself.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    runtime: Runtime
    version: str
    gpu: str | None
    precision: Precision
    batches: tuple[int, ...] = Field(min_length=1)
    onnx: str
    onnx_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    engine_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    rebuild: str
    metadata: dict[str, str] = {}


def manifest_path(engine: Path) -> Path:
    """Give the manifest's place: ``MODEL.engine.json`` for ``MODEL.engine``."""
    return engine.with_name(f"{engine.name}.json")


def write_engine(engine: Path, content: bytes, manifest: EngineManifest) -> None:
    """Write an engine file and its manifest; each appears complete or not at all."""
    engine.parent.mkdir(parents=True, exist_ok=True)
    text = manifest.model_dump_json(indent=2) + "\n"
    # Without its manifest an engine is refused, so the old one must not describe the new file.
    manifest_path(engine).unlink(missing_ok=True)
    for path, written in ((engine, content), (manifest_path(engine), text.encode())):
        partial = path.with_name(f"{path.name}.{os.getpid()}.part")
        partial.write_bytes(written)
        partial.replace(path)


def read_engine_manifest(engine: Path) -> EngineManifest:
    """Read the manifest of an engine file.

    Raises:
        EngineError: the engine or its manifest is missing, or the manifest is not readable as one.
    """
    path = manifest_path(engine)
    if not engine.is_file():
        raise EngineError(f"{engine}: no such engine file")
    try:
        return EngineManifest.model_validate_json(path.read_bytes())
    except OSError:
        raise EngineError(
            f"{engine}: it has no manifest {path.name} beside it, so nobody knows what it was "
            "built from. Build it with: python -m export.build_engines MODEL.onnx"
        ) from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise EngineError(
            f"{path}: not a manifest of an engine: {key or 'file'}: {first['msg']}. "
            "Build the engine again: python -m export.build_engines MODEL.onnx"
        ) from None


def check_sources(engine: Path) -> EngineManifest:
    """Check that an engine is the file its manifest describes, built from the ONNX that is there.

    An ONNX file that is not there (a device may carry engines alone) is not asked for.

    Raises:
        EngineError: no manifest, another engine file, or another ONNX file; says what to run.
    """
    manifest = read_engine_manifest(engine)
    found = digest(engine)
    if found != manifest.engine_sha256:
        raise EngineError(
            f"{engine}: not the file that its manifest describes: sha256 is {found[:12]}..., "
            f"wanted {manifest.engine_sha256[:12]}... Rebuild it: {manifest.rebuild}"
        )
    onnx = engine.parent / manifest.onnx
    if onnx.is_file() and (found := digest(onnx)) != manifest.onnx_sha256:
        raise EngineError(
            f"{engine}: built from another {onnx.name}: its sha256 was "
            f"{manifest.onnx_sha256[:12]}..., now it is {found[:12]}... "
            f"Rebuild it: {manifest.rebuild}"
        )
    return manifest


def check_machine(engine: Path, manifest: EngineManifest, *, version: str, gpu: str) -> None:
    """Check that an engine was built by this library version for this GPU.

    Raises:
        EngineError: it was not; says by which, what is here, and what to run.
    """
    if manifest.version == version and manifest.gpu in (None, gpu):
        return
    built_by = f"{manifest.runtime} {manifest.version} for {manifest.gpu or 'any GPU'}"
    raise EngineError(
        f"{engine}: built by {built_by}; this machine has {manifest.runtime} {version} and {gpu}. "
        f"Rebuild it: {manifest.rebuild}"
    )
