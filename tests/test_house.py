"""House rules that a machine can hold: sizes, names, strict settings, one version."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("settings", "recognition", "engines", "plugins", "pipelines", "training", "export")
FILE_LINES, FUNCTION_LINES, POSITIONAL = 300, 45, 5
OTHERS_SIGNATURES = {"redirect_request"}  # of urllib
DRAWERS = {"utils", "helpers", "common", "misc", "base", "tools"}


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def functions() -> Iterator[tuple[Path, ast.FunctionDef]]:
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                yield path, node


def test_files_and_functions_fit_on_a_screen() -> None:
    long = [f"{path}: {n} lines" for path in sources() if (n := lines(path)) > FILE_LINES]
    for path, node in functions():
        size = (node.end_lineno or node.lineno) - node.lineno + 1
        if size > FUNCTION_LINES:
            long.append(f"{path}:{node.lineno} {node.name}: {size} lines")
    assert not long, "split these:\n" + "\n".join(long)


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_functions_take_few_positional_arguments() -> None:
    many = [
        f"{path}:{node.lineno} {node.name}"
        for path, node in functions()
        if len(node.args.args) > POSITIONAL + 1 and node.name not in OTHERS_SIGNATURES
    ]
    assert not many, "make these keyword-only:\n" + "\n".join(many)


def test_there_are_no_drawers() -> None:
    names = {path.stem for path in sources()} | {path.parent.name for path in sources()}
    assert not names & DRAWERS


def sections(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """A settings class and all settings classes inside it."""
    yield model
    for field in model.model_fields.values():
        for part in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from sections(part)


def test_every_section_of_the_configuration_is_strict_and_frozen() -> None:
    config = importlib.import_module("pipelines.config").Config
    for section in set(sections(config)):
        assert section.model_config.get("extra") == "forbid", section
        assert section.model_config.get("frozen") is True, section


def test_the_changelog_tells_of_this_version() -> None:
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version
    assert f"## {version[1]}" in (ROOT / "CHANGELOG.md").read_text()


def test_every_pinned_library_that_we_name_is_explained() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text().lower()
    for use in ("runtime", "deepstream", "cpu", "redis", "kafka", "training", "tests"):
        for line in (ROOT / "requirements" / f"{use}.in").read_text().splitlines():
            name = re.split(r"[<>=#\s]", line.strip(), maxsplit=1)[0].lower()
            if name and not name.startswith("-"):
                assert f"`{name}`" in text, f"docs/dependencies.md does not say why {name} is there"


@pytest.mark.parametrize("package", ["pipelines.cli", "pipelines.graph", "recognition.events"])
def test_the_running_program_never_imports_torch(package: str) -> None:
    code = f"import sys, {package}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_help_needs_no_heavy_library() -> None:
    code = (
        "import sys\n"
        "from pipelines.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'gi', 'pydantic', 'onnxruntime', 'cv2', 'paho'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert run.returncode == 0, run.stderr
