"""Lists a model file that this project trained in the ``manifest.yaml`` beside it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import yaml

LICENCE = "Apache-2.0"


def list_model(path: Path, *, data: str) -> dict[str, object]:
    """Write the file's entry, in place of an older one of that name; returns the entry.

    data: what the weights were trained on, with licences.
    """
    manifest = path.with_name("manifest.yaml")
    listed = yaml.safe_load(manifest.read_text(encoding="utf-8")) if manifest.is_file() else []
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
    manifest.write_text(text, encoding="utf-8")
    return entry
