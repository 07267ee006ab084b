"""The couriers that a configuration asks for, each with its sink."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.publish.couriers.config import Patience, SinksConfig
from pipelines.publish.couriers.courier import Courier
from pipelines.publish.couriers.sink import CourierSink
from pipelines.publish.topics import node_topic


def couriers(config: SinksConfig) -> Iterator[tuple[str, Courier, Patience]]:
    """Key in the configuration, courier, and its settings.

    Raises ValueError for keys, files or packages that are missing or of no use.
    """
    if config.file is not None:
        from pipelines.publish.couriers.file import FileCourier

        yield "file", FileCourier(config.file), config.file
    if config.webhook is not None:
        from pipelines.publish.couriers.webhook import WebhookCourier

        yield "webhook", WebhookCourier(config.webhook), config.webhook
    if config.redis is not None:
        from pipelines.publish.couriers.redis import RedisCourier

        yield "redis", RedisCourier(config.redis), config.redis
    if config.kafka is not None:
        from pipelines.publish.couriers.kafka import KafkaCourier

        yield "kafka", KafkaCourier(config.kafka), config.kafka


def courier_sinks(
    config: SinksConfig, *, base: str, node: str, boot_id: str
) -> Iterator[CourierSink]:
    """A sink for each courier, with an outbox of its own. Raises ValueError as ``couriers``."""
    for key, courier, patience in list(couriers(config)):
        yield CourierSink(
            courier,
            patience,
            patience.outbox.path(node, f"/{key}"),  # no base topic begins so
            gap_topic=node_topic(base, node, "gap"),
            boot_id=boot_id,
        )
