"""The ``sinks:`` section: where events go beside standard output and MQTT."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator

from pipelines.publish.couriers.formats import Format
from pipelines.publish.outbox_config import OutboxConfig


class Patience(BaseModel, extra="forbid", frozen=True):
    """What all of them have: how long to wait for the other side, and what waits meanwhile.

    format: of events, as ``couriers.formats`` writes them.
    """

    format: Format = Field(
        default="cloudevents", description="deepstream and deepstream_minimal: as of nvmsgconv"
    )
    timeout_s: float = Field(default=10.0, gt=0, le=300)
    retry_min_s: float = Field(default=1.0, gt=0, le=60)
    retry_max_s: float = Field(default=60.0, gt=0, le=3600)
    outbox: OutboxConfig = OutboxConfig()

    @model_validator(mode="after")
    def _pauses_fit(self) -> Patience:
        if self.retry_max_s < self.retry_min_s:
            raise ValueError(
                f"retry_max_s must be >= retry_min_s ({self.retry_min_s:g}), "
                f"got {self.retry_max_s:g}"
            )
        return self


class FileConfig(Patience, extra="forbid", frozen=True):
    """A file of JSON lines that is appended to, and set aside when it is full."""

    path: Path
    max_mb: float = Field(default=64.0, gt=0, le=16_384, description="of one file, MiB")
    keep: int = Field(default=5, ge=1, le=1000, description="full files: PATH.1 is the newest")

    @property
    def max_bytes(self) -> int:
        """``max_mb`` in bytes."""
        return round(self.max_mb * 1024 * 1024)


class WebhookConfig(Patience, extra="forbid", frozen=True, hide_input_in_errors=True):
    """An address that gets each message as a POST, signed where there is a key.

    The address is never shown but for its host: with many services it is the secret.
    """

    url: SecretStr
    key_file: Path | None = None
    key_env: str = Field(default="EDGEACT_WEBHOOK_KEY", description="variable of the key")
    tls_verify: bool = Field(default=True, description="false: accept any certificate")
    ca_file: Path | None = Field(default=None, description="default: the system's authorities")

    @field_validator("url")
    @classmethod
    def _url_is_one(cls, value: SecretStr) -> SecretStr:
        wanted = "wanted https://host[:port]/path"
        parts = _split(value.get_secret_value())
        if parts is None or parts.scheme not in ("http", "https"):
            raise ValueError(f"not the address of a webhook; {wanted}")
        if "@" in parts.netloc:
            raise ValueError(f"a user has no place in it; {wanted}, and a key")
        return value

    @property
    def place(self) -> str:
        """Scheme, host and port, for messages."""
        parts = urlsplit(self.url.get_secret_value())
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def host_and_port(self) -> tuple[str, int]:
        """Where somebody must listen."""
        parts = urlsplit(self.url.get_secret_value())
        return str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80)

    def read_key(self) -> str | None:
        """The key to sign with; None where there is none.

        Raises ValueError for a file that cannot be read.
        """
        return read_secret(self.key_file, self.key_env, "sinks.webhook.key_file")


class RedisConfig(Patience, extra="forbid", frozen=True, hide_input_in_errors=True):
    """A Redis stream; each message is an entry with the fields id, topic, type and payload."""

    url: str = Field(description="redis://[user@]host[:port][/db], rediss:// for TLS")
    stream: str = Field(default="edgeact:events", min_length=1)
    max_entries: int = Field(default=100_000, ge=1, description="about; older ones go")
    password_file: Path | None = None
    password_env: str = "EDGEACT_REDIS_PASSWORD"
    ca_file: Path | None = Field(default=None, description="default: the system's authorities")

    @field_validator("url")
    @classmethod
    def _url_is_one(cls, value: str) -> str:
        wanted = "wanted redis://[user@]host[:port][/db], or rediss:// for TLS"
        parts = _split(value)
        if parts is None or parts.scheme not in ("redis", "rediss"):
            raise ValueError(f"not the address of a Redis server; {wanted}")
        if parts.password or parts.query:
            raise ValueError(f"a password has no place in it; {wanted}, and password_file")
        return value

    def read_password(self) -> str | None:
        """The password; None where there is none. ValueError for a file that cannot be read."""
        return read_secret(self.password_file, self.password_env, "sinks.redis.password_file")


class KafkaConfig(Patience, extra="forbid", frozen=True):
    """A Kafka topic; the key of each record is the event, so that its messages stay in order."""

    brokers: str = Field(min_length=1, description="host:port, with commas between")
    topic: str = Field(default="edgeact.events", pattern=r"^[a-zA-Z0-9._-]{1,249}$")
    options: dict[str, SecretStr] = Field(
        default_factory=dict,
        description="of librdkafka, as security.protocol or sasl.password; values are never shown",
    )


class SinksConfig(BaseModel, extra="forbid", frozen=True, hide_input_in_errors=True):
    """Each of them keeps what it could not bring in an outbox of its own."""

    file: FileConfig | None = None
    webhook: WebhookConfig | None = None
    redis: RedisConfig | None = None
    kafka: KafkaConfig | None = None


def _split(address: str) -> SplitResult | None:
    """The parts of an address; None where it has no host or cannot be read."""
    try:
        parts = urlsplit(address)
        return parts if parts.hostname and parts.port != 0 else None
    except ValueError:  # urllib's own words may quote a piece of it
        return None


def read_secret(path: Path | None, variable: str, key: str) -> str | None:
    """From the file where there is one, else from the variable; None where neither has it.

    key: of the file in the configuration. Raises ValueError for a file that cannot be read.
    """
    if path is None:
        return os.environ.get(variable) or None
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise ValueError(f"{key} {path}: cannot be read: {reason}") from None
