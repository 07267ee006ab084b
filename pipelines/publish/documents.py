"""Writes the contract: ``python -m pipelines.publish.documents [FOLDER]``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import yaml

from pipelines.publish.asyncapi import asyncapi_document
from pipelines.publish.channels import CHANNELS
from pipelines.publish.schemas import schema_of

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "contract"


def documents() -> dict[str, str]:
    """The text of every file of the contract, by file name."""
    files = {
        f"{channel.name}.v1.schema.json": json.dumps(schema_of(channel), indent=2) + "\n"
        for channel in CHANNELS
        if channel.model is not None
    }
    text = yaml.safe_dump(asyncapi_document(), sort_keys=False, allow_unicode=True, width=100)
    return {**files, "asyncapi.yaml": text}


def main() -> None:
    """Write all files and print what was written."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in documents().items():
        (folder / name).write_text(text, encoding="utf-8")
    sys.stdout.write(f"{folder}: {len(documents())} files\n")


if __name__ == "__main__":
    main()
