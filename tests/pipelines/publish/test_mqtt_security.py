"""Who may speak to a broker: credentials, rights and certificates; no secret is ever shown."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from pipelines.publish.mqtt_sink import MqttSink
from pipelines.publish.publisher import Publisher
from pipelines.publish.sinks import Counters, EventMark, OutMessage
from tests.broker import PATIENCE_S, Broker, needs_mosquitto
from tests.certificates import certificate, needs_openssl
from tests.pipelines.publish.examples import START, context
from tests.pipelines.publish.mqtt_sinks import fast, wait_for_warning

pytestmark = [pytest.mark.mqtt, needs_mosquitto]


def test_wrong_credentials_are_told_apart_from_a_broker_that_is_away(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEACT_MQTT_PASSWORD", "wrong-sesame")
    with Broker(tmp_path, users={"edge": "sesame-7"}) as broker:
        port = broker.port
        for protocol in ("5", "3.1.1"):
            sink = MqttSink(fast(f"mqtt://edge@127.0.0.1:{port}", protocol=protocol), "gate-1")
            line = wait_for_warning(caplog, "does not let user 'edge' in (not authorized)")
            assert "the variable EDGEACT_MQTT_PASSWORD" in line
            sink.close(0.5)
            caplog.clear()
        sink = MqttSink(fast(broker.url), "gate-1")
        wait_for_warning(caplog, "wants a user and a password")
        sink.close(0.5)
    assert "sesame" not in caplog.text


def test_an_event_that_the_user_may_not_write_is_told_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rights = tmp_path / "rights"
    allowed = ("availability", "cam/lobby_east/active/#", "gap", "stats")
    lines = ["user edge", *(f"topic write edgeact/v1/gate-1/{topic}" for topic in allowed)]
    rights.write_text("\n".join(lines) + "\n", encoding="utf-8")
    rights.chmod(0o600)
    settings = (f"acl_file {rights}",)
    with Broker(tmp_path, users={"edge": "sesame-7"}, settings=settings) as broker:
        config = fast(f"mqtt://edge:sesame-7@127.0.0.1:{broker.port}")
        publisher = Publisher(context(), [MqttSink(config, "gate-1")])
        publisher.publish(START)
        (counters,) = publisher.close(PATIENCE_S).values()
    assert counters == Counters(published=1, dropped=1)
    assert "cam/lobby_east/event/sit_down: not authorized" in wait_for_warning(caplog, "refuses")


@pytest.mark.parametrize("way", ["url", "variable", "file"])
def test_a_password_opens_the_broker_and_is_never_shown(
    tmp_path: Path,
    way: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "sesame/7@:x"
    path = tmp_path / "password"
    path.write_text(secret + "\n", encoding="utf-8")
    if way == "variable":
        monkeypatch.setenv("EDGEACT_MQTT_PASSWORD", secret)
    with Broker(tmp_path, users={"edge": secret}) as broker:
        person = "edge:sesame%2F7%40%3Ax" if way == "url" else "edge"
        settings = {"password_file": path} if way == "file" else {}
        config = fast(f"mqtt://{person}@127.0.0.1:{broker.port}", **settings)
        sink = MqttSink(config, "gate-1")
        publisher = Publisher(context(), [sink])
        publisher.publish(START)
        assert publisher.close(PATIENCE_S)[sink.name].acknowledged == 1
    shown = caplog.text + repr(config) + str(config) + config.model_dump_json() + sink.name
    assert "sesame" not in shown


@needs_openssl
def test_a_broker_that_wants_our_certificate_gets_it_or_says_what_it_wants(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own, known, other = (certificate(new_folder(tmp_path / name)) for name in ("own", "us", "no"))
    settings = (
        f"certfile {own.file}",
        f"keyfile {own.key}",
        f"cafile {known.file}",
        "require_certificate true",
    )
    with Broker(tmp_path, settings=settings) as broker:
        config = fast(f"mqtts://127.0.0.1:{broker.port}", ca_file=own.file)
        nobody = MqttSink(config, "gate-1")
        said = wait_for_warning(caplog, "it wants a certificate of ours: ")
        assert "set cert_file and key_file" in said
        nobody.close(0.5)
        files = {"cert_file": other.file, "key_file": other.key}
        stranger = MqttSink(config.model_copy(update=files), "gate-1")
        said = wait_for_warning(caplog, f"it does not take our certificate {other.file}: ")
        assert "give one that its authority has signed" in said
        stranger.close(0.5)
        files = {"cert_file": known.file, "key_file": known.key}
        sink = MqttSink(config.model_copy(update=files), "gate-1")
        sink.offer(OutMessage("edgeact/v1/n/cam/a/event/b", b"{}", EventMark("1", "start", 1)))
        sink.close(PATIENCE_S)
        assert sink.counters == Counters(published=1, acknowledged=1)


def new_folder(path: Path) -> Path:
    path.mkdir()
    return path


# paho leaves the socket of a failed handshake to the garbage collector, which complains.
@needs_openssl
@pytest.mark.filterwarnings("ignore:.*ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning")
def test_tls_is_verified_unless_told_otherwise(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own = certificate(tmp_path)
    settings = (f"certfile {own.file}", f"keyfile {own.key}")
    with Broker(tmp_path, settings=settings) as broker:
        url = f"mqtts://127.0.0.1:{broker.port}"
        stranger = MqttSink(fast(url), "gate-1")
        wait_for_warning(caplog, "its certificate is not trusted")
        stranger.close(0.5)
        for trusted in ({"ca_file": own.file}, {"tls_verify": False}):
            sink = MqttSink(fast(url, **trusted), "gate-1")
            for number in range(40):
                mark = EventMark(str(number), "start", number)
                sink.offer(OutMessage(f"edgeact/v1/gate-1/cam/a/event/{number}", b"{}", mark))
            sink.close(PATIENCE_S)
            assert sink.counters == Counters(published=40, acknowledged=40)
        plain = MqttSink(fast(broker.url), "gate-1")
        wait_for_warning(caplog, "does it want TLS (mqtts://)")
        plain.close(0.5)
