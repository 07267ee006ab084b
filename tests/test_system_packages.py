"""The system packages: one list for Debian 12, Ubuntu 22.04 and 24.04."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).resolve().parents[1] / "requirements"
EITHER = "docker-compose-plugin|docker-compose-v2|docker-compose"


def asked_of_apt(tmp_path: Path, *, offered: str, there: str = "none") -> list[str]:
    """What apt is asked to install where it has one of these packages, and one is there."""
    programs = {
        "dpkg-query": f'[ "$3" = {there} ] && echo installed',
        "apt-cache": f'[ "$2" = {offered} ] && echo "Candidate: 2" || echo "Candidate: (none)"',
        "apt-get": f'[ "$1" = update ] || echo "$@" >>{tmp_path}/asked',
        "sudo": 'exec "$@"',
    }
    for name, does in programs.items():
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{does}\n")
        program.chmod(0o755)
    (tmp_path / "packages.txt").write_text(f"# Reads compose files.\n{EITHER}\n")
    command = [str(REQUIREMENTS / "install-system.sh"), str(tmp_path / "packages.txt")]
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    subprocess.run(command, env=environment, check=True)
    asked = tmp_path / "asked"
    return asked.read_text().split()[-1:] if asked.exists() else []


@pytest.mark.parametrize("offered", EITHER.split("|"))
def test_of_packages_that_do_the_same_the_one_of_the_distribution_is_installed(
    tmp_path: Path, offered: str
) -> None:
    assert asked_of_apt(tmp_path, offered=offered) == [offered]


@pytest.mark.parametrize("there", EITHER.split("|"))
def test_nothing_is_installed_where_one_of_them_is_there(tmp_path: Path, there: str) -> None:
    assert asked_of_apt(tmp_path, offered="docker-compose", there=there) == []


def test_the_tests_want_a_program_that_reads_compose_files() -> None:
    assert EITHER in (REQUIREMENTS / "system-tests.txt").read_text().splitlines()
