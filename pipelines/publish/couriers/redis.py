"""Adds each message to a Redis stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from pipelines.publish.couriers.config import RedisConfig
from pipelines.publish.couriers.courier import Parcel, UnreachableError
from pipelines.publish.tls import explain_tls, tls_error


class RedisCourier:
    """One connection. Raises ValueError without the package, or for a password that is no good."""

    def __init__(self, config: RedisConfig) -> None:
        try:
            from redis import Redis
            from redis.backoff import NoBackoff
            from redis.retry import Retry
        except ModuleNotFoundError:
            raise ValueError(
                "sinks.redis needs the extra 'redis': pip install -r requirements/redis.txt"
            ) from None
        parts = urlsplit(config.url)
        host, port = str(parts.hostname), parts.port or 6379
        self.name = f"redis {host}:{port}"
        self._config = config
        self._redis = Redis(
            host=host,
            port=port,
            db=int(parts.path.strip("/") or 0),
            username=parts.username,
            password=config.read_password(),
            socket_timeout=config.timeout_s,
            socket_connect_timeout=config.timeout_s,
            retry=Retry(NoBackoff(), 0),  # the sink tries again, and says so
            ssl=parts.scheme == "rediss",
            ssl_ca_certs=None if config.ca_file is None else str(config.ca_file),
        )

    def deliver(self, parcels: Sequence[Parcel]) -> Iterator[str | None]:
        """All in one go; the server answers for each of them."""
        from redis.exceptions import RedisError

        pipeline = self._redis.pipeline(transaction=False)
        for parcel in parcels:
            fields: dict[Any, Any] = {
                "id": parcel.id,
                "topic": parcel.topic,
                "type": parcel.content_type,
                "payload": parcel.payload,
            }
            pipeline.xadd(self._config.stream, fields, maxlen=self._config.max_entries)
        try:
            answers = pipeline.execute(raise_on_error=False)
        except RedisError as error:
            raise _unreachable(error) from None
        for answer in answers:
            # Nothing that a server says against an entry is said of that entry alone.
            if isinstance(answer, RedisError):
                raise _unreachable(answer)
            yield None

    def check(self) -> None:
        """Ask for a sign of life."""
        from redis.exceptions import RedisError

        try:
            self._redis.ping()
        except RedisError as error:
            raise _unreachable(error) from None

    def close(self) -> None:
        """Close the connection."""
        self._redis.close()


def _unreachable(error: Exception) -> UnreachableError:
    from redis.exceptions import AuthenticationError, ConnectionError, ResponseError

    if (broken := tls_error(error)) is not None:
        return UnreachableError(explain_tls(broken))
    match error:
        case AuthenticationError() | ResponseError():
            return UnreachableError(f"refuses: {error}", slow=True)
        case ConnectionError():
            return UnreachableError(f"cannot be reached: {error}")
        case _:
            return UnreachableError(f"did not answer: {error}")
