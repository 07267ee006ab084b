"""The shipped mosquitto settings in a real mosquitto: certificates, passwords, the ACL."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from pipelines.publish.mqtt import MqttConfig
from pipelines.publish.mqtt_sink import MqttSink
from pipelines.publish.outbox_config import OutboxConfig
from pipelines.publish.publisher import Publisher
from tests.broker import MOSQUITTO, PATIENCE_S, free_port, needs_mosquitto, wait_until
from tests.pipelines.publish.examples import START, context

pytestmark = [
    pytest.mark.mqtt,
    needs_mosquitto,
    # paho leaves the socket of a handshake that failed to Python, which closes it.
    pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning"),
]

DOCKER = Path(__file__).resolve().parents[2] / "docker"
TOPIC = "edgeact/v1/gate-1/cam/lobby_east/event/sit_down"


class Site(NamedTuple):
    """A running broker with the shipped settings, and what the first start made for it."""

    port: int
    made: Path

    def secret(self, name: str) -> Path:
        return self.made / "secrets" / name

    def mqtt(self, user: str | None = "edgeact", **settings: object) -> MqttConfig:
        said = {
            "host": "localhost",
            "port": self.port,
            "tls": True,
            "ca_file": self.secret("ca.crt"),
            "user": user,
            "password_file": self.secret(f"{user}.password") if user else None,
            "outbox": OutboxConfig(durable=False),
            "retry_min_s": 0.05,
        }
        return MqttConfig.model_validate({**said, **settings})

    def client(self, program: str, user: str, *words: str) -> subprocess.CompletedProcess[str]:
        """mosquitto_pub or mosquitto_sub as one of the users."""
        place = ["-h", "localhost", "-p", str(self.port), "--cafile", str(self.secret("ca.crt"))]
        who = ["-u", user, "-P", self.secret(f"{user}.password").read_text().strip()]
        command = [program, "-V", "5", *place, *who, *words]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )


def first_start(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "EDGEACT_LOCAL": str(folder / "local"),
        "EDGEACT_ENV": str(folder / "env"),
    }
    command = [str(DOCKER / "first-start.sh"), *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def listens(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("docker")
    run = first_start(folder, "cpu")
    assert run.returncode == 0, run.stderr
    one = Site(free_port(), folder / "local")
    conf = folder / "mosquitto.conf"
    text = (DOCKER / "mosquitto" / "mosquitto.conf").read_text()
    for shipped, here in (
        ("listener 8883", f"user {getpass.getuser()}\nlistener {one.port} 127.0.0.1"),
        ("/run/secrets", str(one.made / "secrets")),
        ("/mosquitto/config", str(DOCKER / "mosquitto")),
        ("/mosquitto/data", str(one.made / "broker")),
    ):
        assert shipped in text
        text = text.replace(shipped, here)
    conf.write_text(text)
    with (folder / "log").open("wb") as log:
        assert MOSQUITTO is not None
        broker = subprocess.Popen([MOSQUITTO, "-c", conf], stdout=log, stderr=log)
    try:
        wait_until(lambda: listens(one.port) or broker.poll() is not None, "mosquitto to listen")
        assert broker.poll() is None, (folder / "log").read_text()
        yield one
    finally:
        broker.terminate()
        broker.wait(PATIENCE_S)


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Callable[[MqttConfig], str]:
    """What the program says of a broker that does not let it in."""

    def first_warning(config: MqttConfig) -> str:
        sink = MqttSink(config, "gate-1")
        wait_until(lambda: bool(caplog.messages), "a warning")
        sink.close(0.1)
        return caplog.messages[0]

    return first_warning


def test_the_program_publishes_and_a_reader_hears_it(site: Site) -> None:
    publisher = Publisher(context(), [MqttSink(site.mqtt(), "gate-1")])
    publisher.publish(START)
    assert publisher.close(PATIENCE_S).popitem()[1].acknowledged == 1
    heard = site.client(
        "mosquitto_sub", "reader", "-t", "edgeact/v1/gate-1/availability", "-C", "1", "-W", "60"
    )
    assert heard.stdout.strip() == "offline"


def test_a_broker_with_another_authority_is_refused_with_the_reason(
    site: Site, told: Callable[[MqttConfig], str], tmp_path: Path
) -> None:
    first_start(tmp_path, "cpu")
    stranger = tmp_path / "local" / "secrets" / "ca.crt"
    said = told(site.mqtt(ca_file=stranger))
    assert "its certificate is not trusted" in said
    assert "set ca_file to the certificate of its authority" in said


def test_a_broker_under_a_name_that_its_certificate_lacks_is_refused_with_the_reason(
    site: Site, told: Callable[[MqttConfig], str]
) -> None:
    said = told(site.mqtt(host="127.1"))  # the same address, as the certificate does not say it
    assert "its certificate is for another name: Hostname mismatch" in said
    assert "give the host as the certificate names it" in said


def test_nobody_comes_in_without_a_password_or_with_a_wrong_one(
    site: Site, told: Callable[[MqttConfig], str]
) -> None:
    assert "wants a user and a password" in told(site.mqtt(user=None))


def test_a_wrong_password_is_told_with_the_file_it_came_from(
    site: Site, told: Callable[[MqttConfig], str], tmp_path: Path
) -> None:
    wrong = tmp_path / "password"
    wrong.write_text("guessed\n")
    said = told(site.mqtt(password_file=wrong))
    assert "does not let user 'edgeact' in (not authorized)" in said
    assert f"check the user and the password (from {wrong})" in said
    assert "guessed" not in said


def test_the_broker_does_not_speak_without_tls(
    site: Site, told: Callable[[MqttConfig], str]
) -> None:
    plain = site.mqtt(tls=False, ca_file=None, connect_timeout_s=0.5)
    assert "does it want TLS (mqtts://)" in told(plain)


@pytest.mark.parametrize(
    ("user", "topic", "may"),
    [
        ("reader", TOPIC, False),
        ("reader", "edgeact/v1/gate-1/cmd/rebirth", False),
        ("operator", "edgeact/v1/gate-1/cmd/rebirth", True),
        ("operator", TOPIC, False),
        ("edgeact", TOPIC, True),
        ("edgeact", "homeassistant/device/gate-1/config", True),
        ("edgeact", "elsewhere/light", False),
        ("homeassistant", "homeassistant/status", True),
        ("homeassistant", TOPIC, False),
    ],
)
def test_the_acl_says_who_may_publish_what(site: Site, user: str, topic: str, may: bool) -> None:
    said = site.client("mosquitto_pub", user, "-t", topic, "-q", "1", "-m", "x")
    assert ("Not authorized" in said.stderr) is not may, said.stderr


def test_a_first_start_keeps_what_is_there_and_makes_anew_what_was_removed(tmp_path: Path) -> None:
    assert first_start(tmp_path, "dgpu", "8.0", "gate.example").returncode == 0
    secrets = tmp_path / "local" / "secrets"
    site = tmp_path / "local" / "site.yaml"
    assert "\nplatform: deepstream\n" in site.read_text()
    assert "DS_VERSION=8.0" in (tmp_path / "env").read_text()
    site.write_text("mine")
    before = {path.name: path.read_bytes() for path in secrets.iterdir()}
    (secrets / "reader.password").unlink()
    assert first_start(tmp_path, "dgpu", "8.0").returncode == 0
    after = {path.name: path.read_bytes() for path in secrets.iterdir()}
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"reader.password", "broker.passwords"}
    assert site.read_text() == "mine"


def test_secrets_are_for_their_owner_alone(site: Site) -> None:
    assert {oct(path.stat().st_mode & 0o077) for path in site.made.rglob("*")} == {"0o0"}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ((), "platform '': wanted cpu, dgpu or jetson"),
        (("gpu",), "platform 'gpu': wanted cpu, dgpu or jetson"),
        (("jetson", "6.4"), "DeepStream '6.4': wanted 7.1, 8.0, 9.0 or 9.1"),
    ],
)
def test_a_first_start_that_cannot_be_says_what_it_wants(
    tmp_path: Path, words: tuple[str, ...], complaint: str
) -> None:
    run = first_start(tmp_path, *words)
    assert run.returncode == 2
    assert complaint in run.stderr


def test_without_mosquitto_the_first_start_names_the_package(tmp_path: Path) -> None:
    environment = {"PATH": str(tmp_path)}
    for name in ("sh", "dirname"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    run = subprocess.run(
        ["/bin/sh", DOCKER / "first-start.sh", "cpu"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert "apt-get install openssl mosquitto" in run.stderr
