"""The ``mqtt:`` section and the ``--mqtt`` URL."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipelines.publish.mqtt import MqttConfig, mqtt_from_url, redacted


def test_a_url_names_broker_user_and_base_topic() -> None:
    config = mqtt_from_url("mqtt://edge@broker.local:1884/site-12/actions")
    assert (config.broker, config.user, config.base, config.tls) == (
        "broker.local:1884",
        "edge",
        "site-12/actions",
        False,
    )
    assert mqtt_from_url("mqtt://h").broker == "h:1883"
    assert mqtt_from_url("mqtts://h").broker == "h:8883"
    assert mqtt_from_url("mqtt://[::1]").broker == "[::1]:1883"


def test_a_url_may_be_that_of_a_websocket() -> None:
    plain, secure = mqtt_from_url("ws://h/socket"), mqtt_from_url("wss://edge@h:9443")
    assert (plain.broker, plain.websocket_path, plain.base) == ("h:80", "/socket", "edgeact")
    assert (secure.broker, secure.websocket_path, secure.tls) == ("h:9443", "/mqtt", True)
    assert {plain.transport, secure.transport} == {"websockets"}


def test_a_second_broker_has_settings_of_its_own_and_shares_the_rest() -> None:
    section = {"url": "mqtt://h/site", "user": "edge", "second": {"url": "mqtts://spare"}}
    first, second = MqttConfig.model_validate(section).brokers
    assert (first.broker, first.user) == ("h:1883", "edge")
    assert (second.broker, second.user, second.tls, second.base) == (
        "spare:8883",
        None,
        True,
        "site",
    )
    assert MqttConfig(host="h").brokers == (MqttConfig(host="h"),)


def test_a_url_in_the_section_stands_for_its_keys() -> None:
    config = MqttConfig.model_validate({"url": "mqtts://h/site", "keepalive_s": 5, "protocol": 5})
    assert config == MqttConfig(host="h", tls=True, base="site", keepalive_s=5)
    assert MqttConfig.model_validate(config.model_dump()) == config


def test_a_url_on_the_command_line_wins_and_keeps_the_rest_of_the_section() -> None:
    section = MqttConfig(host="h", user="edge", base="site", keepalive_s=7)
    same = mqtt_from_url("mqtt://h/other", section)
    assert (same.user, same.base, same.keepalive_s) == ("edge", "other", 7)


def test_credentials_are_never_taken_along_to_another_broker() -> None:
    section = MqttConfig.model_validate({"host": "h", "user": "edge", "password": "sesame"})
    other = mqtt_from_url("mqtt://elsewhere", section)
    assert (other.user, other.password, other.read_password()) == (None, None, None)
    assert mqtt_from_url("mqtt://guest@elsewhere", section).user == "guest"


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("localhost:1883", "not the URL of a broker"),
        ("tcp://h", "not the URL of a broker"),
        ("mqtt://", "not the URL of a broker"),
        ("mqtt://h:port", "host or port cannot be read"),
        ("mqtt://h:99999", "host or port cannot be read"),
        ("mqtt://h/Site 12", "base must be levels of"),
        ("mqtt://h/a?qos=1", "nothing may follow the base topic"),
        ("mqtt://:sesame@h", "a password needs a user"),
        ("mqtt://edge:12/sesame@h", "write '/' in a password as %2F"),
        ("mqtt://edge:sesame/x@h", "host or port cannot be read"),
        ("mqtt://edge:1?sesame@h", "nothing may follow"),
        ("mqtt://edge:1#sesame@h", "nothing may follow"),
    ],
)
def test_a_wrong_url_is_refused_with_the_form_wanted_and_no_password(
    url: str, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint) as refusal:
        mqtt_from_url(url)
    assert "wanted mqtt://[user@]host[:port][/base-topic]" in str(refusal.value)
    assert "sesame" not in str(refusal.value)


@given(st.text(alphabet="abc:/@#?%", min_size=1, max_size=12))
def test_no_password_survives_in_a_url_that_is_shown(password: str) -> None:
    assert redacted(f"mqtt://edge:{password}!@h/site") == "mqtt://edge:***@h/site"


@pytest.mark.parametrize(
    ("section", "complaint"),
    [
        ({}, "host"),
        ({"host": "h", "pasword": "sesame"}, "pasword"),
        ({"host": "h", "password": "sesame"}, "a password needs a user"),
        ({"host": "mqtt://edge:sesame@h"}, "an address goes to url"),
        ({"host": "h", "second": {"host": "h", "qos": 1}}, "qos"),
        ({"host": "h", "qos": 2}, "qos"),
        ({"host": "h", "protocol": 4}, "protocol"),
        ({"host": "h", "ca_file": "ca.pem"}, "need tls: true"),
        ({"host": "h", "tls": True, "key_file": "k.pem"}, "key_file needs cert_file"),
        ({"host": "h", "retry_min_s": 9, "retry_max_s": 3}, "retry_max_s must be >= retry_min_s"),
        ({"url": "mqtt://edge:sesame@h:port"}, "host or port cannot be read"),
    ],
)
def test_a_wrong_section_is_refused_without_showing_a_password(
    section: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ValidationError, match=complaint) as refusal:
        MqttConfig.model_validate(section)
    assert "sesame" not in str(refusal.value)


def test_the_password_comes_from_the_file_before_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITE_PASSWORD", "of-the-variable")
    path = tmp_path / "password"
    path.write_text("of the file\n", encoding="utf-8")
    config = MqttConfig(host="h", user="edge", password_env="SITE_PASSWORD")
    assert config.read_password() == "of-the-variable"
    assert config.model_copy(update={"password_file": path}).read_password() == "of the file"
    absent = config.model_copy(update={"password_file": tmp_path / "absent"})
    with pytest.raises(ValueError, match="cannot be read: No such file"):
        absent.read_password()
