"""Which models the program knows, where their files lie, and whether they are prepared."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engines.errors import EngineError

ROOT = Path(__file__).resolve().parents[1]
REGISTRY = ROOT / "configs" / "models.yaml"
BUNDLED = ROOT / "engines" / "models"
STORE = ROOT / "engines" / "store"

ADAPT_VERSION = 1
"""Goes up when ``export.adapt`` writes graphs that earlier nvinfer files cannot read."""


class ModelEntry(BaseModel):
    """One model of ``configs/models.yaml``; the fields are described at the head of that file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    task: str
    file: str
    url: str | None = Field(None, pattern="^https://")
    source: str | None = None
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    bytes: int = Field(gt=0)
    licence: str
    adapt: tuple[str, ...] = ()
    layout: str
    on_demand: bool = False


class Prepared(BaseModel):
    """What ``engines/store/manifest.json`` says of one prepared file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    raw_sha256: str
    prepared_sha256: str
    adapt_version: int
    steps: tuple[str, ...]


def load_registry(path: Path = REGISTRY) -> dict[str, ModelEntry]:
    """Read the model registry, by model name in the order of the file.

    Raises:
        EngineError: the file is not there or an entry is not well formed.
    """
    try:
        content = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise EngineError(f"{path}: cannot read the model registry: {error}") from None
    if not isinstance(content, dict):
        raise EngineError(f"{path}: wanted a map of model names; got {type(content).__name__}")
    models = {}
    for name, entry in content.items():
        try:
            models[name] = ModelEntry.model_validate(entry)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in (name, *first["loc"]))
            raise EngineError(f"{path}: {key}: {first['msg']}") from None
    return models


def cache_folder() -> Path:
    """Return where downloads go: ``$XDG_CACHE_HOME/edgeact`` or ``~/.cache/edgeact``."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "edgeact"


def model_file(name: str) -> Path:
    """Where a model lies by its name: bundled if this project trained it, else in the store."""
    bundled = BUNDLED / f"{name}.onnx"
    return bundled if bundled.is_file() else STORE / bundled.name


def raw_folders() -> tuple[Path, ...]:
    """Return the folders a raw model file is looked for in, in order."""
    own = os.environ.get("EDGEACT_MODEL_DIR")
    return (BUNDLED, *([Path(own)] if own else []), cache_folder())


def digest(path: Path) -> str:
    """Return the sha256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        hasher = hashlib.sha256()
        while chunk := file.read(1 << 20):
            hasher.update(chunk)
    return hasher.hexdigest()


def read_manifest(store: Path = STORE) -> dict[str, Prepared]:
    """Read what is prepared in ``store``, by model name; empty where nothing has been prepared.

    Raises:
        EngineError: the manifest is not readable as one.
    """
    path = store / "manifest.json"
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text())
        return {name: Prepared.model_validate(entry) for name, entry in content.items()}
    except (ValueError, AttributeError):
        raise EngineError(
            f"{path}: not a manifest of prepared models. "
            "Remove it and prepare the models again: python -m export.fetch --all"
        ) from None


def prepared(path: Path) -> Path:
    """Check that a model file can be used, and return its absolute path.

    A file in a folder with a manifest must be the very file that ``export.fetch`` wrote there;
    any other file only has to exist.

    Raises:
        EngineError: missing, changed since it was prepared, or prepared by an older version.
    """
    path = path.resolve()
    in_store = path.parent == STORE or (path.parent / "manifest.json").is_file()
    if not in_store:
        if not path.is_file():
            raise EngineError(f"{path}: no such model file")
        return path
    name = path.stem
    remedy = f"Prepare it: python -m export.fetch {name}"
    if not path.is_file():
        raise EngineError(f"model '{name}' is not prepared: {path} does not exist. {remedy}")
    entry = read_manifest(path.parent).get(name)
    if entry is None:
        raise EngineError(f"{path}: not listed in {path.parent / 'manifest.json'}. {remedy}")
    if entry.adapt_version != ADAPT_VERSION:
        raise EngineError(
            f"{path}: prepared by version {entry.adapt_version} of export.adapt; "
            f"this program reads version {ADAPT_VERSION}. {remedy}"
        )
    found = digest(path)
    if found != entry.prepared_sha256:
        raise EngineError(
            f"{path}: changed since it was prepared: sha256 is {found[:12]}..., "
            f"wanted {entry.prepared_sha256[:12]}... {remedy}"
        )
    return path
