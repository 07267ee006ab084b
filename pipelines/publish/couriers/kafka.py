"""Produces each message to a Kafka topic."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from pipelines.publish.couriers.config import KafkaConfig
from pipelines.publish.couriers.courier import Parcel, UnreachableError

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message

_QUIET = logging.getLogger(f"{__name__}.librdkafka")
"""Where librdkafka's own words go; what counts of them is told by the sink, once."""
_QUIET.setLevel(logging.CRITICAL)


class KafkaCourier:
    """One idempotent producer, acknowledged by all replicas that are in sync.

    Raises ValueError without the package, and for options that librdkafka does not know.
    """

    def __init__(self, config: KafkaConfig) -> None:
        try:
            from confluent_kafka import KafkaException, Producer
        except ModuleNotFoundError:
            raise ValueError(
                "sinks.kafka needs the extra 'kafka': pip install -r requirements/kafka.txt"
            ) from None
        self.name = f"kafka {config.brokers}"
        self._config = config
        self._trouble = "did not answer in time"
        options = {name: value.get_secret_value() for name, value in config.options.items()}
        try:
            self._producer = Producer(
                {
                    "acks": "all",
                    "enable.idempotence": True,
                    "linger.ms": 5,
                    "client.id": "edgeact",
                    "message.timeout.ms": round(config.timeout_s * 1000),
                    **options,
                    "bootstrap.servers": config.brokers,
                    "error_cb": self._on_error,
                },
                logger=_QUIET,
            )
        except KafkaException as error:
            name = next((one for one in options if f'"{one}"' in str(error)), "options")
            raise ValueError(f"sinks.kafka.options: librdkafka does not take {name}") from None

    def deliver(self, parcels: Sequence[Parcel]) -> Iterator[str | None]:
        """All in one go; the brokers answer for each of them."""
        answers: dict[str, KafkaError | None] = {}

        def note(name: str) -> Callable[[KafkaError | None, Message], None]:
            return lambda error, _message: answers.update({name: error})

        for parcel in parcels:
            self._producer.produce(
                self._config.topic,
                value=parcel.payload,
                key=parcel.key,
                headers=[
                    ("id", parcel.id),
                    ("topic", parcel.topic),
                    ("content-type", parcel.content_type),
                ],
                on_delivery=note(parcel.id),
            )
        self._producer.flush(2 * self._config.timeout_s)  # each has its answer in half of that
        for parcel in parcels:
            if parcel.id not in answers:
                raise UnreachableError(self._trouble)
            yield self._refusal(answers[parcel.id])

    def check(self) -> None:
        """Ask the brokers who they are."""
        from confluent_kafka import KafkaException

        try:
            self._producer.list_topics(timeout=3)
        except KafkaException:
            raise UnreachableError(self._trouble) from None

    def close(self) -> None:
        """Nothing is left to be sent."""
        self._producer.purge()

    def _refusal(self, error: KafkaError | None) -> str | None:
        """Why a broker does not want a message; raises UnreachableError where all may be better."""
        from confluent_kafka import KafkaError

        if error is None:
            return None
        if error.code() in (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_RECORD):
            return str(error.str())
        timed_out = error.code() == KafkaError._MSG_TIMED_OUT
        raise UnreachableError(self._trouble if timed_out else str(error.str()))

    def _on_error(self, error: KafkaError) -> None:
        reason = error.str().partition(" (after")[0]  # how long it took differs each time
        self._trouble = f"cannot be reached: {reason}"
