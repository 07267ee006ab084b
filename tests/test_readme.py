"""The README is true: its commands exist, its configuration loads, its folders are there."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from pipelines.cli import known_commands
from pipelines.config_file import load_config
from pipelines.publish.contract import DataPart

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()


NO_SITES = ("acceptance", "models", "taxonomy")
"""Files of ``configs`` that configure something else."""


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_every_command_of_the_readme_is_one_of_ours() -> None:
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.strip()]
    for line in lines:
        words = shlex.split(line, comments=True)
        if words[0] == "make":
            assert f"\n{words[1]}:" in (ROOT / "Makefile").read_text(), line
        elif words[0].endswith("edgeact"):
            assert words[1] in known_commands(), line
        elif words[0].endswith("torchrun"):
            assert words[words.index(".venv/bin/edgeact") + 1] in known_commands(), line
        else:
            assert words[:2] == [".venv/bin/python", "-m"], line
            assert (ROOT / words[2].replace(".", "/")).with_suffix(".py").is_file(), line


def test_the_sites_of_the_readme_and_of_the_folder_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCK_PASSWORD", "secret")
    (tmp_path / "site.yaml").write_text(blocks("yaml")[0])
    assert [source.name for source in load_config(tmp_path / "site.yaml").sources] == [
        "lobby",
        "dock",
    ]
    for path in sorted((ROOT / "configs").glob("*.yaml")):
        if path.stem not in NO_SITES:
            load_config(path)


def test_the_event_of_the_readme_has_the_form_of_the_contract() -> None:
    DataPart.model_validate(json.loads(blocks("json")[0]))


def test_the_folders_and_links_of_the_readme_are_there() -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / link).exists(), link
    for folder in re.findall(r"`([a-z_/]+/)`", README):
        assert (ROOT / folder).is_dir(), folder
