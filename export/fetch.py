"""Finds or downloads public models and prepares them: ``python -m export.fetch NAME...``."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from http.client import HTTPException
from pathlib import Path
from typing import IO

from engines.errors import EngineError
from engines.registry import (
    ADAPT_VERSION,
    STORE,
    ModelEntry,
    Prepared,
    cache_folder,
    digest,
    load_registry,
    raw_folders,
    read_manifest,
)

CHUNK = 1 << 16
TIMEOUT_S = 30.0


class _HttpsOnly(urllib.request.HTTPRedirectHandler):
    """Refuses to be sent from https to anything else."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: object,
        newurl: str,
    ) -> urllib.request.Request | None:
        if not newurl.startswith("https://"):
            raise urllib.error.URLError(f"sent on to {newurl}; only https is followed")
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


def find_raw(name: str, entry: ModelEntry, folders: Sequence[Path]) -> Path | None:
    """Return the raw file in the first folder that has it, or None.

    Raises:
        EngineError: a file of that name is there, but it is not the pinned one.
    """
    for folder in folders:
        path = folder / entry.file
        if not path.is_file():
            continue
        found = digest(path)
        if found != entry.sha256:
            raise EngineError(
                f"{name}: {path}: sha256 is {found}, wanted {entry.sha256}. Remove or replace it"
            )
        return path
    return None


def download(name: str, entry: ModelEntry, folder: Path) -> Path:
    """Fetch the raw file into ``folder``; it appears there complete and checked, or not at all.

    Raises:
        EngineError: no address, no answer, or not the pinned bytes.
    """
    if entry.url is None:
        raise EngineError(
            f"{name}: {entry.file} is in none of {', '.join(map(str, raw_folders()))}, and it has "
            f"no address to download from ({entry.source}). Put it in a folder and set "
            "EDGEACT_MODEL_DIR"
        )
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{entry.file}.{os.getpid()}.part"
    opener = urllib.request.build_opener(_HttpsOnly)
    try:
        with opener.open(entry.url, timeout=TIMEOUT_S) as answer, partial.open("wb") as file:
            found = _copy(answer, file, entry, name)
    except (OSError, HTTPException) as error:
        partial.unlink(missing_ok=True)
        reason = getattr(error, "reason", None) or error
        raise EngineError(
            f"{name}: cannot download {entry.url}: {reason}. Check the network, or put "
            f"{entry.file} in a folder and set EDGEACT_MODEL_DIR"
        ) from None
    if found != entry.sha256:
        partial.unlink()
        raise EngineError(
            f"{name}: {entry.url} gave a file with sha256 {found}, wanted {entry.sha256}. "
            "Nothing was kept"
        )
    return partial.replace(folder / entry.file)


def _copy(answer: IO[bytes], file: IO[bytes], entry: ModelEntry, name: str) -> str:
    """Copy at most one chunk more than the pinned size; returns the sha256 of what came."""
    hasher, done = hashlib.sha256(), 0
    while done <= entry.bytes and (chunk := answer.read(CHUNK)):
        file.write(chunk)
        hasher.update(chunk)
        done += len(chunk)
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{name}: {done / 1e6:.1f} of {entry.bytes / 1e6:.1f} MB")
    if sys.stderr.isatty():
        sys.stderr.write("\n")
    return hasher.hexdigest()


def is_current(name: str, entry: ModelEntry, store: Path) -> bool:
    """Tell whether the prepared file is there and is what this program would write."""
    known, path = read_manifest(store).get(name), store / f"{name}.onnx"
    return (
        known is not None
        and known.raw_sha256 == entry.sha256
        and known.steps == entry.adapt
        and known.adapt_version == ADAPT_VERSION
        and path.is_file()
        and digest(path) == known.prepared_sha256
    )


def prepare(name: str, entry: ModelEntry, store: Path = STORE) -> bool:
    """Write ``store/NAME.onnx`` and its manifest entry; False where both were up to date.

    Raises:
        EngineError: the raw file cannot be had, or its graph is not what the steps expect.
    """
    if is_current(name, entry, store):
        return False
    raw = find_raw(name, entry, raw_folders()) or download(name, entry, cache_folder())
    try:
        import onnx
        from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

        from export.adapt import adapt
    except ImportError as error:
        raise EngineError(
            f"preparing models needs {error.name}: pip install -r requirements/training.txt"
        ) from None
    try:
        content = adapt(onnx.load(raw), entry.adapt).SerializeToString()
    except DecodeError:
        raise EngineError(f"{name}: {raw}: not an ONNX model") from None
    except ValueError as error:
        raise EngineError(f"{name}: {raw}: {error}") from None
    store.mkdir(parents=True, exist_ok=True)
    _write(store / f"{name}.onnx", content)
    known = read_manifest(store)
    known[name] = Prepared(
        raw_sha256=entry.sha256,
        prepared_sha256=hashlib.sha256(content).hexdigest(),
        adapt_version=ADAPT_VERSION,
        steps=entry.adapt,
    )
    listing = {key: value.model_dump() for key, value in sorted(known.items())}
    _write(store / "manifest.json", (json.dumps(listing, indent=2) + "\n").encode())
    return True


def _write(path: Path, content: bytes) -> None:
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    partial.write_bytes(content)
    partial.replace(path)


def _list(models: dict[str, ModelEntry], store: Path) -> None:
    for name, entry in models.items():
        if is_current(name, entry, store):
            state = "prepared"
        elif find_raw(name, entry, raw_folders()):
            state = "raw file found"
        else:
            state = "to download" if entry.url else "missing"
        sys.stdout.write(f"{name:20} {state:15} {entry.bytes / 1e6:6.1f} MB  {entry.task}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code, 2 where a model could not be prepared."""
    parser = argparse.ArgumentParser(prog="python -m export.fetch", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="models of configs/models.yaml")
    parser.add_argument("--all", action="store_true", help="every model that is not on demand")
    parser.add_argument("--list", action="store_true", help="show the models and what is there")
    parser.add_argument("--store", type=Path, default=STORE, help="folder to write to")
    options = parser.parse_args(arguments)
    try:
        models = load_registry()
        if options.list:
            _list(models, options.store)
            return 0
    except EngineError as error:
        parser.error(str(error))
    unknown = [name for name in options.names if name not in models]
    if unknown:
        parser.error(f"unknown model {', '.join(unknown)}; wanted one of {', '.join(models)}")
    names = [n for n, entry in models.items() if not entry.on_demand] if options.all else []
    names += [name for name in options.names if name not in names]
    if not names:
        parser.error("name a model, or give --all or --list")
    failed = False
    for name in names:
        try:
            done = prepare(name, models[name], options.store)
        except EngineError as error:
            failed = True
            sys.stderr.write(f"{error}\n")
            continue
        sys.stderr.write(
            f"{name}: {options.store / name}.onnx {'written' if done else 'is up to date'}\n"
        )
    return 2 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
