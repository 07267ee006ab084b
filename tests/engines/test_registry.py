"""The model registry: what is known, and what counts as prepared."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from engines.errors import EngineError
from engines.registry import ADAPT_VERSION, STORE, load_registry, prepared, raw_folders

CONTENT = b"a prepared graph"


def store_with(folder: Path, *, content: bytes = CONTENT, version: int = ADAPT_VERSION) -> Path:
    entry = {
        "raw_sha256": "0" * 64,
        "prepared_sha256": hashlib.sha256(CONTENT).hexdigest(),
        "adapt_version": version,
        "steps": ["dynamic_batch"],
    }
    (folder / "manifest.json").write_text(json.dumps({"net": entry}))
    path = folder / "net.onnx"
    path.write_bytes(content)
    return path


def test_the_shipped_registry_is_well_formed_and_names_the_models_of_the_configurations() -> None:
    models = load_registry()
    wanted = {"yolox_nano", "rtmdet_nano_person", "movenet_lightning", "blazepose_lite", "yamnet"}
    assert wanted <= models.keys()


def test_every_model_can_be_downloaded_or_says_what_it_was_made_from() -> None:
    assert all(entry.url or entry.source for entry in load_registry().values())


def test_a_registry_key_that_nobody_knows_is_an_error_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "models.yaml"
    path.write_text("net: {task: t, file: f, sha256: '', bytes: 1, licence: l, layout: l}\n")
    with pytest.raises(EngineError, match=r"models\.yaml: net\.sha256: "):
        load_registry(path)


def test_a_file_as_it_was_prepared_is_accepted(tmp_path: Path) -> None:
    path = store_with(tmp_path)
    assert prepared(path) == path


def test_a_missing_model_says_how_to_prepare_it() -> None:
    path = STORE / "no_such_net.onnx"
    with pytest.raises(EngineError) as caught:
        prepared(path)
    assert str(caught.value) == (
        f"model 'no_such_net' is not prepared: {path} does not exist. "
        "Prepare it: python -m export.fetch no_such_net"
    )


def test_a_changed_file_is_refused_with_both_digests(tmp_path: Path) -> None:
    path = store_with(tmp_path, content=b"something else")
    with pytest.raises(
        EngineError, match=r"changed since it was prepared: sha256 is \w+\.\.\., wanted"
    ):
        prepared(path)


def test_a_file_of_an_older_version_is_refused(tmp_path: Path) -> None:
    path = store_with(tmp_path, version=ADAPT_VERSION - 1)
    with pytest.raises(EngineError, match=r"prepared by version .* export\.fetch net"):
        prepared(path)


def test_a_file_that_the_manifest_does_not_list_is_refused(tmp_path: Path) -> None:
    other = store_with(tmp_path).rename(tmp_path / "other.onnx")
    with pytest.raises(EngineError, match="not listed"):
        prepared(other)


def test_a_broken_manifest_says_what_to_do(tmp_path: Path) -> None:
    path = store_with(tmp_path)
    (tmp_path / "manifest.json").write_text("[]")
    with pytest.raises(EngineError, match="Remove it and prepare"):
        prepared(path)


def test_a_users_own_model_only_has_to_exist(tmp_path: Path) -> None:
    path = tmp_path / "own.onnx"
    with pytest.raises(EngineError, match="no such model file"):
        prepared(path)
    path.write_bytes(CONTENT)
    assert prepared(path) == path


def test_raw_files_are_looked_for_in_the_users_folder_before_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEACT_MODEL_DIR", str(tmp_path / "own"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert raw_folders()[1:] == (tmp_path / "own", tmp_path / "cache" / "edgeact")
