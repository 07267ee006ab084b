"""Passwords and keys are used, and never shown: not in logs, events, files, states or errors."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.broker import PATIENCE_S, Broker, Listener, free_port, needs_mosquitto, wait_until
from tests.pipelines.toy_site import EDGEACT, make_site
from tests.rtsp import RtspServer

pytestmark = [pytest.mark.gst, pytest.mark.mqtt, needs_mosquitto]

SECRET = "zebra"
"""Is part of every secret below, and of nothing else."""

CAMERA, BROKER = "zebra-of/the@camera", "zebra-of/the@broker"


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CAMERA_PASSWORD", CAMERA)
    monkeypatch.setenv("BROKER_PASSWORD", BROKER)
    monkeypatch.setenv("EDGEACT_WEBHOOK_KEY", "zebra-of-webhook-0123456789")
    dots = tmp_path / "dots"
    dots.mkdir()
    monkeypatch.setenv("GST_DEBUG_DUMP_DOT_DIR", str(dots))
    monkeypatch.setenv("GST_DEBUG", "3")


def sources(camera: RtspServer) -> dict[str, str]:
    """A camera that plays, one that is off, and one that wants its password behind the host."""
    return {
        "dock": camera.url.replace("://", "://viewer:zebra-of-dock@"),
        "dark": f"rtsp://viewer:${{CAMERA_PASSWORD}}@127.0.0.1:{free_port()}/none",
        "web": f"http://127.0.0.1:{free_port()}/video?user=viewer&password=zebra-of-web",
    }


def mqtt(broker: Broker, password: str = "${BROKER_PASSWORD}") -> str:
    return f"mqtt: {{host: 127.0.0.1, port: {broker.port}, user: edge, password: '{password}'}}\n"


def ways_out() -> str:
    """A webhook that is away, whose address is a secret too, and options of a broker."""
    hook = f"http://127.0.0.1:{free_port()}/hooks/zebra-of-hook"
    kafka = f"{{brokers: '127.0.0.1:{free_port()}', timeout_s: 1, "
    kafka += "options: {sasl.password: zebra-of-kafka}}"
    return f"sinks: {{webhook: {{url: '{hook}'}}, kafka: {kafka}}}\n"


def edgeact(*arguments: str | Path) -> bytes:
    """All that the command says."""
    command = [str(EDGEACT), *map(str, arguments)]
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=PATIENCE_S
    ).stdout


@contextmanager
def running(*arguments: str | Path, output: Path) -> Iterator[None]:
    """The command in the background, ended by Ctrl-C; what it says goes to a file."""
    with output.open("wb") as file:
        process = subprocess.Popen(
            [EDGEACT, *map(str, arguments)], stdout=file, stderr=subprocess.STDOUT
        )
        try:
            yield
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE_S)
        finally:
            process.kill()
            process.wait()


def has_said(log: Path, words: bytes) -> bool:
    """Whether the words are in what was said."""
    return words in log.read_bytes()


def told(outputs: dict[str, bytes]) -> list[str]:
    """Lines in which a secret is, of whatever spelling."""
    return [
        f"{name}: {line!r}"
        for name, output in outputs.items()
        for line in output.splitlines()
        if SECRET.encode() in line.lower()
    ]


def test_a_whole_run_with_all_its_files_and_messages_tells_no_secret(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with RtspServer() as camera, Broker(tmp_path, users={"edge": BROKER}) as broker:
        site = make_site(tmp_path, sources(camera), extra=mqtt(broker) + ways_out())
        with (
            Listener(broker.port, user="edge", password=BROKER) as listener,
            running(
                "run",
                site,
                "--events",
                out / "e.jsonl",
                "--video",
                out / "v.mp4",
                output=out / "log",
            ),
        ):
            listener.wait_for_events(1)
            kinds = ("stats", "birth", "status")
            wait_until(
                lambda: all(any(h.topic.endswith(k) for h in listener.heard) for k in kinds),
                "all kinds of messages",
            )
            for who in (b"camera 'dark'", b"webhook http://127.0.0.1", b"kafka 127.0.0.1"):
                wait_until(partial(has_said, out / "log", who), f"a warning of {who!r}")
            broker.stop()  # so that something waits in the outbox
        heard = {one.topic: one.payload for one in listener.heard}
    outputs = {**{str(path): path.read_bytes() for path in out.iterdir()}, **heard}
    outputs |= {str(path): path.read_bytes() for path in (tmp_path / "state").iterdir()}
    outputs |= {str(path): path.read_bytes() for path in (tmp_path / "dots").iterdir()}
    assert len(outputs) > 8
    assert told(outputs) == []


def test_what_is_said_of_a_site_has_no_secret(tmp_path: Path) -> None:
    with RtspServer() as camera, Broker(tmp_path, users={"edge": BROKER}) as broker:
        site = make_site(tmp_path, sources(camera), extra=mqtt(broker) + ways_out())
        said = {
            " ".join(words): edgeact(words[0], site, *words[1:])
            for words in (["check"], ["check", "--show"], ["graph"], ["graph", "--dot"])
        }
    assert b"rtsp://***@127.0.0.1" in said["check --show"]
    assert told(said) == []


BROKEN = {
    "a key that is not known": "mqtt: {host: h, user: edge, pasword: zebra}\n",
    "a value of another kind": "mqtt: {host: h, user: edge, password: [zebra]}\n",
    "an address in place of a section": "mqtt: 'mqtt://edge:zebra@h'\n",
    "an address that cannot be read": "mqtt: {url: 'mqtt://edge:zebra/x@h:port'}\n",
    "a broker's address as a host": "mqtt: {host: 'mqtt://edge:zebra@h'}\n",
    "no YAML": "mqtt: {password: zebra: x}\n",
    "a camera's address as a base": "mqtt: {host: h, base: 'rtsp://viewer:zebra@h/main'}\n",
}


@pytest.mark.parametrize("extra", BROKEN.values(), ids=BROKEN)
def test_a_configuration_that_is_refused_is_refused_without_its_secrets(
    tmp_path: Path, extra: str
) -> None:
    site = make_site(tmp_path, {"dock": "rtsp://viewer:zebra@127.0.0.1:9/main"}, extra=extra)
    said = {"run": edgeact("run", site)}
    assert b"site.yaml:" in said["run"]
    assert told(said) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["--source", "rtsp://viewer:zebra@127.0.0.1:9/main"],
        ["--source", "rtsp://viewer:zebra@127.0.0.1:9/main=dock"],
        ["--source", "dock=nothing://viewer:zebra@127.0.0.1:9/main"],
        ["--mqtt", "mqtt://edge:zebra@127.0.0.1:port"],
        ["--mqtt", "mqtt://edge:zebra@127.0.0.1:9", "--events", "/none/events.jsonl"],
    ],
)
def test_arguments_that_are_refused_are_refused_without_their_secrets(
    tmp_path: Path, arguments: list[str]
) -> None:
    said = {"run": edgeact("run", make_site(tmp_path, {}), *arguments)}
    assert said["run"]
    assert told(said) == []


def test_a_broker_that_refuses_the_password_is_told_of_without_it(tmp_path: Path) -> None:
    with RtspServer() as camera, Broker(tmp_path, users={"edge": "another"}) as broker:
        site = make_site(tmp_path, sources(camera), extra=mqtt(broker))
        with running("run", site, output=tmp_path / "log"):
            said = tmp_path / "log"
            wait_until(lambda: b"does not let user 'edge' in" in said.read_bytes(), "a refusal")
        assert told({"log": said.read_bytes()}) == []


def test_a_fault_of_ours_is_told_with_its_traceback_and_without_secrets(tmp_path: Path) -> None:
    program = (
        "from pipelines import check, cli\n"
        "def fail(args): raise RuntimeError('rtsp://viewer:zebra@h/main')\n"
        "check.run = fail\n"
        "raise SystemExit(cli.main(['check', 'site.yaml']))\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert run.returncode == 1
    assert b"RuntimeError: rtsp://***@h/main" in run.stderr
    assert told({"stderr": run.stderr}) == []
