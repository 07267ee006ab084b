"""Lists a model file that this project trained in the ``manifest.yaml`` beside it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import yaml

LICENCE = "Apache-2.0"
_MANIFEST = "manifest.yaml"


def list_model(path: Path, *, data: str) -> dict[str, object]:
    """Write the file's entry, in place of an older one of that name; returns the entry.

    data: what the weights were trained on, with licences.
    """
    listed = _listed(path)
    content = path.read_bytes()
    entry: dict[str, object] = {
        "name": path.stem,
        "file": path.name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "licence": LICENCE,
        "data": data,
    }
    kept = [other for other in listed if other["name"] != path.stem]
    text = yaml.safe_dump([*kept, entry], sort_keys=False, width=100)
    path.with_name(_MANIFEST).write_text(text, encoding="utf-8")
    return entry


def listed_data(path: Path) -> str | None:
    """What the manifest says that a file's weights were trained on; None where it is not listed."""
    return next((str(one["data"]) for one in _listed(path) if one["name"] == path.stem), None)


def _listed(path: Path) -> list[dict[str, object]]:
    """The entries of the manifest beside a file."""
    manifest = path.with_name(_MANIFEST)
    if not manifest.is_file():
        return []
    listed: list[dict[str, object]] = yaml.safe_load(manifest.read_text(encoding="utf-8"))
    return listed
