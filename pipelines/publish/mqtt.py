"""Where the broker is and who we are to it: the ``mqtt:`` section and the ``--mqtt`` URL."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, Field, SecretStr, ValidationError, field_validator, model_validator

from pipelines.publish.home_assistant import HomeAssistantConfig
from pipelines.publish.outbox_config import OutboxConfig
from pipelines.publish.snapshots import SnapshotConfig
from pipelines.publish.topics import check_base

URL_FORM = (
    "mqtt://[user@]host[:port][/base-topic], mqtts:// for TLS, or ws://[user@]host[:port][/path] "
    "and wss:// for websockets"
)
PASSWORD_ENV = "EDGEACT_MQTT_PASSWORD"

_CREDENTIALS = ("user", "password", "password_file", "cert_file", "key_file", "ca_file")
_PORTS = {
    ("tcp", False): 1883,
    ("tcp", True): 8883,
    ("websockets", False): 80,
    ("websockets", True): 443,
}


class BrokerConfig(BaseModel, extra="forbid", frozen=True, hide_input_in_errors=True):
    """One broker. ``url`` may stand for host, port, user, tls and transport, and wins over them.

    The password comes from ``password_file``, else from the variable ``password_env``; one in
    the URL or in ``password`` is accepted too. None is ever printed.
    """

    host: str = Field(min_length=1)
    port: int = Field(default=0, ge=0, le=65535, description="0 = 1883, 8883, 80 or 443")
    transport: Literal["tcp", "websockets"] = "tcp"
    websocket_path: str = Field(default="/mqtt", pattern=r"^/\S*$")
    protocol: Literal["5", "3.1.1"] = Field(default="5", description="MQTT version")
    user: str | None = None
    password: SecretStr | None = None
    password_file: Path | None = None
    password_env: str = PASSWORD_ENV
    tls: bool = False
    tls_verify: bool = Field(default=True, description="false: accept any certificate")
    ca_file: Path | None = Field(default=None, description="default: the system's authorities")
    cert_file: Path | None = None
    key_file: Path | None = None

    @model_validator(mode="before")
    @classmethod
    def _unfold_url(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or not isinstance(data.get("url"), str):
            return data
        kept = {key: value for key, value in data.items() if key != "url"}
        return {**kept, **split_url(data["url"])}

    @field_validator("protocol", mode="before")
    @classmethod
    def _protocol_as_text(cls, value: Any) -> Any:
        return "5" if value in (5, 5.0) else value

    @field_validator("host")
    @classmethod
    def _host_is_no_address(cls, value: str) -> str:
        if any(sign in value for sign in "/@ "):
            raise ValueError(
                "wanted the name or the number of a host alone; an address goes to url"
            )
        return value

    @model_validator(mode="after")
    def _parts_fit(self) -> BrokerConfig:
        if (self.password or self.password_file) and not self.user:
            raise ValueError("a password needs a user; add user")
        if self.key_file and not self.cert_file:
            raise ValueError("key_file needs cert_file")
        if (self.ca_file or self.cert_file) and not self.tls:
            raise ValueError("ca_file and cert_file need tls: true, or an mqtts:// URL")
        return self

    @property
    def broker(self) -> str:
        """host:port, for messages."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port_number}"

    @property
    def port_number(self) -> int:
        """The port, with the protocol's default."""
        return self.port or _PORTS[self.transport, self.tls]

    def read_password(self) -> str | None:
        """The password of the user, from where the configuration says; None without a user.

        Raises ValueError for a password file that cannot be read.
        """
        if self.user is None:
            return None
        if self.password is not None:
            return self.password.get_secret_value()
        if self.password_file is not None:
            try:
                return self.password_file.read_text(encoding="utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                reason = getattr(error, "strerror", None) or "not UTF-8 text"
                raise ValueError(
                    f"mqtt.password_file {self.password_file}: cannot be read: {reason}"
                ) from None
        return os.environ.get(self.password_env)


class MqttConfig(BrokerConfig, extra="forbid", frozen=True, hide_input_in_errors=True):
    """Where events are published, and how. ``url`` may stand for base, too.

    second: is tried where the first one cannot be reached, and the other way round; with
    credentials of its own.
    """

    base: str = Field(default="edgeact", description="the first levels of every topic")
    qos: Literal[0, 1] = 1
    client_id: str | None = Field(default=None, description="default: edgeact-NODE")
    keepalive_s: int = Field(default=30, ge=1, le=3600)
    connect_timeout_s: float = Field(default=5.0, gt=0, le=60)
    retry_min_s: float = Field(default=1.0, gt=0, le=60)
    retry_max_s: float = Field(default=60.0, gt=0, le=3600)
    stats_interval_s: float = Field(default=30.0, ge=1, le=3600)
    tracks_hz: float = Field(
        default=0.0, ge=0, le=10, description="who is in sight, so often per camera; 0 = never"
    )
    snapshots: SnapshotConfig = SnapshotConfig()
    second: BrokerConfig | None = None
    outbox: OutboxConfig = OutboxConfig()
    commands: bool = Field(default=False, description="true: take commands on BASE/v1/NODE/cmd/#")
    home_assistant: HomeAssistantConfig = HomeAssistantConfig()

    @field_validator("base")
    @classmethod
    def _base_is_a_topic(cls, value: str) -> str:
        return check_base(value)

    @model_validator(mode="after")
    def _pauses_fit(self) -> MqttConfig:
        if self.retry_max_s < self.retry_min_s:
            raise ValueError(
                f"retry_max_s must be >= retry_min_s ({self.retry_min_s:g}), "
                f"got {self.retry_max_s:g}"
            )
        return self

    @property
    def brokers(self) -> tuple[MqttConfig, ...]:
        """The same settings for each broker that may be tried, in their order."""
        if self.second is None:
            return (self,)
        place = {name: getattr(self.second, name) for name in BrokerConfig.model_fields}
        return self, self.model_copy(update=place)


def mqtt_from_url(url: str, config: MqttConfig | None = None) -> MqttConfig:
    """The broker of a ``--mqtt`` URL; what it does not say comes from ``config``.

    Credentials of ``config`` are not taken along to another broker. Raises ValueError, with any
    password in the URL left out, for a URL that cannot be used.
    """
    parts = split_url(url)
    known = config.model_dump(exclude_unset=True) if config is not None else {}
    chosen = {**known, "port": 0, **parts}
    place = ("host", "port", "tls", "transport")
    if config is not None and any(chosen[key] != getattr(config, key) for key in place):
        for key in (*_CREDENTIALS, "second"):
            chosen.pop(key, None)
        chosen.update(parts)
    try:
        return MqttConfig.model_validate(chosen)
    except ValidationError as error:
        said = error.errors(include_input=False, include_url=False)[0]["msg"]
        reason = said.removeprefix("Value error, ")
        raise ValueError(f"{redacted(url)}: {reason}; wanted {URL_FORM}") from None


def split_url(url: str) -> dict[str, Any]:
    """The keys of ``MqttConfig`` that a URL says. ValueError, without its password, if none."""
    shown = redacted(url)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        # urllib's own words may quote a piece of the password.
        raise ValueError(f"{shown}: host or port cannot be read; wanted {URL_FORM}") from None
    if parts.scheme not in ("mqtt", "mqtts", "ws", "wss") or not host:
        raise ValueError(f"{shown}: not the URL of a broker; wanted {URL_FORM}")
    if "@" in parts.path:  # a password with '/' in it, cut in two
        raise ValueError(f"{shown}: write '/' in a password as %2F; wanted {URL_FORM}")
    if parts.query or parts.fragment:
        raise ValueError(f"{shown}: nothing may follow the base topic; wanted {URL_FORM}")
    web = parts.scheme in ("ws", "wss")
    found: dict[str, Any] = {
        "host": host,
        "tls": parts.scheme in ("mqtts", "wss"),
        "transport": "websockets" if web else "tcp",
    }
    if port is not None:
        found["port"] = port
    if parts.username:
        found["user"] = unquote(parts.username)
    if parts.password:
        found["password"] = unquote(parts.password)
    if web and parts.path.strip("/"):
        found["websocket_path"] = parts.path
    elif base := parts.path.strip("/"):
        found["base"] = base
    return found


def redacted(url: str) -> str:
    """A URL that may be shown: whatever may be a password is ``***``."""
    scheme, mark, rest = url.partition("://") if "://" in url else ("", "", url)
    person, at, place = rest.rpartition("@")
    user, colon, _ = person.partition(":")
    return f"{scheme}{mark}{user}:***@{place}" if at and colon else url
