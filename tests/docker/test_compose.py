"""The compose files: valid by the specification, and nothing open that need not be."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.config_file import load_config
from tests.broker import needs_mosquitto

DOCKER = Path(__file__).resolve().parents[2] / "docker"
FILES = sorted(DOCKER.glob("compose*.yaml"))
PLATFORMS = {
    "cpu": "compose.yaml:compose.cpu.yaml",
    "dgpu": "compose.yaml:compose.deepstream.yaml:compose.dgpu.yaml",
    "jetson": "compose.yaml:compose.deepstream.yaml:compose.jetson.yaml",
}
# Where Ubuntu's docker-compose-v2 and Docker's docker-compose-plugin put the program.
PLUGINS = ("/usr/libexec/docker/cli-plugins", "/usr/lib/docker/cli-plugins")


def content(name: str = "compose.yaml") -> dict[str, Any]:
    return dict(yaml.safe_load((DOCKER / name).read_text()))


def compose() -> str | None:
    """Docker's compose, which reads files without Docker itself: version 2, or Debian's 1."""
    for path in (os.pathsep.join(PLUGINS), None):
        if program := shutil.which("docker-compose", path=path):
            return program
    return None


def test_the_files_are_what_the_compose_specification_allows() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    run = subprocess.run([*command, *FILES], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@needs_mosquitto
@pytest.mark.skipif(
    compose() is None, reason="needs docker-compose: make test installs it; or use apt-get"
)
@pytest.mark.parametrize(
    ("platform", "deepstream"), [("cpu", ""), ("dgpu", "8.0"), ("jetson", "7.1")]
)
def test_compose_takes_what_the_first_start_leaves(
    tmp_path: Path, platform: str, deepstream: str
) -> None:
    folder = shutil.copytree(
        DOCKER, tmp_path / "docker", ignore=shutil.ignore_patterns("local", ".env")
    )
    subprocess.run([folder / "first-start.sh", platform, *deepstream.split()], check=True)
    command = [str(compose()), "config"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert not run.stderr, run.stderr
    read = yaml.safe_load(run.stdout)
    image = f"edgeact:ds{deepstream}" if deepstream else "edgeact:cpu"
    assert read["services"]["app"]["image"] == image
    assert read["services"]["app"]["user"] == read["services"]["broker"]["user"]
    assert set(read["secrets"]) == set(content()["secrets"])


def test_the_first_start_names_the_files_of_each_platform() -> None:
    script = (DOCKER / "first-start.sh").read_text()
    named = set(re.findall(r"compose\.[\w$.]*yaml", script.split("environment() {")[1]))
    assert named == {
        "compose.yaml",
        "compose.cpu.yaml",
        "compose.deepstream.yaml",
        "compose.$platform.yaml",
    }
    assert {path.name for path in FILES} == {
        name for files in PLATFORMS.values() for name in files.split(":")
    }


@pytest.mark.parametrize("service", ["broker", "app"])
def test_a_service_has_no_rights_that_it_does_not_need(service: str) -> None:
    said = content()["services"][service]
    assert said["user"].startswith("${EDGEACT_UID:?")
    assert said["read_only"] is True
    assert said["cap_drop"] == ["ALL"]
    assert said["security_opt"] == ["no-new-privileges:true"]
    assert all(
        not {"privileged", "network_mode", "pid", "ipc"} & set(one)
        for path in FILES
        for one in content(path.name)["services"].values()
    )


def test_nothing_listens_beyond_the_loopback_until_somebody_says_so() -> None:
    ports = [
        port
        for path in FILES
        for service in content(path.name)["services"].values()
        for port in service.get("ports", [])
    ]
    assert ports == ["${EDGEACT_BROKER_BIND:-127.0.0.1}:8883:8883"]


def test_secrets_come_from_files_that_git_does_not_see() -> None:
    for path in FILES:
        for service in content(path.name)["services"].values():
            assert not any("PASS" in key for key in service.get("environment", {}))
    files = [secret["file"] for secret in content()["secrets"].values()]
    assert all(name.startswith("local/secrets/") for name in files)
    assert "docker/local/\n" in (DOCKER.parent / ".gitignore").read_text()


def test_the_authoritys_key_is_given_to_no_container() -> None:
    assert "ca.key" not in content()["secrets"]


def test_what_the_containers_site_names_is_where_compose_puts_it() -> None:
    config = load_config(DOCKER / "site.yaml")
    app = content()["services"]["app"]
    assert config.mqtt is not None
    assert config.mqtt.host in content()["services"]
    assert config.mqtt.tls_verify
    for path in (config.mqtt.ca_file, config.mqtt.password_file):
        assert path is not None
        assert path.parent == Path("/run/secrets")
        assert path.name in app["secrets"]
    assert "./local/site.yaml:/etc/edgeact/site.yaml:ro" in app["volumes"]
